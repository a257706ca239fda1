//! What the constructs of C# 7 do.
#![allow(clippy::expect_used, reason = "a test ends that way")]

mod world;

use world::check;

#[test]
fn constructs_of_expressions_work() {
    check(&[
        ("new[] { 3, 1, 2 }.Select(Convert.ToString).First()", "3"),
        ("string.Join(\",\", new[] { \"a\", \"b\" }.Select(s => s.ToUpper()))", "A,B"),
        ("new[] { \"1\", \"2\" }.Select(int.Parse).Sum()", "3"),
        ("new[] { \"\", \"x\" }.Where(string.IsNullOrEmpty).Count()", "1"),
        ("nameof(context.Request) + nameof(String)", "RequestString"),
        ("default(int) + default(string)", "0"),
        ("((string)null)?.Trim()?.Length == null", "True"),
        ("context.Variables[\"n\"] is int i ? i + 1 : 0", "8"),
        ("context.Variables[\"n\"] is 7", "True"),
        ("context.Variables[\"name\"] is string s && s.Length == 3", "True"),
        ("context.Variables[\"n\"] is null", "False"),
        ("unchecked((byte)300)", "44"),
        ("checked(1 + 2)", "3"),
        (
            "{ int n = int.MaxValue; try { return \"\" + checked(n + 1); } catch (OverflowException e) { return e.Message; }",
            "Arithmetic operation resulted in an overflow.",
        ),
        ("(1, \"a\").Item2", "a"),
        ("(a: 1, b: 2).a + (1, 2).Item2", "3"),
        ("new { a = 1, b = \"x\" }.b", "x"),
        ("new { context.Request.Method, N = 1 }.N", "1"),
        ("0b1010 + 1_000 + 0xFF", "1265"),
        (
            "typeof(int) == null",
            "1:14: Usage of type 'System.Type' is not supported within expressions [APL0505]",
        ),
        ("true ? 1 : throw new Exception(\"x\")", "1"),
        (
            "(context.Variables[\"zip\"] ?? throw new Exception(\"x\"))",
            "The given key 'zip' was not present in the dictionary.",
        ),
        ("new[] { new[] { 1 }, new[] { 2, 3 } }[1].Length", "2"),
        ("new int[2][].Length", "2"),
        ("$@\"{1}\\{2}\"", "1\\2"),
        ("'a' < 'b' ? \"y\" : \"n\"", "y"),
        ("(5 > 3) == true", "True"),
        ("1.5e3.ToString() + 2m + 3f + 4d + 5L + 6u + 7ul", "1500234567"),
        ("new Dictionary<string, int> { [\"a\"] = 1, [\"b\"] = 2 }[\"b\"]", "2"),
        ("((Func<int, int>)(x => x * 2))(4)", "8"),
        ("new List<int> { 1, 2, 3 }.Find(x => x > 1)", "2"),
    ]);
}

