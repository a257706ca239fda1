//! The tokens of XPath. Whether a name or `*` is an operator is for the parser to say: it knows what may come.

use std::ops::Range;

/// A token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Token<'t> {
    Number(f64),
    Literal(&'t str),
    /// A name, with its prefix; the part behind the colon may be `*`.
    Name(&'t str),
    Variable(&'t str),
    Symbol(&'static str),
    /// A character that begins no token.
    Unknown(char),
}

/// The symbols, longer ones first.
const SYMBOLS: &[&str] = &[
    "::", "//", "..", "!=", "<=", ">=", "(", ")", "[", "]", ".", "@", ",", "/", "|", "+", "-", "=", "<", ">",
    "*",
];

/// The tokens of a text and where they stand.
pub fn tokens(text: &str) -> Vec<(Token<'_>, Range<usize>)> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let start = text.len() - rest.len();
        let (token, length) = token(rest, first);
        found.push((token, start..start + length));
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    found
}

fn token(rest: &str, first: char) -> (Token<'_>, usize) {
    let second_is_digit =
        rest.get(1..).is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_digit()));
    if first.is_ascii_digit() || (first == '.' && second_is_digit) {
        let length = number(rest);
        let value = rest.get(..length).and_then(|digits| digits.parse().ok()).unwrap_or(f64::NAN);
        return (Token::Number(value), length);
    }
    if let '"' | '\'' = first {
        let inside = rest.get(1..).and_then(|inside| inside.split_once(first));
        return inside
            .map_or((Token::Unknown(first), 1), |(inside, _)| (Token::Literal(inside), inside.len() + 2));
    }
    if let Some(after) = rest.strip_prefix('$') {
        let length = name(after);
        let name = after.get(..length).filter(|name| !name.is_empty() && !name.ends_with('*'));
        return name.map_or((Token::Unknown(first), 1), |name| (Token::Variable(name), 1 + length));
    }
    let length = name(rest);
    if length > 0 {
        return (Token::Name(rest.get(..length).unwrap_or_default()), length);
    }
    let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
    symbol.map_or((Token::Unknown(first), first.len_utf8()), |symbol| (Token::Symbol(symbol), symbol.len()))
}

/// The length of digits with perhaps a point in them.
fn number(text: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    match text.get(whole..).and_then(|rest| rest.strip_prefix('.')) {
        Some(fraction) => whole + 1 + digits(fraction),
        None => whole,
    }
}

/// The length of a name with perhaps a prefix.
fn name(text: &str) -> usize {
    let first = part(text);
    let after = text.get(first..).and_then(|rest| rest.strip_prefix(':')).filter(|_| first > 0);
    let second = after.map_or(0, |after| if after.starts_with('*') { 1 } else { part(after) });
    if second > 0 { first + 1 + second } else { first }
}

fn part(text: &str) -> usize {
    let begins = |found: char| found.is_alphabetic() || found == '_';
    let goes_on = |found: char| begins(found) || found.is_numeric() || matches!(found, '-' | '.' | '\u{b7}');
    if !text.starts_with(begins) {
        return 0;
    }
    text.find(|found| !goes_on(found)).unwrap_or(text.len())
}

/// A text is a name without a colon.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && part(text) == text.len()
}
