//! `Service`: <https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/>
//!
//! **Differs from Kubernetes:** IPv4 only.

use serde_json::{Map, Value, json};

use super::cell::{Cell, Column, Moment, NONE, age, items, joined, name, or_none, selector, text, wide};
use super::pod_template::{object_at, port_number, protocol};
use super::shape::{CONDITIONS, Keyed, Type};
use super::{Definition, NAMESPACED, NameRule, Problems, Subresource};
use crate::embedded::store::Object;

pub static DEFINITION: Definition = Definition {
    kind: "Service",
    plural: "services",
    singular: "service",
    short_names: &["svc"],
    categories: &["all"],
    subresources: &[Subresource::Status],
    name: NameRule::ServiceName,
    shape: Some(&[
        ("spec", Type::Object(SPEC)),
        ("status", Type::Object(&[("conditions", CONDITIONS), ("loadBalancer", Type::Any)])),
    ]),
    selectable: &["spec.clusterIP", "spec.type"],
    default,
    validate,
    columns: COLUMNS,
    cells,
    ..NAMESPACED
};

const SPEC: super::Shape = &[
    ("allocateLoadBalancerNodePorts", Type::Any),
    ("clusterIP", Type::Any),
    ("clusterIPs", Type::Atomic),
    ("externalIPs", Type::Atomic),
    ("externalName", Type::Any),
    ("externalTrafficPolicy", Type::Any),
    ("healthCheckNodePort", Type::Any),
    ("internalTrafficPolicy", Type::Any),
    ("ipFamilies", Type::Atomic),
    ("ipFamilyPolicy", Type::Any),
    ("loadBalancerClass", Type::Any),
    ("loadBalancerIP", Type::Any),
    ("loadBalancerSourceRanges", Type::Atomic),
    ("ports", Type::Map(&Keyed { merge: "port", keys: &["port", "protocol"], fields: PORT })),
    ("publishNotReadyAddresses", Type::Any),
    ("selector", Type::Atomic),
    ("sessionAffinity", Type::Any),
    ("sessionAffinityConfig", Type::Any),
    ("trafficDistribution", Type::Any),
    ("type", Type::Any),
];

const PORT: super::Shape = &[
    ("appProtocol", Type::Any),
    ("name", Type::Any),
    ("nodePort", Type::Any),
    ("port", Type::Any),
    ("protocol", Type::Any),
    ("targetPort", Type::Any),
];

const COLUMNS: &[Column] = &[
    text("Name"),
    text("Type"),
    text("Cluster-IP"),
    text("External-IP"),
    text("Port(s)"),
    text("Age"),
    wide("Selector"),
];

const TYPES: &[&str] = &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];

fn default(object: &mut Object, old: Option<&Object>) {
    if let Some(spec) = object_at(object, "spec") {
        for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(port) = port.as_object_mut() {
                default_port(port);
            }
        }
        let kind = spec.entry("type").or_insert_with(|| "ClusterIP".into()).clone();
        spec.entry("sessionAffinity").or_insert_with(|| "None".into());
        if kind != "ExternalName" {
            spec.entry("ipFamilies").or_insert_with(|| json!(["IPv4"]));
            spec.entry("ipFamilyPolicy").or_insert_with(|| "SingleStack".into());
            spec.entry("internalTrafficPolicy").or_insert_with(|| "Cluster".into());
        }
        if kind == "LoadBalancer" || kind == "NodePort" {
            spec.entry("externalTrafficPolicy").or_insert_with(|| "Cluster".into());
        }
        if kind == "LoadBalancer" {
            spec.entry("allocateLoadBalancerNodePorts").or_insert_with(|| true.into());
        }
        if let Some(old) = old {
            keep_addresses(spec, &old["spec"], &kind);
        }
    }
    if let Some(status) = object_at(object, "status") {
        status.entry("loadBalancer").or_insert_with(|| json!({}));
    }
}

fn default_port(port: &mut Map<String, Value>) {
    port.entry("protocol").or_insert_with(|| "TCP".into());
    if let Some(number) = port.get("port").cloned() {
        port.entry("targetPort").or_insert(number);
    }
}

