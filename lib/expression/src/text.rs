//! .NET strings: sequences of UTF-16 code units, immutable, shared.
//!
//! A string of ASCII characters is kept as bytes, any other as code units; both give every length, index and
//! slice in constant time, as `System.String` does.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A .NET string.
#[derive(Clone)]
pub struct Str {
    units: Units,
    /// Whether it is a literal: equal literals are the same object in .NET.
    interned: bool,
}

#[derive(Clone, PartialEq, Eq)]
enum Units {
    Ascii(Arc<str>),
    Wide(Arc<[u16]>),
}

impl Str {
    /// A literal, which is the same object as every equal literal.
    pub fn literal(text: &str) -> Self {
        Self { interned: true, ..Self::from(text) }
    }

    /// The string with these code units, which may hold lone surrogates.
    pub fn from_units(units: &[u16]) -> Self {
        let units = if units.iter().all(|unit| *unit < 128) {
            Units::Ascii(units.iter().map(|unit| *unit as u8 as char).collect::<String>().into())
        } else {
            Units::Wide(units.into())
        };
        Self { units, interned: false }
    }

    /// Marks it as a literal.
    #[must_use]
    pub fn interned(self) -> Self {
        Self { interned: true, ..self }
    }

    /// Its length in UTF-16 code units.
    pub fn len(&self) -> usize {
        match &self.units {
            Units::Ascii(text) => text.len(),
            Units::Wide(units) => units.len(),
        }
    }

    /// Whether it has no characters.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The code unit at `index`.
    pub fn unit(&self, index: usize) -> Option<u16> {
        match &self.units {
            Units::Ascii(text) => text.as_bytes().get(index).map(|byte| u16::from(*byte)),
            Units::Wide(units) => units.get(index).copied(),
        }
    }

    /// Its code units.
    pub fn units(&self) -> Cow<'_, [u16]> {
        match &self.units {
            Units::Ascii(text) => Cow::Owned(text.bytes().map(u16::from).collect()),
            Units::Wide(units) => Cow::Borrowed(units),
        }
    }

    /// The text; a lone surrogate becomes U+FFFD.
    pub fn text(&self) -> Cow<'_, str> {
        match &self.units {
            Units::Ascii(text) => Cow::Borrowed(text),
            Units::Wide(units) => Cow::Owned(String::from_utf16_lossy(units)),
        }
    }

    /// The text, if all of it is ASCII.
    pub fn ascii(&self) -> Option<&str> {
        match &self.units {
            Units::Ascii(text) => Some(text),
            Units::Wide(_) => None,
        }
    }

    /// The part that starts at `start` and is `length` long, if there is such a part.
    pub fn slice(&self, start: usize, length: usize) -> Option<Self> {
        let end = start.checked_add(length)?;
        let units = match &self.units {
            Units::Ascii(text) => Units::Ascii(text.get(start..end)?.into()),
            Units::Wide(units) => return Some(Self::from_units(units.get(start..end)?)),
        };
        Some(Self { units, interned: false })
    }

    /// Whether both are the same object, as `object.ReferenceEquals` tells.
    pub fn same_object(&self, other: &Self) -> bool {
        let same = match (&self.units, &other.units) {
            (Units::Ascii(a), Units::Ascii(b)) => Arc::ptr_eq(a, b),
            (Units::Wide(a), Units::Wide(b)) => Arc::ptr_eq(a, b),
            _ => false,
        };
        let empty = self.is_empty() && other.is_empty();
        same || empty || (self.interned && other.interned && self == other)
    }

    /// The first place at or after `from` where `part` stands.
    pub fn find(&self, part: &Self, from: usize) -> Option<usize> {
        if let (Units::Ascii(text), Units::Ascii(part)) = (&self.units, &part.units) {
            return text.get(from..)?.find(&**part).map(|at| at + from);
        }
        let (text, part) = (self.units(), part.units());
        if part.is_empty() {
            return (from <= text.len()).then_some(from);
        }
        search(text.get(from..)?, &part, false).map(|at| from + at)
    }

    /// The string in which each code unit is replaced.
    #[must_use]
    pub fn map(&self, replace: impl Fn(u16) -> u16) -> Self {
        Self::from_units(&self.units().iter().map(|unit| replace(*unit)).collect::<Vec<_>>())
    }
}