#[test]
fn statements_work() {
    check(&[
        ("{ unchecked { int n = int.MaxValue; n++; return \"\" + n; }", "-2147483648"),
        (
            "{ try { checked { int n = int.MaxValue; n++; return \"\" + n; } } catch (OverflowException) { return \"o\"; }",
            "o",
        ),
        (
            "{ object o = 5; switch (o) { case int n when n > 3: return \"big\" + n; case string s: return s; case null: return \"null\"; default: return \"?\"; }",
            "big5",
        ),
        (
            "{ object o = \"x\"; switch (o) { case int n: return \"n\"; case string s: return s; } return \"\";",
            "x",
        ),
        ("{ if (int.TryParse(\"5\", out int n) && n > 3) { return \"y\" + n; } return \"n\";", "y5"),
        ("{ int.TryParse(\"5\", out _); return \"\";", ""),
        ("{ var (a, b) = (1, 2); return \"\" + (a + b);", "3"),
        ("{ (int a, string b) t = (1, \"x\"); return t.b + t.a;", "x1"),
        ("{ (int, string) F() { return (1, \"x\"); } var r = F(); return r.Item2;", "x"),
        ("{ int F(int n) { return n <= 1 ? 1 : n * F(n - 1); } return \"\" + F(5);", "120"),
        ("{ void F(string s) { if (s == \"\") return; } F(\"\"); return \"ok\";", "ok"),
        ("{ Func<int, int> f = n => { var m = n + 1; return m * 2; }; return \"\" + f(1);", "4"),
        ("{ Action<string> f = s => { }; f(\"\"); return \"ok\";", "ok"),
        ("{ Func<string, bool> f = string.IsNullOrEmpty; return \"\" + f(\"\");", "True"),
        ("{ int Twice(int n) => n * 2; return \"\" + new[] { 1, 2 }.Select(Twice).Sum();", "6"),
        ("{ using (var h = SHA256.Create()) { return \"\" + h.ComputeHash(new byte[0]).Length; }", "32"),
        ("{ using (var h = SHA256.Create()) using (var g = MD5.Create()) return \"\" + g.HashSize;", "128"),
        (
            "{ var n = 0; do { n++; if (n == 2) continue; if (n == 4) break; } while (n < 10); return \"\" + n;",
            "4",
        ),
        ("{ for (int i = 0, j = 10; ; i++, j--) { if (i >= j) return i + \",\" + j; }", "5,5"),
        (
            "{ foreach (KeyValuePair<string, int> p in new Dictionary<string, int> { { \"a\", 1 } }) { return p.Key + p.Value; } return \"\";",
            "a1",
        ),
        (
            "{ try { throw new ArgumentException(\"m\", \"p\"); } catch (ArgumentException e) when (e.ParamName == \"p\") { return e.Message; }",
            "m (Parameter 'p')",
        ),
    ]);
}

#[test]
fn statements_with_values_work() {
    check(&[
        (
            "{ try { try { throw new Exception(\"a\"); } catch { throw; } } catch (Exception e) { return e.Message; }",
            "a",
        ),
        ("{ var s = \"\"; try { s += \"t\"; } finally { s += \"f\"; } return s;", "tf"),
        ("{ int? n = null; n = n ?? 3; return \"\" + n.Value + n.HasValue;", "3True"),
        ("{ int? n = null; return (n > 3) + \"\" + (n + 1 == null);", "FalseTrue"),
        ("{ const int n = 3; const string s = \"a\" + \"b\"; return s + n;", "ab3"),
        ("{ var a = new[] { 1, 2, 3 }; a[1] += 5; a[2] <<= 2; return string.Join(\",\", a);", "1,7,12"),
        ("{ string s = null; s += \"x\"; s = s ?? \"y\"; return s;", "x"),
        ("{ var l = new List<string>(); l?.Add(\"x\"); return \"\" + l?.Count + l?[0];", "1x"),
        ("{ int x = 1; { int y = 2; x += y; } return \"\" + x;", "3"),
        ("{ ; ; return \"\";", ""),
        ("{ var x = new Func<int>(() => 3); return \"\" + x() + x.Invoke();", "33"),
        ("{ Func<int> x = null; return \"\" + (x?.Invoke() ?? 4);", "4"),
        ("{ Func<Func<int>> x = () => () => 5; return \"\" + x()();", "5"),
        (
            "{ object o = new[] { 1, 2 }; return \"\" + ((int[])o).Length + (o is int[]) + (o as string == null);",
            "2TrueTrue",
        ),
        ("{ IEnumerable<int> e = new List<int> { 1 }; return \"\" + (e is List<int>);", "True"),
        ("{ char c = 'a'; c++; c += (char)1; return \"\" + c;", "c"),
        ("{ byte b = 255; b++; return \"\" + b;", "0"),
        ("{ int x = 5; int y = x++ + ++x; return x + \",\" + y;", "7,12"),
        ("{ return (1, \"a\") == (1, \"a\") ? \"y\" : \"n\";", "y"),
        (
            "{ int n = 1; int F() => n * 10; n = 4; var s = \"\" + F(); { int k = 2; int G() => n + k; s += G(); } return s + H(); string H() => \"!\";",
            "406!",
        ),
        ("{ var f = 1; void Set() { f = 207; } Set(); return \"\" + f;", "207"),
        ("{ if (!(context.Variables[\"n\"] is string x)) return \"no\"; return x;", "no"),
    ]);
}

