"""Questions that no list of members gives: LINQ, JSON, XML, casts, statements, exceptions, hashes, texts of requests."""
import itertools

SOURCES = {
    "int": ["new[] { 3, 1, 2, 3 }", "new int[0]", "Enumerable.Range(1, 5)", "new List<int> { 9, -4, 7 }", "Enumerable.Repeat(6, 3)"],
    "string": ['new[] { "pear", "Apple", "fig", "apple" }', '"b,a,,c".Split(\',\')', "new List<string>()", 'new HashSet<string> { "x", "y", "x" }'],
    "JToken": ['JArray.Parse("[5,3,9]")', 'JArray.Parse("[{\\"n\\":\\"a\\",\\"v\\":2},{\\"n\\":\\"b\\",\\"v\\":1}]").Select(t => t["v"])'],
}
TESTS = {"int": ["x > 2", "x % 2 == 0", "x == 99"], "string": ["x.Length > 3", 'x.StartsWith("a")', 'x == ""'], "JToken": ["(int)x > 3", "x != null"]}
KEYS = {"int": ["x", "-x", "x % 2"], "string": ["x", "x.Length", "x.ToUpper()"], "JToken": ["(int)x", "x.ToString()"]}
SEQUENCES = ["{s}.Where(x => {t}).ToList()", "{s}.Select(x => {k}).ToArray()", "{s}.OrderBy(x => {k}).ToList()", "{s}.OrderByDescending(x => {k}).ToList()",
             "{s}.Skip(1).Take(2).ToList()", "{s}.Reverse().ToList()", "{s}.Distinct().ToList()", "{s}.TakeWhile(x => {t}).ToList()", "{s}.SkipWhile(x => {t}).ToList()",
             "{s}.Concat({s}).ToList()", "{s}.Union({s}).ToList()", "{s}.Except({s}.Take(1)).ToList()", "{s}.Intersect({s}.Skip(1)).ToList()", "{s}.DefaultIfEmpty().ToList()",
             "{s}.Select((x, i) => i + \":\" + x).ToList()", "{s}.Where((x, i) => i != 1).ToList()", "{s}.GroupBy(x => {k}).Select(g => g.Key + \"=\" + g.Count()).ToList()",
             "{s}.OrderBy(x => {k}).ThenByDescending(x => {k2}).ToList()", "{s}.Zip({s}.Skip(1), (a, b) => a + \"/\" + b).ToList()", "{s}.ToLookup(x => {k}).Count",
             "{s}.Append({s}.First()).ToList()", "{s}.Prepend({s}.Last()).ToList()", "{s}.SelectMany(x => new[] { x, x }).ToList()", "{s}.Cast<object>().ToList()", "{s}.OfType<string>().ToList()"]
SCALARS = ["{s}.First()", "{s}.FirstOrDefault()", "{s}.Last()", "{s}.LastOrDefault()", "{s}.Single()", "{s}.SingleOrDefault()", "{s}.Any()", "{s}.Count()",
           "{s}.First(x => {t})", "{s}.FirstOrDefault(x => {t})", "{s}.Last(x => {t})", "{s}.LastOrDefault(x => {t})", "{s}.Single(x => {t})", "{s}.SingleOrDefault(x => {t})",
           "{s}.Any(x => {t})", "{s}.All(x => {t})", "{s}.Count(x => {t})", "{s}.ElementAt(1)", "{s}.ElementAt(9)", "{s}.ElementAtOrDefault(9)", "{s}.Max(x => {k})", "{s}.Min(x => {k})",
           "{s}.Contains({s}.First())", "{s}.SequenceEqual({s})", "{s}.Aggregate((a, b) => b)", "{s}.Aggregate(\"\", (a, b) => a + b)", "string.Join(\"|\", {s})", "string.Concat({s})",
           "{s}.ToDictionary(x => x + \"k\", x => {k}).Count", "{s}.ToList().IndexOf({s}.Last())", "{s}.LongCount()"]
INTEGERS = ["{s}.Sum()", "{s}.Average()", "{s}.Max()", "{s}.Min()", "{s}.Sum(x => x * 2)", "{s}.Average(x => x + 0.5)", "{s}.Aggregate(1, (a, b) => a * b)", "{s}.Sum(x => (long)x)"]


def linq(rng):
    for ty, sources in SOURCES.items():
        for source, template in itertools.product(sources, SEQUENCES + SCALARS + (INTEGERS if ty == "int" else [])):
            for hole, text in [("{s}", source), ("{t}", rng.choice(TESTS[ty])), ("{k}", rng.choice(KEYS[ty])), ("{k2}", rng.choice(KEYS[ty]))]:
                template = template.replace(hole, text)
            yield template


