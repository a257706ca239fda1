//! Template functions on lists, objects and addresses that Bicep's output uses besides the common ones:
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-array>,
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-cidr>.

use std::net::Ipv4Addr;

use serde_json::{Map, Value, json};

use super::functions::Result3;

/// Calls a function.
pub fn call(name: &str, arguments: &[Value]) -> Result3 {
    let first = arguments.first();
    let text = |at: usize| arguments.get(at).and_then(Value::as_str);
    let number = |at: usize| arguments.get(at).and_then(Value::as_i64);
    Some(match name {
        "cidrhost" => text(0).zip(number(1)).and_then(|(range, index)| host(range, index)),
        "cidrsubnet" => cidr_subnet(arguments),
        "datauri" => {
            text(0).map(|text| json!(format!("data:text/plain;charset=utf8;base64,{}", encoded(text))))
        }
        "flatten" => first.and_then(Value::as_array).map(|list| {
            let parts =
                list.iter().map(|part| part.as_array().cloned().unwrap_or_else(|| vec![part.clone()]));
            json!(parts.flatten().collect::<Vec<_>>())
        }),
        "indexof" if first.is_some_and(Value::is_array) => {
            position(arguments, |list, item| list.iter().position(|own| own == item))
        }
        "intersection" => intersection(arguments),
        "lastindexof" if first.is_some_and(Value::is_array) => {
            position(arguments, |list, item| list.iter().rposition(|own| own == item))
        }
        "lastindexof" => text(0).zip(text(1)).map(|(text, part)| {
            let at = text.to_lowercase().rfind(&part.to_lowercase());
            json!(at.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1))
        }),
        "parsecidr" => text(0).and_then(parse_cidr),
        "shallowmerge" => first.and_then(Value::as_array).and_then(|list| {
            let mut made = Map::new();
            for object in list {
                made.extend(object.as_object()?.clone());
            }
            Some(Value::Object(made))
        }),
        "skip" => slice(arguments, |length, count| (count.min(length), length)),
        "take" => slice(arguments, |length, count| (0, count.min(length))),
        "tryget" | "tryindexfromend" => try_get(name, arguments),
        "uricomponent" => text(0).map(|text| {
            json!(percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string())
        }),
        "uricomponenttostring" => text(0)
            .and_then(|text| percent_encoding::percent_decode_str(text).decode_utf8().ok())
            .map(|text| json!(text)),
        _ => return None,
    })
}

fn encoded(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

fn position(arguments: &[Value], find: impl Fn(&[Value], &Value) -> Option<usize>) -> Option<Value> {
    let at = find(arguments.first()?.as_array()?, arguments.get(1)?);
    Some(json!(at.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1)))
}

fn intersection(arguments: &[Value]) -> Option<Value> {
    let (first, others) = arguments.split_first()?;
    match first {
        Value::Array(list) => {
            let others: Vec<&Vec<Value>> = others.iter().map(Value::as_array).collect::<Option<_>>()?;
            let mut made: Vec<&Value> = Vec::new();
            for item in list.iter().filter(|item| others.iter().all(|other| other.contains(item))) {
                if !made.contains(&item) {
                    made.push(item);
                }
            }
            Some(json!(made))
        }
        Value::Object(object) => {
            let others: Vec<&Map<String, Value>> =
                others.iter().map(Value::as_object).collect::<Option<_>>()?;
            let kept = object
                .iter()
                .filter(|(key, value)| others.iter().all(|other| other.get(*key) == Some(value)));
            Some(Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect()))
        }
        _ => None,
    }
}

fn slice(arguments: &[Value], range: impl Fn(usize, usize) -> (usize, usize)) -> Option<Value> {
    let count = usize::try_from(arguments.get(1)?.as_i64()?.max(0)).ok()?;
    match arguments.first()? {
        Value::Array(list) => {
            let (from, to) = range(list.len(), count);
            Some(json!(list.get(from..to)?))
        }
        Value::String(text) => {
            let letters: Vec<char> = text.chars().collect();
            let (from, to) = range(letters.len(), count);
            Some(json!(letters.get(from..to)?.iter().collect::<String>()))
        }
        _ => None,
    }
}

