//! What a field of a document must be.

use serde_json::Value;

use crate::field_path::FieldPath;
use crate::model::ExpectedField;
use crate::verify::report::Seen;

/// Compares a field of `document`; texts without letter case, as Azure does.
pub(super) fn judge(document: &Value, expect: &ExpectedField) -> Seen {
    let path =
        FieldPath::parse(&expect.path).ok_or_else(|| format!("`{}` is no path of a field", *expect.path))?;
    let found = path.find(document).filter(|value| !is_empty(value));
    let shown = found.map_or_else(|| "absent".to_owned(), shown);
    let fits = if expect.absent {
        found.is_none()
    } else if let Some(text) = &expect.contains {
        found.is_some_and(|value| self::shown(value).contains(text.as_str()))
    } else {
        found.zip(expect.equals.as_ref()).is_some_and(|(found, wanted)| equal(found, wanted))
    };
    let detail = format!("{} is {shown}", *expect.path);
    if fits { Ok(detail) } else { Err(format!("{detail}, expected {}", expected(expect))) }
}

fn equal(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::String(found), Value::String(wanted)) => found.eq_ignore_ascii_case(wanted),
        _ => found == wanted,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn expected(expect: &ExpectedField) -> String {
    match (&expect.equals, &expect.contains) {
        (Some(value), _) => shown(value),
        (None, Some(text)) => format!("something with `{text}`"),
        (None, None) => "nothing there".to_owned(),
    }
}

fn shown(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.chars().take(160).collect()
}
