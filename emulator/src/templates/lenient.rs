//! JSON as Azure reads it: with comments, unquoted names, trailing commas and line breaks in strings.
//!
//! az sends deployments with an unquoted `template`, and the template as its file has it.

use serde_json::Value;

/// Reads it; what is not even that is described as strict JSON's parser sees it.
pub fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|_| serde_json::from_str(&strict(text)))
}

fn strict(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |at| at + 2)
        } else if c == '"' || c == '\'' {
            string(rest, c, &mut out)
        } else if c.is_ascii_alphabetic() || c == '_' || c == '$' {
            word(rest, &mut out)
        } else {
            if matches!(c, '}' | ']') {
                let kept = out.trim_end().len();
                if out.get(..kept).is_some_and(|kept| kept.ends_with(',')) {
                    out.truncate(kept - 1);
                }
            }
            out.push(c);
            c.len_utf8()
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    out
}

/// Copies a string in double quotes and gives its length in the text.
fn string(text: &str, quote: char, out: &mut String) -> usize {
    out.push('"');
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => {
                escaped = false;
                // In single quotes `\'` is a quote, which JSON does not escape.
                if c == '\'' && out.ends_with('\\') {
                    out.pop();
                }
                out.push(c);
            }
            '\\' => {
                escaped = true;
                out.push(c);
            }
            _ if c == quote => {
                out.push('"');
                return at + 1;
            }
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ => out.push(c),
        }
    }
    text.len()
}

/// Copies a word, in quotes if it is a name.
fn word(text: &str, out: &mut String) -> usize {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "_$-.".contains(c))).unwrap_or(text.len());
    let word = text.get(..end).unwrap_or_default();
    if text.get(end..).is_some_and(|rest| rest.trim_start().starts_with(':')) {
        out.push('"');
        out.push_str(word);
        out.push('"');
    } else {
        out.push_str(word);
    }
    end
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_az_sends_is_read() {
        for (text, expected) in [
            (r#"{"a": 1, template:{"b": [true, null]}}"#, json!({"a": 1, "template": {"b": [true, null]}})),
            ("{/* c */ \"a\": \"// no /* comment\", // yes\n}", json!({"a": "// no /* comment"})),
            ("{'a': 'it\\'s \"b\"', }", json!({"a": "it's \"b\""})),
            ("{\"a\": \"two\nlines\\\"\"}", json!({"a": "two\nlines\""})),
            ("[1, 2,]", json!([1, 2])),
        ] {
            assert_eq!(parse(text).ok(), Some(expected), "{text}");
        }
        for text in ["", "{", "{a}", "\"", "/*", "nonsense", "'"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
