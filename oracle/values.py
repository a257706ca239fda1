"""Types that Azure allows, values of each as C# text, format strings, and what is not asked."""

TYPES = """System.String System.Char System.Boolean System.Byte System.SByte System.Int16 System.UInt16 System.Int32
System.UInt32 System.Int64 System.UInt64 System.Single System.Double System.Decimal System.Math System.Convert
System.BitConverter System.DateTime System.DateTimeOffset System.TimeSpan System.Guid System.Uri System.Version
System.Text.StringBuilder System.Net.WebUtility System.Net.IPAddress System.Text.RegularExpressions.Regex
System.Text.RegularExpressions.Match System.Text.RegularExpressions.Group
System.Text.RegularExpressions.GroupCollection System.Text.RegularExpressions.CaptureCollection
System.Text.Encoding System.StringComparer
Newtonsoft.Json.Linq.JObject Newtonsoft.Json.Linq.JArray Newtonsoft.Json.Linq.JToken Newtonsoft.Json.Linq.JValue
Newtonsoft.Json.Linq.JProperty Newtonsoft.Json.JsonConvert System.Xml.Linq.XElement System.Xml.Linq.XAttribute
System.Xml.Linq.XDocument System.Xml.Linq.XName System.Xml.Linq.XNamespace System.Xml.Linq.XText System.Xml.Linq.XComment""".split()
TYPES.remove("System.Version")

STRINGS = [r'""', r'"a"', r'"abc"', r'"Hello, World"', r'"  padded\t"', r'"ab,cd,,ef,"', r'"a-b_c.d/e"', r'"12"', r'"-7"',
           r'"3.14"', r'"1e3"', r'" 42 "', r'"true"', r'"False"', r'"naïve café"', r'"ÄÖÜß"', r'"a\uD83D\uDE00b"', r'"x=1&y=2"',
           r'"2024-02-29T12:34:56Z"', r'"12:30:05"', r'"null"', r'"{\"a\":1}"', r'"<a b=\"c\">d &amp; e</a>"', r'"line1\nline2\r\nline3"',
           r'"AbCabcABC"', r'"bearer eyJhbGciOi"', r'"https://contoso.com:8443/a/b?c=d#e"', r'"SGVsbG8="', "null", r'"0x1F"', r'"ff"']

INTS = ["0", "1", "2", "3", "0", "1", "2", "-1", "4", "5", "7", "-3", "10", "42", "100", "255", "1000", "65536", "int.MaxValue", "int.MinValue"]

