//! Template functions that need nothing but their arguments:
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions>.

use arm::ErrorResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sim::Ids;
use uuid::Uuid;

use super::invalid;

/// The namespace of `guid`.
const GUIDS: Uuid = Uuid::from_u128(0x11fb_06fb_712d_4ddd_98c7_e71b_bd58_8830);

/// The largest value that a function makes, in bytes.
const MOST: usize = 1_024 * 1_024;

/// The longest list that a function makes.
const LONGEST: i64 = 10_000;

/// Calls a function; `None` if there is none of this name.
pub fn call(name: &str, arguments: &[Value]) -> Option<Result<Value, ErrorResponse>> {
    let name = name.to_ascii_lowercase();
    if !is_bounded(arguments) {
        return Some(Err(too_large(&name)));
    }
    let result = super::sets::call(&name, arguments)
        .or_else(|| texts(&name, arguments))
        .or_else(|| logic(&name, arguments))
        .or_else(|| lists(&name, arguments))
        .or_else(|| numbers(&name, arguments))?;
    let result =
        result.ok_or_else(|| invalid(format!("The template function '{name}' has invalid arguments")));
    Some(match result {
        Ok(value) if size(&value) > MOST => Err(too_large(&name)),
        result => result,
    })
}

fn too_large(name: &str) -> ErrorResponse {
    invalid(format!("The result of the template function '{name}' is too large"))
}

/// A rough size of a value, in bytes.
fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(size).sum::<usize>() + list.len(),
        Value::Object(object) => object.iter().map(|(key, value)| key.len() + size(value)).sum(),
        _ => 1,
    }
}

/// Functions that multiply their arguments cannot make more of them than fits.
fn is_bounded(arguments: &[Value]) -> bool {
    let largest = arguments.iter().map(size).max().unwrap_or_default();
    let others = arguments.iter().map(size).sum::<usize>().saturating_sub(largest);
    largest.saturating_mul(others.max(1)) <= MOST.saturating_mul(1_024)
}

/// The text of a value, as functions that make texts see it.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// What a function gives: the outer `None` if there is none of the name, the inner if its arguments are wrong.
pub type Result3 = Option<Option<Value>>;

fn texts(name: &str, arguments: &[Value]) -> Result3 {
    let text = |at: usize| arguments.get(at).and_then(Value::as_str);
    let all = || arguments.iter().map(plain).collect::<Vec<_>>();
    Some(match name {
        "tolower" => text(0).map(|text| json!(text.to_lowercase())),
        "toupper" => text(0).map(|text| json!(text.to_uppercase())),
        "trim" => text(0).map(|text| json!(text.trim())),
        "string" => arguments.first().map(|value| match value {
            Value::Object(_) | Value::Array(_) => json!(value.to_string()),
            other => json!(plain(other)),
        }),
        "format" => text(0).map(|pattern| json!(format(pattern, &arguments[1..]))),
        "replace" => text(0)
            .zip(text(1).filter(|from| !from.is_empty()))
            .zip(text(2))
            .map(|((text, from), to)| json!(text.replace(from, to))),
        "substring" => substring(arguments),
        "split" => text(0)
            .zip(text(1).filter(|by| !by.is_empty()))
            .map(|(text, by)| json!(text.split(by).collect::<Vec<_>>())),
        "startswith" => {
            text(0).zip(text(1)).map(|(a, b)| json!(a.to_lowercase().starts_with(&b.to_lowercase())))
        }
        "endswith" => text(0).zip(text(1)).map(|(a, b)| json!(a.to_lowercase().ends_with(&b.to_lowercase()))),
        "indexof" => text(0).zip(text(1)).map(|(text, part)| {
            let at = text.to_lowercase().find(&part.to_lowercase());
            json!(at.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1))
        }),
        "padleft" => pad_left(arguments),
        "uri" => text(0).zip(text(1)).map(|(base, path)| {
            json!(format!("{}/{}", base.trim_end_matches('/'), path.trim_start_matches('/')))
        }),
        "base64" => text(0).map(|text| json!(STANDARD.encode(text))),
        "base64tostring" => {
            text(0).and_then(|text| String::from_utf8(STANDARD.decode(text).ok()?).ok()).map(Value::from)
        }
        "guid" => Some(json!(Uuid::new_v5(&GUIDS, all().join("-").as_bytes()).to_string())),
        "uniquestring" => Some(json!(unique(&all()))),
        "json" => text(0).and_then(|text| serde_json::from_str(text).ok()),
        _ => return None,
    })
}

