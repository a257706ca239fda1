//! The pieces of a template, and the words inside tags and outputs.

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text as it is.
    Text(String),
    /// `{{ … }}`
    Output(String),
    /// `{% name … %}`
    Tag(String, String),
}

/// A word inside a tag or an output.
#[derive(Debug, Clone, PartialEq)]
pub enum Word {
    /// A name, or a sign.
    Name(String),
    /// A text in quotes.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// `|`, `:`, `,`, `.`, `..`, `[`, `]`, `(`, `)`, `=` and comparisons.
    Sign(&'static str),
}

const SIGNS: &[&str] =
    &["..", "==", "!=", "<>", "<=", ">=", "<", ">", "=", "|", ":", ",", ".", "[", "]", "(", ")"];

/// Takes a template apart. Blanks beside `{{-`, `-}}`, `{%-` and `-%}` go.
pub fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut trim = false;
    loop {
        let start = [rest.find("{{"), rest.find("{%")].into_iter().flatten().min();
        let (before, after) = rest.split_at(start.unwrap_or(rest.len()));
        let is_tag = after.starts_with("{%");
        let inside = after.get(2..).unwrap_or_default();
        let before = if trim { before.trim_start() } else { before };
        let before = if inside.starts_with('-') { before.trim_end() } else { before };
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        if start.is_none() {
            return Ok(pieces);
        }
        let inside = inside.strip_prefix('-').unwrap_or(inside);
        let end = if is_tag { "%}" } else { "}}" };
        let what = if is_tag { "Tag" } else { "Variable" };
        let (code, more) = closed(inside, end).ok_or_else(|| {
            format!("Liquid syntax error: {what} '{}' was not properly terminated", shown(after))
        })?;
        trim = code.ends_with('-');
        let code = code.strip_suffix('-').unwrap_or(code).trim();
        rest = more;
        if !is_tag {
            pieces.push(Piece::Output(code.to_owned()));
            continue;
        }
        let end_of_name =
            code.find(|found: char| !found.is_alphanumeric() && found != '_').unwrap_or(code.len());
        let (name, arguments) = code.split_at(end_of_name);
        if name == "raw" || name == "comment" {
            let (inner, behind, trims) = verbatim(rest, name)
                .ok_or_else(|| format!("Liquid syntax error: {name} tag was never closed"))?;
            if name == "raw" {
                pieces.push(Piece::Text(inner.to_owned()));
            }
            (rest, trim) = (behind, trims);
            continue;
        }
        pieces.push(Piece::Tag(name.to_owned(), arguments.trim().to_owned()));
    }
}

/// The end of a tag or an output; signs in quotes do not count.
fn closed<'t>(inside: &'t str, end: &str) -> Option<(&'t str, &'t str)> {
    let mut quote = None;
    for (at, found) in inside.char_indices() {
        match quote {
            Some(open) if open == found => quote = None,
            None if inside.get(at..).is_some_and(|rest| rest.starts_with(end)) => {
                return Some((inside.get(..at)?, inside.get(at + end.len()..)?));
            }
            None if matches!(found, '"' | '\'') => quote = Some(found),
            _ => {}
        }
    }
    // A lone quote, such as an apostrophe in a comment, is no quote.
    inside.split_once(end)
}

/// What stands before `{% endname %}`, what stands behind it, and whether blanks behind it go.
fn verbatim<'t>(text: &'t str, name: &str) -> Option<(&'t str, &'t str, bool)> {
    let mut from = 0;
    loop {
        let start = from + text.get(from..)?.find("{%")?;
        let inside = text.get(start + 2..)?;
        let (code, behind) = inside.split_once("%}")?;
        let word = code.trim_matches('-').trim();
        if word.strip_prefix("end") == Some(name) {
            let inner = text.get(..start)?;
            let inner = if code.starts_with('-') { inner.trim_end() } else { inner };
            return Some((inner, behind, code.ends_with('-')));
        }
        from = start + 2;
    }
}

fn shown(text: &str) -> String {
    text.chars().take(20).collect()
}

/// The words of a tag's arguments or of an output.
pub fn words(code: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if matches!(first, '"' | '\'') {
            let inside = rest.get(1..).unwrap_or_default();
            let end = inside
                .find(first)
                .ok_or_else(|| format!("Liquid syntax error: '{}' has no closing quote", shown(rest)))?;
            words.push(Word::Text(inside.get(..end).unwrap_or_default().to_owned()));
            end + 2
        } else if let Some((word, length)) = number(rest) {
            words.push(word);
            length
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            words.push(Word::Sign(sign));
            sign.len()
        } else if first.is_alphanumeric() || matches!(first, '_' | '@' | '#' | '$') {
            let ends =
                |found: char| !found.is_alphanumeric() && !matches!(found, '_' | '-' | '@' | '#' | '$' | '?');
            let length = rest.find(ends).unwrap_or(rest.len());
            words.push(Word::Name(rest.get(..length).unwrap_or_default().to_owned()));
            length
        } else {
            return Err(format!("Liquid syntax error: unexpected character '{first}' in '{}'", shown(code)));
        };
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(words)
}

fn number(text: &str) -> Option<(Word, usize)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let sign = usize::from(text.starts_with('-'));
    let whole = sign + digits(text.get(sign..)?);
    if whole == sign {
        return None;
    }
    let fraction = text.get(whole..)?.strip_prefix('.').map_or(0, digits);
    let length = if fraction > 0 { whole + 1 + fraction } else { whole };
    let written = text.get(..length)?;
    if text.get(length..)?.starts_with(|found: char| found.is_alphabetic() || found == '_') {
        return None;
    }
    let word =
        if fraction > 0 { Word::Float(written.parse().ok()?) } else { Word::Int(written.parse().ok()?) };
    Some((word, length))
}