POOLS = {
    "string": STRINGS,
    "char": ["'a'", "'Z'", "'5'", "' '", "','", "'/'", r"'\t'", r"'\0'", "'é'", "'ß'", r"'\uD83D'", "'_'"],
    "bool": ["true", "false"],
    "sbyte": ["(sbyte)0", "(sbyte)5", "sbyte.MaxValue", "sbyte.MinValue", "(sbyte)-1"],
    "byte": ["(byte)0", "(byte)7", "(byte)128", "byte.MaxValue"],
    "short": ["(short)0", "(short)-2", "(short)300", "short.MaxValue", "short.MinValue"],
    "ushort": ["(ushort)0", "(ushort)9", "ushort.MaxValue"],
    "int": INTS,
    "year": ["2024", "1999", "1", "9999", "2000", "1900", "0", "10000"],
    "month": ["1", "2", "12", "6", "2", "13", "0"],
    "day": ["1", "15", "28", "29", "30", "31", "0"],
    "hour": ["0", "12", "23", "7", "1", "24", "-1"],
    "minute": ["0", "30", "59", "1", "45", "60"],
    "amount": ["1.0", "0.0", "-2.0", "90.0", "0.5", "36.0", "1e300", "double.NegativeInfinity", "123456.0"],
    "base": ["2", "8", "10", "16", "16", "7"],
    "uint": ["0u", "3u", "4000000000u", "uint.MaxValue"],
    "long": ["0L", "-5L", "3000000000L", "637134336000000000L", "long.MaxValue", "long.MinValue"],
    "ulong": ["0UL", "8UL", "10000000000000000000UL", "ulong.MaxValue"],
    "float": ["0f", "1.5f", "-2.25f", "0.1f", "16777217f", "1e20f", "float.MaxValue", "float.NaN"],
    "double": ["0.0", "-0.0", "1.0", "0.5", "1.5", "2.5", "-2.5", "0.1", "1.005", "3.14159265358979", "123456.789", "1e15", "1e16", "1e21",
               "-1e-5", "1e-4", "1e300", "double.NaN", "double.PositiveInfinity", "double.NegativeInfinity", "double.Epsilon", "double.MaxValue"],
    "decimal": ["0m", "1m", "1.50m", "-2.5m", "0.1m", "123456.789m", "79228162514264337593543950335m", "0.0000001m", "2.5m", "3.000m"],
    "object": [r'"abc"', "5", "null", "1.5", "true", "'x'", "3L", "2.50m", "new DateTime(2024, 2, 29)", r'"7"'],
    "string[]": [r'new[] { "a", "b", "c" }', "new string[0]", r'new[] { ",", "; " }', r'new string[] { null, "x" }', r'new[] { "" }'],
    "char[]": ["new[] { 'a', ',', ' ' }", "new char[0]", "\"xyz\".ToCharArray()", "null"],
    "byte[]": ["new byte[0]", "new byte[] { 1, 2, 3 }", 'Encoding.UTF8.GetBytes("h\\u00e9llo w\\u00f6rld")', "new byte[] { 255, 254, 0, 65, 0, 66, 128, 1, 2 }",
               "Convert.FromBase64String(\"AQIDBAUGBwgJCgsMDQ4PEA==\")", "null"],
    "object[]": ['new object[] { 1, "b", null }', "new object[0]", "new object[] { 1.5, true, 'c' }"],
    "int[]": ["new[] { 3, 1, 2 }", "new int[0]"],
    "IEnumerable<string>": [r'new List<string> { "x", "y" }', r'"p q".Split(\' \')'.replace("\\'", "'")],
    "StringComparison": ["StringComparison.Ordinal", "StringComparison.OrdinalIgnoreCase", "StringComparison.InvariantCultureIgnoreCase", "StringComparison.CurrentCulture"],
    "StringSplitOptions": ["StringSplitOptions.None", "StringSplitOptions.RemoveEmptyEntries"],
    "MidpointRounding": ["MidpointRounding.AwayFromZero", "MidpointRounding.ToEven"],
    "DateTime": ["new DateTime(2024, 2, 29, 12, 34, 56, DateTimeKind.Utc)", "new DateTime(2024, 1, 1)", "new DateTime(1999, 12, 31, 23, 59, 59, 999)",
                 "DateTime.MinValue", "DateTime.MaxValue", "new DateTime(2023, 7, 4, 5, 6, 7, 8, DateTimeKind.Utc)", "new DateTime(637134336001234567L, DateTimeKind.Utc)"],
    "DateTimeOffset": ["new DateTimeOffset(2024, 2, 29, 12, 34, 56, TimeSpan.FromHours(2))", "DateTimeOffset.MinValue", "new DateTimeOffset(2023, 7, 4, 5, 6, 7, 8, TimeSpan.Zero)",
                       "DateTimeOffset.FromUnixTimeSeconds(1700000000)", "new DateTimeOffset(1969, 12, 31, 20, 0, 0, TimeSpan.FromMinutes(-270))"],
    "TimeSpan": ["TimeSpan.Zero", "TimeSpan.FromMinutes(90)", "new TimeSpan(1, 2, 3, 4, 5)", "TimeSpan.FromSeconds(-1.5)", "TimeSpan.MaxValue", "TimeSpan.MinValue", "new TimeSpan(123456789L)", "new TimeSpan(25, 61, 61)"],
    "Guid": ['new Guid("0f8fad5b-d9cb-469f-a165-70867728950e")', "Guid.Empty", 'Guid.Parse("{7C9E6679-7425-40DE-944B-E07FC1F90AE7}")'],
    "DateTimeKind": ["DateTimeKind.Utc"],
    "DayOfWeek": ["DayOfWeek.Sunday", "DayOfWeek.Friday"],
    "Uri": ['new Uri("https://user:pw@contoso.com:8443/a/b%20c/d.html?x=1&y=%C3%BC#frag")', 'new Uri("http://Example.COM/A/../b/./c")',
            'new Uri("https://contoso.com")', 'new Uri("http://[::1]:80/x")', 'new Uri("ftp://h/a b")', 'new Uri("https://m\\u00fcnchen.de/\\u00fc?q=\\u00fc")'],
    "UriPartial": ["UriPartial.Authority", "UriPartial.Path", "UriPartial.Query", "UriPartial.Scheme"],
    "StringBuilder": ['new StringBuilder("abc")', "new StringBuilder()", 'new StringBuilder("Hello, World").Append(1).AppendLine()'],
    "IPAddress": ['IPAddress.Parse("10.0.0.4")', 'IPAddress.Parse("::1")', 'IPAddress.Parse("2001:db8::ff00:42:8329")', 'IPAddress.Parse("127.0.0.1")'],
    "Encoding": ["Encoding.UTF8", "Encoding.ASCII", "Encoding.Unicode"],
    "StringComparer": ["StringComparer.OrdinalIgnoreCase", "StringComparer.Ordinal"],
    "Regex": [r'new Regex(@"\d+")', r'new Regex("(?<k>[a-z]+)=(?<v>[^&]*)")', r'new Regex("[aeiou]", RegexOptions.IgnoreCase)', r'new Regex(@"^\s*(\w+)\s*,?", RegexOptions.Multiline)', r'new Regex(",")'],
    "RegexOptions": ["RegexOptions.IgnoreCase", "RegexOptions.None", "RegexOptions.Multiline", "RegexOptions.Singleline | RegexOptions.IgnoreCase"],
    "Match": [r'Regex.Match("x=1&y=2", "(?<k>[a-z])=(?<v>[0-9])")', r'Regex.Match("abc", "z")', r'Regex.Match("2024-02-29", @"(\d+)-(\d+)-(\d+)")'],
    "Group": [r'Regex.Match("x=1&y=2", "(?<k>[a-z])=(?<v>[0-9])").Groups["v"]', r'Regex.Match("abc", "(z)?b").Groups[1]'],
    "GroupCollection": [r'Regex.Match("x=1&y=2", "(?<k>[a-z])=(?<v>[0-9])").Groups', r'Regex.Match("2024-02-29", @"(\d+)-(\d+)-(\d+)").Groups'],
    "CaptureCollection": [r'Regex.Match("abc", "([a-z])+").Groups[1].Captures'],
    "JObject": [r'JObject.Parse("{\"a\":1,\"b\":{\"c\":[1,2.5,\"x\",null,true]},\"d\":\"2024-02-29T12:34:56Z\"}")', "new JObject()",
                'new JObject(new JProperty("n", 1.0), new JProperty("s", "t\\"q"), new JProperty("z", null))', r'JObject.Parse("{ \"k\" : 12345678901234567890, \"e\": 1e3, \"u\": \"\\u00e9\" }")'],
    "JArray": [r'JArray.Parse("[3,1,2]")', "new JArray()", 'new JArray(1, "x", null, 2.5, true)', r'JArray.Parse("[{\"id\":1,\"n\":\"a\"},{\"id\":2,\"n\":\"b\"}]")'],
    "JToken": [r'JToken.Parse("{\"a\":[1,2,{\"b\":\"c\"}]}")', r'JToken.Parse("\"text\"")', "JToken.Parse(\"12\")", "JToken.Parse(\"1.50\")", "JToken.Parse(\"null\")", "JToken.Parse(\"true\")", 'JToken.FromObject(new { x = 1, y = "z" })'],
    "JValue": ["new JValue(5)", 'new JValue("str")', "new JValue(1.5)", "new JValue(true)", "new JValue((object)null)", "new JValue(new DateTime(2024, 2, 29, 1, 2, 3, DateTimeKind.Utc))", "new JValue(2.50m)", "new JValue('c')"],
    "JProperty": ['new JProperty("a", 1)', 'new JProperty("b", "x")', 'new JProperty("c", new JArray(1, 2))'],
    "Formatting": ["Formatting.None", "Formatting.Indented"],
    "XElement": [r'XElement.Parse("<a x=\"1\" y=\"z\"><b>t</b><b>u</b><c d=\"5\"/></a>")', 'new XElement("r", new XElement("i", 1), new XAttribute("q", "w"))',
                 r'XElement.Parse("<s:e xmlns:s=\"urn:s\"><s:b>5 &lt; 6</s:b>tail</s:e>")', 'new XElement("n", "42")', 'new XElement("empty")'],
    "XDocument": [r'XDocument.Parse("<?xml version=\"1.0\"?><root><!--c--><a>1</a></root>")', 'new XDocument(new XElement("r"))'],
    "XAttribute": ['new XAttribute("a", "1")', 'new XAttribute("b", true)', 'new XAttribute(XNamespace.Get("urn:x") + "c", "v<\\"")'],
    "XName": ['"a"', '"b"', '(XName)"c"', 'XName.Get("b", "urn:s")'],
    "XNamespace": ['XNamespace.Get("urn:s")', "XNamespace.None", "XNamespace.Xmlns"],
    "XText": ['new XText("a<b")'],
    "XComment": ['new XComment("note")'],
    "SaveOptions": ["SaveOptions.DisableFormatting", "SaveOptions.None"],
}

