//! `Boolean` and `Char`.

use super::primitive;
use crate::failure::{Outcome, null_argument, out_of_range};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::{Machine, convert};
use crate::ty::Type;
use crate::value::Value;

pub const BOOL: TypeRow = TypeRow {
    name: "System.Boolean",
    generics: &[],
    form: Form::Struct,
    bases: &[],
    members: &[
        ("static bool Parse(string value)", |_, c| primitive::parse(&Type::BOOL, c.value(0))),
        ("static bool TryParse(string value, out bool result)", |m, c| {
            primitive::try_parse(m, &Type::BOOL, c.value(0))
        }),
        ("static string TrueString { get; }", |_, _| Ok(Value::text("True"))),
        ("static string FalseString { get; }", |_, _| Ok(Value::text("False"))),
        ("int CompareTo(bool value)", |_, c| primitive::compare_to(c)),
        ("int CompareTo(object obj)", |_, c| primitive::compare_to(c)),
        ("bool Equals(bool obj)", |_, c| primitive::same(c)),
        ("bool Equals(object obj)", |_, c| primitive::same(c)),
    ],
    missing: &[],
};

/// The character of a call: its first argument, or the one at an index of a text.
fn unit(c: Call<'_>) -> Outcome<u16> {
    match c.value(0) {
        Value::Char(unit) => Ok(*unit),
        Value::String(text) => {
            let unit = usize::try_from(c.integer(1)).ok().and_then(|at| text.unit(at));
            unit.ok_or_else(|| {
                out_of_range("Specified argument was out of the range of valid values.", "index")
            })
        }
        _ => Err(null_argument("s")),
    }
}

fn test(c: Call<'_>, holds: fn(char) -> bool) -> Outcome {
    let unit = unit(c)?;
    Ok(Value::Bool(char::from_u32(u32::from(unit)).is_some_and(holds)))
}

fn half(c: Call<'_>, range: std::ops::RangeInclusive<u16>) -> Outcome {
    Ok(Value::Bool(range.contains(&unit(c)?)))
}

