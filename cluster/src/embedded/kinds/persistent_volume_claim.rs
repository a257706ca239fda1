//! `PersistentVolumeClaim`: <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/>
//!
//! **Differs from Kubernetes:** stored; nothing provisions volumes, so a claim stays Pending.

use super::cell::{Cell, Column, Moment, age, name, text};
use super::{Definition, NAMESPACED, Subresource};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    kind: "PersistentVolumeClaim",
    plural: "persistentvolumeclaims",
    singular: "persistentvolumeclaim",
    short_names: &["pvc"],
    subresources: &[Subresource::Status],
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

const COLUMNS: &[Column] =
    &[text("Name"), text("Status"), text("Volume"), text("Capacity"), text("StorageClass"), text("Age")];

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    let (spec, status) = (&object["spec"], &object["status"]);
    vec![
        name(object),
        status["phase"].as_str().unwrap_or("Pending").into(),
        spec["volumeName"].as_str().unwrap_or_default().into(),
        status["capacity"]["storage"].as_str().unwrap_or_default().into(),
        spec["storageClassName"].as_str().unwrap_or_default().into(),
        age(object, now),
    ]
}
