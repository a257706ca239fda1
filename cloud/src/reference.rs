//! References within bodies: `$ref`, `$secret`, `$format` (see [`crate::node`]).

use serde_json::{Map, Value};

use crate::Outputs;

pub(crate) const SECRET: &str = "(secret)";
pub(crate) const KNOWN_AFTER: &str = "(known after apply)";

/// What an object in a body stands for.
enum Marker<'a> {
    Reference(&'a str),
    Secret(&'a str),
    Format(&'a str, &'a [Value]),
}

/// How a place in a body can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// As it is.
    Known,
    /// Not at all: it is secret.
    Secret,
    /// When other nodes are there.
    KnownAfter,
}

/// Every reference in `body`, secret or not.
pub(crate) fn references(body: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    visit(body, &mut |marker| match marker {
        Marker::Reference(text) | Marker::Secret(text) => found.push(text),
        Marker::Format(..) => {}
    });
    found
}

/// The secret references in `body`.
pub(crate) fn secret_references(body: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    visit(body, &mut |marker| {
        if let Marker::Secret(text) = marker {
            found.push(text);
        }
    });
    found
}

/// `body` with every value that is known and no secret; the rest stays as references.
pub(crate) fn partial(body: &Value, outputs: &Outputs) -> Value {
    transform(body, &|reference, secret| {
        if secret {
            None
        } else {
            outputs.get(reference).filter(|output| !output.secret).map(|output| output.value)
        }
    })
}

/// `body` as it is sent, secrets included; else the references that are not known.
pub(crate) fn resolve(body: &Value, outputs: &Outputs) -> Result<Value, Vec<String>> {
    let resolved = transform(body, &|reference, _| outputs.get(reference).map(|output| output.value));
    let missing: Vec<String> = references(&resolved).into_iter().map(str::to_owned).collect();
    if missing.is_empty() { Ok(resolved) } else { Err(missing) }
}

/// `body` as it may be shown.
pub(crate) fn preview(body: &Value, outputs: &Outputs) -> Value {
    hide(&partial(body, outputs))
}

/// How the value at one place of a partly resolved body can be compared.
pub(crate) fn standing(value: &Value) -> Standing {
    match marker(value) {
        None => Standing::Known,
        Some(Marker::Secret(_)) => Standing::Secret,
        Some(Marker::Format(..)) if !secret_references(value).is_empty() => Standing::Secret,
        Some(_) => Standing::KnownAfter,
    }
}

/// `body` without the values that are secret and not known, as an update may leave them out.
pub(crate) fn without_unknown_secrets(body: &Value, outputs: &Outputs) -> Value {
    match body {
        Value::Object(fields) if marker(body).is_none() => {
            let kept = fields.iter().filter(|(_, value)| {
                standing(value) != Standing::Secret
                    || secret_references(value).iter().all(|reference| outputs.get(reference).is_some())
            });
            Value::Object(
                kept.map(|(key, value)| (key.clone(), without_unknown_secrets(value, outputs))).collect(),
            )
        }
        Value::Array(items) => items.iter().map(|item| without_unknown_secrets(item, outputs)).collect(),
        other => other.clone(),
    }
}

fn hide(value: &Value) -> Value {
    match (standing(value), value) {
        (Standing::Secret, _) => SECRET.into(),
        (Standing::KnownAfter, _) => KNOWN_AFTER.into(),
        (_, Value::Object(fields)) => {
            fields.iter().map(|(key, value)| (key.clone(), hide(value))).collect::<Map<_, _>>().into()
        }
        (_, Value::Array(items)) => items.iter().map(hide).collect(),
        (_, other) => other.clone(),
    }
}

fn marker(value: &Value) -> Option<Marker<'_>> {
    let fields = value.as_object()?;
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    let args = || fields.get("args").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    text("$ref")
        .map(Marker::Reference)
        .or_else(|| text("$secret").map(Marker::Secret))
        .or_else(|| text("$format").map(|format| Marker::Format(format, args())))
}

fn visit<'a>(value: &'a Value, found: &mut dyn FnMut(Marker<'a>)) {
    match (marker(value), value) {
        (Some(Marker::Format(_, args)), _) => args.iter().for_each(|arg| visit(arg, found)),
        (Some(marker), _) => found(marker),
        (None, Value::Object(fields)) => fields.values().for_each(|value| visit(value, found)),
        (None, Value::Array(items)) => items.iter().for_each(|item| visit(item, found)),
        (None, _) => {}
    }
}

/// `value` with what `lookup` knows in the place of its references; `lookup` is told whether one is secret.
fn transform(value: &Value, lookup: &dyn Fn(&str, bool) -> Option<Value>) -> Value {
    match (marker(value), value) {
        (Some(Marker::Reference(reference)), _) => lookup(reference, false).unwrap_or_else(|| value.clone()),
        (Some(Marker::Secret(reference)), _) => lookup(reference, true).unwrap_or_else(|| value.clone()),
        (Some(Marker::Format(format, args)), _) => {
            let args: Vec<Value> = args.iter().map(|arg| transform(arg, lookup)).collect();
            if args.iter().all(|arg| marker(arg).is_none()) {
                Value::String(formatted(format, &args))
            } else {
                value.clone()
            }
        }
        (None, Value::Object(fields)) => fields
            .iter()
            .map(|(key, value)| (key.clone(), transform(value, lookup)))
            .collect::<Map<_, _>>()
            .into(),
        (None, Value::Array(items)) => items.iter().map(|item| transform(item, lookup)).collect(),
        (None, other) => other.clone(),
    }
}

/// Each `{}` of `format` replaced by the next argument.
fn formatted(format: &str, args: &[Value]) -> String {
    let mut args = args.iter();
    let mut parts = format.split("{}");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match args.next() {
            Some(Value::String(arg)) => text.push_str(arg),
            Some(arg) => text.push_str(&arg.to_string()),
            None => text.push_str("{}"),
        }
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bodies_are_resolved_previewed_and_sent_without_printing_secrets() {
        let mut outputs = Outputs::default();
        outputs.set("sp", json!({"objectId": "o-1"}));
        outputs.set_secret("password", "secretText", json!("canary"));
        let body = json!({
            "principal": {"$ref": "sp.objectId"},
            "url": {"$format": "http://{}:{}/", "args": [{"$ref": "service/a.address"}, 80]},
            "secret": {"$secret": "password.secretText"},
        });
        assert_eq!(references(&body), ["sp.objectId", "service/a.address", "password.secretText"]);
        let preview = preview(&body, &outputs);
        assert_eq!(preview, json!({"principal": "o-1", "url": KNOWN_AFTER, "secret": SECRET}));
        assert_eq!(resolve(&body, &outputs), Err(vec!["service/a.address".to_owned()]));
        outputs.set("service/a", json!({"address": "10.10.1.5"}));
        assert_eq!(
            resolve(&body, &outputs),
            Ok(json!({"principal": "o-1", "url": "http://10.10.1.5:80/", "secret": "canary"}))
        );
    }
}
