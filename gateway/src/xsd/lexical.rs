//! The built-in types of XML Schema: what their values look like, and the order of numbers.
//! <https://www.w3.org/TR/xmlschema-2/#built-in-datatypes>

use std::cmp::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What white space becomes before a value is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum White {
    Preserve,
    Replace,
    Collapse,
}

/// A built-in type.
#[derive(Debug)]
pub struct BuiltIn {
    pub name: &'static str,
    pub white: White,
    /// Whether a text is a value of the type.
    pub is: fn(&str) -> bool,
    pub kind: Kind,
}

/// What facets mean for a type.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Text,
    Decimal,
    Float,
    Time,
    /// Bytes: how many a value has.
    Bytes(fn(&str) -> usize),
    /// Values with spaces between them.
    List,
    Other,
}

const fn row(name: &'static str, kind: Kind, is: fn(&str) -> bool) -> BuiltIn {
    BuiltIn { name, white: White::Collapse, is, kind }
}

/// The built-in types, sorted by name.
const TYPES: &[BuiltIn] = &[
    row("ENTITY", Kind::Text, is_ncname),
    row("ID", Kind::Text, is_ncname),
    row("IDREF", Kind::Text, is_ncname),
    row("IDREFS", Kind::List, |text| each(text, is_ncname)),
    row("NCName", Kind::Text, is_ncname),
    row("NMTOKEN", Kind::Text, is_nmtoken),
    row("NMTOKENS", Kind::List, |text| each(text, is_nmtoken)),
    row("Name", Kind::Text, is_name),
    row("QName", Kind::Other, |text| {
        text.split_once(':').map_or(is_ncname(text), |(prefix, local)| is_ncname(prefix) && is_ncname(local))
    }),
    BuiltIn { white: White::Preserve, ..row("anySimpleType", Kind::Text, |_| true) },
    row("anyURI", Kind::Text, |text| !text.contains(['<', '>', '"', '{', '}', '|', '^', '`', ' '])),
    row("base64Binary", Kind::Bytes(|text| bytes(text).map_or(0, |bytes| bytes.len())), |text| {
        bytes(text).is_some()
    }),
    row("boolean", Kind::Other, |text| matches!(text, "true" | "false" | "1" | "0")),
    row("byte", Kind::Decimal, |text| within(text, "-128", "127")),
    row("date", Kind::Time, |text| zoned(text, is_date)),
    row("dateTime", Kind::Time, |text| zoned(text, is_date_time)),
    row("decimal", Kind::Decimal, |text| decimal(text).is_some()),
    row("double", Kind::Float, |text| float(text).is_some()),
    row("duration", Kind::Time, is_duration),
    row("float", Kind::Float, |text| float(text).is_some()),
    row("gDay", Kind::Time, |text| zoned(text, |text| shaped(text, "---DD"))),
    row("gMonth", Kind::Time, |text| zoned(text, |text| shaped(text, "--MM"))),
    row("gMonthDay", Kind::Time, |text| zoned(text, |text| shaped(text, "--MM-DD"))),
    row("gYear", Kind::Time, |text| zoned(text, |text| shaped(text, "YYYY"))),
    row("gYearMonth", Kind::Time, |text| zoned(text, |text| shaped(text, "YYYY-MM"))),
    row("hexBinary", Kind::Bytes(|text| text.len() / 2), |text| {
        text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    }),
    row("int", Kind::Decimal, |text| within(text, "-2147483648", "2147483647")),
    row("integer", Kind::Decimal, is_integer),
    row("language", Kind::Text, |text| {
        let part =
            |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
        text.split('-').all(part) && !text.starts_with(|first: char| first.is_ascii_digit())
    }),
    row("long", Kind::Decimal, |text| within(text, "-9223372036854775808", "9223372036854775807")),
    row("negativeInteger", Kind::Decimal, |text| {
        is_integer(text) && compare(text, "0") == Some(Ordering::Less)
    }),
    row("nonNegativeInteger", Kind::Decimal, |text| {
        is_integer(text) && compare(text, "0") != Some(Ordering::Less)
    }),
    row("nonPositiveInteger", Kind::Decimal, |text| {
        is_integer(text) && compare(text, "0") != Some(Ordering::Greater)
    }),
    BuiltIn { white: White::Replace, ..row("normalizedString", Kind::Text, |_| true) },
    row("positiveInteger", Kind::Decimal, |text| {
        is_integer(text) && compare(text, "0") == Some(Ordering::Greater)
    }),
    row("short", Kind::Decimal, |text| within(text, "-32768", "32767")),
    BuiltIn { white: White::Preserve, ..row("string", Kind::Text, |_| true) },
    row("time", Kind::Time, |text| zoned(text, is_time)),
    row("token", Kind::Text, |_| true),
    row("unsignedByte", Kind::Decimal, |text| within(text, "0", "255")),
    row("unsignedInt", Kind::Decimal, |text| within(text, "0", "4294967295")),
    row("unsignedLong", Kind::Decimal, |text| within(text, "0", "18446744073709551615")),
    row("unsignedShort", Kind::Decimal, |text| within(text, "0", "65535")),
];

/// The built-in type of this name.
pub fn built_in(name: &str) -> Option<&'static BuiltIn> {
    TYPES.iter().find(|known| known.name == name)
}

fn each(text: &str, is: fn(&str) -> bool) -> bool {
    !text.is_empty() && text.split(' ').all(is)
}

