//! `Endpoints`: <https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoints-v1/>

use super::cell::{Cell, Column, Moment, age, few, items, name, text};
use super::{Definition, NAMESPACED};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    kind: "Endpoints",
    plural: "endpoints",
    singular: "endpoints",
    short_names: &["ep"],
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

const COLUMNS: &[Column] = &[text("Name"), text("Endpoints"), text("Age")];

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    let subsets = items(&object["subsets"]).iter();
    let endpoints = subsets.flat_map(|subset| {
        let ports = items(&subset["ports"]).iter();
        ports.flat_map(|port| {
            let addresses = items(&subset["addresses"]).iter();
            addresses.map(|one| format!("{}:{}", one["ip"].as_str().unwrap_or_default(), port["port"]))
        })
    });
    vec![name(object), few(endpoints), age(object, now)]
}
