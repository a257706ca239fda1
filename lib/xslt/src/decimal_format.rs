//! `format-number()` and `xsl:decimal-format`.
//! <https://www.w3.org/TR/xslt-10/#format-number>

use diagnostic::Diagnostic;

use crate::error::Error;
use crate::stylesheet::{Compiler, Element};

/// The characters of a decimal format.
#[derive(Debug, Clone)]
pub struct Symbols {
    decimal: char,
    grouping: char,
    minus: char,
    percent: char,
    per_mille: char,
    zero: char,
    digit: char,
    separator: char,
    infinity: String,
    nan: String,
}

impl Default for Symbols {
    fn default() -> Self {
        Self {
            decimal: '.',
            grouping: ',',
            minus: '-',
            percent: '%',
            per_mille: '‰',
            zero: '0',
            digit: '#',
            separator: ';',
            infinity: "Infinity".to_owned(),
            nan: "NaN".to_owned(),
        }
    }
}

/// One half of a picture.
#[derive(Debug)]
struct Picture {
    before: String,
    after: String,
    /// What the number is multiplied by.
    factor: f64,
    least_whole: usize,
    least_fraction: usize,
    most_fraction: usize,
    /// How many digits a group has; 0 without groups.
    group: usize,
}

impl Symbols {
    /// Compiles `xsl:decimal-format`; without name it is the default.
    pub fn compile(
        element: Element<'_, '_>,
        compiler: &mut Compiler<'_>,
    ) -> Result<(String, Self), Diagnostic> {
        let mut symbols = Self::default();
        compiler.empty(element);
        let mut format = String::new();
        for attribute in element.attributes().filter(|attribute| attribute.namespace().is_none()) {
            let (name, value) = (attribute.name(), attribute.value());
            let mut characters = value.chars();
            let single = characters.next().filter(|_| characters.next().is_none());
            let place = match name {
                "name" => {
                    let name = compiler.qname(element, value)?;
                    format = name.local.to_string();
                    continue;
                }
                "infinity" => {
                    value.clone_into(&mut symbols.infinity);
                    continue;
                }
                "NaN" => {
                    value.clone_into(&mut symbols.nan);
                    continue;
                }
                "decimal-separator" => &mut symbols.decimal,
                "grouping-separator" => &mut symbols.grouping,
                "minus-sign" => &mut symbols.minus,
                "percent" => &mut symbols.percent,
                "per-mille" => &mut symbols.per_mille,
                "zero-digit" => &mut symbols.zero,
                "digit" => &mut symbols.digit,
                "pattern-separator" => &mut symbols.separator,
                _ => {
                    return Err(compiler.invalid(
                        element,
                        name,
                        format!("'xsl:decimal-format' has no '{name}'"),
                    ));
                }
            };
            let message = || format!("'{name}' must be one character");
            *place = single.ok_or_else(|| compiler.invalid(element, name, message()))?;
        }
        Ok((format, symbols))
    }

    /// A number in a picture such as `#,##0.00`.
    pub fn format(&self, number: f64, picture: &str) -> Result<String, Error> {
        if number.is_nan() {
            return Ok(self.nan.clone());
        }
        let (positive, negative) = match picture.split_once(self.separator) {
            Some((positive, negative)) => (positive, Some(negative)),
            None => (picture, None),
        };
        let mut parsed = self.picture(positive)?;
        let below = number < 0.0;
        let digits = self.digits(number.abs(), &parsed);
        if below {
            match negative {
                Some(negative) => {
                    let other = self.picture(negative)?;
                    (parsed.before, parsed.after) = (other.before, other.after);
                }
                None => parsed.before.insert(0, self.minus),
            }
        }
        Ok(format!("{}{digits}{}", parsed.before, parsed.after))
    }

    fn picture(&self, text: &str) -> Result<Picture, Error> {
        let active = |found: char| {
            found == self.digit || found == self.zero || found == self.grouping || found == self.decimal
        };
        let start = text.find(active).unwrap_or(text.len());
        let (before, rest) = text.split_at(start);
        let end = rest.find(|found| !active(found)).unwrap_or(rest.len());
        let (digits, after) = rest.split_at(end);
        let (whole, fraction) = digits.split_once(self.decimal).unwrap_or((digits, ""));
        if digits.is_empty() || fraction.contains([self.decimal, self.grouping]) || after.contains(active) {
            return Err(Error::evaluation(format!("'{text}' is not a picture of a number")));
        }
        let count = |text: &str, wanted: char| text.chars().filter(|found| *found == wanted).count();
        let factor = match (before, after) {
            _ if text.contains(self.percent) => 100.0,
            _ if text.contains(self.per_mille) => 1000.0,
            _ => 1.0,
        };
        let group = whole.rsplit_once(self.grouping).map_or(0, |(_, last)| last.chars().count());
        Ok(Picture {
            before: before.to_owned(),
            after: after.to_owned(),
            factor,
            least_whole: count(whole, self.zero),
            least_fraction: count(fraction, self.zero),
            most_fraction: fraction.chars().count(),
            group,
        })
    }

    fn digits(&self, number: f64, picture: &Picture) -> String {
        if number.is_infinite() {
            return self.infinity.clone();
        }
        let text = rounded(number * picture.factor, picture.most_fraction.min(100));
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let whole = whole.trim_start_matches('0');
        let shown = fraction.trim_end_matches('0').len().max(picture.least_fraction);
        let fraction = fraction.get(..shown).unwrap_or(fraction);
        let least = match (whole.is_empty(), fraction.is_empty()) {
            (true, true) => picture.least_whole.max(1),
            _ => picture.least_whole,
        };
        let whole = format!("{whole:0>least$}");
        let mut shown = String::new();
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && picture.group > 0 && (whole.len() - place).is_multiple_of(picture.group) {
                shown.push(self.grouping);
            }
            shown.push(self.localised(digit));
        }
        if !fraction.is_empty() {
            shown.push(self.decimal);
            shown.extend(fraction.chars().map(|digit| self.localised(digit)));
        }
        shown
    }

    fn localised(&self, digit: char) -> char {
        let offset = digit.to_digit(10).unwrap_or(0);
        char::from_u32(u32::from(self.zero) + offset).unwrap_or(digit)
    }
}

/// So many digits behind the point; halves of what the shortest form of the number says go away from zero.
fn rounded(number: f64, places: usize) -> String {
    let exact = number.to_string();
    let Some((whole, fraction)) = exact.split_once('.') else {
        return format!("{exact}.{}", "0".repeat(places));
    };
    if fraction.len() <= places {
        return format!("{whole}.{fraction:0<places$}");
    }
    let kept = format!("{whole}{}", fraction.get(..places).unwrap_or_default());
    let up = fraction.get(places..).is_some_and(|rest| rest.starts_with(|next| next >= '5'));
    let mut digits: Vec<u8> = kept.into_bytes();
    if up {
        let nines = digits.iter().rev().take_while(|digit| **digit == b'9').count();
        let length = digits.len();
        digits.iter_mut().skip(length - nines).for_each(|digit| *digit = b'0');
        match (length - nines).checked_sub(1).and_then(|last| digits.get_mut(last)) {
            Some(digit) => *digit += 1,
            None => digits.insert(0, b'1'),
        }
    }
    let text = String::from_utf8(digits).unwrap_or_default();
    let (whole, fraction) = text.split_at(text.len() - places);
    format!("{whole}.{fraction}")
}
