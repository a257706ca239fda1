//! .NET format strings for numbers, in the invariant culture: standard ones such as `N2`, and custom ones such as `#,##0.00`.
//!
//! Follows <https://learn.microsoft.com/dotnet/standard/base-types/standard-numeric-format-strings>.

use crate::failure::{Outcome, format_exception};
use crate::run::arithmetic;
use crate::value::Value;

/// Significant digits that .NET takes of a `double` and of a `float` before it formats them.
const DOUBLE: usize = 15;
const FLOAT: usize = 7;
/// Digits that tell every `double` and every `float` from its neighbours.
const ROUND_TRIP: (i32, i32) = (17, 9);

/// A number as decimal digits: `0.d₁d₂d₃… × 10^scale`.
#[derive(Debug, Clone)]
struct Digits {
    negative: bool,
    /// Keeps its sign when it is rounded to zero.
    real: bool,
    all: Vec<u8>,
    scale: i32,
}

impl Digits {
    /// Of plain text such as `12.50` or `1.25e7`.
    fn read(text: &str, real: bool) -> Self {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let zeros = all.iter().take_while(|digit| **digit == b'0').count();
        let digits = all.get(zeros..).unwrap_or_default().to_vec();
        let scale = whole.len() as i32 - zeros as i32 + exponent.parse::<i32>().unwrap_or_default();
        Self { negative, real, scale: if digits.is_empty() { 0 } else { scale }, all: digits }
    }

    fn zero(&self) -> bool {
        self.all.iter().all(|digit| *digit == b'0')
    }

    /// Rounds half away from zero to `count` digits and drops zeros at the end.
    fn round(&mut self, count: i32) {
        let count = usize::try_from(count).unwrap_or(0);
        let up = self.all.get(count).is_some_and(|digit| *digit >= b'5');
        self.all.truncate(count);
        if up {
            while self.all.last() == Some(&b'9') {
                self.all.pop();
            }
            if let Some(last) = self.all.last_mut() {
                *last += 1;
            } else {
                self.scale += 1;
                self.all.push(b'1');
            }
        }
        while self.all.last() == Some(&b'0') {
            self.all.pop();
        }
        if self.all.is_empty() {
            self.scale = 0;
            self.negative &= self.real;
        }
    }

    fn digit(&self, at: i32) -> char {
        usize::try_from(at).ok().and_then(|at| self.all.get(at)).map_or('0', |digit| char::from(*digit))
    }

    /// With `places` digits behind the point.
    fn fixed(mut self, places: usize, group: bool) -> (bool, String) {
        self.round(self.scale.saturating_add(places as i32));
        let mut out = String::new();
        for at in 0..self.scale.max(1) {
            if group && at > 0 && (self.scale - at) % 3 == 0 {
                out.push(',');
            }
            out.push(if self.scale > 0 { self.digit(at) } else { '0' });
        }
        if places > 0 {
            out.push('.');
            out.extend((self.scale..self.scale + places as i32).map(|at| self.digit(at)));
        }
        (self.negative, out)
    }

    fn scientific(mut self, places: usize, letter: char) -> String {
        self.round(places as i32 + 1);
        let mut out = String::from(if self.negative { "-" } else { "" });
        out.push(self.digit(0));
        if places > 0 {
            out.push('.');
            out.extend((1..=places as i32).map(|at| self.digit(at)));
        }
        let exponent = if self.zero() { 0 } else { self.scale - 1 };
        out.push(letter);
        out.push_str(&exponent_text(exponent, 3, true));
        out
    }

    /// `G`: fixed, or scientific where the number is longer than `most` digits or smaller than 0.0001.
    fn general(&self, most: i32, letter: char) -> String {
        let mut out = String::from(if self.negative { "-" } else { "" });
        let scientific = self.scale > most || self.scale < -3;
        let whole = if scientific { 1 } else { self.scale };
        if whole > 0 {
            out.extend((0..whole).map(|at| self.digit(at)));
        } else {
            out.push('0');
        }
        if self.all.len() as i32 > whole.max(0) || whole < 0 {
            out.push('.');
            out.extend((whole..0).map(|_| '0'));
            out.extend((whole.max(0)..self.all.len() as i32).map(|at| self.digit(at)));
        }
        if scientific {
            out.push(letter);
            out.push_str(&exponent_text(self.scale - 1, 2, true));
        }
        out
    }
}

