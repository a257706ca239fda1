//! A value of a scenario file and where it stands in the file.

use std::borrow::Cow;
use std::ops::{Deref, Range};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use serde_saphyr::{Location, Spanned};

/// A value with the place it was written at, so that a problem found later can point to it.
#[derive(Debug, Clone)]
pub struct Located<T> {
    value: T,
    location: Location,
}

impl<T> Located<T> {
    /// A value that stands nowhere in the file, such as a default.
    pub const fn unplaced(value: T) -> Self {
        Self { value, location: Location::UNKNOWN }
    }

    /// Where the value stands in `text`, in bytes.
    pub fn bytes(&self, text: &str) -> Range<usize> {
        bytes(self.location, text)
    }
}

/// The bytes of `text` that a location of the YAML reader covers.
pub(crate) fn bytes(location: Location, text: &str) -> Range<usize> {
    let span = location.span();
    let known = span.byte_offset().zip(span.byte_len());
    let (start, length) = known.map_or_else(
        || (line_and_column(location, text), 0),
        |(start, length)| {
            (usize::try_from(start).unwrap_or(text.len()), usize::try_from(length).unwrap_or(0))
        },
    );
    start..start.saturating_add(length)
}

fn line_and_column(location: Location, text: &str) -> usize {
    let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    diagnostic::Position { line: number(location.line()), column: number(location.column()) }.offset(text)
}

impl<T> Deref for Located<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: PartialEq> PartialEq for Located<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Located<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<T>::deserialize(deserializer)?;
        Ok(Self { value: spanned.value, location: spanned.referenced })
    }
}

impl<T: JsonSchema> JsonSchema for Located<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
