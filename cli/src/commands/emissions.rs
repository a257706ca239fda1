//! A line for each thing that policies sent to other services of Azure: events, metrics, messages, traces.

use serde_json::Value;

/// The line.
pub fn line(emission: &Value) -> String {
    let text = |name: &str| match &emission[name] {
        Value::Null => String::new(),
        Value::String(text) => text.replace(['\r', '\n'], " "),
        other => other.to_string(),
    };
    let pairs = |name: &str| -> String {
        let pairs = emission[name].as_object().into_iter().flatten();
        pairs.flat_map(|(name, value)| [" ", name, "=", value.as_str().unwrap_or_default()]).collect()
    };
    let kind = text("kind");
    let what = match kind.as_str() {
        "event" => {
            let partition = emission["partition"].as_str().map(|key| format!(" [{key}]")).unwrap_or_default();
            format!("{}{partition} {}", text("logger"), text("message"))
        }
        "metric" => {
            format!("{}/{} {}{}", text("namespace"), text("name"), text("value"), pairs("dimensions"))
        }
        "message" => {
            format!("{}/{} {}{}", text("namespace"), text("entity"), text("payload"), pairs("properties"))
        }
        "trace" => {
            format!("{} {} {}{}", text("severity"), text("source"), text("message"), pairs("metadata"))
        }
        _ => emission.to_string(),
    };
    format!("{} {} {} {kind} {what}", text("time"), text("service"), text("requestId"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_kind_has_its_line() {
        for (mut emission, expected) in [
            (
                json!({"kind": "event", "logger": "hub", "partition": null, "message": "a\nb"}),
                "event hub a b",
            ),
            (json!({"kind": "event", "logger": "hub", "partition": "0", "message": "a"}), "event hub [0] a"),
            (
                json!({"kind": "metric", "namespace": "n", "name": "m", "value": 1.5, "dimensions": {"API ID": "a"}}),
                "metric n/m 1.5 API ID=a",
            ),
            (
                json!({"kind": "message", "namespace": "n", "entity": "q", "properties": {"p": "v"}, "payload": "x"}),
                "message n/q x p=v",
            ),
            (
                json!({"kind": "trace", "source": "s", "severity": "error", "message": "m", "metadata": {}}),
                "trace error s m",
            ),
        ] {
            for (name, value) in [("time", "t"), ("service", "s"), ("requestId", "r")] {
                emission[name] = json!(value);
            }
            assert_eq!(line(&emission), format!("t s r {expected}"));
        }
    }
}
