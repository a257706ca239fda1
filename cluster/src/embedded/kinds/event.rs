//! `Event`: <https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/>

use super::cell::{Cell, Column, Moment, name, since, text, wide};
use super::{Definition, NAMESPACED, NameRule};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    kind: "Event",
    plural: "events",
    singular: "event",
    short_names: &["ev"],
    name: NameRule::Subdomain,
    selectable: SELECTABLE,
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

/// What field selectors can name.
pub const SELECTABLE: &[&str] = &[
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
];

/// The table's columns.
pub const COLUMNS: &[Column] = &[
    text("Last Seen"),
    text("Type"),
    text("Reason"),
    text("Object"),
    wide("Subobject"),
    wide("Source"),
    text("Message"),
    wide("First Seen"),
    wide("Count"),
    wide("Name"),
];

/// A row of the table.
pub fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    let involved = &object["involvedObject"];
    let field = |of: &str| involved[of].as_str().unwrap_or_default();
    let source = &object["source"];
    let sources: Vec<&str> = ["component", "host"]
        .iter()
        .filter_map(|of| source[*of].as_str())
        .filter(|text| !text.is_empty())
        .collect();
    let first = if object["firstTimestamp"].is_string() { "firstTimestamp" } else { "eventTime" };
    let last = if object["lastTimestamp"].is_string() { "lastTimestamp" } else { "eventTime" };
    vec![
        since(&object[last], now).into(),
        object["type"].clone(),
        object["reason"].clone(),
        format!("{}/{}", field("kind").to_lowercase(), field("name")).into(),
        field("fieldPath").into(),
        sources.join(", ").into(),
        object["message"].as_str().unwrap_or_default().trim().into(),
        since(&object[first], now).into(),
        object["count"].as_i64().unwrap_or(1).into(),
        name(object),
    ]
}