fn separator(c: char) -> bool {
    matches!(
        c,
        ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

fn punctuation(c: char) -> bool {
    matches!(c, '!'..='#' | '%'..='*' | ','..='/' | ':' | ';' | '?' | '@' | '['..=']' | '_' | '{' | '}' | '¡' | '§' | '«' | '¶' | '·' | '»' | '¿')
}

fn symbol(c: char) -> bool {
    matches!(c, '$' | '+' | '<'..='>' | '^' | '`' | '|' | '~' | '¢'..='¦' | '¨' | '©' | '¬' | '®'..='±' | '´' | '¸' | '×' | '÷' | '€')
}

fn from_utf32(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let scalar = u32::try_from(c.integer(0)).ok().and_then(char::from_u32);
    let message = "A valid UTF32 value is between 0x000000 and 0x10ffff, inclusive, and should not include surrogate codepoint values (0x00d800 ~ 0x00dfff).";
    match scalar {
        Some(scalar) => m.string(scalar.to_string()),
        None => Err(out_of_range(message, "utf32")),
    }
}

fn to_utf32(c: Call<'_>) -> Outcome {
    let (high, low) = (c.integer(0), c.integer(1));
    if !(0xd800..=0xdbff).contains(&high) {
        return Err(out_of_range(
            "A valid high surrogate character is between 0xd800 and 0xdbff, inclusive.",
            "highSurrogate",
        ));
    }
    if !(0xdc00..=0xdfff).contains(&low) {
        return Err(out_of_range(
            "A valid low surrogate character is between 0xdc00 and 0xdfff, inclusive.",
            "lowSurrogate",
        ));
    }
    Ok(Value::Int(((high - 0xd800) * 0x400 + (low - 0xdc00) + 0x10000) as i32))
}

macro_rules! tests {
    ($($name:literal $holds:expr;)*) => {[$(
        (concat!("static bool ", $name, "(char c)"), (|_, c| test(c, $holds)) as Run),
        (concat!("static bool ", $name, "(string s, int index)"), |_, c| test(c, $holds)),
    )*]};
}

const TESTS: [(&str, Run); 22] = tests! {
    "IsControl" char::is_control;
    "IsDigit" |c| c.is_ascii_digit();
    "IsLetter" char::is_alphabetic;
    "IsLetterOrDigit" |c| c.is_alphabetic() || c.is_ascii_digit();
    "IsLower" char::is_lowercase;
    "IsNumber" char::is_numeric;
    "IsPunctuation" punctuation;
    "IsSeparator" separator;
    "IsSymbol" symbol;
    "IsUpper" char::is_uppercase;
    "IsWhiteSpace" char::is_whitespace;
};

/// The tests of characters.
pub const CHAR_TESTS: TypeRow = TypeRow {
    name: "System.ICharTests",
    generics: &[],
    form: Form::Interface,
    bases: &[],
    members: &TESTS,
    missing: &[],
};

pub const CHAR: TypeRow = TypeRow {
    name: "System.Char",
    generics: &[],
    form: Form::Struct,
    bases: &["ICharTests"],
    members: &[
        ("static char MinValue { get; }", |_, _| Ok(Value::Char(u16::MIN))),
        ("static char MaxValue { get; }", |_, _| Ok(Value::Char(u16::MAX))),
        ("static bool IsSurrogate(char c)", |_, c| half(c, 0xd800..=0xdfff)),
        ("static bool IsSurrogate(string s, int index)", |_, c| half(c, 0xd800..=0xdfff)),
        ("static bool IsHighSurrogate(char c)", |_, c| half(c, 0xd800..=0xdbff)),
        ("static bool IsHighSurrogate(string s, int index)", |_, c| half(c, 0xd800..=0xdbff)),
        ("static bool IsLowSurrogate(char c)", |_, c| half(c, 0xdc00..=0xdfff)),
        ("static bool IsLowSurrogate(string s, int index)", |_, c| half(c, 0xdc00..=0xdfff)),
        ("static bool IsSurrogatePair(char highSurrogate, char lowSurrogate)", |_, c| {
            Ok(Value::Bool(
                (0xd800..=0xdbff).contains(&c.integer(0)) && (0xdc00..=0xdfff).contains(&c.integer(1)),
            ))
        }),
        ("static char ToUpper(char c)", |_, c| Ok(Value::Char(upper(c.integer(0) as u16)))),
        ("static char ToLower(char c)", |_, c| Ok(Value::Char(lower(c.integer(0) as u16)))),
        ("static char ToUpperInvariant(char c)", |_, c| Ok(Value::Char(upper(c.integer(0) as u16)))),
        ("static char ToLowerInvariant(char c)", |_, c| Ok(Value::Char(lower(c.integer(0) as u16)))),
        ("static double GetNumericValue(char c)", |_, c| numeric(c)),
        ("static double GetNumericValue(string s, int index)", |_, c| numeric(c)),
        ("static string ConvertFromUtf32(int utf32)", from_utf32),
        ("static int ConvertToUtf32(char highSurrogate, char lowSurrogate)", |_, c| to_utf32(c)),
        ("static char Parse(string s)", |_, c| primitive::parse(&Type::CHAR, c.value(0))),
        ("static bool TryParse(string s, out char result)", |m, c| {
            primitive::try_parse(m, &Type::CHAR, c.value(0))
        }),
        ("static string ToString(char c)", |m, c| convert::text(m, c.value(0)).map(Value::String)),
        ("int CompareTo(char value)", |_, c| primitive::compare_to(c)),
        ("int CompareTo(object value)", |_, c| primitive::compare_to(c)),
        ("bool Equals(char obj)", |_, c| primitive::same(c)),
        ("bool Equals(object obj)", |_, c| primitive::same(c)),
    ],
    missing: &["GetUnicodeCategory"],
};

fn numeric(c: Call<'_>) -> Outcome {
    let unit = unit(c)?;
    let digit = char::from_u32(u32::from(unit)).and_then(|c| c.to_digit(10));
    Ok(Value::Double(digit.map_or(-1.0, f64::from)))
}

/// One code unit in upper case, if that is one code unit.
pub fn upper(unit: u16) -> u16 {
    case(unit, |c| Some(c.to_uppercase()).filter(|cased| cased.len() == 1)?.next())
}

/// One code unit in lower case.
pub fn lower(unit: u16) -> u16 {
    case(unit, |c| Some(c.to_lowercase()).filter(|cased| cased.len() == 1)?.next())
}

fn case(unit: u16, change: impl Fn(char) -> Option<char>) -> u16 {
    let single = |c: char| if c == 'ß' { None } else { change(c) };
    char::from_u32(u32::from(unit))
        .and_then(single)
        .and_then(|c| u16::try_from(u32::from(c)).ok())
        .unwrap_or(unit)
}
