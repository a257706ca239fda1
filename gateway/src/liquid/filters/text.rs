//! Filters of texts. Lengths count UTF-16 units, as .NET does.

use std::fmt::Write;
use std::sync::LazyLock;

use fancy_regex::{Captures, Regex, RegexBuilder};

use super::{ITEMS, LONGEST, Value, argument};

type Result = std::result::Result<Value, String>;

/// How far a pattern may look back and forth.
const BACKTRACKS: usize = 200_000;

fn text(value: impl Into<String>) -> Result {
    let text: String = value.into();
    Ok(Value::text(text))
}

pub fn append(value: &Value, arguments: &[Value]) -> Result {
    text(value.written() + &argument(arguments, 0))
}

pub fn prepend(value: &Value, arguments: &[Value]) -> Result {
    text(argument(arguments, 0) + &value.written())
}

/// The first letter of every word, as `DotLiquid` does.
pub fn capitalize(value: &Value, _: &[Value]) -> Result {
    let mut start = true;
    let mut out = String::new();
    for found in value.written().chars() {
        if start {
            out.extend(found.to_uppercase());
        } else {
            out.push(found);
        }
        start = found.is_whitespace();
    }
    text(out)
}

pub fn downcase(value: &Value, _: &[Value]) -> Result {
    text(value.written().to_lowercase())
}

pub fn upcase(value: &Value, _: &[Value]) -> Result {
    text(value.written().to_uppercase())
}

pub fn strip(value: &Value, _: &[Value]) -> Result {
    text(value.written().trim())
}

pub fn lstrip(value: &Value, _: &[Value]) -> Result {
    text(value.written().trim_start())
}

pub fn rstrip(value: &Value, _: &[Value]) -> Result {
    text(value.written().trim_end())
}

pub fn escape(value: &Value, _: &[Value]) -> Result {
    let mut out = String::new();
    for found in value.written().chars() {
        match found {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    text(out)
}

pub fn newline_to_br(value: &Value, _: &[Value]) -> Result {
    text(value.written().replace("\r\n", "\n").replace('\n', "<br />\r\n"))
}

pub fn strip_newlines(value: &Value, _: &[Value]) -> Result {
    text(value.written().replace(['\r', '\n'], ""))
}

static HTML: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("<[^>]*>").ok());

pub fn strip_html(value: &Value, _: &[Value]) -> Result {
    let input = value.written();
    match HTML.as_ref() {
        Some(pattern) => text(pattern.replace_all(&input, "").into_owned()),
        None => text(input),
    }
}

pub fn remove(value: &Value, arguments: &[Value]) -> Result {
    let what = argument(arguments, 0);
    text(if what.is_empty() { value.written() } else { value.written().replace(&what, "") })
}

pub fn remove_first(value: &Value, arguments: &[Value]) -> Result {
    text(value.written().replacen(&argument(arguments, 0), "", 1))
}

/// The first argument is a regular expression, the second what .NET puts in its place.
pub fn replace(value: &Value, arguments: &[Value]) -> Result {
    substituted(value, arguments, usize::MAX)
}

pub fn replace_first(value: &Value, arguments: &[Value]) -> Result {
    substituted(value, arguments, 1)
}

fn substituted(value: &Value, arguments: &[Value], most: usize) -> Result {
    let (pattern, instead) = (argument(arguments, 0), argument(arguments, 1));
    let input = value.written();
    if pattern.is_empty() || input.is_empty() {
        return text(input);
    }
    let failed = |error: fancy_regex::Error| format!("Liquid error: the pattern '{pattern}' failed: {error}");
    let regex = RegexBuilder::new(&pattern).backtrack_limit(BACKTRACKS).build().map_err(failed)?;
    let mut out = String::new();
    let mut end = 0;
    for captures in regex.captures_iter(&input).take(most) {
        let captures = captures.map_err(failed)?;
        let Some(whole) = captures.get(0) else { continue };
        out.push_str(input.get(end..whole.start()).unwrap_or_default());
        expand(&instead, &captures, &mut out);
        end = whole.end();
        if out.len() > LONGEST {
            return Err(format!("Liquid error: a replacement is longer than {LONGEST} bytes"));
        }
    }
    out.push_str(input.get(end..).unwrap_or_default());
    text(out)
}

/// `$1`, `${name}`, `$&` and `$$`; anything else behind a dollar is as it is.
fn expand(instead: &str, captures: &Captures<'_>, out: &mut String) {
    let mut rest = instead;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let braced = after.strip_prefix('{').and_then(|inside| inside.split_once('}'));
        let number = after.get(..digits).and_then(|digits| digits.parse::<usize>().ok());
        let (found, more) = match (number, braced) {
            (Some(number), _) if number < captures.len() => (captures.get(number), after.get(digits..)),
            (_, Some((name, more))) => {
                let by_number = name.parse().ok().and_then(|number| captures.get(number));
                (by_number.or_else(|| captures.name(name)), Some(more))
            }
            _ if after.starts_with('&') => (captures.get(0), after.get(1..)),
            _ if after.starts_with('$') => {
                out.push('$');
                (None, after.get(1..))
            }
            _ => {
                out.push('$');
                (None, Some(after))
            }
        };
        out.push_str(found.map_or("", |found| found.as_str()));
        rest = more.unwrap_or_default();
    }
    out.push_str(rest);
}

