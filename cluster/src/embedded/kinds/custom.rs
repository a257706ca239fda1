//! Kinds that `CustomResourceDefinition`s define.
//! <https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/custom-resources/>
//!
//! **Differs from Kubernetes:** of several versions only the one that is stored is served; schemas are not looked at: any
//! field is taken, nothing is filled in; tables show name and age.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::Value;

use super::{ALL, CLUSTER_SCOPED, Definition, NAMESPACED, Subresource};
use crate::embedded::store::{Object, Store};
use crate::object::{is_deleted, items, text};

/// Where definitions are stored.
pub const DEFINITIONS: &str = "customresourcedefinitions";

/// How many different custom kinds one process gets to know.
const MOST: usize = 2_000;

/// Rows live as long as the process, as those that are compiled in do; the same definition gives the same row.
static KNOWN: LazyLock<Mutex<HashMap<String, &'static Definition>>> = LazyLock::new(Mutex::default);

/// All kinds of a cluster: those that are built in, and its own.
pub fn all(store: &Store) -> Vec<&'static Definition> {
    let custom = store.list(DEFINITIONS, None).0;
    ALL.iter().copied().chain(custom.iter().filter_map(|definition| row(definition))).collect()
}

/// The kind with this plural in a group and version of a cluster.
pub fn find(store: &Store, group: &str, version: &str, plural: &str) -> Option<&'static Definition> {
    Definition::find(group, version, plural).or_else(|| {
        let definition = store.get(DEFINITIONS, "", &format!("{plural}.{group}"))?;
        row(&definition).filter(|row| row.version == version)
    })
}

/// The row that a definition stands for, unless it is on its way out.
pub fn row(definition: &Object) -> Option<&'static Definition> {
    if is_deleted(definition) {
        return None;
    }
    let spec = &definition["spec"];
    let version = items(&spec["versions"]).iter().find(|version| version["storage"] == true)?;
    if version["served"] != true {
        return None;
    }
    let what = [&spec["group"], &spec["names"], &spec["scope"], &version["name"], &version["subresources"]];
    let key = what.map(Value::to_string).join(" ");
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(row) = known.get(&key) {
        return Some(row);
    }
    if known.len() >= MOST {
        tracing::warn!(definition = %spec["group"], "too many custom kinds: this one is not served");
        return None;
    }
    let row: &'static Definition = Box::leak(Box::new(new(spec, version)));
    known.insert(key, row);
    Some(row)
}

fn new(spec: &Value, version: &Value) -> Definition {
    let names = &spec["names"];
    let group = kept(text(&spec["group"]));
    let plural = kept(text(&names["plural"]));
    let has_status = version["subresources"].get("status").is_some();
    Definition {
        group,
        version: kept(text(&version["name"])),
        kind: kept(text(&names["kind"])),
        plural,
        singular: kept(text(&names["singular"])),
        short_names: kept_all(&names["shortNames"]),
        categories: kept_all(&names["categories"]),
        subresources: if has_status { &[Subresource::Status] } else { &[] },
        stored: kept(&format!("{plural}.{group}")),
        ..if text(&spec["scope"]) == "Cluster" { CLUSTER_SCOPED } else { NAMESPACED }
    }
}

fn kept(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn kept_all(texts: &Value) -> &'static [&'static str] {
    Box::leak(items(texts).iter().map(|one| kept(text(one))).collect())
}