#[test]
fn what_is_not_implemented_says_so() {
    for (source, what) in [
        ("new int[2, 3].Length", "an array of several dimensions"),
        ("from x in new[] { 1 } let y = x select y", "a query with several variables"),
        ("sizeof(int)", "'sizeof'"),
        ("{ Func<int, int> f = delegate { return 1; }; return \"\";", "'delegate'"),
        ("{ lock (context) { return \"\"; }", "'lock'"),
    ] {
        let failure = world::run(source).map_err(|failure| failure.to_string()).unwrap_or_else(|text| text);
        let expected = format!("{what} is not implemented by the sandbox");
        assert!(failure.contains(&expected) && failure.contains("APL0506"), "{source}: {failure}");
    }
}

#[test]
fn queries_and_tuples_work() {
    check(&[
        (
            "string.Join(\",\", from n in new[] { 3, 1, 2 } where n > 1 orderby n descending select n * 10)",
            "30,20",
        ),
        ("string.Join(\",\", from n in new[] { 3, 1, 2 } orderby n % 2, n select \"n\" + n)", "n2,n1,n3"),
        (
            "string.Join(\",\", (from s in new[] { \"a\", \"bb\", \"c\" } group s by s.Length).Select(g => g.Key + \":\" + g.Count()))",
            "1:2,2:1",
        ),
        ("{ var from = 1; return \"\" + (from + 1);", "2"),
        ("{ int a = 1, b = 2; (a, b) = (b, a); return \"\" + a + b;", "21"),
        ("{ int a = 1; (a, _) = (a + 1, 5); return \"\" + a;", "2"),
        (
            "{ var s = \"\"; foreach (var (k, v) in new Dictionary<string, int> { { \"a\", 1 }, { \"b\", 2 } }) { s += k + v; } return s;",
            "a1b2",
        ),
        (
            "{ var f = new List<Func<string>>(); foreach (var (n, t) in new[] { (1, \"a\"), (2, \"b\") }) f.Add(() => n + t); return f[0]() + f[1]();",
            "1a2b",
        ),
        ("{ (int a, string b) = (1, \"x\"); return b + a;", "x1"),
        ("{ (long a, var b) = (1, 2); return \"\" + (a + 1L) + b;", "22"),
        (
            "{ var s = \"\"; foreach ((int a, var b) in new[] { (1, \"x\"), (2, \"y\") }) s += a + b; return s;",
            "1x2y",
        ),
        ("{ Func<int, int> f = delegate (int x) { return x + 1; }; return \"\" + f(1);", "2"),
        (
            "{ var (a, b) = new List<int>(); return a;",
            "1:15: No suitable 'Deconstruct' instance or extension method was found for type 'List<int>', with 2 out parameters and a void return type. [APL0503]",
        ),
    ]);
}