/// Thirteen letters and digits that follow from the texts; Azure's differ.
fn unique(texts: &[String]) -> String {
    let parts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let hash = Ids::named(&parts).replace('-', "");
    hash.chars()
        .take(13)
        .map(|c| if c.is_ascii_digit() { (c as u8 - b'0' + b'p') as char } else { c })
        .collect()
}

fn format(pattern: &str, arguments: &[Value]) -> String {
    let mut made = pattern.replace("{{", "\u{1}").replace("}}", "\u{2}");
    for (at, argument) in arguments.iter().enumerate() {
        made = made.replace(&format!("{{{at}}}"), &plain(argument));
    }
    made.replace('\u{1}', "{").replace('\u{2}', "}")
}

fn substring(arguments: &[Value]) -> Option<Value> {
    let text: Vec<char> = arguments.first()?.as_str()?.chars().collect();
    let number = |at: usize| arguments.get(at).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let start = number(1)?;
    let end = if arguments.len() > 2 { start.checked_add(number(2)?)? } else { text.len() };
    text.get(start..end).map(|part| json!(part.iter().collect::<String>()))
}

fn pad_left(arguments: &[Value]) -> Option<Value> {
    let text = plain(arguments.first()?);
    let width = arguments.get(1)?.as_u64().and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= 10_000)?;
    let filler = arguments.get(2).and_then(Value::as_str).and_then(|text| text.chars().next()).unwrap_or(' ');
    let missing = width.saturating_sub(text.chars().count());
    Some(json!(std::iter::repeat_n(filler, missing).collect::<String>() + &text))
}

fn logic(name: &str, arguments: &[Value]) -> Result3 {
    let flags = || arguments.iter().map(truth).collect::<Option<Vec<_>>>();
    Some(match name {
        "equals" => match arguments {
            [Value::String(a), Value::String(b)] => Some(json!(a.eq_ignore_ascii_case(b))),
            [a, b] => Some(json!(a == b)),
            _ => None,
        },
        "not" => flags().and_then(|flags| Some(json!(!flags.first()?))),
        "and" => flags().map(|flags| json!(flags.iter().all(|flag| *flag))),
        "or" => flags().map(|flags| json!(flags.iter().any(|flag| *flag))),
        "bool" => flags().and_then(|flags| Some(json!(flags.first()?))),
        "true" => Some(json!(true)),
        "false" => Some(json!(false)),
        "null" => Some(Value::Null),
        "coalesce" => Some(arguments.iter().find(|value| !value.is_null()).cloned().unwrap_or(Value::Null)),
        _ => return None,
    })
}

/// Whether a condition holds.
pub fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => number.as_i64().map(|number| number != 0),
        Value::String(text) => text.to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

fn lists(name: &str, arguments: &[Value]) -> Result3 {
    let first = arguments.first();
    Some(match name {
        "concat" if first.is_some_and(Value::is_array) => {
            Some(json!(arguments.iter().filter_map(Value::as_array).flatten().cloned().collect::<Vec<_>>()))
        }
        "concat" => Some(json!(arguments.iter().map(plain).collect::<String>())),
        "length" => first.and_then(length).map(|length| json!(length)),
        "empty" => first.map(|value| json!(value.is_null() || length(value) == Some(0))),
        "createarray" => Some(json!(arguments)),
        "array" => first.map(|value| if value.is_array() { value.clone() } else { json!([value]) }),
        "createobject" => create_object(arguments),
        "union" => union(arguments),
        "contains" => arguments.get(1).and_then(|part| contains(first?, part)),
        "first" => first.and_then(|value| at(value, |_| 0)),
        "last" => first.and_then(|value| at(value, |length| length.saturating_sub(1))),
        "range" => range(arguments),
        "join" => first
            .and_then(Value::as_array)
            .zip(arguments.get(1).and_then(Value::as_str))
            .map(|(list, by)| json!(list.iter().map(plain).collect::<Vec<_>>().join(by))),
        "items" => first.and_then(Value::as_object).map(|object| {
            json!(object.iter().map(|(key, value)| json!({"key": key, "value": value})).collect::<Vec<_>>())
        }),
        "objectkeys" => {
            first.and_then(Value::as_object).map(|object| json!(object.keys().collect::<Vec<_>>()))
        }
        _ => return None,
    })
}

