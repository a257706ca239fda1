//! Label selectors.
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors>

use serde_json::{Map, Value};

use super::object::{items, text};

/// A `LabelSelector` (`matchLabels`, `matchExpressions`) selects these labels. An empty one selects nothing here,
/// where it could only be a mistake.
pub fn selects(selector: &Value, labels: &Value) -> bool {
    let exact = selector["matchLabels"].as_object();
    let expressions = items(&selector["matchExpressions"]);
    if exact.is_none_or(Map::is_empty) && expressions.is_empty() {
        return false;
    }
    exact.is_none_or(|exact| all(exact, labels)) && expressions.iter().all(|one| expression(one, labels))
}

/// A plain map of labels, as Services have it. An empty one selects nothing.
pub fn selects_exactly(selector: &Value, labels: &Value) -> bool {
    selector.as_object().is_some_and(|exact| !exact.is_empty() && all(exact, labels))
}

fn all(exact: &Map<String, Value>, labels: &Value) -> bool {
    exact.iter().all(|(name, value)| labels.get(name) == Some(value))
}

fn expression(expression: &Value, labels: &Value) -> bool {
    let value = labels.get(text(&expression["key"]));
    let among = || value.is_some_and(|value| items(&expression["values"]).contains(value));
    match text(&expression["operator"]) {
        "In" => among(),
        "NotIn" => !among(),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors_select() {
        let labels = json!({ "app": "api", "tier": "front" });
        for (selector, expected) in [
            (json!({ "matchLabels": { "app": "api" } }), true),
            (json!({ "matchLabels": { "app": "web" } }), false),
            (json!({}), false),
            (
                json!({ "matchExpressions": [{ "key": "app", "operator": "In", "values": ["api", "web"] }] }),
                true,
            ),
            (
                json!({ "matchExpressions": [{ "key": "app", "operator": "NotIn", "values": ["api"] }] }),
                false,
            ),
            (json!({ "matchExpressions": [{ "key": "x", "operator": "DoesNotExist" }] }), true),
            (
                json!({ "matchLabels": { "app": "api" }, "matchExpressions": [{ "key": "x", "operator": "Exists" }] }),
                false,
            ),
        ] {
            assert_eq!(selects(&selector, &labels), expected, "{selector}");
        }
        assert!(!selects_exactly(&json!({}), &labels));
    }
}
