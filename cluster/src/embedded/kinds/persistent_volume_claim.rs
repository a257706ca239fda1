//! `PersistentVolumeClaim`: <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/>
//!
//! **Differs from Kubernetes:** stored; nothing provisions volumes, so a claim stays Pending.

use super::cell::{Cell, Column, Moment, age, items, name, text, wide};
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

const COLUMNS: &[Column] = &[
    text("Name"),
    text("Status"),
    text("Volume"),
    text("Capacity"),
    text("Access Modes"),
    text("StorageClass"),
    text("VolumeAttributesClass"),
    text("Age"),
    wide("VolumeMode"),
];

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    let (spec, status) = (&object["spec"], &object["status"]);
    let modes = items(&status["accessModes"]).iter().filter_map(|mode| match mode.as_str() {
        Some("ReadWriteOnce") => Some("RWO"),
        Some("ReadOnlyMany") => Some("ROX"),
        Some("ReadWriteMany") => Some("RWX"),
        Some("ReadWriteOncePod") => Some("RWOP"),
        _ => None,
    });
    let modes: Vec<&str> = modes.collect();
    vec![
        name(object),
        status["phase"].as_str().unwrap_or("Pending").into(),
        spec["volumeName"].as_str().unwrap_or_default().into(),
        status["capacity"]["storage"].as_str().unwrap_or_default().into(),
        modes.join(",").into(),
        spec["storageClassName"].as_str().unwrap_or_default().into(),
        spec["volumeAttributesClassName"].as_str().unwrap_or("<unset>").into(),
        age(object, now),
        spec["volumeMode"].as_str().unwrap_or("Filesystem").into(),
    ]
}
