//! What the members of .NET types give, by the facts of .NET's documentation.
#![allow(clippy::expect_used, reason = "a test ends that way")]

mod world;

use world::check;

#[test]
fn xml_is_read_queried_and_changed_as_linq_to_xml_does() {
    check(&[
        ("XElement.Parse(\"<a><b>1</b><b>2</b></a>\").Elements(\"b\").Count()", "2"),
        (
            "(string)XElement.Parse(\"<a x='1'>t</a>\").Attribute(\"x\") + XElement.Parse(\"<a>t</a>\").Value",
            "1t",
        ),
        ("(int)XElement.Parse(\"<a><n> 42 </n></a>\").Element(\"n\") + 1", "43"),
        ("(int?)XElement.Parse(\"<a/>\").Element(\"n\") == null", "True"),
        ("(bool)XElement.Parse(\"<a>1</a>\")", "True"),
        ("XDocument.Parse(\"<?xml version='1.0'?><r><x/></r>\").Root.Name.LocalName", "r"),
        ("XDocument.Parse(\"<r><i>a</i><i>b</i></r>\").Descendants(\"i\").Select(e => e.Value).Last()", "b"),
        ("XElement.Parse(\"<a>  <b/>  </a>\").ToString()", "<a>\n  <b />\n</a>"),
        (
            "XElement.Parse(\"<a><b></b><c>t<d/></c></a>\").ToString()",
            "<a>\n  <b></b>\n  <c>t<d /></c>\n</a>",
        ),
        ("XElement.Parse(\"<a><b/></a>\").ToString(SaveOptions.DisableFormatting)", "<a><b /></a>"),
        ("XElement.Parse(\"<a><![CDATA[x<y]]></a>\").FirstNode.NodeType", "CDATA"),
        (
            "new XElement(\"a\", new XAttribute(\"i\", 1), new XElement(\"b\", true), \"t\", null).ToString(SaveOptions.DisableFormatting)",
            "<a i=\"1\"><b>true</b>t</a>",
        ),
        (
            "{ XNamespace ns = \"urn:x\"; var e = new XElement(ns + \"a\", new XAttribute(XNamespace.Xmlns + \"p\", \"urn:x\")); return e.ToString() + (e.Name == ns + \"a\") + e.Name;",
            "<p:a xmlns:p=\"urn:x\" />True{urn:x}a",
        ),
        (
            "{ XNamespace ns = \"urn:x\"; return new XElement(ns + \"a\", new XElement(ns + \"b\"), new XElement(\"c\")).ToString(SaveOptions.DisableFormatting);",
            "<a xmlns=\"urn:x\"><b /><c xmlns=\"\" /></a>",
        ),
        (
            "{ var e = XElement.Parse(\"<a><b/><c/></a>\"); e.Element(\"b\").ReplaceWith(new XElement(\"d\", 1)); e.SetAttributeValue(\"k\", \"<v>\"); e.SetElementValue(\"c\", null); e.Add(new XElement(\"z\")); return e.ToString(SaveOptions.DisableFormatting);",
            "<a k=\"&lt;v&gt;\"><d>1</d><z /></a>",
        ),
        (
            "{ var e = XElement.Parse(\"<a><b/>t<b/></a>\"); e.Elements(\"b\").Remove(); e.Value += \"&\"; return e.ToString();",
            "<a>t&amp;</a>",
        ),
        (
            "{ var p = new XElement(\"p\", \"x\"); var q = new XElement(\"q\", p, p); p.Value = \"y\"; return q.ToString(SaveOptions.DisableFormatting) + p.Parent.Name;",
            "<q><p>y</p><p>x</p></q>q",
        ),
        ("(string)context.Request.Body.As<XElement>(true).Elements().First().Attribute(\"i\")", "1"),
        ("context.Request.Body.As<XDocument>(true).Root.Name.NamespaceName", "urn:x"),
        (
            "XElement.Parse(\"<a><b></a>\")",
            "The 'b' start tag on line 1 position 5 does not match the end tag of 'a'. Line 1, position 9.",
        ),
        ("XElement.Parse(\"\")", "Root element is missing."),
        (
            "XElement.Parse(\"<a><b>1</b></a>\").Descendants().Any(e => e.Name.LocalName == \"b\" && e.Name == \"b\")",
            "True",
        ),
        ("(int)XElement.Parse(\"<a/>\").Element(\"b\")", "Value cannot be null. (Parameter 'element')"),
    ]);
}

