//! What differs between what is wanted and what is there.
//!
//! Only what is wanted is compared: what a service adds is its own business. Absent, null and empty are the same;
//! locations compare squeezed, ids and single words without letter case; items of a list are matched by name, and
//! items that only the service knows are left alone; lists of plain values are sets.

use serde_json::Value;

use super::types::FieldChange;
use crate::reference::{Standing, standing};

/// Keys whose values are people's texts, compared letter by letter.
const TEXTS: [&str; 5] = ["displayName", "title", "description", "publisherName", "value"];

/// Whose rules apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Arm,
    Kubernetes,
}

/// A comparison with its rules.
pub(crate) struct Comparison<'a> {
    pub(crate) dialect: Dialect,
    /// Paths that are not compared, without list positions.
    pub(crate) ignored: &'a [String],
    pub(crate) changes: Vec<FieldChange>,
}

/// Where the comparison is: for people, and for the rules.
#[derive(Clone, Default)]
struct Place {
    shown: String,
    plain: String,
    key: String,
}

impl Place {
    fn field(&self, key: &str) -> Self {
        let join = |prefix: &str| if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") };
        Self { shown: join(&self.shown), plain: join(&self.plain), key: key.to_owned() }
    }

    fn item(&self, name: &str) -> Self {
        Self { shown: format!("{}[{name}]", self.shown), plain: self.plain.clone(), key: self.key.clone() }
    }
}

impl<'a> Comparison<'a> {
    pub(crate) fn new(dialect: Dialect, ignored: &'a [String]) -> Self {
        Self { dialect, ignored, changes: Vec::new() }
    }

    /// The differences of the whole.
    pub(crate) fn run(mut self, wanted: &Value, there: &Value) -> Vec<FieldChange> {
        self.value(&Place::default(), wanted, Some(there));
        self.changes
    }

    fn value(&mut self, place: &Place, wanted: &Value, there: Option<&Value>) {
        if self.ignored.contains(&place.plain) || (is_empty(Some(wanted)) && is_empty(there)) {
            return;
        }
        match (standing(wanted), wanted, there) {
            (Standing::Secret, ..) => {}
            (Standing::KnownAfter, ..) => self.changes.push(FieldChange {
                path: place.shown.clone(),
                from: there.cloned(),
                to: None,
                sensitive: false,
                known_after: true,
            }),
            (_, Value::Object(wanted), Some(Value::Object(there))) => {
                for (key, wanted) in wanted {
                    let same = there.get(key).or_else(|| {
                        there
                            .iter()
                            .find(|(other, _)| other.eq_ignore_ascii_case(key))
                            .map(|(_, value)| value)
                    });
                    self.value(&place.field(key), wanted, same);
                }
            }
            (_, Value::Object(wanted), None) => {
                for (key, wanted) in wanted {
                    self.value(&place.field(key), wanted, None);
                }
            }
            (_, Value::Array(items), Some(Value::Array(there))) => self.list(place, items, there),
            (_, wanted, there) => {
                if !there.is_some_and(|there| self.equal(&place.key, wanted, there)) {
                    self.changed(place, wanted, there);
                }
            }
        }
    }

    fn list(&mut self, place: &Place, wanted: &[Value], there: &[Value]) {
        let names: Option<Vec<&str>> = wanted.iter().map(name).collect();
        if let Some(names) = names {
            for (item, wanted_name) in wanted.iter().zip(names) {
                let same = there
                    .iter()
                    .find(|item| name(item).is_some_and(|name| name.eq_ignore_ascii_case(wanted_name)));
                self.value(&place.item(wanted_name), item, same);
            }
        } else if wanted.len() != there.len() {
            self.changed(place, &Value::Array(wanted.to_vec()), Some(&Value::Array(there.to_vec())));
        } else if wanted.iter().all(|item| !item.is_object() && !item.is_array()) {
            let known = |item: &Value| there.iter().any(|other| self.equal(&place.key, item, other));
            let is_sequence = self.dialect == Dialect::Kubernetes && wanted != there;
            if is_sequence || !wanted.iter().all(known) {
                self.changed(place, &Value::Array(wanted.to_vec()), Some(&Value::Array(there.to_vec())));
            }
        } else {
            for (position, (wanted, there)) in wanted.iter().zip(there).enumerate() {
                self.value(&place.item(&position.to_string()), wanted, Some(there));
            }
        }
    }

    fn changed(&mut self, place: &Place, wanted: &Value, there: Option<&Value>) {
        self.changes.push(FieldChange {
            path: place.shown.clone(),
            from: there.filter(|there| !there.is_null()).cloned(),
            to: Some(wanted.clone()),
            sensitive: false,
            known_after: false,
        });
    }

    fn equal(&self, key: &str, wanted: &Value, there: &Value) -> bool {
        if wanted == there {
            return true;
        }
        let (Some(wanted), Some(there)) = (scalar(wanted), scalar(there)) else { return false };
        match self.dialect {
            Dialect::Kubernetes => wanted == there || same_quantity(&wanted, &there),
            Dialect::Arm => same_text(key, &wanted, &there),
        }
    }
}

