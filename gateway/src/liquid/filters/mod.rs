//! The filters, one row each.
#![expect(clippy::unnecessary_wraps, reason = "the signature of all filters")]

mod list;
mod math;
mod text;

use super::Value;

/// How long a text may be that a filter makes.
const LONGEST: usize = 16 << 20;
/// How many items a filter may make.
const ITEMS: usize = 200_000;

/// What a filter makes of a value and its arguments.
pub type Filter = fn(&Value, &[Value]) -> Result<Value, String>;

/// All filters, sorted by name.
static FILTERS: &[(&str, Filter)] = &[
    ("Abs", math::abs),
    ("Append", text::append),
    ("AtLeast", math::at_least),
    ("AtMost", math::at_most),
    ("Capitalize", text::capitalize),
    ("Ceil", math::ceil),
    ("Compact", list::compact),
    ("Currency", math::currency),
    ("Date", text::date),
    ("Default", list::default),
    ("DividedBy", math::divided_by),
    ("Downcase", text::downcase),
    ("Escape", text::escape),
    ("First", list::first),
    ("Floor", math::floor),
    ("H", text::escape),
    ("Join", list::join),
    ("Last", list::last),
    ("Lstrip", text::lstrip),
    ("Map", list::map),
    ("Minus", math::minus),
    ("Modulo", math::modulo),
    ("NewlineToBr", text::newline_to_br),
    ("Plus", math::plus),
    ("Prepend", text::prepend),
    ("Remove", text::remove),
    ("RemoveFirst", text::remove_first),
    ("Replace", text::replace),
    ("ReplaceFirst", text::replace_first),
    ("Reverse", list::reverse),
    ("Round", math::round),
    ("Rstrip", text::rstrip),
    ("Size", list::size),
    ("Slice", text::slice),
    ("Sort", list::sort),
    ("Split", text::split),
    ("Strip", text::strip),
    ("StripHtml", text::strip_html),
    ("StripNewlines", text::strip_newlines),
    ("Times", math::times),
    ("Truncate", text::truncate),
    ("TruncateWords", text::truncate_words),
    ("Uniq", list::uniq),
    ("Upcase", text::upcase),
    ("UrlDecode", text::url_decode),
    ("UrlEncode", text::url_encode),
];

/// The filter of this name, as C# writes names.
pub fn find(name: &str) -> Option<Filter> {
    let at = FILTERS.binary_search_by(|(known, _)| known.cmp(&name)).ok()?;
    FILTERS.get(at).map(|(_, filter)| *filter)
}

/// An argument as text; nothing if it is not there.
fn argument(arguments: &[Value], at: usize) -> String {
    arguments.get(at).map(Value::written).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn filters_are_sorted() {
        assert!(super::FILTERS.is_sorted_by_key(|(name, _)| *name));
    }
}