#[test]
fn tokens_and_credentials_are_read() {
    // {"alg":"HS256","typ":"JWT"}.{"iss":"me","sub":"bob","aud":["a","b"],"exp":1700000000,"admin":true,"n":1}
    let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJtZSIsInN1YiI6ImJvYiIsImF1ZCI6WyJhIiwiYiJdLCJleHAiOjE3MDAwMDAwMDAsImFkbWluIjp0cnVlLCJuIjoxfQ.c2ln";
    let jwt = |rest: &str| format!("(\"Bearer {token}\").AsJwt(){rest}");
    let table = [
        (jwt(".Subject"), "bob"),
        (jwt("?.Algorithm"), "HS256"),
        (format!("string.Join(\"|\", {})", jwt(".Audiences")), "a|b"),
        (jwt(".Claims[\"admin\"].FirstOrDefault()"), "true"),
        (jwt(".Claims.GetValueOrDefault(\"aud\", \"-\")"), "a,b"),
        (jwt(".Claims.GetValueOrDefault(\"x\", \"-\")"), "-"),
        (jwt(".ExpirationTime"), "11/14/2023 22:13:20"),
        (jwt(".NotBefore == null"), "True"),
        ("\"x.y\".AsJwt() == null".to_owned(), "True"),
        ("((string)null).AsJwt() == null".to_owned(), "True"),
        (format!("{{ Jwt j; return (\"{token}\".TryParseJwt(out j) ? j.Issuer : \"\");"), "me"),
        (
            "\"Basic YWw6YTpi\".AsBasic().UserId + \"/\" + \"Basic YWw6YTpi\".AsBasic().Password".to_owned(),
            "al:a/b",
        ),
        ("\"basic YWw6YTpi\".AsBasic() == null".to_owned(), "True"),
        (
            "{ if (\"Basic YTpi\".TryParseBasic(out var c)) { return c.Password; } return \"\";".to_owned(),
            "b",
        ),
    ];
    let table: Vec<_> = table.iter().map(|(source, value)| (source.as_str(), *value)).collect();
    check(&table);
}

#[test]
fn bodies_are_read_as_forms() {
    check(&[
        ("context.Response.Body.AsFormUrlEncodedContent(preserveContent: true)[\"b\"].Single()", "x y"),
        ("context.Response.Body.AsFormUrlEncodedContent(true)[\"a\"].Count", "2"),
        ("context.Response.Body.AsFormUrlEncodedContent(true).ToFormUrlEncodedContent()", "a=1&a=2&b=x+y"),
    ]);
}

#[test]
fn bytes_are_encrypted_hashed_and_signed() {
    let key = "var key = Convert.FromBase64String(\"AAECAwQFBgcICQoLDA0ODw==\"); var iv = new byte[16];";
    let aes = format!("{{ {key} var e = Encoding.UTF8.GetBytes(\"hello\").Encrypt(\"Aes\", key, iv);");
    let table = [
        (format!("{aes} return Convert.ToBase64String(e);"), "XYdJ4q91MbK/ZmHp5drwEg=="),
        (format!("{aes} return Encoding.UTF8.GetString(e.Decrypt(\"Aes\", key, iv));"), "hello"),
        (
            format!("{aes} e[0]++; try {{ e.Decrypt(\"Aes\", key, iv); return \"?\"; }} catch (Exception x) {{ return x.Message; }}"),
            "Padding is invalid and cannot be removed.",
        ),
        (
            format!("{{ {key} var a = SymmetricAlgorithm.Create(\"Aes\"); a.Key = key; a.IV = iv; a.Mode = CipherMode.ECB; a.Padding = PaddingMode.None; return Convert.ToBase64String(new byte[16].Encrypt(a));"),
            "xqE7N4ePW4JvT4FiocjYeQ==",
        ),
        ("BitConverter.ToString(MD5.Create().ComputeHash(Encoding.UTF8.GetBytes(\"abc\")))".to_owned(), "90-01-50-98-3C-D2-4F-B0-D6-96-3F-7D-28-E1-7F-72"),
        ("BitConverter.ToString(new HMACMD5(Encoding.UTF8.GetBytes(\"k\")).ComputeHash(new byte[0])).Substring(0, 5)".to_owned(), "CD-32"),
        ("context.Request.Certificate.GetRSAPublicKey().VerifyData(Encoding.UTF8.GetBytes(\"m\"), context.Request.Certificate.GetRSAPrivateKey().SignData(Encoding.UTF8.GetBytes(\"m\"), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)".to_owned(), "True"),
        ("{ var c = context.Request.Certificate; var e = c.GetRSAPublicKey().Encrypt(new byte[] { 1, 2 }, RSAEncryptionPadding.OaepSHA256); return \"\" + c.GetRSAPrivateKey().Decrypt(e, RSAEncryptionPadding.OaepSHA256).Length;".to_owned(), "2"),
        ("{ var h = new System.Security.Cryptography.HMACSHA256 { Key = Encoding.UTF8.GetBytes(\"k\") }; return Convert.ToBase64String(h.ComputeHash(new byte[0])).Substring(0, 4);".to_owned(), "i7mQ"),
    ];
    let table: Vec<_> = table.iter().map(|(source, value)| (source.as_str(), *value)).collect();
    check(&table);
}

