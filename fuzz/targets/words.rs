//! Texts made of words that the compiler knows, so that more of them get past the parser than random ones would.

/// Each byte of the input is a word.
pub fn text(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes.iter().take(400) {
        let word = WORDS[usize::from(*byte) % WORDS.len()];
        let glued = |c: char| c.is_alphanumeric() || c == '"';
        if text.ends_with(glued) && word.starts_with(glued) {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

const WORDS: &[&str] = &[
    "(", ")", "(", ")", "[", "]", "{", "}", ",", ".", ";", ":", "?", "??", "?.", "=>", "=", "==", "!=", "<", ">", "<=",
    ">=", "+", "-", "*", "/", "%", "!", "~", "&", "|", "^", "&&", "||", "<<", ">>", "++", "--", "+=", "-=", "0", "1",
    "2", "-1", "7", "1.5", "1.5m", "2147483647", "5000000000", "0x1F", "1e300", "'a'", "\"\"", "\"a\"", "\"b,c\"",
    "\"{\\\"a\\\":[1]}\"", "\"2024-01-02T03:04:05Z\"", "\"\u{e9}\u{1f600}\"", "$\"{1}x\"", "@\"\\d+\"", "true", "false",
    "null", "context", "Request", "Response", "Headers", "Variables", "Body", "Url", "Query", "StatusCode", "Method",
    "GetValueOrDefault", "ContainsKey", "As", "<JObject>", "<string>", "<int>", "preserveContent:", "var", "string",
    "int", "long", "double", "decimal", "bool", "char", "byte", "object", "JObject", "JArray", "JToken", "DateTime",
    "TimeSpan", "Guid", "Regex", "Convert", "Math", "List", "Dictionary", "<string, int>", "<int[]>", "new", "return",
    "if", "else", "for", "foreach", "in", "while", "do", "break", "continue", "switch", "case", "default", "try",
    "catch", "finally", "throw", "Exception", "is", "as", "out", "typeof", "nameof", "Func", "<int, int>", "x", "y",
    "x => x", "(a, b) =>", "Length", "ToString", "Substring", "Split", "Replace", "IndexOf", "Contains", "Trim",
    "ToUpper", "Format", "Join", "Concat", "PadLeft", "Parse", "TryParse", "UtcNow", "AddDays", "Select", "Where",
    "First", "Any", "OrderBy", "GroupBy", "ToList", "ToArray", "ToDictionary", "Sum", "Max", "Count", "Enumerable",
    "Range", "Repeat", "Aggregate", "Add", "Remove", "SelectToken", "Encoding", "UTF8", "GetBytes", "GetString",
    "ToBase64String", "Abs", "Round", "Pow", "IsMatch", "Match", "Groups", "Value", "Key", "Name", "Item1", "NewGuid",
];
