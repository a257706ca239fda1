//! Policy documents between `xml`, where expressions are escaped, and `rawxml`, where they are not.
//!
//! <https://learn.microsoft.com/azure/api-management/api-management-policy-expressions#syntax>

/// Escapes the expressions of a `rawxml` document.
pub fn escape(raw: &str) -> String {
    let mut escaped = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = next_expression(rest) {
        let (before, expression) = rest.split_at(at);
        let end = expression_end(expression);
        escaped.push_str(before);
        for c in expression[..end].chars() {
            match c {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '"' => escaped.push_str("&quot;"),
                c => escaped.push(c),
            }
        }
        rest = &expression[end..];
    }
    escaped.push_str(rest);
    escaped
}

/// Lets the expressions of an `xml` document stand unescaped.
pub fn unescape(xml: &str) -> String {
    let mut raw = String::with_capacity(xml.len());
    let mut rest = xml;
    while let Some(at) = next_expression(rest) {
        let (before, expression) = rest.split_at(at);
        raw.push_str(before);
        // In well-formed XML an expression ends where its attribute or text ends.
        let quote = before.chars().next_back().filter(|c| matches!(c, '"' | '\''));
        let end = expression.find(quote.unwrap_or('<')).unwrap_or(expression.len());
        let inner = expression[..end].replace("&quot;", "\"").replace("&apos;", "'");
        raw.push_str(&inner.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"));
        rest = &expression[end..];
    }
    raw.push_str(rest);
    raw
}

/// Where the next expression begins: `@(` or `@{` at the beginning of an attribute's value or of a text.
fn next_expression(text: &str) -> Option<usize> {
    text.match_indices('@').map(|(at, _)| at).find(|at| {
        let begins = text[at + 1..].starts_with(['(', '{']);
        let before = text[..*at].chars().next_back();
        let first_in_value = matches!(before, Some('"' | '\''));
        let first_in_text = text[..*at].trim_end().ends_with('>');
        begins && (first_in_value || first_in_text)
    })
}

/// The length of the expression at the beginning of `text`: to the bracket that closes the first one. Brackets in
/// C# strings, characters and comments do not count.
fn expression_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'(' | b'{' | b'[' => depth += 1,
            b')' | b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            b'"' | b'\'' => at = literal_end(bytes, at),
            b'/' if bytes.get(at + 1) == Some(&b'/') => at = skip_to(bytes, at, b"\n"),
            b'/' if bytes.get(at + 1) == Some(&b'*') => at = skip_to(bytes, at + 2, b"*/"),
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// The position of the quote that closes the one at `start`.
fn literal_end(bytes: &[u8], start: usize) -> usize {
    let quote = bytes.get(start).copied();
    let before = |back: usize| start.checked_sub(back).and_then(|at| bytes.get(at)).copied();
    let verbatim = before(1) == Some(b'@') || (before(1) == Some(b'$') && before(2) == Some(b'@'));
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        if *byte == b'\\' && !verbatim {
            at += 1;
        } else if Some(*byte) == quote {
            if !(verbatim && bytes.get(at + 1).copied() == quote) {
                return at;
            }
            at += 1;
        }
        at += 1;
    }
    bytes.len()
}

fn skip_to(bytes: &[u8], from: usize, end: &[u8]) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let found = rest.windows(end.len()).position(|window| window == end);
    found.map_or(bytes.len(), |at| from + at + end.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_escaped_and_unescaped() {
        for (raw, xml) in [
            (r#"<a b="1" />"#, r#"<a b="1" />"#),
            (
                r#"<when condition="@(a < b && c == "x)")"> @(1 > 0) </when>"#,
                r#"<when condition="@(a &lt; b &amp;&amp; c == &quot;x)&quot;)"> @(1 &gt; 0) </when>"#,
            ),
            ("<v>@{ /* } */ return \"<\"; }</v>", "<v>@{ /* } */ return &quot;&lt;&quot;; }</v>"),
            ("<v>mail@(x)<b/></v>", "<v>mail@(x)<b/></v>"),
        ] {
            assert_eq!(escape(raw), xml);
            assert_eq!(unescape(xml), raw);
        }
    }

    #[test]
    fn an_expression_that_does_not_end_goes_to_the_end() {
        assert_eq!(escape("<a>@(\"<"), "<a>@(&quot;&lt;");
        assert_eq!(escape("<a>@{ '"), "<a>@{ '");
    }
}
