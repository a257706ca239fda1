//! Objects as rows of a table, or as their metadata alone.
//! <https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables>

use serde_json::{Map, Value, json};

use super::Call;
use super::accept::View;
use super::status::Failure;
use crate::embedded::kinds::Definition;
use crate::embedded::store::Object;

/// What of the object a row carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Include {
    /// Its metadata.
    Metadata,
    /// All of it.
    Object,
    /// Nothing.
    None,
}

/// The query parameter `includeObject`.
pub fn include(call: &Call<'_>) -> Result<Include, Failure> {
    match call.query.get("includeObject") {
        "" | "Metadata" => Ok(Include::Metadata),
        "Object" => Ok(Include::Object),
        "None" => Ok(Include::None),
        other => Err(Failure::bad_request(format!(
            "invalid includeObject \"{other}\": use None, Metadata or Object"
        ))),
    }
}

/// Whether a table tells its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// It does.
    Told,
    /// An earlier event of the watch has told them.
    Known,
}

/// A table of these objects.
pub fn table<'a>(
    of: &Definition,
    objects: impl IntoIterator<Item = &'a Object>,
    (include, columns): (Include, Columns),
    now: sim::Timestamp,
) -> Value {
    let rows: Vec<Value> = objects
        .into_iter()
        .map(|object| {
            let mut row = json!({ "cells": (of.cells)(object, now) });
            match include {
                Include::Metadata => row["object"] = metadata(object),
                Include::Object => row["object"] = object.clone(),
                Include::None => {}
            }
            row
        })
        .collect();
    let columns = if columns == Columns::Told { definitions(of) } else { Value::Null };
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "columnDefinitions": columns, "rows": rows,
    })
}

/// The metadata of an object.
pub fn metadata(object: &Object) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]})
}

/// One object as it is asked for.
pub fn one(call: &Call<'_>, of: &Definition, object: &Object) -> Result<Option<Value>, Failure> {
    Ok(match call.representation.view {
        View::Object => None,
        View::Metadata => Some(metadata(object)),
        View::Aggregated => return Err(Failure::not_acceptable()),
        View::Table => {
            let how = (include(call)?, Columns::Told);
            let mut table = table(of, [object], how, call.api.clock.now());
            table["metadata"]["resourceVersion"] = object["metadata"]["resourceVersion"].clone();
            Some(table)
        }
    })
}

fn definitions(of: &Definition) -> Value {
    let definitions = of.columns.iter().map(|column| {
        let mut definition = Map::new();
        let format = if column.name == "Name" { "name" } else { "" };
        definition.insert("name".into(), column.name.into());
        definition.insert("type".into(), column.of.into());
        definition.insert("format".into(), format.into());
        definition.insert("description".into(), "".into());
        definition.insert("priority".into(), column.priority.into());
        Value::Object(definition)
    });
    definitions.collect()
}