/// How many letters, elements or properties a value has.
pub fn length(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => Some(text.chars().count()),
        Value::Array(list) => Some(list.len()),
        Value::Object(object) => Some(object.len()),
        _ => None,
    }
}

fn at(value: &Value, which: impl Fn(usize) -> usize) -> Option<Value> {
    match value {
        Value::Array(list) => Some(list.get(which(list.len())).cloned().unwrap_or(Value::Null)),
        Value::String(text) => {
            let letters: Vec<char> = text.chars().collect();
            Some(json!(letters.get(which(letters.len())).map(ToString::to_string).unwrap_or_default()))
        }
        _ => None,
    }
}

fn create_object(arguments: &[Value]) -> Option<Value> {
    let mut object = Map::new();
    for pair in arguments.chunks(2) {
        let [key, value] = pair else { return None };
        object.insert(key.as_str()?.to_owned(), value.clone());
    }
    Some(Value::Object(object))
}

fn union(arguments: &[Value]) -> Option<Value> {
    let mut made = arguments.first()?.clone();
    for other in arguments.iter().skip(1) {
        match (&mut made, other) {
            (Value::Array(list), Value::Array(more)) => {
                for item in more {
                    if !list.contains(item) {
                        list.push(item.clone());
                    }
                }
            }
            (Value::Object(_), Value::Object(_)) => deepen(&mut made, other),
            _ => return None,
        }
    }
    Some(made)
}

/// Objects in both become one, whatever else is in both is the latter's.
fn deepen(made: &mut Value, other: &Value) {
    match (made, other) {
        (Value::Object(object), Value::Object(more)) => {
            for (key, value) in more {
                deepen(object.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (made, other) => made.clone_from(other),
    }
}

fn contains(whole: &Value, part: &Value) -> Option<Value> {
    Some(json!(match whole {
        Value::Array(list) => list.contains(part),
        Value::Object(object) => {
            let key = part.as_str()?;
            object.keys().any(|own| own.eq_ignore_ascii_case(key))
        }
        Value::String(text) => text.contains(&plain(part)),
        _ => return None,
    }))
}

fn range(arguments: &[Value]) -> Option<Value> {
    let start = arguments.first()?.as_i64()?;
    let count = arguments.get(1)?.as_i64().filter(|count| (0..=LONGEST).contains(count))?;
    Some(json!((start..start.checked_add(count)?).collect::<Vec<_>>()))
}

fn numbers(name: &str, arguments: &[Value]) -> Result3 {
    let number = |at: usize| arguments.get(at).and_then(Value::as_i64);
    let both = || number(0).zip(number(1));
    let compared = |holds: fn(std::cmp::Ordering) -> bool| match arguments {
        [Value::String(a), Value::String(b)] => Some(json!(holds(a.cmp(b)))),
        _ => both().map(|(a, b)| json!(holds(a.cmp(&b)))),
    };
    Some(match name {
        "add" => both().and_then(|(a, b)| a.checked_add(b)).map(Value::from),
        "sub" => both().and_then(|(a, b)| a.checked_sub(b)).map(Value::from),
        "mul" => both().and_then(|(a, b)| a.checked_mul(b)).map(Value::from),
        "div" => both().and_then(|(a, b)| a.checked_div(b)).map(Value::from),
        "mod" => both().and_then(|(a, b)| a.checked_rem(b)).map(Value::from),
        "int" => arguments.first().and_then(|value| plain(value).trim().parse::<i64>().ok()).map(Value::from),
        "min" => arguments.iter().filter_map(Value::as_i64).min().map(Value::from),
        "max" => arguments.iter().filter_map(Value::as_i64).max().map(Value::from),
        "less" => compared(std::cmp::Ordering::is_lt),
        "lessorequals" => compared(std::cmp::Ordering::is_le),
        "greater" => compared(std::cmp::Ordering::is_gt),
        "greaterorequals" => compared(std::cmp::Ordering::is_ge),
        _ => return None,
    })
}