fn is_name(text: &str) -> bool {
    is_nmtoken(text) && text.starts_with(|first: char| first.is_alphabetic() || matches!(first, '_' | ':'))
}

fn is_ncname(text: &str) -> bool {
    is_name(text) && !text.contains(':')
}

fn is_nmtoken(text: &str) -> bool {
    let inside =
        |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | ':' | '-' | '.' | '\u{b7}');
    !text.is_empty() && text.chars().all(inside)
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.replace(' ', "")).ok()
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn within(text: &str, least: &str, most: &str) -> bool {
    is_integer(text)
        && compare(text, least).is_some_and(Ordering::is_ge)
        && compare(text, most).is_some_and(Ordering::is_le)
}

/// A decimal number of any length: whether it is negative, its digits, and those after the point; no needless zeros.
pub fn decimal(text: &str) -> Option<(bool, &str, &str)> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let good = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !(good(whole) && good(fraction)) || whole.len() + fraction.len() == 0 {
        return None;
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    Some((text.starts_with('-') && whole.len() + fraction.len() > 0, whole, fraction))
}

/// The order of two decimal numbers.
pub fn compare(left: &str, right: &str) -> Option<Ordering> {
    let ((minus, whole, part), (other_minus, other_whole, other_part)) = (decimal(left)?, decimal(right)?);
    let size = whole.len().cmp(&other_whole.len()).then(whole.cmp(other_whole)).then(part.cmp(other_part));
    Some(match (minus, other_minus) {
        (false, false) => size,
        (true, true) => size.reverse(),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    })
}

/// A floating-point number, in the words of schemas.
pub fn float(text: &str) -> Option<f64> {
    match text {
        "INF" => Some(f64::INFINITY),
        "-INF" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        _ if text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E')) => {
            text.parse().ok()
        }
        _ => None,
    }
}

/// A value that may end in a time zone.
fn zoned(text: &str, is: fn(&str) -> bool) -> bool {
    let zone = |zone: &str| shaped(zone, "HH:mm") || zone == "14:00";
    let cut = text.len().checked_sub(6).filter(|at| text.is_char_boundary(*at)).map(|at| text.split_at(at));
    match (text.strip_suffix('Z'), cut) {
        (Some(value), _) => is(value),
        (None, Some((value, offset))) if offset.strip_prefix(['+', '-']).is_some_and(zone) => is(value),
        _ => is(text),
    }
}

fn is_date_time(text: &str) -> bool {
    text.split_once('T').is_some_and(|(date, time)| is_date(date) && is_time(time))
}

fn is_date(text: &str) -> bool {
    let days = |year: u32, month: u32| match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    };
    let mut parts = text.trim_start_matches('-').split('-').map(|part| part.parse::<u32>().unwrap_or(0));
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    shaped(text, "YYYY-MM-DD") && day.unwrap_or(0) <= days(year.unwrap_or(0), month.unwrap_or(0))
}

fn is_time(text: &str) -> bool {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    digits && (shaped(clock, "HH:mm:ss") || clock == "24:00:00")
}

/// Whether a text has the parts of a shape: years of four digits or more, months, days, hours, minutes, seconds.
fn shaped(text: &str, shape: &str) -> bool {
    let (mut text, mut shape) = (text, shape);
    while let Some(letter) = shape.chars().next() {
        let (least, most) = match letter {
            'Y' => (0, u32::MAX),
            'M' => (1, 12),
            'D' => (1, 31),
            'H' => (0, 23),
            'm' | 's' => (0, 59),
            other => {
                let Some(rest) = text.strip_prefix(other) else { return false };
                (text, shape) = (rest, shape.get(1..).unwrap_or_default());
                continue;
            }
        };
        let width = shape.len() - shape.trim_start_matches(letter).len();
        if letter == 'Y' {
            text = text.strip_prefix('-').unwrap_or(text);
        }
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let found = text.get(..digits).unwrap_or_default();
        let fits = digits == width || (letter == 'Y' && (width..=9).contains(&digits));
        if !fits || !found.parse::<u32>().is_ok_and(|number| (least..=most).contains(&number)) {
            return false;
        }
        (text, shape) = (text.get(digits..).unwrap_or_default(), shape.get(width..).unwrap_or_default());
    }
    text.is_empty()
}

fn is_duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('-').unwrap_or(text).strip_prefix('P') else { return false };
    let (date, time) = rest.split_once('T').map_or((rest, None), |(date, time)| (date, Some(time)));
    let good = units(date, "YMD") && time.is_none_or(|time| !time.is_empty() && units(time, "HMS"));
    good && !rest.is_empty()
}

/// Numbers, each before its unit, in the order of the units.
fn units(text: &str, order: &str) -> bool {
    let (mut text, mut order) = (text, order);
    while !text.is_empty() {
        let width =
            text.find(|letter: char| !(letter.is_ascii_digit() || letter == '.')).unwrap_or(text.len());
        let (number, rest) = text.split_at(width);
        let Some(unit) = rest.chars().next() else { return false };
        let Some((_, after)) = order.split_once(unit) else { return false };
        let good = if unit == 'S' { decimal(number).is_some() } else { is_integer(number) };
        if !good {
            return false;
        }
        (text, order) = (rest.get(unit.len_utf8()..).unwrap_or_default(), after);
    }
    true
}