#[test]
fn certificates_show_what_is_in_them() {
    check(&[
        ("context.Request.Certificate.Subject", "CN=client, O=\"Example, Inc.\", C=CH"),
        ("context.Request.Certificate.SerialNumber", "1234ABCD"),
        ("context.Request.Certificate.Thumbprint.Length", "40"),
        ("context.Request.Certificate.GetNameInfo(X509NameType.SimpleName, false)", "client"),
        ("context.Request.Certificate.NotAfter > DateTime.UtcNow", "True"),
        (
            "context.Request.Certificate.HasPrivateKey + \"\" + context.Request.Certificate.VerifyNoRevocation()",
            "TrueFalse",
        ),
        ("context.Request.Certificate.SignatureAlgorithm.FriendlyName", "sha256RSA"),
        (
            "new X509Certificate2(context.Request.Certificate.RawData).Issuer == context.Request.Certificate.Issuer",
            "True",
        ),
    ]);
}

#[test]
fn uris_have_parts() {
    check(&[
        ("new Uri(\"HTTP://User@Ex.com:80/a/../b c?q=1#f\").AbsoluteUri", "http://User@ex.com/b%20c?q=1#f"),
        ("new Uri(\"https://ex.com\").AbsolutePath + new Uri(\"https://ex.com:8443/x\").Port", "/8443"),
        (
            "new Uri(\"https://ex.com:8443/x/y?z\").PathAndQuery + new Uri(\"https://ex.com:8443/\").Authority",
            "/x/y?zex.com:8443",
        ),
        ("new Uri(\"https://ex.com/a/b/c\").Segments[2]", "b/"),
        ("new Uri(new Uri(\"https://ex.com/a/b\"), \"../c?d\")", "https://ex.com/c?d"),
        ("new Uri(\"https://ex.com/a/b?c\").GetLeftPart(UriPartial.Path)", "https://ex.com/a/b"),
        ("new Uri(\"https://ex.com/a%20b%2Fc\")", "https://ex.com/a b%2Fc"),
        ("new Uri(\"nonsense\")", "Invalid URI: The format of the URI could not be determined."),
        ("new Uri(\"\")", "Invalid URI: The URI is empty."),
        (
            "{ try { return new Uri(\"http://\").Host; } catch (FormatException e) { return e.Message; }",
            "Invalid URI: The hostname could not be parsed.",
        ),
    ]);
}

