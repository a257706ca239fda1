//! Query strings, part by part.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 3986 leaves as it is.
pub const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The parts of a query: the decoded name, and the part as it is written.
pub fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
    query.split('&').filter(|part| !part.is_empty()).filter_map(|part| {
        let (name, _) = form_urlencoded::parse(part.as_bytes()).next()?;
        Some((name, part))
    })
}

/// A part with this name and value.
pub fn pair(name: &str, value: &str) -> String {
    format!("{}={}", encoded(name), encoded(value))
}

/// A text as it may stand in a query or in a segment of a path.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}