DOCUMENTS = [r'{"a":1,"b":"two","c":null,"d":true,"e":1.50,"f":[1,"2",{"g":3}],"h":{"i":{"j":"deep"}},"k":"2024-02-29T12:34:56Z","l":"2024-02-29T12:34:56+02:00"}',
             r"{'single':'quotes',unquoted:5,/*note*/\"x\":0x1F,\"trail\":[1,2,],}", r'{"items":[{"id":1,"tags":["a","b"]},{"id":2,"tags":[]}],"total":2}',
             r'{"dup":1,"dup":2}', r'{"u":"\u00e9\uD83D\uDE00","t":"tab\tq\"","s":"a\/b"}', r'{"big":12345678901234567890,"exp":1e3,"neg":-0.0,"small":1e-7,"dec":0.1}',
             r'{"open":[1,2', r'{"a":tru}', r'[1,2,3]', r'"text"', r'', r'{"a" 1}', r'{"a":1} extra', r'{"d":"2024-02-29","e":"12:30","f":"2024-02-29T12:34:56.789"}']
PATHS = ["a", "b", "c", "f[0]", "f[2].g", "h.i.j", "h['i'].j", "$.h.i", "missing", "missing.x", "f[9]", "items[0].tags[1]", "items[*].id", "$..id", "total", "f[-1]", "h.", "items[?(@.id==2)].id"]