#[test]
fn linq_has_its_operators() {
    check(&[
        (
            "string.Join(\"|\", new[] { \"b\", \"a\", \"bb\" }.GroupBy(s => s[0]).Select(g => g.Key + \":\" + g.Count()))",
            "b:2|a:1",
        ),
        (
            "string.Join(\"|\", new[] { 1, 2, 3, 4 }.GroupBy(n => n % 2, n => n * 10).Select(g => g.Key + \"=\" + g.Sum()))",
            "1=40|0=60",
        ),
        (
            "string.Join(\"|\", new[] { 1, 2, 3 }.GroupBy(n => n > 1, (k, g) => k + \"\" + g.Count()))",
            "False1|True2",
        ),
        ("new[] { \"a\", \"B\", \"b\" }.ToLookup(s => s.ToLower())[\"b\"].Count()", "2"),
        (
            "string.Join(\",\", new[] { \"bb\", \"a\", \"cc\", \"aa\" }.OrderBy(s => s.Length).ThenByDescending(s => s))",
            "a,cc,bb,aa",
        ),
        ("string.Join(\",\", new[] { 3, 1, 2 }.OrderBy(n => n % 2).OrderByDescending(n => n))", "3,2,1"),
        ("string.Join(\",\", new[] { 1, 2 }.Zip(new[] { \"a\", \"b\", \"c\" }, (n, s) => n + s))", "1a,2b"),
        ("string.Join(\",\", new[] { 1, 2 }.Join(new[] { 2, 3 }, a => a, b => b, (a, b) => a + b))", "4"),
        (
            "string.Join(\",\", new[] { 1, 2 }.GroupJoin(new[] { 2, 2 }, a => a, b => b, (a, b) => b.Count()))",
            "0,2",
        ),
        ("string.Join(\",\", new[] { \"ab\", \"c\" }.SelectMany(s => s, (s, c) => s + c))", "aba,abb,cc"),
        ("string.Join(\",\", new object[] { 1, \"a\", 2 }.OfType<int>())", "1,2"),
        (
            "new object[] { 1, \"a\" }.Cast<int>().Count()",
            "Unable to cast object of type 'System.String' to type 'System.Int32'.",
        ),
        ("JArray.Parse(\"[{},{}]\").Cast<JObject>().Count()", "2"),
        ("new int[0].DefaultIfEmpty().First() + new int[0].DefaultIfEmpty(5).First()", "5"),
        (
            "string.Join(\",\", new[] { \"a\", \"A\", \"b\" }.Distinct(StringComparer.OrdinalIgnoreCase))",
            "a,b",
        ),
        ("new[] { \"a\" }.ToDictionary(s => s, StringComparer.OrdinalIgnoreCase).ContainsKey(\"A\")", "True"),
        ("new[] { 1m, 2m }.Average() == 1.5m", "True"),
        ("new[] { 1, 2 }.Average(n => n * 2)", "3"),
        ("new[] { 1m, 2.5m }.Sum() + \"\" + new[] { \"a\" }.Sum(s => 1.5m)", "3.51.5"),
        ("new[] { 1, 2, 3 }.Aggregate(10, (a, n) => a + n, a => \"=\" + a)", "=16"),
        ("string.Join(\",\", new[] { 5, 6, 7 }.Where((n, i) => i != 1))", "5,7"),
        ("new[] { 1, 1 }.ToHashSet().Count", "1"),
        ("new[] { 1, 2, 3 }.SkipLast(1).Concat(new[] { 9 }.TakeLast(3)).Last()", "9"),
        (
            "{ var n = 0; var q = new[] { 1, 2 }.Select(x => { n++; return x; }); q.ToList(); q.ToList(); return \"\" + n;",
            "4",
        ),
        (
            "{ IEnumerable<int> q = new[] { 1 }; for (int i = 0; i < 50000; i++) { q = q.Where(x => true); } return \"\" + q.Count();",
            "the expression was stopped: it exceeds the limit of nested sequences",
        ),
    ]);
}

