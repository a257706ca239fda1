//! Places that somebody or some program fills in before a document is saved: `{backend-url}`, `<key>`, `[key]`, `%KEY%`,
//! `__key__`, `YOUR_KEY`, `your-key`, or nothing at all.

/// What surrounds a name that stands for something else.
const AROUND: &[(&str, &str)] =
    &[("{", "}"), ("<", ">"), ("&lt;", "&gt;"), ("[", "]"), ("%", "%"), ("__", "__"), ("#{", "}#")];

/// The text is a place to fill in, as far as can be seen.
pub fn is_place(text: &str) -> bool {
    let named = |text: &str| {
        let part = |found: char| found.is_alphanumeric() || "-_. ".contains(found);
        !text.is_empty() && text.chars().all(part)
    };
    let between = |(open, close): &(&str, &str)| {
        text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).is_some_and(named)
    };
    let yours = text.to_ascii_lowercase().starts_with("your") && named(text);
    text.is_empty() || is_name(text) || yours || AROUND.iter().any(between)
}

/// The text is a name for a program to replace: capitals with a line between them, which C# has for nothing.
pub fn is_name(text: &str) -> bool {
    text.contains('_') && text.chars().all(|found| found.is_ascii_uppercase() || found == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_to_fill_in_are_told_from_values() {
        for place in [
            "",
            "{retry_count}",
            "RETRY_COUNT",
            "<your key>",
            "[KEY]",
            "%KEY%",
            "__key__",
            "your-key",
            "#{a.b}#",
        ] {
            assert!(is_place(place), "{place}");
        }
        for value in
            ["5", "abc", "Retry", "{{cachetime}]", "{a{b}}", "KEY", "12_3", "-1", "https://{host}/", "{}"]
        {
            assert!(!is_place(value), "{value}");
        }
    }
}
