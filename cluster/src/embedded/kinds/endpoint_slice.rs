//! `EndpointSlice`: <https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/>

use super::cell::{Cell, Column, Moment, age, few, items, name, text};
use super::{Definition, NAMESPACED};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    group: "discovery.k8s.io",
    kind: "EndpointSlice",
    plural: "endpointslices",
    singular: "endpointslice",
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

const COLUMNS: &[Column] =
    &[text("Name"), text("AddressType"), text("Ports"), text("Endpoints"), text("Age")];

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    let ports = items(&object["ports"]).iter().map(|port| port["port"].to_string());
    let endpoints = items(&object["endpoints"]).iter();
    let addresses = endpoints.flat_map(|one| items(&one["addresses"])).filter_map(|one| one.as_str());
    vec![
        name(object),
        object["addressType"].clone(),
        few(ports),
        few(addresses.map(str::to_owned)),
        age(object, now),
    ]
}
