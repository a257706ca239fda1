//! .NET strings: sequences of UTF-16 code units, immutable, shared.
//!
//! A string of ASCII characters is kept as bytes, any other as code units; both give every length, index and
//! slice in constant time, as `System.String` does. A short one of ASCII characters is kept in place: most strings that
//! expressions make are short, and asking for memory takes longer than making them.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A .NET string.
#[derive(Clone)]
pub struct Str(Units);

#[derive(Clone)]
enum Units {
    Short(Short),
    Ascii(Arc<str>, Origin),
    Wide(Arc<[u16]>, Origin),
}

/// A short string of ASCII characters.
#[derive(Clone, Copy)]
struct Short {
    length: u8,
    bytes: [u8; SHORT],
    /// Copies are the same object, equal strings need not be; of literals it is [`LITERAL`].
    identity: u64,
}

/// The identity of literals: equal ones are the same object.
const LITERAL: u64 = 0;

/// So many bytes fit beside a length and an identity into what a pointer, a length and their origin take with others.
const SHORT: usize = 22;

/// Where a string comes from: equal literals are the same object in .NET.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Made,
    Literal,
}

impl Short {
    fn new(text: &[u8], origin: Origin) -> Option<Self> {
        let mut bytes = [0; SHORT];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        let identity = if origin == Origin::Literal { LITERAL } else { identity() };
        Some(Self { length: text.len() as u8, bytes, identity })
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    fn text(&self) -> &str {
        ascii(self.bytes())
    }
}

/// Bytes that are known to be ASCII.
fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// How many identities a thread takes at once.
const IDENTITIES: u64 = 1 << 32;

/// A number that no other object of the process has.
fn identity() -> u64 {
    static BLOCKS: AtomicU64 = AtomicU64::new(0);
    thread_local! {
        static NEXT: Cell<u64> = const { Cell::new(0) };
    }
    let next = NEXT.get();
    let next = if next.is_multiple_of(IDENTITIES) {
        BLOCKS.fetch_add(1, Ordering::Relaxed).wrapping_mul(IDENTITIES) + 1
    } else {
        next
    };
    NEXT.set(next + 1);
    next
}

impl Str {
    /// A literal, which is the same object as every equal literal.
    pub fn literal(text: &str) -> Self {
        Self(Units::of(text, Origin::Literal))
    }

    /// The string with these code units, which may hold lone surrogates.
    pub fn from_units(units: &[u16]) -> Self {
        if units.iter().all(|unit| *unit < 128) {
            return Self::from(units.iter().map(|unit| *unit as u8 as char).collect::<String>());
        }
        Self(Units::Wide(units.into(), Origin::Made))
    }

    /// Marks it as a literal.
    #[must_use]
    pub fn interned(self) -> Self {
        Self(match self.0 {
            Units::Short(short) => Units::Short(Short { identity: LITERAL, ..short }),
            Units::Ascii(text, _) => Units::Ascii(text, Origin::Literal),
            Units::Wide(units, _) => Units::Wide(units, Origin::Literal),
        })
    }

    /// Its length in UTF-16 code units.
    pub fn len(&self) -> usize {
        match &self.0 {
            Units::Short(short) => usize::from(short.length),
            Units::Ascii(text, _) => text.len(),
            Units::Wide(units, _) => units.len(),
        }
    }

    /// Whether it has no characters.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The code unit at `index`.
    pub fn unit(&self, index: usize) -> Option<u16> {
        match &self.0 {
            Units::Wide(units, _) => units.get(index).copied(),
            ascii => ascii.bytes().get(index).map(|byte| u16::from(*byte)),
        }
    }

    /// Its code units.
    pub fn units(&self) -> Cow<'_, [u16]> {
        match &self.0 {
            Units::Wide(units, _) => Cow::Borrowed(units),
            ascii => Cow::Owned(ascii.bytes().iter().copied().map(u16::from).collect()),
        }
    }

