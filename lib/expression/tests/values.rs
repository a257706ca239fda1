//! What expressions evaluate to, by the facts of .NET's documentation.

use expression::{Environment, Failure, Form, Host, Limits, Memory, Str, Type, Value, compile};

struct World;

impl Host for World {
    fn context(&self) -> Value {
        let headers = Type::generic(
            "System.Collections.Generic.IReadOnlyDictionary",
            vec![Type::STRING, Type::Array(Type::STRING.into())],
        );
        let variables =
            Type::generic("System.Collections.Generic.IReadOnlyDictionary", vec![Type::STRING, Type::OBJECT]);
        let headers = Memory::new(headers)
            .ignore_case()
            .entry("X-Tier", Value::array(Type::STRING, vec![Value::text("gold"), Value::text("x")]));
        let body =
            Memory::new(Type::named("IMessageBody")).body(br#"{"a":{"b":[1,2.5,"x"]},"n":null,"t":true}"#);
        let request = Memory::new(Type::named("IRequest"))
            .with("Method", Value::text("GET"))
            .with("Headers", headers.value())
            .with("Body", body.value());
        let response = Memory::new(Type::named("IResponse")).with("StatusCode", Value::Int(503));
        let variables = Memory::new(variables).entry("name", Value::text("ann")).entry("n", Value::Int(7));
        Memory::new(Type::named("IContext"))
            .with("Request", request.value())
            .with("Response", response.value())
            .with("Variables", variables.value())
            .value()
    }

    fn now(&self) -> i64 {
        1_700_000_000_000
    }

    fn random(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }

    fn trace(&self, message: &Str) {
        assert!(!message.is_empty());
    }
}

fn run(source: &str) -> Result<String, Failure> {
    let (form, text) = match source.strip_prefix('{') {
        Some(block) => (Form::Block, block),
        None => (Form::Expression, source),
    };
    let shown = match form {
        Form::Block => text.to_owned(),
        Form::Expression => format!("return \"\" + ({text});"),
    };
    let compiled = compile(&shown, Form::Block, &Environment::default());
    let compiled =
        compiled.map_err(|problems| Failure::exception("CompileError", problems[0].to_string()))?;
    compiled.evaluate(&World, &Limits::default()).map(|value| match value {
        Value::String(text) => text.to_string(),
        other => format!("{other:?}"),
    })
}

fn check(table: &[(&str, &str)]) {
    for (source, expected) in table {
        let value = run(source).unwrap_or_else(|failure| format!("{failure}"));
        assert_eq!(value, *expected, "{source}");
    }
}

#[test]
fn numbers_promote_wrap_and_print_as_in_net() {
    check(&[
        ("1 + 2 * 3", "7"),
        ("7 / 2", "3"),
        ("-7 % 3", "-1"),
        ("7 / 2.0", "3.5"),
        ("int.MaxValue + (int)context.Variables[\"n\"]", "-2147483642"),
        ("(byte)300", "44"),
        ("1.0", "1"),
        ("0.1 + 0.2", "0.30000000000000004"),
        ("1e20", "1E+20"),
        ("1.50m + 1", "2.50"),
        ("'a' + 1", "98"),
        ("(char)('a' + 1)", "b"),
        ("1 << 33", "2"),
        ("5 & 3 | 8", "9"),
        ("true ^ false", "True"),
        ("Math.Round(2.5)", "2"),
        ("Math.Max(1, 2L)", "2"),
        ("(5).ToString(\"D3\") + 255.ToString(\"X\") + 1234.5.ToString(\"N1\")", "005FF1,234.5"),
        ("7.ToString(\"000\")", "007"),
        ("Convert.ToInt32(\"ff\", 16) + Convert.ToInt32(2.5)", "257"),
    ]);
}

#[test]
fn strings_are_sequences_of_utf16_code_units() {
    check(&[
        ("\"a😀\".Length", "3"),
        ("\"hello\".Substring(1, 3)", "ell"),
        ("\"a,b,,c\".Split(',').Length", "4"),
        ("string.Join(\"|\", \"a b\".Split(' '))", "a|b"),
        ("\"x\".PadLeft(3, '0') + \" y \".Trim()", "00xy"),
        ("$\"{1 + 1,4}|{\"q\",-3}|{3.14159:F2}\"", "   2|q  |3.14"),
        ("string.Format(\"{0}-{1:00}\", \"a\", 5)", "a-05"),
        ("\"a\" + null + 'b' + true", "abTrue"),
        ("@\"c:\\x\" + \"\\u0041\"", "c:\\xA"),
        ("\"abc\"[1]", "b"),
        ("\"ABC\".Equals(\"abc\", StringComparison.OrdinalIgnoreCase)", "True"),
        ("\"abc\".IndexOf(\"c\") + \"abcabc\".LastIndexOf('c')", "7"),
        ("\"aXbX\".Replace(\"X\", \"\")", "ab"),
        ("new string('z', 3)", "zzz"),
        ("string.IsNullOrEmpty(\"\") ? \"e\" : \"f\"", "e"),
    ]);
}

#[test]
fn statements_run_as_in_csharp() {
    check(&[
        ("{ var s = 0; for (var i = 0; i < 5; i++) { if (i == 3) continue; s += i; } return \"\" + s;", "7"),
        ("{ var t = \"\"; foreach (var c in \"abc\") t = c + t; return t;", "cba"),
        ("{ int F(int n) => n < 2 ? 1 : n * F(n - 1); return \"\" + F(5);", "120"),
        (
            "{ try { var x = int.Parse(\"q\"); return \"\" + x; } catch (FormatException e) { return e.Message; }",
            "The input string 'q' was not in a correct format.",
        ),
        (
            "{ try { object o = 1; return (string)o; } catch (Exception e) { return e.Message; } finally { }",
            "Unable to cast object of type 'System.Int32' to type 'System.String'.",
        ),
        ("{ int n; return int.TryParse(\"42\", out n) ? \"\" + n : \"no\";", "42"),
        ("{ if (int.TryParse(\"42\", out var n)) { return \"\" + (n + 1); } return \"\";", "43"),
        (
            "{ switch (\"b\") { case \"a\": return \"1\"; case \"b\": return \"2\"; default: return \"3\"; }",
            "2",
        ),
        ("{ object o = 5; if (o is int i && i > 3) { return \"big\" + i; } return \"\";", "big5"),
        ("{ var a = new int[3]; a[1] = 4; a[1]++; return string.Join(\",\", a);", "0,5,0"),
        ("{ var l = new List<string> { \"x\" }; l.Add(\"y\"); return l.Count + l[1];", "2y"),
        (
            "{ var d = new Dictionary<string, int> { { \"a\", 1 } }; d[\"b\"] = 2; return string.Join(\",\", d.Select(p => p.Key + p.Value));",
            "a1,b2",
        ),
        ("{ var x = 1; Func<int, int> f = y => x + y; x = 10; return \"\" + f(1);", "11"),
        ("{ var t = (1, b: \"z\"); return t.Item1 + t.b;", "1z"),
        ("{ var o = new { A = 1, B = \"q\" }; return o.ToString();", "{ A = 1, B = q }"),
        ("{ string s = null; return s?.Length.ToString() ?? \"none\";", "none"),
    ]);
}

#[test]
fn json_behaves_as_newtonsofts() {
    check(&[
        (
            "new JObject(new JProperty(\"a\", 1), new JProperty(\"b\", new JArray(1, \"x\"))).ToString(Formatting.None)",
            r#"{"a":1,"b":[1,"x"]}"#,
        ),
        ("(string)context.Request.Body.As<JObject>(preserveContent: true)[\"a\"][\"b\"][2]", "x"),
        ("(int)JObject.Parse(\"{'n':'12'}\")[\"n\"] + 1", "13"),
        ("JObject.Parse(\"{a:1.0}\").ToString()", "{\n  \"a\": 1.0\n}"),
        ("JObject.Parse(\"{a:{b:[5]}}\").SelectToken(\"a.b[0]\")", "5"),
        ("JArray.Parse(\"[3,1,2]\").Select(t => (int)t).OrderBy(n => n).Last()", "3"),
        ("JsonConvert.SerializeObject(new { a = 1, b = new[] { true } })", r#"{"a":1,"b":[true]}"#),
        ("JObject.Parse(\"{a:1}\").Value<string>(\"a\")", "1"),
        ("JObject.Parse(\"{a:1}\")[\"x\"] == null", "True"),
        ("JObject.Parse(\"{d:'2024-01-02T03:04:05Z'}\")[\"d\"].ToString()", "01/02/2024 03:04:05"),
    ]);
}

#[test]
fn the_context_is_what_the_host_says() {
    check(&[
        (
            "context.Request.Headers.GetValueOrDefault(\"x-tier\", \"free\") + \":\" + (context.Response.StatusCode >= 500 ? \"err\" : \"ok\")",
            "gold,x:err",
        ),
        (
            "context.Variables.GetValueOrDefault<string>(\"name\") + context.Variables.GetValueOrDefault<int>(\"zip\", 3)",
            "ann3",
        ),
        ("(string)context.Variables[\"name\"]", "ann"),
        ("context.Variables[\"name\"] == \"ann\"", "False"),
        ("context.Request.Method.ToLower()", "get"),
        ("DateTime.UtcNow.ToString(\"yyyy-MM-ddTHH:mm:ssZ\")", "2023-11-14T22:13:20Z"),
        ("DateTime.UtcNow.AddDays(1).ToString(\"R\")", "Wed, 15 Nov 2023 22:13:20 GMT"),
        ("new DateTimeOffset(DateTime.UtcNow).ToUnixTimeSeconds()", "1700000000"),
        ("TimeSpan.FromMinutes(90)", "01:30:00"),
        ("Convert.ToBase64String(Encoding.UTF8.GetBytes(\"hé\"))", "aMOp"),
        ("Uri.EscapeDataString(\"a b/ü\") + WebUtility.UrlEncode(\"a b\")", "a%20b%2F%C3%BCa+b"),
    ]);
}

#[test]
fn failures_are_the_exceptions_of_net() {
    let table = [
        ("context.Variables[\"x\"]", "The given key 'x' was not present in the dictionary."),
        ("((string)null).Length", "Object reference not set to an instance of an object."),
        ("1 / (int)context.Variables.GetValueOrDefault<int>(\"zero\")", "Attempted to divide by zero."),
        ("new int[0].First()", "Sequence contains no elements"),
    ];
    for (source, message) in table {
        assert_eq!(run(source).map_err(|failure| failure.to_string()), Err(message.to_owned()), "{source}");
    }
}

#[test]
fn endless_work_ends_within_bounds() {
    for source in [
        "{ while (true) { }",
        "Enumerable.Range(0, int.MaxValue).ToList().Count",
        "{ var s = \"ab\"; while (true) { s = s + s; }",
        "{ int F(int n) => F(n + 1); return \"\" + F(0);",
        "{ var l = new List<int>(); for (;;) l.Add(1);",
        "new int[int.MaxValue].Length",
    ] {
        assert!(matches!(run(source), Err(Failure::Limit(_))), "{source}");
    }
}

#[test]
fn problems_have_the_compilers_words_and_a_place() {
    let table = [
        ("return x;", "The name 'x' does not exist in the current context", 7),
        ("int a = \"s\"; return a;", "Cannot implicitly convert type 'string' to 'int'", 8),
        ("return 1", "; expected", 8),
        ("return 'ab';", "Too many characters in character literal", 7),
        ("if (true) { } ", "not all code paths return a value", 14),
        ("return \"\" - 1;", "Operator '-' cannot be applied to operands of type 'string' and 'int'", 7),
        (
            "return System.Globalization.CultureInfo.InvariantCulture;",
            "Usage of type 'System.Globalization.CultureInfo' is not supported within expressions",
            7,
        ),
        (
            "return new JRaw(\"a\");",
            "the type 'Newtonsoft.Json.Linq.JRaw' is not implemented by the sandbox",
            11,
        ),
    ];
    for (source, message, at) in table {
        let problems = compile(source, Form::Block, &Environment::default()).unwrap_err();
        assert_eq!(problems[0].message, message, "{source}");
        assert_eq!(problems[0].span.as_ref().unwrap().bytes.start, at, "{source}");
    }
}
