//! `Node`: <https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/>

use super::cell::{Cell, Column, Moment, NONE, age, items, joined, name, or_none, text, wide};
use super::shape::{CONDITIONS, Type};
use super::{CLUSTER_SCOPED, Definition, Subresource};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    kind: "Node",
    plural: "nodes",
    singular: "node",
    short_names: &["no"],
    subresources: &[Subresource::Status],
    shape: Some(&[
        (
            "spec",
            Type::Object(&[
                ("configSource", Type::Any),
                ("externalID", Type::Any),
                ("podCIDR", Type::Any),
                ("podCIDRs", Type::Set),
                ("providerID", Type::Any),
                ("taints", Type::Atomic),
                ("unschedulable", Type::Any),
            ]),
        ),
        ("status", Type::Object(STATUS)),
    ]),
    selectable: &["spec.unschedulable"],
    columns: COLUMNS,
    cells,
    ..CLUSTER_SCOPED
};

const STATUS: super::Shape = &[
    ("addresses", Type::Any),
    ("allocatable", Type::Any),
    ("capacity", Type::Any),
    ("conditions", CONDITIONS),
    ("config", Type::Any),
    ("daemonEndpoints", Type::Any),
    ("features", Type::Any),
    ("images", Type::Any),
    ("nodeInfo", Type::Any),
    ("phase", Type::Any),
    ("runtimeHandlers", Type::Any),
    ("volumesAttached", Type::Any),
    ("volumesInUse", Type::Any),
];

const COLUMNS: &[Column] = &[
    text("Name"),
    text("Status"),
    text("Roles"),
    text("Age"),
    text("Version"),
    wide("Internal-IP"),
    wide("External-IP"),
    wide("OS-Image"),
    wide("Kernel-Version"),
    wide("Container-Runtime"),
];

const ROLE: &str = "node-role.kubernetes.io/";

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    let info = &object["status"]["nodeInfo"];
    let address = |of: &str| -> Cell {
        let found = items(&object["status"]["addresses"]).iter().find(|one| one["type"] == of);
        found.map_or(NONE.into(), |one| or_none(&one["address"]))
    };
    let roles = object["metadata"]["labels"].as_object().into_iter().flatten();
    let roles = joined(roles.filter_map(|(label, _)| label.strip_prefix(ROLE)).map(str::to_owned));
    vec![
        name(object),
        status(object).into(),
        roles,
        age(object, now),
        info["kubeletVersion"].clone(),
        address("InternalIP"),
        address("ExternalIP"),
        info["osImage"].clone(),
        info["kernelVersion"].clone(),
        info["containerRuntimeVersion"].clone(),
    ]
}

fn status(object: &Object) -> String {
    let ready = items(&object["status"]["conditions"]).iter().find(|one| one["type"] == "Ready");
    let mut status = match ready.and_then(|one| one["status"].as_str()) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }
    .to_owned();
    if object["spec"]["unschedulable"] == true {
        status.push_str(",SchedulingDisabled");
    }
    status
}