#[test]
fn rarer_things_that_are_not_implemented_say_so() {
    let mut wrong = Vec::new();
    for source in [
        "{ int[,] grid = null; return 1;",
        "{ Func<string> f = string.Concat(\"a\").ToUpper; return f();",
        "{ var o = new JObject(); (o[\"a\"], o[\"b\"]) = (1, 2); return 1;",
        "new JRaw(\"1\")",
        "new JConstructor(\"a\")",
        "RSA.Create()",
        "from int n in new[] { 1 } select n",
        "from n in new[] { 1 } from m in new[] { 2 } select m",
        "from n in new[] { 1 } join m in new[] { 1 } on n equals m select m",
        "from n in new[] { 1 } group n by n into g select g.Key",
    ] {
        let said = world::run(source).unwrap_or_else(|failure| failure.to_string());
        if !said.contains("APL0506") {
            wrong.push(format!("{source}\n  says {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn methods_of_objects_stand_for_delegates() {
    check(&[
        ("{ Func<string> f = \"a\".ToUpper; return f();", "A"),
        ("{ var l = new List<int>(); new[] { 1, 2 }.ToList().ForEach(l.Add); return \"\" + l.Count;", "2"),
        ("{ var s = \"abc\"; return string.Join(\",\", new[] { \"b\", \"c\" }.Select(s.IndexOf));", "1,2"),
        (
            "{ var known = new[] { 1, 3 }; return string.Join(\",\", new[] { 1, 2, 3 }.Where(known.Contains));",
            "1,3",
        ),
        (
            "{ var d = new HashSet<string> { \"a\" }; return \"\" + new[] { \"a\", \"b\" }.Count(d.Contains);",
            "1",
        ),
        // The delegate keeps the object that it was made of.
        ("{ var s = \"a\"; Func<string> f = s.ToUpper; s = \"b\"; return f() + s;", "Ab"),
        (
            "{ var f = new List<Func<string>>(); foreach (var s in new[] { \"a\", \"b\" }) f.Add(s.ToUpper); return f[0]() + f[1]();",
            "AB",
        ),
        (
            "{ string s = null; Func<string> f = s.ToUpper; return \"made\";",
            "Delegate to an instance method cannot have null 'this'.",
        ),
        (
            "{ object o = null; Func<string> f = o.ToString; return \"made\";",
            "Object reference not set to an instance of an object.",
        ),
    ]);
}

#[test]
fn goto_leads_to_labels_and_cases() {
    check(&[
        ("{ int i = 0; again: i++; if (i < 3) goto again; return \"\" + i;", "3"),
        (
            "{ foreach (var a in new[] { 1, 2 }) { foreach (var b in new[] { 3, 4 }) { if (a * b == 6) goto found; } } return \"no\"; found: return \"6\";",
            "6",
        ),
        ("{ while (true) { goto done; } done: return \"d\";", "d"),
        ("{ switch (1) { case 1: goto default; case 2: return \"2\"; default: return \"d\"; }", "d"),
        (
            "{ var s = \"\"; switch (1) { case 1: s += 1; goto case 2; case 2: s += 2; break; } return s;",
            "12",
        ),
        (
            "{ var s = \"\"; switch (\"b\") { case \"a\": s += \"a\"; break; case \"b\": s += \"b\"; goto case \"a\"; } return s;",
            "ba",
        ),
        ("{ int n = 0; switch (3) { case 3: n++; if (n < 4) goto case 3; break; } return \"\" + n;", "4"),
        ("{ switch (1) { case 1: for (;;) { goto case 2; } case 2: return \"two\"; } return \"\";", "two"),
        ("{ switch (1) { case 1: goto end; case 2: end: return \"e\"; } return \"\";", "e"),
        ("{ var s = \"\"; try { goto over; } finally { s += \"f\"; } over: return s;", "f"),
        (
            "{ var s = \"\"; switch (1) { case 1: switch (2) { case 2: goto case 1; case 1: s += \"inner\"; break; } break; } return s;",
            "inner",
        ),
        (
            "{ var f = new List<Func<int>>(); int i = 0; next: int k = i * 10; f.Add(() => k); i++; if (i < 2) goto next; return f[0]() + \",\" + f[1]();",
            "10,10",
        ),
    ]);
}

#[test]
fn a_goto_that_leads_nowhere_is_wrong() {
    let nowhere = |name: &str| format!("No such label '{name}' within the scope of the goto statement");
    for (source, expected) in [
        ("{ goto x; return 1;", nowhere("x")),
        ("{ { x: ; } goto x; return 1;", nowhere("x")),
        ("{ x: ; Action a = () => { goto x; }; return 1;", nowhere("x")),
        ("{ try { } finally { goto x; } x: return 1;", nowhere("x")),
        ("{ switch (1) { case 1: goto case 2; } return 1;", nowhere("case:")),
        ("{ switch (1) { case 1: goto default; } return 1;", nowhere("default:")),
        ("{ goto case 1; return 1;", "A goto case is only valid inside a switch statement".to_owned()),
        ("{ x: ; x: return 1;", "The label 'x' is a duplicate".to_owned()),
        ("{ x: { x: ; } return 1;", "The label 'x' shadows another label by the same name".to_owned()),
        ("{ if (true) x: ; return 1;", "Embedded statement cannot be a declaration or labeled".to_owned()),
        ("{ return 1; x: ;", "not all code paths return a value".to_owned()),
        ("{ x: goto x;", "steps".to_owned()),
    ] {
        let said = world::run(source).unwrap_or_else(|failure| failure.to_string());
        assert!(said.contains(&expected), "{source}: {said}");
    }
}
