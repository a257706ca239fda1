//! The parameters of a template and their types, also those that a template defines itself:
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/definitions>.
//!
//! **Differs from Azure:** discriminated unions are taken as any object, and parameters from a key vault are refused.

use arm::ErrorResponse;
use serde_json::{Map, Value, json};

use super::scope::Scope;
use super::{functions, invalid};
use crate::engine::{Store, array, property, text};

/// How deep types may nest.
const DEPTH: usize = 32;

/// Fills the parameters of the scope and gives those that may be shown.
pub fn fill(scope: &mut Scope<'_>, properties: &Value, store: &Store) -> Result<Value, ErrorResponse> {
    let given = property(properties, &["parameters"]).as_object().cloned().unwrap_or_default();
    let declared = property(scope.template, &["parameters"]).as_object().cloned().unwrap_or_default();
    let find = |map: &Map<String, Value>, name: &str| {
        map.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    };
    if let Some((name, _)) = given.iter().find(|(name, _)| find(&declared, name).is_none()) {
        return Err(invalid(format!(
            "The template parameters '{name}' in the parameters file are not valid; they are not present in the original template and can therefore not be provided at deployment time"
        )));
    }
    let mut shown = Map::new();
    for (name, declaration) in &declared {
        let given = find(&given, name);
        if given.as_ref().is_some_and(|given| given.get("reference").is_some()) {
            return Err(ErrorResponse::not_implemented("A parameter from a key vault"));
        }
        let declaration = &resolved(scope.template, declaration)?;
        let value = match given.and_then(|given| given.get("value").cloned()) {
            Some(value) => value,
            None => match declaration.get("defaultValue") {
                Some(default) => scope.evaluate(default, store)?,
                None if is_nullable(declaration) => Value::Null,
                None => {
                    return Err(invalid(format!(
                        "The value for the template parameter '{name}' is not provided"
                    )));
                }
            },
        };
        check(scope.template, (name, declaration), &value, 0)?;
        shown.insert(name.clone(), entry(declaration, &value));
        scope.parameters.insert(name.to_ascii_lowercase(), value);
    }
    Ok(Value::Object(shown))
}

/// A value with its type, as deployments show it; secure ones do not show.
pub fn entry(declaration: &Value, value: &Value) -> Value {
    let kind = text(declaration, &["type"]).unwrap_or_default();
    let mut letters = kind.chars();
    let capital: String =
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    let mut entry = json!({"type": capital});
    if !kind.to_ascii_lowercase().starts_with("secure") {
        entry["value"] = value.clone();
    }
    entry
}

fn is_nullable(declaration: &Value) -> bool {
    property(declaration, &["nullable"]).as_bool() == Some(true)
}

/// The declaration with the type that its `$ref` names: its own words go before the type's.
pub fn resolved(template: &Value, declaration: &Value) -> Result<Value, ErrorResponse> {
    let mut declaration = declaration.clone();
    for _ in 0..DEPTH {
        let Some(reference) = crate::engine::take(&mut declaration, &["$ref"]) else {
            return Ok(declaration);
        };
        let name = reference.as_str().and_then(|name| name.strip_prefix("#/definitions/"));
        let found = name.map_or(&Value::Null, |name| property(template, &["definitions", name]));
        let Some(found) = found.as_object() else {
            return Err(invalid(format!("The type '{reference}' is not defined in the template")));
        };
        let mut merged = found.clone();
        merged.extend(
            declaration.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())),
        );
        declaration = Value::Object(merged);
    }
    Err(invalid("A type of the template refers to itself"))
}

/// The value is of the declared type.
fn check(
    template: &Value,
    (name, declaration): (&str, &Value),
    value: &Value,
    depth: usize,
) -> Result<(), ErrorResponse> {
    if depth > DEPTH {
        return Err(invalid("The types of the template nest too deeply"));
    }
    let kind = text(declaration, &["type"]).unwrap_or_default().to_ascii_lowercase();
    if value.is_null() && (depth == 0 || is_nullable(declaration)) {
        return Ok(());
    }
    let fits = match kind.as_str() {
        "string" | "securestring" => value.is_string(),
        "int" => value.is_i64(),
        "bool" => value.is_boolean(),
        "array" => value.is_array(),
        "object" | "secureobject" => value.is_object(),
        _ => true,
    };
    if !fits {
        return Err(invalid(format!("Template parameter '{name}' is not of the type '{kind}'")));
    }
    check_allowed(name, declaration, value)?;
    check_bounds(name, declaration, value)?;
    let part = |name: &str, declaration: &Value, value: &Value| {
        check(template, (name, &resolved(template, declaration)?), value, depth + 1)
    };
    match value {
        Value::Array(list) => {
            let items = property(declaration, &["items"]);
            let fixed = array(declaration, &["prefixItems"]);
            list.iter().enumerate().filter(|_| items.is_object() || !fixed.is_empty()).try_for_each(
                |(at, item)| part(&format!("{name}[{at}]"), fixed.get(at).unwrap_or(items), item),
            )
        }
        Value::Object(object) => {
            let declared = property(declaration, &["properties"]).as_object();
            for (key, declaration) in declared.into_iter().flatten() {
                part(&format!("{name}.{key}"), declaration, object.get(key).unwrap_or(&Value::Null))?;
            }
            let others = property(declaration, &["additionalProperties"]);
            let mut extra =
                object.iter().filter(|(key, _)| declared.is_none_or(|all| !all.contains_key(*key)));
            match others {
                Value::Bool(false) => extra.next().map_or(Ok(()), |(key, _)| {
                    Err(invalid(format!(
                        "The property '{key}' of the template parameter '{name}' is not permitted"
                    )))
                }),
                Value::Object(_) => {
                    extra.try_for_each(|(key, value)| part(&format!("{name}.{key}"), others, value))
                }
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

fn check_allowed(name: &str, declaration: &Value, value: &Value) -> Result<(), ErrorResponse> {
    let allowed = array(declaration, &["allowedValues"]);
    let each = value.as_array().is_some_and(|list| list.iter().all(|item| allowed.contains(item)));
    if allowed.is_empty() || allowed.contains(value) || each {
        return Ok(());
    }
    let allowed: Vec<String> = allowed.iter().map(functions::plain).collect();
    Err(invalid(format!(
        "The provided value for the template parameter '{name}' is not valid. The value is not part of the allowed value(s): '{}'",
        allowed.join(",")
    )))
}

fn check_bounds(name: &str, declaration: &Value, value: &Value) -> Result<(), ErrorResponse> {
    let bound = |field: &str| property(declaration, &[field]).as_i64();
    let length = functions::length(value).and_then(|length| i64::try_from(length).ok());
    let (size, least, most, what) = match value.as_i64() {
        Some(number) => (number, bound("minValue"), bound("maxValue"), "value"),
        None => (length.unwrap_or_default(), bound("minLength"), bound("maxLength"), "length"),
    };
    if least.is_none_or(|least| least <= size) && most.is_none_or(|most| size <= most) {
        return Ok(());
    }
    let number = |bound: Option<i64>| bound.map_or_else(|| "any".to_owned(), |bound| bound.to_string());
    Err(invalid(format!(
        "The provided value for the template parameter '{name}' is not valid. Its {what} must be from {} to {}, and is {size}",
        number(least),
        number(most)
    )))
}