fn same_text(key: &str, wanted: &str, there: &str) -> bool {
    if wanted == there {
        return true;
    }
    let squeezed = |text: &str| text.replace(' ', "").to_ascii_lowercase();
    let is_word = |text: &str| text.chars().all(|character| character.is_ascii_alphanumeric());
    match key {
        // Names of resources have no letter case.
        "name" => wanted.eq_ignore_ascii_case(there),
        "location" => squeezed(wanted) == squeezed(there),
        "path" => wanted.trim_start_matches('/') == there.trim_start_matches('/'),
        "value" if wanted.trim_start().starts_with('<') => same_document(wanted, there),
        _ if TEXTS.contains(&key) => false,
        _ => (wanted.starts_with('/') || is_word(wanted)) && wanted.eq_ignore_ascii_case(there),
    }
}

/// XML that differs in nothing but the white space between its tags.
fn same_document(wanted: &str, there: &str) -> bool {
    let squeezed = |text: &str| text.split('>').map(str::trim).collect::<Vec<_>>().join(">");
    squeezed(wanted) == squeezed(there)
}

/// `100m` and `0.1`, `1Gi` and `1024Mi` are the same.
/// <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>
fn same_quantity(wanted: &str, there: &str) -> bool {
    match (quantity(wanted), quantity(there)) {
        (Some(wanted), Some(there)) => (wanted - there).abs() <= f64::EPSILON * wanted.abs(),
        _ => false,
    }
}

fn quantity(text: &str) -> Option<f64> {
    let at = text.find(|character: char| !character.is_ascii_digit() && !"+-.".contains(character));
    let (number, suffix) = text.split_at(at.unwrap_or(text.len()));
    let factor = match suffix {
        "" => 1.0,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "Ki" => 1024.0,
        "Mi" => 1024.0_f64.powi(2),
        "Gi" => 1024.0_f64.powi(3),
        "Ti" => 1024.0_f64.powi(4),
        _ => return None,
    };
    number.parse::<f64>().ok().map(|number| number * factor)
}

fn name(item: &Value) -> Option<&str> {
    item.get("name")?.as_str()
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(value) => Some(value.to_string()),
        _ => None,
    }
}

fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Object(fields)) => fields.values().all(|value| is_empty(Some(value))),
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(dialect: Dialect, wanted: &Value, there: &Value, expected: &[&str]) {
        let ignored = ["properties.secret".to_owned()];
        let changes = Comparison::new(dialect, &ignored).run(wanted, there);
        let paths: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
        assert_eq!(paths, expected, "{wanted} against {there}");
    }

    #[test]
    fn only_what_is_wanted_is_compared() {
        let cases: [(Value, Value, &[&str]); 14] = [
            (json!({"location": "West US 2"}), json!({"location": "westus2", "etag": "x"}), &[]),
            (
                json!({"sku": {"name": "developer"}}),
                json!({"sku": {"name": "developer", "capacity": 1}}),
                &[],
            ),
            (json!({"type": "external"}), json!({"type": "External"}), &[]),
            (json!({"displayName": "get"}), json!({"displayName": "Get"}), &["displayName"]),
            (
                json!({"id": "/subscriptions/S/resourcegroups/g"}),
                json!({"id": "/subscriptions/s/resourceGroups/g"}),
                &[],
            ),
            (json!({"url": "http://a/B"}), json!({"url": "http://a/b"}), &["url"]),
            (json!({"tags": {}}), json!({"tags": null}), &[]),
            (json!({"list": []}), json!({}), &[]),
            (
                json!({"subnets": [{"name": "a", "prefix": "10.0.0.0/24"}]}),
                json!({"subnets": [{"name": "z"}, {"name": "A", "prefix": "10.0.1.0/24"}]}),
                &["subnets[a].prefix"],
            ),
            (json!({"protocols": ["http", "https"]}), json!({"protocols": ["https", "http"]}), &[]),
            (json!({"zones": ["1"]}), json!({"zones": ["1", "2"]}), &["zones"]),
            (json!({"properties": {"secret": "a"}}), json!({"properties": {}}), &[]),
            (json!({"flag": "False"}), json!({"flag": false}), &[]),
            (
                json!({"properties": {"p": {"$secret": "x.y"}, "q": {"$ref": "x.y"}}}),
                json!({}),
                &["properties.q"],
            ),
        ];
        for (wanted, there, expected) in cases {
            check(Dialect::Arm, &wanted, &there, expected);
        }
    }

    #[test]
    fn kubernetes_quantities_are_compared_by_value() {
        let cases: [(Value, Value, &[&str]); 5] = [
            (json!({"cpu": "100m"}), json!({"cpu": "0.1"}), &[]),
            (json!({"cpu": 1}), json!({"cpu": "1"}), &[]),
            (json!({"memory": "1Gi"}), json!({"memory": "1024Mi"}), &[]),
            (json!({"image": "nginx"}), json!({"image": "Nginx"}), &["image"]),
            (json!({"args": ["a", "b"]}), json!({"args": ["b", "a"]}), &["args"]),
        ];
        for (wanted, there, expected) in cases {
            check(Dialect::Kubernetes, &wanted, &there, expected);
        }
    }

    #[test]
    fn policies_are_compared_without_the_space_between_tags() {
        check(
            Dialect::Arm,
            &json!({"value": "<policies>\n  <inbound />\n</policies>"}),
            &json!({"value": "<policies><inbound /></policies>"}),
            &[],
        );
        check(Dialect::Arm, &json!({"value": "<a>x</a>"}), &json!({"value": "<a>y</a>"}), &["value"]);
    }
}