fn exponent_text(exponent: i32, least: usize, plus: bool) -> String {
    let sign = if exponent < 0 {
        "-"
    } else if plus {
        "+"
    } else {
        ""
    };
    format!("{sign}{:0>least$}", exponent.unsigned_abs())
}

fn not_finite(value: f64) -> Option<&'static str> {
    match value {
        _ if value.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}

/// The shortest text that reads back as the same number.
pub fn double(value: f64) -> String {
    shortest(value, &format!("{value:e}"), ROUND_TRIP.0)
}

/// The same for `float`.
pub fn float(value: f32) -> String {
    shortest(f64::from(value), &format!("{value:e}"), ROUND_TRIP.1)
}

fn shortest(value: f64, text: &str, most: i32) -> String {
    if let Some(name) = not_finite(value) {
        return name.to_owned();
    }
    let mut digits = Digits::read(text, true);
    if digits.zero() {
        digits.scale = 1;
    }
    digits.general(most, 'E')
}

/// The digits of a number, `places` behind the point if it is a binary one.
fn to_places(value: &Value, places: usize) -> Digits {
    match value {
        Value::Double(value) => Digits::read(&format!("{value:.places$}"), true),
        Value::Float(value) => Digits::read(&format!("{value:.places$}"), true),
        other => exact(other),
    }
}

/// The digits of a number, `count` of them if it is a binary one.
fn significant(value: &Value, count: usize) -> Digits {
    let places = count.saturating_sub(1);
    match value {
        Value::Double(value) => Digits::read(&format!("{value:.places$e}"), true),
        Value::Float(value) => Digits::read(&format!("{value:.places$e}"), true),
        other => exact(other),
    }
}

fn exact(value: &Value) -> Digits {
    match value {
        Value::Decimal(value) => Digits::read(&value.to_string(), false),
        other => Digits::read(&arithmetic::wide(other).unwrap_or_default().to_string(), false),
    }
}

/// `value.ToString(format)` with a format that is not empty.
pub fn format(value: &Value, format: &str) -> Outcome<String> {
    let real = matches!(value, Value::Double(_) | Value::Float(_));
    if let Some(name) = real.then(|| not_finite(arithmetic::double(value).unwrap_or_default())).flatten() {
        return Ok(name.to_owned());
    }
    let mut letters = format.chars();
    let first = letters.next().unwrap_or_default();
    let precision = letters.as_str();
    if !first.is_ascii_alphabetic() || !precision.bytes().all(|c| c.is_ascii_digit()) || precision.len() > 2 {
        return Ok(custom(value, format));
    }
    standard(value, first, precision.parse().ok())
}

fn standard(value: &Value, letter: char, precision: Option<usize>) -> Outcome<String> {
    let real = matches!(value, Value::Double(_) | Value::Float(_));
    let places = precision.unwrap_or(2);
    let signed = |(negative, text): (bool, String)| if negative { format!("-{text}") } else { text };
    Ok(match letter.to_ascii_uppercase() {
        'D' | 'X' if real || matches!(value, Value::Decimal(_)) => return Err(wrong()),
        'D' => {
            let wide = arithmetic::wide(value).unwrap_or_default();
            signed((wide < 0, format!("{:0>1$}", wide.unsigned_abs(), precision.unwrap_or(1))))
        }
        'X' => {
            let text = format!("{:0>1$}", hexadecimal(value), precision.unwrap_or(1));
            if letter == 'x' { text.to_lowercase() } else { text }
        }
        'F' => signed(to_places(value, places).fixed(places, false)),
        'N' => signed(to_places(value, places).fixed(places, true)),
        'P' => {
            let mut digits = to_places(value, places + 2);
            digits.scale += if digits.zero() { 0 } else { 2 };
            signed(digits.fixed(places, true)) + " %"
        }
        'C' => match to_places(value, places).fixed(places, true) {
            (true, text) => format!("(¤{text})"),
            (false, text) => format!("¤{text}"),
        },
        'E' => {
            let places = precision.unwrap_or(6);
            significant(value, places + 1).scientific(places, letter)
        }
        'R' if !real => return Err(wrong()),
        'G' | 'R' => general(value, precision.filter(|_| letter.eq_ignore_ascii_case(&'G')), letter),
        _ => return Err(wrong()),
    })
}