pub fn slice(value: &Value, arguments: &[Value]) -> Result {
    let units: Vec<u16> = value.written().encode_utf16().collect();
    let number = |at: usize| {
        arguments.get(at).and_then(Value::number).and_then(|number| number.written().parse().ok())
    };
    let length = i64::try_from(units.len()).unwrap_or(i64::MAX);
    let start: i64 = number(0).unwrap_or(0);
    let count: i64 = number(1).unwrap_or(1);
    let from = if start < 0 { start.saturating_add(length) } else { start };
    if from < 0 || from > length || count <= 0 {
        return text("");
    }
    let to = from.saturating_add(count).min(length);
    let range = usize::try_from(from).unwrap_or(0)..usize::try_from(to).unwrap_or(0);
    text(String::from_utf16_lossy(units.get(range).unwrap_or_default()))
}

/// At the text; empty parts are left out.
pub fn split(value: &Value, arguments: &[Value]) -> Result {
    let (input, at) = (value.written(), argument(arguments, 0));
    let parts: Vec<Value> = if at.is_empty() {
        input.chars().take(ITEMS + 1).map(|found| Value::text(found.to_string())).collect()
    } else {
        input.split(&at).filter(|part| !part.is_empty()).take(ITEMS + 1).map(Value::text).collect()
    };
    if parts.len() > ITEMS {
        return Err(format!("Liquid error: a text is split into more than {ITEMS} parts"));
    }
    Ok(Value::List(std::sync::Arc::new(parts)))
}

pub fn truncate(value: &Value, arguments: &[Value]) -> Result {
    let ending = if arguments.len() > 1 { argument(arguments, 1) } else { "...".to_owned() };
    let units: Vec<u16> = value.written().encode_utf16().collect();
    let most = length(arguments, 50);
    if units.len() <= most {
        return text(value.written());
    }
    let kept = most.saturating_sub(ending.encode_utf16().count());
    text(String::from_utf16_lossy(units.get(..kept).unwrap_or_default()) + &ending)
}

pub fn truncate_words(value: &Value, arguments: &[Value]) -> Result {
    let ending = if arguments.len() > 1 { argument(arguments, 1) } else { "...".to_owned() };
    let input = value.written();
    let words: Vec<&str> = input.split(' ').collect();
    let most = length(arguments, 15).max(1);
    match words.get(..most) {
        Some(kept) if words.len() > most => text(kept.join(" ") + &ending),
        _ => text(input.clone()),
    }
}

fn length(arguments: &[Value], otherwise: usize) -> usize {
    let number = arguments.first().and_then(Value::number);
    number.and_then(|number| number.written().parse().ok()).unwrap_or(otherwise)
}

pub fn url_encode(value: &Value, _: &[Value]) -> Result {
    let mut out = String::new();
    for byte in value.written().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            other => drop(write!(out, "%{other:02X}")),
        }
    }
    text(out)
}

pub fn url_decode(value: &Value, _: &[Value]) -> Result {
    text(percent_encoding::percent_decode_str(&value.written()).decode_utf8_lossy().into_owned())
}

/// With the formats of .NET's `DateTime.ToString`. What is no date stays as it is.
pub fn date(value: &Value, arguments: &[Value]) -> Result {
    let format = argument(arguments, 0);
    let parsed = match value {
        Value::Text(written) => expression::iso_date(written),
        Value::Date(date) => Some(date.clone()),
        _ => None,
    };
    let formatted = match &parsed {
        Some(expression::Value::DateTime(date)) => date.format(&format),
        Some(expression::Value::DateTimeOffset(date)) => date.format(&format),
        _ => return Ok(value.clone()),
    };
    match formatted {
        Ok(written) => text(written),
        Err(_) => Err(format!("Liquid error: '{format}' is no format of dates")),
    }
}