FORMATS = {
    "int": ['"D"', '"D5"', '"N0"', '"X"', '"x8"', '"G"', '"F2"', '"E2"', '"C"', '"P1"', '"0000"', '"#,##0"', '"#"', '"0.00;(0.00);zero"', '"R"', '"Q"', '"000-000"', '"0%"'],
    "long": ['"D20"', '"N"', '"X"', '"E"', '"#,#"', '"0"', '"G5"'],
    "byte": ['"X2"', '"x"', '"D3"'],
    "double": ['"G"', '"R"', '"F0"', '"F3"', '"N1"', '"E3"', '"e"', '"G3"', '"G17"', '"P"', '"C2"', '"0.00"', '"#.##"', '"0.###E+0"', '"#,##0.0"', '"0.0;neg 0.0"', '"D"', '"F20"', "\"'lit'0\"", '"00.0%"'],
    "decimal": ['"G"', '"F2"', '"N3"', '"C"', '"0.0"', '"E4"', '"P0"', '"#,0.##"'],
    "DateTime": ['"d"', '"D"', '"f"', '"F"', '"g"', '"G"', '"m"', '"o"', '"R"', '"s"', '"t"', '"T"', '"u"', '"U"', '"y"', '"yyyy-MM-ddTHH:mm:ssZ"', '"yyyy-MM-ddTHH:mm:ss.fffZ"', "\"yyyy'-'MM'-'dd'T'HH':'mm':'ss'Z'\"",
                 '"ddd, dd MMM yyyy"', '"dddd d MMMM yy"', '"h:mm tt"', '"hh:mm:ss.fffffff"', '"HH:mm:ss.FFF"', '"%d"', '"K"', '"zzz"', '"yyyyMMddHHmmss"', '"H:m:s"', '"%M"', '"MM/dd/yyyy"', '"\\\\Y yyyy"', '"q"', '"gg"', '"z"', '"%z"', '"yyyyy"', '"%f"', '"t tt"', '""'],
    "DateTimeOffset": ['"o"', '"R"', '"s"', '"u"', '"G"', '"yyyy-MM-ddTHH:mm:sszzz"', '"yyyy-MM-ddTHH:mm:ssK"', '"%z"', '"zz"', '"d"', '"D"', '"HH:mm"'],
    "TimeSpan": ['"c"', '"g"', '"G"', '"t"', '@"hh\\:mm"', '@"d\\.hh\\:mm\\:ss"', '"%h"', '"%d"', '@"mm\\:ss\\.fff"', '"q"', '@"hh\'h\'"', '"fff"', '@"FFF"'],
    "Guid": ['"N"', '"D"', '"B"', '"P"', '"X"', '"n"', '"q"', '""'],
}