fn wrong() -> crate::failure::Throw {
    format_exception("Format specifier was invalid.")
}

fn general(value: &Value, precision: Option<usize>, letter: char) -> String {
    let letter = if letter == 'g' || letter == 'r' { 'e' } else { 'E' };
    match (value, precision.filter(|digits| *digits > 0)) {
        (Value::Double(value), None) => double(*value).replace('E', &letter.to_string()),
        (Value::Float(value), None) => float(*value).replace('E', &letter.to_string()),
        (Value::Decimal(value), None) => value.to_string(),
        (other, None) => arithmetic::wide(other).unwrap_or_default().to_string(),
        (other, Some(count)) => {
            let mut digits = significant(other, count);
            digits.round(count as i32);
            if digits.zero() {
                digits.scale = 1;
            }
            digits.general(count as i32, letter)
        }
    }
}

fn hexadecimal(value: &Value) -> String {
    match value {
        Value::SByte(value) => format!("{value:X}"),
        Value::Short(value) => format!("{value:X}"),
        Value::Int(value) => format!("{value:X}"),
        Value::Long(value) => format!("{value:X}"),
        other => format!("{:X}", arithmetic::wide(other).unwrap_or_default()),
    }
}

/// Where the section begins that is used: the first if the one asked for is empty or missing.
fn section(format: &[char], which: usize) -> usize {
    let (mut left, mut at) = (which, 0);
    while let Some(c) = format.get(at).filter(|_| left > 0) {
        at += 1;
        match c {
            '\'' | '"' => {
                at += format.get(at..).and_then(|rest| rest.iter().position(|q| q == c)).map_or(0, |n| n + 1);
            }
            '\\' => at += 1,
            ';' => left -= 1,
            _ => {}
        }
    }
    let usable = left == 0 && format.get(at).is_some_and(|c| *c != ';');
    if which > 0 && usable { at } else { 0 }
}

/// What a section of a custom format says about digits.
#[derive(Debug, Default)]
struct Layout {
    digits: i32,
    first: Option<i32>,
    last: i32,
    point: Option<i32>,
    grouped: bool,
    scale: i32,
    scientific: bool,
}

impl Layout {
    fn read(section: &[char]) -> Self {
        let mut layout = Self::default();
        let mut comma: Option<(i32, i32)> = None;
        let mut at = 0;
        while let Some(c) = section.get(at).filter(|c| **c != ';') {
            at += 1;
            match c {
                '#' => layout.digits += 1,
                '0' => {
                    layout.first.get_or_insert(layout.digits);
                    layout.digits += 1;
                    layout.last = layout.digits;
                }
                '.' => _ = layout.point.get_or_insert(layout.digits),
                ',' if layout.digits > 0 && layout.point.is_none() => {
                    comma = match comma {
                        Some((place, count)) if place == layout.digits => Some((place, count + 1)),
                        earlier => {
                            layout.grouped |= earlier.is_some();
                            Some((layout.digits, 1))
                        }
                    };
                }
                '%' => layout.scale += 2,
                '‰' => layout.scale += 3,
                '\'' | '"' => at += quoted(section, at, *c).len() + 1,
                '\\' => at += 1,
                'e' | 'E' => {
                    let zeros = exponent(section, at);
                    layout.scientific |= zeros.0 > 0;
                    at += zeros.1;
                }
                _ => {}
            }
        }
        let point = *layout.point.get_or_insert(layout.digits);
        if let Some((place, count)) = comma {
            if place == point { layout.scale -= count * 3 } else { layout.grouped = true }
        }
        layout
    }
}

/// The literal between quotes that begins at `at`.
fn quoted(section: &[char], at: usize, quote: char) -> String {
    section.iter().skip(at).take_while(|c| **c != quote).collect()
}

/// How many zeros the exponent at `at` has, and how long its text is; none if it is a literal.
fn exponent(section: &[char], at: usize) -> (usize, usize) {
    let sign = usize::from(matches!(section.get(at), Some('+' | '-')));
    let zeros = section.iter().skip(at + sign).take_while(|c| **c == '0').count();
    if zeros == 0 { (0, 0) } else { (zeros, sign + zeros) }
}