    /// The text; a lone surrogate becomes U+FFFD.
    pub fn text(&self) -> Cow<'_, str> {
        match &self.0 {
            Units::Short(short) => Cow::Borrowed(short.text()),
            Units::Ascii(text, _) => Cow::Borrowed(text),
            Units::Wide(units, _) => Cow::Owned(String::from_utf16_lossy(units)),
        }
    }

    /// The text, if all of it is ASCII.
    pub fn ascii(&self) -> Option<&str> {
        match &self.0 {
            Units::Short(short) => Some(short.text()),
            Units::Ascii(text, _) => Some(text),
            Units::Wide(..) => None,
        }
    }

    /// The part that starts at `start` and is `length` long, if there is such a part.
    pub fn slice(&self, start: usize, length: usize) -> Option<Self> {
        let end = start.checked_add(length)?;
        Some(match &self.0 {
            Units::Short(short) => Self(Units::short_or(short.text().get(start..end)?, Origin::Made)),
            Units::Ascii(text, _) => Self(Units::short_or(text.get(start..end)?, Origin::Made)),
            Units::Wide(units, _) => Self::from_units(units.get(start..end)?),
        })
    }

    /// Whether both are the same object, as `object.ReferenceEquals` tells.
    pub fn same_object(&self, other: &Self) -> bool {
        let same = match (&self.0, &other.0) {
            (Units::Short(a), Units::Short(b)) => a.identity == b.identity && a.bytes() == b.bytes(),
            (Units::Ascii(a, _), Units::Ascii(b, _)) => Arc::ptr_eq(a, b),
            (Units::Wide(a, _), Units::Wide(b, _)) => Arc::ptr_eq(a, b),
            _ => false,
        };
        let empty = self.is_empty() && other.is_empty();
        same || empty || (self.is_literal() && other.is_literal() && self == other)
    }

    fn is_literal(&self) -> bool {
        match &self.0 {
            Units::Short(short) => short.identity == LITERAL,
            Units::Ascii(_, origin) | Units::Wide(_, origin) => *origin == Origin::Literal,
        }
    }

    /// The first place at or after `from` where `part` stands.
    pub fn find(&self, part: &Self, from: usize) -> Option<usize> {
        if let (Some(text), Some(part)) = (self.ascii(), part.ascii()) {
            return text.get(from..)?.find(part).map(|at| at + from);
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

impl Units {
    fn of(text: &str, origin: Origin) -> Self {
        if text.is_ascii() {
            Self::short_or(text, origin)
        } else {
            Self::Wide(text.encode_utf16().collect::<Vec<_>>().into(), origin)
        }
    }

    /// Of ASCII characters.
    fn short_or(text: &str, origin: Origin) -> Self {
        match Short::new(text.as_bytes(), origin) {
            Some(short) => Self::Short(short),
            None => Self::Ascii(text.into(), origin),
        }
    }

    /// The bytes of ASCII characters.
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Short(short) => short.bytes(),
            Self::Ascii(text, _) => text.as_bytes(),
            Self::Wide(..) => &[],
        }
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
    first: [u8; FIRST],
    length: usize,
    all: All,
}

/// How long a text may be that asks for no memory while it is collected.
const FIRST: usize = 64;

/// Where a text is kept.
#[derive(Debug)]
enum All {
    /// Among the first bytes.
    First,
    /// In memory, as it is longer.
    Ascii(String),
    /// In memory, as not all of it is ASCII.
    Wide(Vec<u16>),
}

impl Default for Text {
    fn default() -> Self {
        Self { first: [0; FIRST], length: 0, all: All::First }
    }
}

impl Text {
    /// Appends a string.
    pub fn push(&mut self, part: &Str) {
        match &part.0 {
            Units::Short(short) => self.push_short(short),
            Units::Ascii(text, _) => self.push_ascii(text.as_bytes()),
            Units::Wide(units, _) => self.push_wide(units.iter().copied()),
        }
    }

    /// Appends text.
    pub fn push_text(&mut self, text: &str) {
        if text.is_ascii() {
            self.push_ascii(text.as_bytes());
        } else {
            self.push_wide(text.encode_utf16());
        }
    }

    /// Appends a code unit.
    pub fn push_unit(&mut self, unit: u16) {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => self.push_ascii(&[byte]),
            _ => self.push_wide(std::iter::once(unit)),
        }
    }

    /// Copies all that a short one may be: that takes less than copying as much as it is.
    #[inline]
    fn push_short(&mut self, short: &Short) {
        let room = self.first.get_mut(self.length..).and_then(<[u8]>::first_chunk_mut);
        match room {
            Some(room) if matches!(self.all, All::First) => {
                *room = short.bytes;
                self.length += usize::from(short.length);
            }
            _ => self.push_ascii(short.bytes()),
        }
    }

    #[inline]
    fn push_ascii(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        match self.first.get_mut(self.length..end) {
            Some(room) if matches!(self.all, All::First) => {
                room.copy_from_slice(bytes);
                self.length = end;
            }
            _ => self.push_later(bytes),
        }
    }

    #[cold]
    fn push_later(&mut self, bytes: &[u8]) {
        match &mut self.all {
            All::First => self.all = All::Ascii([self.begun(), ascii(bytes)].concat()),
            All::Ascii(text) => text.push_str(ascii(bytes)),
            All::Wide(units) => units.extend(bytes.iter().copied().map(u16::from)),
        }
    }

    fn begun(&self) -> &str {
        ascii(self.first.get(..self.length).unwrap_or_default())
    }

    fn push_wide(&mut self, units: impl Iterator<Item = u16>) {
        let mut all: Vec<u16> = match std::mem::replace(&mut self.all, All::First) {
            All::First => self.begun().bytes().map(u16::from).collect(),
            All::Ascii(text) => text.bytes().map(u16::from).collect(),
            All::Wide(units) => units,
        };
        all.extend(units);
        self.all = All::Wide(all);
    }

    /// The string.
    pub fn finish(&self) -> Str {
        match &self.all {
            All::First => match self.first.first_chunk() {
                Some(bytes) if self.length <= SHORT => Str(Units::Short(Short {
                    length: self.length as u8,
                    bytes: *bytes,
                    identity: identity(),
                })),
                _ => Str(Units::Ascii(self.begun().into(), Origin::Made)),
            },
            All::Ascii(text) => Str(Units::Ascii(text.as_str().into(), Origin::Made)),
            All::Wide(units) => Str::from_units(units),
        }
    }
}

impl From<&str> for Str {
    fn from(text: &str) -> Self {
        Self(Units::of(text, Origin::Made))
    }
}

impl From<String> for Str {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl PartialEq for Str {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Units::Wide(a, _), Units::Wide(b, _)) => a == b,
            // One that could be kept as ASCII never is kept as code units.
            (Units::Wide(..), _) | (_, Units::Wide(..)) => false,
            (a, b) => a.bytes() == b.bytes(),
        }
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