SKIPPED = {
    "words": ["PadLeft(int.MaxValue", "PadRight(int.MaxValue", "PadLeft(65536", "PadRight(65536", ".Load(", ".Save(", ".GetHashCode(", "DateTime.Now", "UtcNow", "DateTime.Today", "DateTimeOffset.Now", "NewGuid", ".GetType()", "GetTypeCode",
              ".CreateReader", ".CreateWriter", "Format(null", "CompileToAssembly", "ToBinary", "FromBinary", "FileTime", "OADate",
              "ToLocalTime", "ToUniversalTime", "SpecifyKind", "ParseExact", ".Intern(", "IsInterned", "Parallel", "CacheSize", "InfiniteMatchTimeout",
              "Write", "ToXDocument", "DeserializeXmlNode", "PopulateObject", "JsonConvert.True", "DeserializeObjectAsync", ".Normalize", ".IsNormalized", "GetChunks",
              "Encoding.UTF7", "BodyName", "HeaderName", "WebName", "CodePage", "Preamble", "GetDecoder", "GetEncoder", "EncoderFallback", "DecoderFallback", "IsBrowser", "IsMail",
              "EncodingName", "GetEncodings", "EnsureCapacity", ".Capacity", "ScopeId", "MapToIPv", ".Annotation", "InternalSubset", "DocumentType", "MaxCapacity", "EnumerateRunes", "GetEnumerator", "HexEscape", "HexUnescape", "FromHex", "MakeRelative",
              "GetUnicodeCategory", "GetComponents", "StartsWith(null", ".GetTypeInfo", "AsRelativeUri", ".AsJEnumerable()",
              # What no document would use.
              "Annotation", "GetPinnableReference", "string.Copy(", ".CopyTo(", ".Clone()", "BitDecrement", "BitIncrement", "ILogB", "ScaleB", "FusedMultiplyAdd",
              "MaxMagnitude", "MinMagnitude", "IEEERemainder", "IsSubnormal", "IsNormal", "OACurrency", "GetBits", "CheckSchemeName", "CheckHostName", "IsHexDigit",
              "IsHexEncoding", "CreateComment", "EmptySequence", "Deconstruct", "IsBaseOf", "HostNameType", "IdnHost", "IsUnc", "UserEscaped", "IsWellFormedOriginalString", "DnsSafeHost", "MultipleMatch", "UriScheme", "BaseUri", "ReplaceAttributes", ".BeforeSelf(", "DescendantNodesAndSelf", "IsDBNull", "DBNull", "EqualityComparer", "GetPrefixOfNamespace",
              "CreateUndefined", 'Parse("3.14")', 'Parse("12:30:05")', 'ToDateTime("3.14")', 'ToDateTime("12:30:05")', "IsReadOnly", "DateTimeOffset.TryParse(\"12:30", "DateTimeOffset.TryParse(\"3.14", "DecodeToBytes", "EncodeToBytes", "Base64CharArray", "TryFormat", "ReferenceEquals"],
    "only": {
        "DateTime": {"new", "Add", "AddDays", "AddHours", "AddMilliseconds", "AddMinutes", "AddMonths", "AddSeconds", "AddTicks", "AddYears", "Date", "Day", "DayOfWeek",
                     "DayOfYear", "DaysInMonth", "Hour", "IsLeapYear", "MaxValue", "Millisecond", "Minute", "MinValue", "Month", "Parse", "Second", "Subtract", "Ticks",
                     "TimeOfDay", "ToString", "Year", "op_Addition", "op_Subtraction", "op_Equality", "op_Inequality", "op_LessThan", "op_LessThanOrEqual", "op_GreaterThan", "op_GreaterThanOrEqual", "CompareTo", "Equals"},
        "IPAddress": {"AddressFamily", "Equals", "GetAddressBytes", "IsLoopback", "Parse", "TryParse", "ToString"},
        "Regex": {"new", "IsMatch", "Match", "Replace", "Unescape", "Split"},
        "Match": {"Empty", "Groups", "Result", "Success", "Value", "Index", "Length", "ToString"},
        "Group": {"Success", "Value", "Index", "Length", "ToString"},
        "GroupCollection": {"Count", "Item"},
        "CaptureCollection": {"Count"},
        "JsonConvert": {"SerializeObject", "DeserializeObject"},
        "Encoding": {"GetBytes", "GetString", "GetByteCount", "GetCharCount", "GetChars"},
        "StringComparer": {"Compare", "Equals"},
    },
}