def literal(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def json(rng):
    for document in DOCUMENTS:
        text = literal(document)
        for call in ["JObject.Parse({0}).ToString()", "JObject.Parse({0}).ToString(Formatting.None)", "JToken.Parse({0}).Type", "JsonConvert.DeserializeObject({0})", "JObject.Parse({0}).Count",
                     "JArray.Parse({0}).Count", "JsonConvert.SerializeObject(JToken.Parse({0}))", "JObject.Parse({0}).Properties().Select(p => p.Name + p.Value.Type).ToList()",
                     "JToken.Parse({0}).Children().Count()", "JToken.DeepEquals(JToken.Parse({0}), JToken.Parse({0}))", "JsonConvert.DeserializeObject<JObject>({0})",
                     "JToken.Parse({0}).Values<string>().ToList()", "((JContainer)JToken.Parse({0})).Descendants().Count()", "JToken.Parse({0}).DeepClone().ToString(Formatting.None)"]:
            yield call.format(text)
        for path in PATHS:
            yield f'JToken.Parse({text}).SelectToken("{path}")'
    first = literal(DOCUMENTS[0])
    names = ["a", "b", "c", "d", "e", "f", "h", "k", "l", "zz"]
    targets = ["string", "int", "long", "double", "decimal", "bool", "DateTime", "int?", "bool?", "DateTimeOffset", "JObject", "JArray", "float", "byte", "Guid", "uint", "char", "double?", "TimeSpan"]
    for name, target in itertools.product(names, targets):
        yield f'({target})JObject.Parse({first})["{name}"]'
        yield f'JObject.Parse({first}).Value<{target}>("{name}")'
        yield f'JObject.Parse({first}).GetValue("{name}").ToObject<{target}>()'
    for name in names:
        for call in ['["{0}"].ToString()', '["{0}"].Type', '["{0}"]', '.ContainsKey("{0}")', '.Property("{0}")', '.Remove("{0}")', '["{0}"].Parent.Type', '["{0}"].HasValues', '["{0}"].Path',
                     '["{0}"] == null', '["{0}"]?.ToString() ?? "none"', '.GetValue("{0}", StringComparison.OrdinalIgnoreCase)', '["{0}"]["x"]', '["{0}"].First', '["{0}"].Children().ToList()',
                     '["{0}"].ToString(Formatting.None)', '["{0}"] + ""', '.SelectToken("{0}", true)']:
            yield f"JObject.Parse({first}){call.format(name)}"
        yield f'{{ var o = JObject.Parse({first}); o["{name}"] = {rng.choice(["5", chr(34) + "s" + chr(34), "null", "new JArray(1, 2)", "1.5", "true", "new JObject()"])}; return o.ToString(Formatting.None); }}'
        yield f'{{ var o = JObject.Parse({first}); o.Property("{name}").Remove(); return o.ToString(Formatting.None); }}'
        yield f'{{ var o = JObject.Parse({first}); o["{name}"].Replace("new"); return o.ToString(Formatting.None); }}'
        yield f'{{ var o = JObject.Parse({first}); o.Add("{name}", 1); return o.ToString(Formatting.None); }}'
        yield f'{{ var o = JObject.Parse({first}); o["{name}"].Parent.Remove(); return o.Count; }}'
        yield f'{{ var o = JObject.Parse({first}); JToken t; return o.TryGetValue("{name}", out t) + ":" + t; }}'
    values = ["1", "1.0", "1.5m", '"q\\"\\n/"', "null", "true", "'c'", "new[] { 1, 2 }", "new List<string> { \"a\" }", 'new Dictionary<string, int> { { "k", 1 } }', "new { A = 1, b = \"x\", C = new { D = (string)null } }",
              "new DateTime(2024, 2, 29, 1, 2, 3, DateTimeKind.Utc)", "new DateTime(2024, 2, 29)", "TimeSpan.FromMinutes(5)", 'new Guid("0f8fad5b-d9cb-469f-a165-70867728950e")', "new byte[] { 1, 2, 3 }",
              "DayOfWeek.Friday", "double.NaN", "1e20", "1e-7", "0.1f", "long.MaxValue", 'new Uri("https://contoso.com/a b")', "new DateTimeOffset(2024, 2, 29, 1, 2, 3, TimeSpan.FromHours(2))",
              '"\\u00e9\\u2028<>&\'"', "new object[] { 1, \"a\", null, new JObject() }", "new JProperty(\"p\", 1)", "3UL", "(byte)4", "new string[0]"]
    for value in values:
        yield f"JsonConvert.SerializeObject({value})"
        yield f"JsonConvert.SerializeObject({value}, Formatting.Indented)"
        if value != "null":
            yield f"JToken.FromObject({value}).ToString()"
            yield f"JToken.FromObject({value}).Type"
            yield f'new JObject(new JProperty("v", {value})).ToString(Formatting.None)'
            yield f"new JArray({value}).ToString(Formatting.None)"
            yield f"new JValue({value}).Type"
    for method in ['Add(new JValue(7))', 'AddFirst("z")', 'Insert(1, "i")', "RemoveAt(0)", "Remove(null)", "Clear()", "RemoveAll()", "Add(null)", "Add(new JArray(8, 9))", "Insert(99, 1)", "RemoveAt(99)"]:
        yield f'{{ var a = JArray.Parse("[1,\\"two\\",null]"); a.{method}; return a.ToString(Formatting.None); }}'
    for at in ["0", "1", "2", "9", "-1", '"x"']:
        yield f'JArray.Parse("[1,\\"two\\",null]")[{at}]'
        yield f'JToken.Parse("[1,2]")[{at}]'
        yield f'JToken.Parse("{{}}")[{at}]'
    yield from ['{ var a = JObject.Parse("{\\"x\\":{\\"y\\":1}}"); a.Merge(JObject.Parse("{\\"x\\":{\\"z\\":2}}")); return a.ToString(Formatting.None); }',
                '{ var a = JObject.Parse("{\\"x\\":[1]}"); a.Merge(JObject.Parse("{\\"x\\":[2]}")); return a.ToString(Formatting.None); }',]


BOXED = ["5", '"s"', "null", "true", "1.5", "'c'", "7L", "new[] { 1 }", "new JObject()", "new JValue(3)", 'JToken.Parse("[1]")', "new List<string>()", "2.5m", "DateTime.MinValue", "StringComparison.Ordinal"]
CASTS = ["string", "int", "long", "bool", "double", "JObject", "JArray", "JToken", "DateTime", "int?", "List<string>", "byte[]", "object", "char", "decimal", "Dictionary<string, object>", "StringComparison"]


def casts(rng):
    for value, target in itertools.product(BOXED, CASTS):
        yield f"{{ object o = {value}; return ({target})o; }}"
        yield f"{{ object o = {value}; return o is {target}; }}"
        if target in ("string", "JObject", "JArray", "JToken", "int?", "List<string>", "byte[]", "object"):
            yield f"{{ object o = {value}; return (o as {target}) == null; }}"
        yield f"{{ object o = {value}; return o is {target.rstrip('?')} v ? \"yes\" + v : \"no\"; }}"
    for left, right in itertools.product(BOXED, BOXED):
        if rng.random() < 0.3:
            yield f"{{ object a = {left}; object b = {right}; return a == b; }}"
            yield f"{{ object a = {left}; object b = {right}; return object.Equals(a, b); }}"
    for value in BOXED:
        yield f'{{ object o = {value}; return "<" + o + ">"; }}'
        yield f"{{ object o = {value}; return o.ToString(); }}"
        yield f"{{ object o = {value}; return o?.ToString() ?? \"null\"; }}"
        yield f'{{ object o = {value}; return $"{{o}}|{{o,8}}|"; }}'
        yield f'{{ object o = {value}; return string.Format("{{0}}-{{0,-6}}-", o); }}'
        yield f"{{ object o = {value}; return Convert.ToString(o); }}"
        yield f"{{ object o = {value}; return Convert.ToInt32(o); }}"
        yield f"{{ object o = {value}; return Convert.ToBoolean(o); }}"
        yield f"{{ object o = {value}; return Convert.ToDouble(o); }}"


PATTERNS = [r"\d+", r"^\w+$", r"(?<year>\d{4})-(?<month>\d\d)", r"[^a-z]+", r"(a|b)*c", r"\bfoo\b", r"(?i)HELLO", r"a.c", r"^$", r"(\w)\1", r"(?=x)y?", r"\p{Lu}", r"[\w-]+@[\w.]+", r"(", r"[z-a]", r"a{2,3}", r".*?b", r"\s+", r"(x)?(y)", r"$"]
TEXTS = ["abc 123", "2024-02", "foo bar foo", "Hello World", "aab", "", "a\\nc", "john@contoso.com", "xx yy", "ÄbÇ"]


def regex(rng):
    for pattern, text in itertools.product(PATTERNS, TEXTS):
        p, t = f'@"{pattern}"', f'"{text}"'
        picks = [f"Regex.IsMatch({t}, {p})", f"Regex.Match({t}, {p}).Value", f"Regex.Matches({t}, {p}).Count", f'Regex.Replace({t}, {p}, "<$0>")', f"Regex.Split({t}, {p})", f"Regex.Match({t}, {p}).Groups.Count",
                 f"Regex.Match({t}, {p}).Success", f"Regex.Match({t}, {p}).Groups[1].Value", f"Regex.IsMatch({t}, {p}, RegexOptions.IgnoreCase)", f'Regex.Replace({t}, {p}, m => m.Value.Length + "!")',
                 f'Regex.Replace({t}, {p}, "$1-${{year}}$$")', f"Regex.Matches({t}, {p}).Cast<Match>().Select(m => m.Index + m.Value).ToList()", f"Regex.Match({t}, {p}).Index", f'new Regex({p}).Replace({t}, "_", 1)']
        yield from rng.sample(picks, 4)


XML = [r'<a x=\"1\"><b>one</b><b>two</b><c/></a>', r'<s:Envelope xmlns:s=\"urn:soap\"><s:Body><r xmlns=\"urn:r\">5</r></s:Body></s:Envelope>', r'<a>t &amp; &lt;u&gt;<![CDATA[<raw>]]></a>', r'<a><b></a>', r'<a/>', r'']


def xml(rng):
    for text in XML:
        for call in ["", ".Name.LocalName", ".Value", ".Elements().Count()", '.Element("b")?.Value', '.Attribute("x")?.Value', ".Descendants().Select(e => e.Name.LocalName).ToList()", ".ToString(SaveOptions.DisableFormatting)", ".FirstNode",
                     '.Elements("b").Select(e => (string)e).ToList()', ".HasElements", ".HasAttributes", ".IsEmpty", ".Name.NamespaceName", ".Name", '.Descendants(XName.Get("r", "urn:r")).Count()', ".Nodes().Count()", '.Element("zz").Value']:
            yield f'XElement.Parse("{text}"){call}'
        for change in ['e.Add(new XElement("n", 5))', 'e.SetAttributeValue("x", "2")', 'e.SetElementValue("b", "z")', "e.RemoveNodes()", 'e.Value = "v<"', "e.RemoveAttributes()", 'e.Elements().Remove()', 'e.SetAttributeValue("x", null)', 'e.AddFirst("t")', 'e.FirstNode.Remove()']:
            yield f'{{ var e = XElement.Parse("{text}"); {change}; return e.ToString(SaveOptions.DisableFormatting); }}'
        yield f'XDocument.Parse("{text}").Root.Name.LocalName'
        yield f'XDocument.Parse("{text}").ToString()'


def hashes(rng):
    for name in ["MD5", "SHA1", "SHA256", "SHA384", "SHA512"]:
        for text in ["", "abc", "h\\u00e9"]:
            yield f'Convert.ToBase64String({name}.Create().ComputeHash(Encoding.UTF8.GetBytes("{text}")))'
            yield f'BitConverter.ToString({name}.Create().ComputeHash(Encoding.UTF8.GetBytes("{text}"))).Replace("-", "").ToLower()'
            yield f'Convert.ToBase64String(new HMAC{name}(Encoding.ASCII.GetBytes("key")).ComputeHash(Encoding.UTF8.GetBytes("{text}")))'
        yield f'{{ using (var h = new HMAC{name}(Encoding.UTF8.GetBytes("k"))) {{ return h.ComputeHash(Encoding.UTF8.GetBytes("data")).Length; }} }}'


def generate(rng):
    for part in (linq, json, casts, regex, xml, hashes):
        yield from part(rng)