/// What an update leaves out stays; what belongs to another type goes.
fn keep_addresses(spec: &mut Map<String, Value>, old: &Value, kind: &Value) {
    if kind != "ExternalName" {
        for field in ["clusterIP", "clusterIPs"] {
            if let Some(address) = old.get(field) {
                spec.entry(field).or_insert_with(|| address.clone());
            }
        }
    }
    if kind == "ClusterIP" && old["type"] != "ClusterIP" {
        for field in ["externalTrafficPolicy", "allocateLoadBalancerNodePorts", "healthCheckNodePort"] {
            spec.shift_remove(field);
        }
    }
    let published = kind == "LoadBalancer" || kind == "NodePort";
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        let same = |before: &&Value| before["port"] == port["port"] && before["protocol"] == port["protocol"];
        let before = items(&old["ports"]).iter().find(same).and_then(|one| one.get("nodePort"));
        let Some(port) = port.as_object_mut() else { continue };
        match before {
            Some(before) if published => {
                port.entry("nodePort").or_insert_with(|| before.clone());
            }
            Some(before) if port.get("nodePort") == Some(before) => {
                port.shift_remove("nodePort");
            }
            _ => {}
        }
    }
}

fn validate(object: &Object, old: Option<&Object>, problems: &mut Problems) {
    let spec = &object["spec"];
    let kind = &spec["type"];
    if !TYPES.iter().any(|known| kind == known) {
        problems.not_supported("spec.type", kind, TYPES);
    }
    let ports = items(&spec["ports"]);
    if ports.is_empty() && kind != "ExternalName" && spec["clusterIP"] != "None" {
        problems.required("spec.ports", "");
    }
    if kind == "ExternalName" && spec["externalName"].as_str().is_none_or(str::is_empty) {
        problems.required("spec.externalName", "");
    }
    for (index, port) in ports.iter().enumerate() {
        validate_port(port, (index, ports), problems);
    }
    let affinity = &spec["sessionAffinity"];
    if affinity != "None" && affinity != "ClientIP" {
        problems.not_supported("spec.sessionAffinity", affinity, &["ClientIP", "None"]);
    }
    if let Some(before) = old.map(|old| &old["spec"])
        && before["type"] != "ExternalName"
        && kind != "ExternalName"
        && before["clusterIP"].is_string()
        && before["clusterIP"] != spec["clusterIP"]
    {
        problems.invalid("spec.clusterIPs[0]", &json!([spec["clusterIP"]]), "may not change once set");
    }
}

fn validate_port(port: &Value, (index, ports): (usize, &[Value]), problems: &mut Problems) {
    let at = |field: &str| format!("spec.ports[{index}].{field}");
    port_number(&port["port"], &at("port"), problems);
    if port["targetPort"].is_number() {
        port_number(&port["targetPort"], &at("targetPort"), problems);
    }
    protocol(&port["protocol"], &at("protocol"), problems);
    if ports.len() > 1 && port["name"].as_str().is_none_or(str::is_empty) {
        problems.required(at("name"), "");
    }
    let same = |other: &Value| other["port"] == port["port"] && other["protocol"] == port["protocol"];
    if ports.iter().take(index).any(same) {
        problems.duplicate(format!("spec.ports[{index}]"), port);
    }
    if let Some(number) = port["nodePort"].as_i64()
        && !(30_000..=32_767).contains(&number)
    {
        let why = "provided port is not in the valid range. The range of valid ports is 30000-32767";
        problems.invalid(at("nodePort"), &port["nodePort"], why);
    }
}

fn cells(object: &Object, now: Moment) -> Vec<Cell> {
    let spec = &object["spec"];
    let ports = items(&spec["ports"]).iter().map(|port| {
        let protocol = port["protocol"].as_str().unwrap_or("TCP");
        match port["nodePort"].as_u64() {
            Some(node) if node > 0 => format!("{}:{node}/{protocol}", port["port"]),
            _ => format!("{}/{protocol}", port["port"]),
        }
    });
    vec![
        name(object),
        spec["type"].clone(),
        or_none(&spec["clusterIP"]),
        external(object),
        joined(ports),
        age(object, now),
        selector(&spec["selector"]),
    ]
}

fn external(object: &Object) -> Cell {
    let spec = &object["spec"];
    let fixed: Vec<String> =
        items(&spec["externalIPs"]).iter().filter_map(Value::as_str).map(str::to_owned).collect();
    match spec["type"].as_str() {
        Some("LoadBalancer") => {
            let ingress = items(&object["status"]["loadBalancer"]["ingress"]).iter();
            let given = ingress.filter_map(|one| one["ip"].as_str().or(one["hostname"].as_str()));
            let all: Vec<String> = given.map(str::to_owned).chain(fixed).collect();
            if all.is_empty() { "<pending>".into() } else { joined(all) }
        }
        Some("ExternalName") => spec["externalName"].clone(),
        _ if fixed.is_empty() => NONE.into(),
        _ => joined(fixed),
    }
}
