//! `Ingress`: <https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/>
//!
//! **Differs from Kubernetes:** stored; no ingress controller runs.

use serde_json::json;

use super::cell::{Cell, Column, Moment, age, items, joined, name, or_none, text};
use super::pod_template::object_at;
use super::{Definition, NAMESPACED, Subresource};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    group: "networking.k8s.io",
    kind: "Ingress",
    plural: "ingresses",
    singular: "ingress",
    short_names: &["ing"],
    subresources: &[Subresource::Status],
    default,
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

const COLUMNS: &[Column] =
    &[text("Name"), text("Class"), text("Hosts"), text("Address"), text("Ports"), text("Age")];

fn default(object: &mut Object, _: Option<&Object>) {
    if let Some(status) = object_at(object, "status") {
        status.entry("loadBalancer").or_insert_with(|| json!({}));
    }
}

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    let spec = &object["spec"];
    let hosts = items(&spec["rules"]).iter().map(|rule| rule["host"].as_str().unwrap_or("*").to_owned());
    let addresses = items(&object["status"]["loadBalancer"]["ingress"]).iter();
    let addresses: Vec<&str> = addresses.filter_map(|one| one["ip"].as_str()).collect();
    let ports = if items(&spec["tls"]).is_empty() { "80" } else { "80, 443" };
    vec![
        name(object),
        or_none(&spec["ingressClassName"]),
        joined(hosts),
        addresses.join(",").into(),
        ports.into(),
        age(object, now),
    ]
}
