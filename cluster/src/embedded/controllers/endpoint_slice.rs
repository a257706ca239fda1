//! EndpointSlices and Endpoints: which Pods are behind a Service.
//! <https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/>
//!
//! **Differs from Kubernetes:** one slice for each Service; a named target port is taken from the first Pod.

use std::net::Ipv4Addr;
use std::sync::Arc;

use serde_json::{Value, json};

use super::Controllers;
use super::node::fnv;
use super::object::{is_deleted, items, name, namespace, number, owned_by, text, uid};
use super::pod::target;
use super::replica_set::is_ready;
use super::selector::selects_exactly;
use crate::embedded::store::Object;

const SERVICE: &str = "kubernetes.io/service-name";
const MANAGED: &str = "endpointslice.kubernetes.io/managed-by";
const CONTROLLER: &str = "endpointslice-controller.k8s.io";

/// A Pod behind a Service.
pub struct Backend {
    /// The Pod.
    pub pod: Arc<Object>,
    /// Its address.
    pub address: Ipv4Addr,
    /// It gets new connections.
    pub ready: bool,
}

/// Writes the endpoints of every Service with a selector.
pub fn reconcile(controllers: &mut Controllers) {
    for service in controllers.list("services") {
        if is_deleted(&service) || !has_selector(&service) {
            continue;
        }
        let backends = backends(controllers, &service);
        write(controllers, "endpointslices", slice(&service, &backends));
        write(controllers, "endpoints", endpoints(&service, &backends));
    }
}

/// The Pods behind a Service, those that are going included.
pub fn backends(controllers: &Controllers, service: &Object) -> Vec<Backend> {
    if !has_selector(service) {
        return Vec::new();
    }
    let unready = service["spec"]["publishNotReadyAddresses"] == true;
    let pods = controllers.store.list("pods", Some(namespace(service))).0;
    let backend = |pod: Arc<Object>| {
        let selected = selects_exactly(&service["spec"]["selector"], &pod["metadata"]["labels"]);
        let over = matches!(text(&pod["status"]["phase"]), "Succeeded" | "Failed");
        let address = text(&pod["status"]["podIP"]).parse().ok()?;
        let ready = (is_ready(&pod) || unready) && !is_deleted(&pod);
        (selected && !over).then_some(Backend { pod, address, ready })
    };
    pods.into_iter().filter_map(backend).collect()
}

fn has_selector(service: &Object) -> bool {
    let external = text(&service["spec"]["type"]) == "ExternalName";
    !external && service["spec"]["selector"].as_object().is_some_and(|selector| !selector.is_empty())
}

/// Creates the object, or brings what the controller owns of it up to date.
fn write(controllers: &Controllers, resource: &str, wanted: Object) {
    match controllers.store.get(resource, namespace(&wanted), name(&wanted)) {
        None => drop(controllers.create(resource, wanted)),
        Some(present) => {
            let fields = ["endpoints", "ports", "subsets"];
            if fields.iter().all(|field| present.get(field) == wanted.get(field)) {
                return;
            }
            controllers.update(resource, &present, |object| {
                for field in fields {
                    if let Some(value) = wanted.get(field) {
                        object[field] = value.clone();
                    }
                }
            });
        }
    }
}

fn slice(service: &Object, backends: &[Backend]) -> Object {
    let suffix = format!("{:08x}", fnv(uid(service).as_bytes()));
    let endpoint = |backend: &Backend| {
        let going = is_deleted(&backend.pod);
        json!({
            "addresses": [backend.address.to_string()],
            "conditions": { "ready": backend.ready, "serving": is_ready(&backend.pod), "terminating": going },
            "nodeName": backend.pod["spec"]["nodeName"],
            "targetRef": reference(&backend.pod),
        })
    };
    json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": format!("{}-{}", name(service), suffix.get(..5).unwrap_or_default()),
            "generateName": format!("{}-", name(service)),
            "namespace": namespace(service),
            "labels": { SERVICE: name(service), MANAGED: CONTROLLER },
            "ownerReferences": [owned_by(service)],
        },
        "addressType": "IPv4",
        "endpoints": backends.iter().map(endpoint).collect::<Vec<Value>>(),
        "ports": ports(service, backends),
    })
}

fn endpoints(service: &Object, backends: &[Backend]) -> Object {
    let address = |backend: &Backend| {
        json!({
            "ip": backend.address.to_string(),
            "nodeName": backend.pod["spec"]["nodeName"],
            "targetRef": reference(&backend.pod),
        })
    };
    let addresses = |ready: bool| {
        let some = backends.iter().filter(|backend| backend.ready == ready && !is_deleted(&backend.pod));
        some.map(address).collect::<Vec<Value>>()
    };
    let mut subset = json!({});
    for (field, ready) in [("addresses", true), ("notReadyAddresses", false)] {
        let addresses = addresses(ready);
        if !addresses.is_empty() {
            subset[field] = addresses.into();
        }
    }
    let empty = subset.as_object().is_none_or(serde_json::Map::is_empty);
    subset["ports"] = ports(service, backends);
    json!({
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {
            "name": name(service),
            "namespace": namespace(service),
            "labels": { "endpoints.kubernetes.io/managed-by": "endpoint-controller" },
            "ownerReferences": [owned_by(service)],
        },
        "subsets": if empty { json!([]) } else { json!([subset]) },
    })
}

fn ports(service: &Object, backends: &[Backend]) -> Value {
    let first = backends.first().map(|backend| &*backend.pod);
    let port = |port: &Value| {
        let number = match first {
            Some(pod) => u64::from(target(port, pod)),
            None => number(&port["targetPort"], number(&port["port"], 0)),
        };
        json!({ "name": text(&port["name"]), "port": number, "protocol": protocol(port) })
    };
    items(&service["spec"]["ports"]).iter().map(port).collect()
}

/// The protocol of a port.
pub fn protocol(port: &Value) -> &str {
    port["protocol"].as_str().unwrap_or("TCP")
}

fn reference(pod: &Object) -> Value {
    json!({ "kind": "Pod", "namespace": namespace(pod), "name": name(pod), "uid": uid(pod) })
}