/// What `?.` and `[?…]` of Bicep become: nothing there is null.
fn try_get(name: &str, arguments: &[Value]) -> Option<Value> {
    let (first, path) = arguments.split_first()?;
    let mut at = first;
    for step in path {
        let found = match (at, step) {
            (Value::Object(object), Value::String(key)) => {
                object.iter().find(|(own, _)| own.eq_ignore_ascii_case(key)).map(|(_, value)| value)
            }
            (Value::Array(list), Value::Number(index)) => {
                let index = index.as_u64().and_then(|index| usize::try_from(index).ok())?;
                let index = if name == "tryget" { Some(index) } else { list.len().checked_sub(index) };
                index.and_then(|index| list.get(index))
            }
            _ => None,
        };
        let Some(found) = found else { return Some(Value::Null) };
        at = found;
    }
    Some(at.clone())
}

/// The first address of a range and the length of its prefix.
fn range(text: &str) -> Option<(u32, u32)> {
    let (address, length) = text.split_once('/')?;
    let length: u32 = length.parse().ok().filter(|length| *length <= 32)?;
    let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
    Some((u32::from(address.parse::<Ipv4Addr>().ok()?) & mask, length))
}

fn written(address: u32) -> String {
    Ipv4Addr::from(address).to_string()
}

/// The address with this index; the first that a host can have has index 0.
fn host(text: &str, index: i64) -> Option<Value> {
    let (first, length) = range(text)?;
    let index = u32::try_from(index).ok()?.checked_add(1)?;
    (u64::from(index) < 1_u64 << (32 - length)).then(|| json!(written(first + index)))
}

fn cidr_subnet(arguments: &[Value]) -> Option<Value> {
    let (first, length) = range(arguments.first()?.as_str()?)?;
    let wanted =
        u32::try_from(arguments.get(1)?.as_u64()?).ok().filter(|wanted| (length..=32).contains(wanted))?;
    let index = arguments.get(2)?.as_u64().filter(|index| *index < 1_u64 << (wanted - length))?;
    let offset = u32::try_from(index << (32 - wanted)).ok()?;
    Some(json!(format!("{}/{wanted}", written(first.checked_add(offset)?))))
}

fn parse_cidr(text: &str) -> Option<Value> {
    let (first, length) = range(text)?;
    let last = first | u32::MAX.checked_shr(length).unwrap_or(0);
    let bits = u32::MAX.checked_shl(32 - length).unwrap_or(0);
    let (usable, until) = if length >= 31 { (first, last) } else { (first + 1, last - 1) };
    Some(json!({
        "network": written(first),
        "netmask": written(bits),
        "broadcast": written(last),
        "firstUsable": written(usable),
        "lastUsable": written(until),
        "cidr": length,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_give_what_their_documentation_says() {
        for (name, arguments, expected) in [
            ("cidrsubnet", json!(["10.144.0.0/20", 24, 1]), json!("10.144.1.0/24")),
            ("cidrhost", json!(["10.144.3.0/24", 0]), json!("10.144.3.1")),
            ("flatten", json!([[["a"], ["b", "c"]]]), json!(["a", "b", "c"])),
            ("intersection", json!([[1, 2, 3], [3, 2]]), json!([2, 3])),
            ("intersection", json!([{"a": 1, "b": 2}, {"a": 1, "b": 3}]), json!({"a": 1})),
            ("lastindexof", json!(["test", "t"]), json!(3)),
            ("indexof", json!([["a", "b"], "c"]), json!(-1)),
            ("shallowmerge", json!([[{"a": 1}, {"a": 2, "b": 3}]]), json!({"a": 2, "b": 3})),
            ("skip", json!([["a", "b", "c"], 2]), json!(["c"])),
            ("take", json!(["one two", 3]), json!("one")),
            ("take", json!([["a"], 9]), json!(["a"])),
            ("tryget", json!([{"a": [{"B": 1}]}, "a", 0, "b"]), json!(1)),
            ("tryget", json!([{"a": 1}, "b", "c"]), Value::Null),
            ("uricomponent", json!(["a b"]), json!("a%20b")),
        ] {
            let arguments = arguments.as_array().cloned().unwrap_or_default();
            assert_eq!(call(name, &arguments), Some(Some(expected)), "{name}");
        }
        let cidr = call("parsecidr", &[json!("10.144.0.0/20")]).flatten().expect("a range");
        assert_eq!(cidr["lastUsable"], "10.144.15.254");
        assert_eq!(cidr["netmask"], "255.255.240.0");
        for (name, arguments) in [
            ("cidrsubnet", json!(["10.0.0.0/24", 25, 2])),
            ("cidrhost", json!(["x", 0])),
            ("skip", json!([1, 2])),
        ] {
            let arguments = arguments.as_array().cloned().unwrap_or_default();
            assert_eq!(call(name, &arguments), Some(None), "{name}");
        }
        assert_eq!(call("nothing", &[]), None);
    }
}