fn custom(value: &Value, format: &str) -> String {
    let format: Vec<char> = format.chars().collect();
    let number = match value {
        Value::Double(_) => significant(value, DOUBLE),
        Value::Float(_) => significant(value, FLOAT),
        other => exact(other),
    };
    let which = if number.zero() { 2 } else { usize::from(number.negative) };
    let mut start = section(&format, which);
    loop {
        let part = format.get(start..).unwrap_or_default();
        let layout = Layout::read(part);
        let mut digits = number.clone();
        if digits.zero() {
            digits.scale = 0;
            digits.negative &= digits.real;
        } else {
            digits.scale += layout.scale;
            let point = layout.point.unwrap_or_default();
            digits.round(if layout.scientific {
                layout.digits
            } else {
                digits.scale + layout.digits - point
            });
            let zero = section(&format, 2);
            if digits.zero() && zero != start {
                start = zero;
                continue;
            }
        }
        return Writer::new(digits, layout, start == 0).write(part);
    }
}

struct Writer {
    number: Digits,
    layout: Layout,
    out: String,
    /// Digits before the point that are still to come.
    place: i32,
    /// Digits that the format has no place for (positive), or places without a digit.
    adjust: i32,
    next: i32,
    first: i32,
    last: i32,
    pointed: bool,
}

impl Writer {
    fn new(number: Digits, layout: Layout, signed: bool) -> Self {
        let point = layout.point.unwrap_or_default();
        let first = layout.first.map_or(0, |first| (point - first).max(0));
        let last = (point - layout.last).min(0);
        let (place, adjust) =
            if layout.scientific { (point, 0) } else { (number.scale.max(point), number.scale - point) };
        let shown = !number.all.is_empty() || first > 0 || last < 0;
        let out = String::from(if number.negative && signed && shown { "-" } else { "" });
        Self { number, layout, out, place, adjust, next: 0, first, last, pointed: false }
    }

    fn take(&mut self) -> Option<char> {
        let digit = usize::try_from(self.next).ok().and_then(|at| self.number.all.get(at)).copied();
        self.next += i32::from(digit.is_some());
        digit.map(char::from)
    }

    fn push(&mut self, digit: char) {
        self.out.push(digit);
        if self.layout.grouped && self.place > 1 && (self.place - 1) % 3 == 0 {
            self.out.push(',');
        }
    }

    fn digit(&mut self) {
        let digit = if self.adjust < 0 {
            self.adjust += 1;
            (self.place <= self.first).then_some('0')
        } else {
            self.take().or_else(|| (self.place > self.last).then_some('0'))
        };
        if let Some(digit) = digit {
            self.push(digit);
        }
        self.place -= 1;
    }

    fn write(mut self, section: &[char]) -> String {
        let mut at = 0;
        while let Some(c) = section.get(at).copied().filter(|c| *c != ';') {
            at += 1;
            while self.adjust > 0 && matches!(c, '#' | '0' | '.') {
                let digit = self.take().unwrap_or('0');
                self.push(digit);
                self.place -= 1;
                self.adjust -= 1;
            }
            match c {
                '#' | '0' => self.digit(),
                '.' => self.point(),
                ',' => {}
                '\'' | '"' => {
                    let text = quoted(section, at, c);
                    at += text.chars().count() + 1;
                    self.out.push_str(&text);
                }
                '\\' => {
                    self.out.extend(section.get(at));
                    at += 1;
                }
                'e' | 'E' => at += self.exponent(section, at, c),
                other => self.out.push(other),
            }
        }
        self.out
    }

    fn point(&mut self) {
        let point = self.layout.point.unwrap_or_default();
        let more = (self.next as usize) < self.number.all.len();
        if self.place == 0 && !self.pointed && (self.last < 0 || (point < self.layout.digits && more)) {
            self.out.push('.');
            self.pointed = true;
        }
    }

    fn exponent(&mut self, section: &[char], at: usize, letter: char) -> usize {
        self.out.push(letter);
        let (zeros, length) = exponent(section, at);
        if zeros > 0 {
            let point = self.layout.point.unwrap_or_default();
            let exponent = if self.number.zero() { 0 } else { self.number.scale - point };
            self.out.push_str(&exponent_text(exponent, zeros.min(10), section.get(at) == Some(&'+')));
        }
        length
    }
}
