//! A value that a schema describes.

use serde_json::{Map, Value};

use super::Schemas;

/// How deep a sample may be nested; what is deeper is null.
const DEPTH: usize = 8;
/// How many values it may have.
const VALUES: usize = 10_000;

impl Schemas {
    /// A value of a definition.
    pub fn sample(&self, name: &str, definition: &str) -> Option<Value> {
        let document = self.document(name)?;
        let schema = self.definition(name, definition)?;
        let mut left = VALUES;
        Some(value(document, schema, DEPTH, &mut left))
    }
}

fn value(document: &Value, schema: &Value, depth: usize, left: &mut usize) -> Value {
    if depth == 0 || *left == 0 {
        return Value::Null;
    }
    *left -= 1;
    let given = ["example", "default", "const"].iter().find_map(|name| schema.get(name));
    if let Some(given) = given.or_else(|| schema.get("enum").and_then(|values| values.get(0))) {
        return given.clone();
    }
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let found = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
        return found.map_or(Value::Null, |found| value(document, found, depth - 1, left));
    }
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        let mut whole = Map::new();
        for part in parts {
            match value(document, part, depth - 1, left) {
                Value::Object(part) => whole.extend(part),
                other if parts.len() == 1 => return other,
                _ => {}
            }
        }
        whole.extend(properties(document, schema, depth, left));
        return Value::Object(whole);
    }
    if let Some(first) = ["oneOf", "anyOf"].iter().find_map(|name| schema.get(name)?.get(0)) {
        return value(document, first, depth - 1, left);
    }
    let kind = schema.get("type").map(|kind| kind.get(0).unwrap_or(kind)).and_then(Value::as_str);
    match kind {
        Some("object") => Value::Object(properties(document, schema, depth, left)),
        None if schema.get("properties").is_some() => {
            Value::Object(properties(document, schema, depth, left))
        }
        Some("array") => {
            let item = schema.get("items").map(|items| value(document, items, depth - 1, left));
            Value::Array(item.into_iter().collect())
        }
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| Value::from(0)),
        Some("boolean") => Value::Bool(true),
        Some("string") => Value::from(text(schema.get("format").and_then(Value::as_str).unwrap_or_default())),
        _ => Value::Null,
    }
}

fn properties(document: &Value, schema: &Value, depth: usize, left: &mut usize) -> Map<String, Value> {
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    properties.map(|(name, schema)| (name.clone(), value(document, schema, depth - 1, left))).collect()
}

fn text(format: &str) -> &'static str {
    match format {
        "date" => "2024-01-01",
        "date-time" => "2024-01-01T00:00:00Z",
        "time" => "00:00:00",
        "uuid" => "00000000-0000-0000-0000-000000000000",
        "uri" => "https://example.com",
        "email" => "user@example.com",
        _ => "string",
    }
}
