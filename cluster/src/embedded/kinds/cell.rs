//! Tables: columns, and what is common to the cells of many kinds.
//! <https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables>

use std::time::Duration;

use serde_json::Value;

use crate::embedded::store::Object;

/// A cell of a table.
pub type Cell = Value;
/// When the table is made; ages count up to it.
pub type Moment = sim::Timestamp;

/// What stands where there is nothing.
pub const NONE: &str = "<none>";

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The heading.
    pub name: &'static str,
    /// `string`, `integer`, `boolean` or `date`.
    pub of: &'static str,
    /// 0, or 1 if it is shown in wide tables only.
    pub priority: u8,
}

/// A column of texts.
pub const fn text(name: &'static str) -> Column {
    Column { name, of: "string", priority: 0 }
}

/// A column of numbers.
pub const fn number(name: &'static str) -> Column {
    Column { name, of: "integer", priority: 0 }
}

/// A column of texts that only wide tables show.
pub const fn wide(name: &'static str) -> Column {
    Column { name, of: "string", priority: 1 }
}

/// The columns of kinds without columns of their own.
pub const NAME_AND_AGE: &[Column] = &[text("Name"), text("Age")];
/// The columns of kinds that tell when they were made.
pub const NAME_AND_CREATED: &[Column] =
    &[text("Name"), Column { name: "Created At", of: "date", priority: 0 }];

/// Cells for [`NAME_AND_AGE`].
pub fn name_and_age(object: &Object, now: Moment) -> Vec<Cell> {
    vec![name(object), age(object, now)]
}

/// Cells for [`NAME_AND_CREATED`].
pub fn name_and_created(object: &Object, _: Moment) -> Vec<Cell> {
    vec![name(object), object["metadata"]["creationTimestamp"].clone()]
}

/// The object's name.
pub fn name(object: &Object) -> Cell {
    object["metadata"]["name"].clone()
}

/// How old the object is.
pub fn age(object: &Object, now: Moment) -> Cell {
    since(&object["metadata"]["creationTimestamp"], now).into()
}

/// How long ago something was.
pub fn since(moment: &Value, now: Moment) -> String {
    match moment.as_str().and_then(sim::Timestamp::parse) {
        Some(moment) => duration(now.since(moment)),
        None => "<unknown>".to_owned(),
    }
}

/// A duration as `kubectl` writes it: `13s`, `3m5s`, `69m`, `5h10m`, `3d`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let two = |big: u64, unit: &str, small: u64, small_unit: &str| {
        if small == 0 { format!("{big}{unit}") } else { format!("{big}{unit}{small}{small_unit}") }
    };
    match seconds {
        0..120 => format!("{seconds}s"),
        120..600 => two(minutes, "m", seconds % 60, "s"),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => two(hours, "h", minutes % 60, "m"),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => two(days, "d", hours % 24, "h"),
        691_200..63_072_000 => format!("{days}d"),
        63_072_000..252_288_000 => two(days / 365, "y", days % 365, "d"),
        _ => format!("{}y", days / 365),
    }
}

/// A text, or [`NONE`].
pub fn or_none(value: &Value) -> Cell {
    match value.as_str() {
        Some(text) if !text.is_empty() => text.into(),
        _ => NONE.into(),
    }
}

/// A number, or zero.
pub fn count(value: &Value) -> Cell {
    value.as_i64().unwrap_or(0).into()
}

/// The items of a list.
pub fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Texts with commas between, or [`NONE`].
pub fn joined(texts: impl IntoIterator<Item = String>) -> Cell {
    let texts: Vec<String> = texts.into_iter().collect();
    if texts.is_empty() { NONE.into() } else { texts.join(",").into() }
}

/// The first three texts with commas between, and how many more there are.
pub fn few(texts: impl IntoIterator<Item = String>) -> Cell {
    let mut texts: Vec<String> = texts.into_iter().collect();
    let more = texts.len().saturating_sub(3);
    texts.truncate(3);
    match (texts.is_empty(), more) {
        (true, _) => NONE.into(),
        (false, 0) => texts.join(",").into(),
        (false, more) => format!("{} + {more} more...", texts.join(",")).into(),
    }
}

/// The names of the containers of a Pod template, and their images.
pub fn containers(template: &Value) -> [Cell; 2] {
    let of = |field: &str| {
        let containers = items(&template["spec"]["containers"]).iter();
        let texts: Vec<&str> = containers.filter_map(|one| one[field].as_str()).collect();
        texts.join(",").into()
    };
    [of("name"), of("image")]
}

/// A label selector as text.
pub fn selector(selector: &Value) -> Cell {
    let plain = if selector.get("matchLabels").is_some() || selector.get("matchExpressions").is_some() {
        &selector["matchLabels"]
    } else {
        selector
    };
    let mut texts: Vec<String> = plain
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
        .collect();
    texts.sort();
    for one in items(&selector["matchExpressions"]) {
        let key = one["key"].as_str().unwrap_or_default();
        let values: Vec<&str> = items(&one["values"]).iter().filter_map(Value::as_str).collect();
        let values = values.join(",");
        texts.push(match one["operator"].as_str() {
            Some("In") => format!("{key} in ({values})"),
            Some("NotIn") => format!("{key} notin ({values})"),
            Some("DoesNotExist") => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    joined(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_kubectl_writes_them() {
        for (seconds, text) in [
            (0, "0s"),
            (119, "119s"),
            (125, "2m5s"),
            (180, "3m"),
            (4_140, "69m"),
            (18_600, "5h10m"),
            (90_000, "25h"),
            (259_200, "3d"),
            (864_000, "10d"),
        ] {
            assert_eq!(duration(Duration::from_secs(seconds)), text, "{seconds}");
        }
    }
}
