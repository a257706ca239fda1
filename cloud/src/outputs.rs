//! What the nodes made known: identifiers, addresses, secrets.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// One value, and whether it may be shown.
#[derive(Clone, PartialEq)]
pub struct Output {
    /// The value.
    pub value: Value,
    /// It must not be printed.
    pub secret: bool,
}

/// Everything that is known, by node and field.
///
/// A node's fields are a JSON document; `get("apim.properties.gatewayUrl")` walks into it.
#[derive(Debug, Clone, Default)]
pub struct Outputs {
    nodes: BTreeMap<String, Fields>,
}

/// What is known of one node.
#[derive(Clone, Default)]
struct Fields {
    open: Value,
    secrets: BTreeMap<String, Value>,
}

impl Outputs {
    /// The value behind `key.field`.
    pub fn get(&self, reference: &str) -> Option<Output> {
        let (key, field) = self.split(reference)?;
        let fields = self.nodes.get(key)?;
        if let Some(value) = fields.secrets.get(field) {
            return Some(Output { value: value.clone(), secret: true });
        }
        let value = walk(&fields.open, field)
            .or_else(|| walk(fields.open.get("properties")?, field))
            .filter(|value| !value.is_null())?;
        Some(Output { value: value.clone(), secret: false })
    }

    /// The value behind `key.field` as a text, unless it is a secret.
    pub fn text(&self, reference: &str) -> Option<String> {
        let output = self.get(reference).filter(|output| !output.secret)?;
        Some(output.value.as_str().map_or_else(|| output.value.to_string(), str::to_owned))
    }

    /// The keys of the nodes of which something is known.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.nodes.keys().map(String::as_str)
    }

    /// Everything known of the node `key` that may be shown.
    pub fn node(&self, key: &str) -> Option<&Value> {
        self.nodes.get(key).map(|fields| &fields.open)
    }

    pub(crate) fn set(&mut self, key: &str, open: Value) {
        self.nodes.entry(key.to_owned()).or_default().open = open;
    }

    pub(crate) fn set_secret(&mut self, key: &str, field: &str, value: Value) {
        self.nodes.entry(key.to_owned()).or_default().secrets.insert(field.to_owned(), value);
    }

    /// The longest known key that `reference` begins with, and the rest.
    fn split<'r>(&self, reference: &'r str) -> Option<(&'r str, &'r str)> {
        reference
            .rmatch_indices('.')
            .map(|(at, _)| (&reference[..at], &reference[at + 1..]))
            .find(|(key, _)| self.nodes.contains_key(*key))
    }
}

/// Follows the dots of `path` into `value`; numbers index lists.
fn walk<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    })
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.secret { f.write_str("(secret)") } else { self.value.fmt(f) }
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fields")
            .field("open", &self.open)
            .field("secrets", &self.secrets.keys().collect::<Vec<_>>())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_walk_into_bodies_and_secrets_are_never_printed() {
        let mut outputs = Outputs::default();
        outputs
            .set("apim", json!({"id": "/x", "properties": {"gatewayUrl": "https://g", "ips": ["10.0.0.1"]}}));
        outputs.set("service/default/a.b", json!({"address": "10.10.1.5"}));
        outputs.set_secret("password", "secretText", json!("canary"));
        let texts = [
            ("apim.id", Some("/x")),
            ("apim.gatewayUrl", Some("https://g")),
            ("apim.properties.ips.0", Some("10.0.0.1")),
            ("service/default/a.b.address", Some("10.10.1.5")),
            ("apim.nothing", None),
            ("other.id", None),
            ("password.secretText", None),
        ];
        for (reference, expected) in texts {
            assert_eq!(outputs.text(reference).as_deref(), expected, "{reference}");
        }
        assert!(outputs.get("password.secretText").is_some_and(|output| output.secret));
        assert!(!format!("{outputs:?}").contains("canary"));
    }
}