#[test]
fn collections_and_texts_change_in_place() {
    check(&[
        (
            "{ var b = new StringBuilder(\"a\"); b.Append(1).Append('c').AppendLine().AppendFormat(\"{0:00}\", 7).Insert(0, \"<\").Replace(\"a\", \"AA\"); return b.ToString() + b.Length;",
            "<AA1c\n078",
        ),
        (
            "{ var b = new StringBuilder(); b.Append('x', 3).Remove(0, 1)[0] = 'y'; return b.ToString(0, 1);",
            "y",
        ),
        ("new StringBuilder().AppendJoin(\",\", new[] { 1, 2 })", "1,2"),
        (
            "{ var r = new StringReader(\"a\\nb\"); r.ReadLine(); return r.ReadToEnd() + (r.ReadLine() == null);",
            "bTrue",
        ),
        (
            "{ using (var w = new StringWriter()) { w.Write(\"a\"); w.WriteLine(1); return w.ToString(); }",
            "a1\n",
        ),
        (
            "{ var q = new Queue<int>(new[] { 1, 2 }); q.Enqueue(3); return q.Dequeue() + \"\" + q.Peek() + q.Count + string.Join(\",\", q);",
            "1222,3",
        ),
        (
            "{ var s = new Stack<string>(); s.Push(\"a\"); s.Push(\"b\"); return s.Pop() + s.Peek() + s.Contains(\"b\");",
            "baFalse",
        ),
        ("new Stack<int>().Pop()", "Stack empty."),
        ("{ var t = Tuple.Create(1, \"a\"); return t.Item2 + t.Item1 + t;", "a1(1, a)"),
        ("new Tuple<int, int>(1, 2).Item2", "2"),
        (
            "IPAddress.Parse(\"10.0.1\").ToString() + IPAddress.Parse(\"::1\").AddressFamily",
            "10.0.0.1InterNetworkV6",
        ),
        (
            "{ IPAddress a; return IPAddress.TryParse(\"1.2.3.400\", out a) + \"\" + IPAddress.IsLoopback(IPAddress.Parse(\"127.0.0.1\"));",
            "FalseTrue",
        ),
        (
            "IPAddress.Parse(\"1.2.3.4\").GetAddressBytes()[3] + \"\" + IPAddress.Parse(\"::1\").Equals(IPAddress.Parse(\"0:0::1\"))",
            "4True",
        ),
    ]);
}

#[test]
fn time_zones_have_windows_and_iana_names() {
    let berlin = "TimeZoneInfo.FindSystemTimeZoneById(\"W. Europe Standard Time\")";
    let table = [
        (format!("TimeZoneInfo.ConvertTimeFromUtc(new DateTime(2024, 7, 1, 12, 0, 0), {berlin}).ToString(\"s\")"), "2024-07-01T14:00:00"),
        (format!("TimeZoneInfo.ConvertTimeToUtc(new DateTime(2024, 1, 1, 12, 0, 0), {berlin}).ToString(\"o\")"), "2024-01-01T11:00:00.0000000Z"),
        (format!("{berlin}.GetUtcOffset(DateTime.UtcNow)"), "01:00:00"),
        (format!("{berlin}.IsDaylightSavingTime(new DateTime(2024, 7, 1)) + {berlin}.Id"), "TrueW. Europe Standard Time"),
        (format!("{berlin}.IsInvalidTime(new DateTime(2024, 3, 31, 2, 30, 0)) + \"\" + {berlin}.IsAmbiguousTime(new DateTime(2024, 10, 27, 2, 30, 0))"), "TrueTrue"),
        ("TimeZoneInfo.ConvertTimeBySystemTimeZoneId(DateTimeOffset.UtcNow, \"America/New_York\").ToString(\"o\")".to_owned(), "2023-11-14T17:13:20.0000000-05:00"),
        ("TimeZoneInfo.FindSystemTimeZoneById(\"Mars\")".to_owned(), "The time zone ID 'Mars' was not found on the local computer."),
        ("TimeZoneInfo.Utc.BaseUtcOffset + TimeZoneInfo.Utc.StandardName".to_owned(), "00:00:00Coordinated Universal Time"),
    ];
    let table: Vec<_> = table.iter().map(|(source, value)| (source.as_str(), *value)).collect();
    check(&table);
}

