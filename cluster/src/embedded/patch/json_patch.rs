//! JSON patches: <https://www.rfc-editor.org/rfc/rfc6902>

use serde_json::Value;

/// How many operations a patch may have, as an API server has it.
const MOST: usize = 10_000;

/// Applies the operations in order; the error says which one cannot be.
pub fn json_patch(target: &mut Value, patch: &Value) -> Result<(), String> {
    let operations = patch.as_array().ok_or("a JSON patch is a list of operations")?;
    if operations.len() > MOST {
        return Err(format!("the allowed maximum operations in a JSON patch is {MOST}"));
    }
    for (index, operation) in operations.iter().enumerate() {
        apply(target, operation).map_err(|error| format!("operation {index}: {error}"))?;
    }
    Ok(())
}

fn apply(target: &mut Value, operation: &Value) -> Result<(), String> {
    let text = |field: &str| operation[field].as_str().ok_or_else(|| format!("`{field}` is missing"));
    let value = || operation.get("value").cloned().ok_or("`value` is missing".to_owned());
    let path = text("path")?;
    match text("op")? {
        "add" => add(target, path, value()?),
        "remove" => remove(target, path).map(drop),
        "replace" => {
            *target.pointer_mut(path).ok_or_else(|| missing(path))? = value()?;
            Ok(())
        }
        "move" => {
            let from = text("from")?;
            if path.starts_with(&format!("{from}/")) {
                return Err("a value cannot be moved into itself".into());
            }
            let moved = remove(target, from)?;
            add(target, path, moved)
        }
        "copy" => {
            let from = text("from")?;
            let copied = target.pointer(from).cloned().ok_or_else(|| missing(from))?;
            add(target, path, copied)
        }
        "test" => {
            let expected = value()?;
            let found = target.pointer(path).unwrap_or(&Value::Null);
            if *found == expected { Ok(()) } else { Err(format!("testing value {path} failed")) }
        }
        other => Err(format!("unexpected operation `{other}`")),
    }
}

fn add(target: &mut Value, path: &str, value: Value) -> Result<(), String> {
    let Some((parent, last)) = path.rsplit_once('/') else {
        *target = value;
        return Ok(());
    };
    match target.pointer_mut(parent) {
        Some(Value::Object(fields)) => {
            fields.insert(unescape(last), value);
            Ok(())
        }
        Some(Value::Array(items)) => {
            let index = if last == "-" { items.len() } else { index(last)? };
            if index > items.len() {
                return Err(missing(path));
            }
            items.insert(index, value);
            Ok(())
        }
        _ => Err(missing(path)),
    }
}

fn remove(target: &mut Value, path: &str) -> Result<Value, String> {
    let (parent, last) = path.rsplit_once('/').ok_or_else(|| missing(path))?;
    let removed = match target.pointer_mut(parent) {
        Some(Value::Object(fields)) => fields.shift_remove(&unescape(last)),
        Some(Value::Array(items)) => {
            let index = index(last)?;
            (index < items.len()).then(|| items.remove(index))
        }
        _ => None,
    };
    removed.ok_or_else(|| missing(path))
}

fn index(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("`{text}` is no index"))
}

fn unescape(text: &str) -> String {
    text.replace("~1", "/").replace("~0", "~")
}

fn missing(path: &str) -> String {
    format!("there is nothing at `{path}`")
}
