//! Numbers as `xsl:number` writes them: digits, letters or Roman numerals, with what stands between them.
//! <https://www.w3.org/TR/xslt-10/#convert>

use crate::xpath::number_text;

/// What is between groups of digits.
#[derive(Debug)]
pub struct Grouping {
    pub separator: String,
    pub size: usize,
}

const ROMAN: &[(u64, &str)] = &[
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
];

/// The numbers in a format such as `1.a`.
pub fn numbered(numbers: &[f64], format: &str, grouping: Option<&Grouping>) -> String {
    let parts = parts(format);
    let is_token = |part: &&str| part.starts_with(char::is_alphanumeric);
    let tokens: Vec<&str> = parts.iter().copied().filter(is_token).collect();
    let between: Vec<&str> = parts.iter().copied().filter(|part| !is_token(part)).collect();
    let leads = parts.first().is_some_and(|part| !is_token(part));
    let trails = parts.len() > 1 && parts.last().is_some_and(|part| !is_token(part));
    let inner = between.get(usize::from(leads)..between.len() - usize::from(trails)).unwrap_or_default();
    let mut text = String::new();
    if leads {
        text.push_str(between.first().unwrap_or(&""));
    }
    for (place, number) in numbers.iter().enumerate() {
        if place > 0 {
            text.push_str(inner.get(place - 1).or(inner.last()).unwrap_or(&"."));
        }
        let token = tokens.get(place).or(tokens.last()).unwrap_or(&"1");
        text.push_str(&one(*number, token, grouping));
    }
    if trails {
        text.push_str(between.last().unwrap_or(&""));
    }
    text
}

/// Runs of letters and digits, and runs of other characters.
fn parts(format: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = format;
    while let Some(first) = rest.chars().next() {
        let token = first.is_alphanumeric();
        let length = rest.find(|found: char| found.is_alphanumeric() != token).unwrap_or(rest.len());
        let (part, behind) = rest.split_at(length);
        parts.push(part);
        rest = behind;
    }
    parts
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be from 1 to 2^53")]
fn one(number: f64, token: &str, grouping: Option<&Grouping>) -> String {
    let rounded = number.round();
    if !(1.0..9e15).contains(&rounded) {
        return if rounded == 0.0 { digits(0, token.len(), grouping) } else { number_text(number) };
    }
    let number = rounded as u64;
    match token {
        "a" => letters(number),
        "A" => letters(number).to_uppercase(),
        "i" | "I" if number >= 5000 => number.to_string(),
        "i" => roman(number),
        "I" => roman(number).to_uppercase(),
        _ if token.ends_with('1') && token.trim_start_matches('0') == "1" => {
            digits(number, token.len(), grouping)
        }
        _ => digits(number, 1, grouping),
    }
}

fn letters(mut number: u64) -> String {
    let mut found = Vec::new();
    while number > 0 {
        number -= 1;
        found.push(char::from(b'a' + u8::try_from(number % 26).unwrap_or(0)));
        number /= 26;
    }
    found.iter().rev().collect()
}

fn roman(mut number: u64) -> String {
    let mut text = String::new();
    for (value, letters) in ROMAN {
        while number >= *value {
            text.push_str(letters);
            number -= value;
        }
    }
    text
}

fn digits(number: u64, width: usize, grouping: Option<&Grouping>) -> String {
    let text = format!("{number:0width$}", width = width.min(100));
    let Some(Grouping { separator, size }) = grouping else { return text };
    let mut grouped = String::new();
    for (place, digit) in text.chars().enumerate() {
        if place > 0 && (text.len() - place) % size == 0 {
            grouped.push_str(separator);
        }
        grouped.push(digit);
    }
    grouped
}