#[test]
fn lists_sets_and_dictionaries_have_their_members() {
    check(&[
        ("new HashSet<string>(new[] { \"a\" }, StringComparer.OrdinalIgnoreCase).Contains(\"A\")", "True"),
        ("new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { { \"a\", 1 } }[\"A\"]", "1"),
        (
            "{ var s = new HashSet<int> { 1, 2, 3 }; s.IntersectWith(new[] { 2, 3, 4 }); s.UnionWith(new[] { 9 }); return string.Join(\",\", s) + s.SetEquals(new[] { 9, 2, 3 }) + s.Overlaps(new[] { 1 });",
            "2,3,9TrueFalse",
        ),
        (
            "{ var l = new List<int> { 3, 1, 2 }; l.Sort((a, b) => b - a); l.InsertRange(1, new[] { 7 }); l.RemoveRange(2, 1); return string.Join(\",\", l) + l.FindIndex(x => x == 7) + l.GetRange(0, 1)[0];",
            "3,7,113",
        ),
        (
            "string.Join(\",\", Array.ConvertAll(new[] { \"1\", \"2\" }, int.Parse)) + Array.FindIndex(new[] { 1, 2 }, x => x > 1)",
            "1,21",
        ),
        (
            "string.Join(\",\", Array.ConvertAll(new[] { 1, 2 }, x => x * 2)) + Array.TrueForAll(new[] { 1 }, x => x > 1)",
            "2,4False",
        ),
        (
            "{ var a = new[] { 1, 2, 3 }; var b = (int[])a.Clone(); Array.Clear(a, 0, 2); return string.Join(\",\", a) + b[0];",
            "0,0,31",
        ),
        (
            "{ var d = new Dictionary<string, int> { { \"a\", 1 } }; int v; d.Remove(\"a\", out v); return d.TryAdd(\"b\", 2) + \"\" + v + d.ContainsValue(2);",
            "True1True",
        ),
    ]);
}

#[test]
fn numbers_times_and_texts_have_their_members() {
    check(&[
        (
            "BitConverter.ToInt64(BitConverter.GetBytes(5L), 0) + BitConverter.ToUInt16(new byte[] { 1, 1 }, 0)",
            "262",
        ),
        ("BitConverter.ToString(BitConverter.GetBytes((short)258), 1)", "01"),
        (
            "new Guid(new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 })",
            "04030201-0605-0807-090a-0b0c0d0e0f10",
        ),
        (
            "Convert.ToString(255L, 16) + Convert.ToHexString(new byte[] { 171 }) + Convert.ToUInt16(\"7\")",
            "ffAB7",
        ),
        ("Math.Clamp(5, 1, 3) + Math.Sign(-2.5) + Math.Max(1m, 2m)", "4"),
        (
            "Encoding.GetEncoding(\"iso-8859-1\").GetString(new byte[] { 233 }) + Encoding.UTF8.GetByteCount(\"é\") + Encoding.BigEndianUnicode.GetBytes(\"a\")[1]",
            "é297",
        ),
        ("Enum.Parse<DayOfWeek>(\"monday\", true) == DayOfWeek.Monday", "True"),
        (
            "new DateTimeOffset(2024, 1, 1, 12, 0, 0, TimeSpan.FromHours(2)).ToOffset(TimeSpan.Zero).Hour",
            "10",
        ),
        ("TimeSpan.FromMinutes(-5).Duration() > TimeSpan.FromMinutes(4) ? \"y\" : \"n\"", "y"),
        (
            "\"aXbx\".Replace(\"x\", \"-\", StringComparison.OrdinalIgnoreCase) + \"abc\".LastIndexOfAny(new[] { 'a', 'b' })",
            "a-b-1",
        ),
    ]);
}

#[test]
fn json_has_its_less_common_members() {
    check(&[
        (
            "{ var o = JObject.Parse(\"{a:{'b c':[1,{d:2}]}}\"); return o[\"a\"][\"b c\"][1][\"d\"].Path + o[\"a\"][\"b c\"].Root.Type;",
            "a['b c'][1].dObject",
        ),
        (
            "{ var o = JObject.Parse(\"{a:1,b:{c:[1]},e:5}\"); o.Merge(JObject.Parse(\"{a:2,b:{c:[2],d:3},e:null}\")); return o.ToString(Formatting.None);",
            "{\"a\":2,\"b\":{\"c\":[1,2],\"d\":3},\"e\":5}",
        ),
        (
            "{ var a = JArray.Parse(\"[1,2]\"); a[0].AddAfterSelf(9); a.AddFirst(0); return a.ToString(Formatting.None) + a[1].Next + a.IndexOf(a[2]);",
            "[0,1,9,2]92",
        ),
        (
            "{ int? n = null; var o = new JObject(); o[\"a\"] = n; return o.ToString(Formatting.None);",
            "{\"a\":null}",
        ),
        ("(decimal?)JObject.Parse(\"{a:null}\")[\"a\"] == null", "True"),
        (
            "JObject.Parse(\"{a:[1,2]}\")[\"a\"].Values<int>().Sum() + JObject.Parse(\"{a:1,b:2}\").Children<JProperty>().Count()",
            "5",
        ),
    ]);
}