/// A text with one character for each code unit, whatever the unit: the search of the standard library takes no longer
/// for bad luck.
fn scalars(units: &[u16]) -> String {
    let beyond = |unit: u32| char::from_u32(0x10_0000 + unit).unwrap_or(char::REPLACEMENT_CHARACTER);
    units
        .iter()
        .map(|unit| char::from_u32(u32::from(*unit)).unwrap_or_else(|| beyond(u32::from(*unit))))
        .collect()
}

/// The first or last place of code units in others.
pub fn search(text: &[u16], part: &[u16], last: bool) -> Option<usize> {
    let (text, part) = (scalars(text), scalars(part));
    let at = if last { text.rfind(&part) } else { text.find(&part) };
    at.map(|at| text.get(..at).map_or(0, |before| before.chars().count()))
}

/// Collects strings without converting back and forth; short ones without asking for memory.
#[derive(Debug)]
pub struct Text {
    short: [u8; SHORT],
    length: usize,
    /// All of it, once it is longer than short.
    ascii: String,
    /// All of it, once not all of it is ASCII.
    wide: Vec<u16>,
}

const SHORT: usize = 96;

impl Default for Text {
    fn default() -> Self {
        Self { short: [0; SHORT], length: 0, ascii: String::new(), wide: Vec::new() }
    }
}

impl Text {
    /// Appends a string.
    pub fn push(&mut self, part: &Str) {
        match &part.units {
            Units::Ascii(text) => self.push_ascii(text),
            Units::Wide(units) => {
                self.widen();
                self.wide.extend_from_slice(units);
            }
        }
    }

    /// Appends text.
    pub fn push_text(&mut self, text: &str) {
        if text.is_ascii() {
            self.push_ascii(text);
        } else {
            self.widen();
            self.wide.extend(text.encode_utf16());
        }
    }

    /// Appends a code unit.
    pub fn push_unit(&mut self, unit: u16) {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => self.push_ascii(char::from(byte).encode_utf8(&mut [0; 4])),
            _ => {
                self.widen();
                self.wide.push(unit);
            }
        }
    }

    fn push_ascii(&mut self, text: &str) {
        let end = self.length + text.len();
        let room =
            self.short.get_mut(self.length..end).filter(|_| self.ascii.is_empty() && self.wide.is_empty());
        if let Some(room) = room {
            room.copy_from_slice(text.as_bytes());
            self.length = end;
        } else if self.wide.is_empty() {
            if self.ascii.is_empty() {
                self.ascii.push_str(short(&self.short, self.length));
            }
            self.ascii.push_str(text);
        } else {
            self.wide.extend(text.bytes().map(u16::from));
        }
    }

    fn widen(&mut self) {
        if self.wide.is_empty() {
            self.wide = self.text().bytes().map(u16::from).collect();
        }
    }

    fn text(&self) -> &str {
        if self.ascii.is_empty() { short(&self.short, self.length) } else { &self.ascii }
    }

    /// The string.
    pub fn finish(&self) -> Str {
        if self.wide.is_empty() {
            Str { units: Units::Ascii(self.text().into()), interned: false }
        } else {
            Str::from_units(&self.wide)
        }
    }
}

fn short(bytes: &[u8], length: usize) -> &str {
    bytes.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
}

impl From<&str> for Str {
    fn from(text: &str) -> Self {
        let units = if text.is_ascii() {
            Units::Ascii(text.into())
        } else {
            Units::Wide(text.encode_utf16().collect::<Vec<_>>().into())
        };
        Self { units, interned: false }
    }
}

impl From<String> for Str {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl PartialEq for Str {
    fn eq(&self, other: &Self) -> bool {
        self.units == other.units
    }
}

impl Eq for Str {}

impl Hash for Str {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text().hash(state);
    }
}

impl fmt::Display for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text())
    }
}
