//! .NET strings: sequences of UTF-16 code units, immutable, shared.
//!
//! A string of ASCII characters is kept as bytes, any other as code units; both give every length, index and
//! slice in constant time, as `System.String` does.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use smallvec::SmallVec;

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
        text.get(from..)?.windows(part.len()).position(|window| *window == *part).map(|at| at + from)
    }

    /// The string in which each code unit is replaced.
    #[must_use]
    pub fn map(&self, replace: impl Fn(u16) -> u16) -> Self {
        Self::from_units(&self.units().iter().map(|unit| replace(*unit)).collect::<Vec<_>>())
    }
}

/// Collects strings without converting back and forth.
#[derive(Debug, Default)]
pub struct Text {
    ascii: SmallVec<[u8; 128]>,
    wide: Vec<u16>,
}

impl Text {
    /// Appends a string.
    pub fn push(&mut self, part: &Str) {
        match &part.units {
            Units::Ascii(text) if self.wide.is_empty() => self.ascii.extend_from_slice(text.as_bytes()),
            _ => {
                self.widen();
                self.wide.extend_from_slice(&part.units());
            }
        }
    }

    /// Appends text.
    pub fn push_text(&mut self, text: &str) {
        if self.wide.is_empty() && text.is_ascii() {
            self.ascii.extend_from_slice(text.as_bytes());
        } else {
            self.widen();
            self.wide.extend(text.encode_utf16());
        }
    }

    /// Appends a code unit.
    pub fn push_unit(&mut self, unit: u16) {
        match u8::try_from(unit) {
            Ok(byte) if byte < 128 && self.wide.is_empty() => self.ascii.push(byte),
            _ => {
                self.widen();
                self.wide.push(unit);
            }
        }
    }

    fn widen(&mut self) {
        if self.wide.is_empty() {
            self.wide.extend(self.ascii.drain(..).map(u16::from));
        }
    }

    /// The string.
    pub fn finish(self) -> Str {
        match std::str::from_utf8(&self.ascii) {
            Ok(text) if self.wide.is_empty() => Str { units: Units::Ascii(text.into()), interned: false },
            _ => Str::from_units(&self.wide),
        }
    }
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
