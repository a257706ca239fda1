//! MetalLB: its objects, as this version wants them, and how a Service tells it what Azure has decided.
//! <https://metallb.io/usage/>, <https://metallb.io/configuration/_advanced_ipaddresspool_configuration/>
//!
//! Neither pool gives addresses by itself (`autoAssign: false`): which one a Service gets, and which address, is written
//! into its annotations by [`crate::kind::balancer`].
//!
//! **Differs from MetalLB's own manifest:** layer 2 only is meant to be used; the schemas of the kinds that belong to
//! BGP accept any field; one role for each of the two programs covers all of MetalLB's kinds.

mod access;
mod definitions;
mod webhook;
mod workload;

use std::net::Ipv4Addr;

use network::Cidr;
use serde_json::{Value, json};

use crate::object::{set, text};

/// The version; the objects here and the images have to be of the same one.
pub const VERSION: &str = "v0.15.3";
/// The images.
pub const IMAGES: &[&str] = &["quay.io/metallb/controller:v0.15.3", "quay.io/metallb/speaker:v0.15.3"];
/// The pool of the subnets.
pub const INTERNAL: &str = "internal";
/// The pool of public addresses.
pub const PUBLIC: &str = "public";
/// The annotations of a Service that are written here.
pub const ANNOTATIONS: &[&str] = &[POOL, ADDRESSES];

const POOL: &str = "metallb.io/address-pool";
const ADDRESSES: &str = "metallb.io/loadBalancerIPs";
/// Where MetalLB runs.
pub const NAMESPACE: &str = "metallb-system";

/// Everything but pools and advertisement, in the order in which it is to be applied.
pub fn objects() -> Vec<Value> {
    let mut objects = vec![namespace()];
    objects.extend(definitions::all());
    objects.extend(access::all());
    objects.push(excluded_interfaces());
    objects.extend(webhook::backing());
    objects.extend(workloads());
    objects.extend(webhooks());
    objects
}

/// What runs: the controller and the speakers.
pub fn workloads() -> Vec<Value> {
    vec![workload::controller(), workload::speaker()]
}

/// What checks MetalLB's own objects.
pub fn webhooks() -> Vec<Value> {
    vec![webhook::configuration()]
}

/// The two pools, and the advertisement of their addresses on the nodes' network.
pub fn pools(internal: &[Cidr]) -> Vec<Value> {
    let internal: Vec<String> = internal.iter().map(ToString::to_string).collect();
    let named = |kind: &str, name: &str, spec: Value| {
        json!({
            "apiVersion": "metallb.io/v1beta1", "kind": kind,
            "metadata": { "name": name, "namespace": NAMESPACE },
            "spec": spec,
        })
    };
    vec![
        named("IPAddressPool", INTERNAL, json!({ "addresses": internal, "autoAssign": false })),
        named("IPAddressPool", PUBLIC, json!({ "addresses": [network::PUBLIC], "autoAssign": false })),
        named("L2Advertisement", "azure", json!({ "ipAddressPools": [INTERNAL, PUBLIC] })),
    ]
}

/// Writes the pool and the address into a Service. MetalLB refuses the address where the Service itself names one.
pub fn mark(service: &mut Value, pool: &str, address: Ipv4Addr) {
    set(service, &["metadata", "annotations", POOL], pool.into());
    if text(&service["spec"]["loadBalancerIP"]).is_empty() {
        set(service, &["metadata", "annotations", ADDRESSES], address.to_string().into());
    } else {
        remove(service, ADDRESSES);
    }
}

/// Takes what was written out of a Service.
pub fn unmark(service: &mut Value) {
    for annotation in ANNOTATIONS {
        remove(service, annotation);
    }
}

fn remove(service: &mut Value, annotation: &str) {
    if let Some(annotations) = service.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.shift_remove(annotation);
    }
}

fn namespace() -> Value {
    let labels: serde_json::Map<String, Value> = ["audit", "enforce", "warn"]
        .map(|mode| (format!("pod-security.kubernetes.io/{mode}"), "privileged".into()))
        .into_iter()
        .collect();
    json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": NAMESPACE, "labels": labels } })
}

/// Interfaces on which addresses are never announced: those of Pods and of container networks inside of a node.
fn excluded_interfaces() -> Value {
    let names = [
        "^docker.*",
        "^cbr.*",
        "^dummy.*",
        "^virbr.*",
        "^lxcbr.*",
        "^veth.*",
        "^lo$",
        "^cali.*",
        "^tunl.*",
        "^flannel.*",
        "^kube-ipvs.*",
        "^cni.*",
        "^nodelocaldns.*",
        "^lxc.*",
    ];
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "name": "metallb-excludel2", "namespace": NAMESPACE, "labels": { "app": "metallb" } },
        "data": { "excludel2.yaml": format!("announcedInterfacesToExclude: {}\n", json!(names)) },
    })
}

#[cfg(test)]
mod tests;
