//! Addresses and node ports of Services.
//! <https://kubernetes.io/docs/reference/networking/virtual-ips/#ip-address-objects>
//!
//! **Differs from Kubernetes:** the search for a free address starts at a place that follows from the Service's name
//! instead of a random one, so that the same manifests give the same addresses.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use network::Cidr;
use serde_json::{Value, json};

use super::cell::items;
use super::{Allocation, Problems};
use crate::embedded::store::Object;

/// The first addresses of the range are for the cluster's own Services.
const OWN: u32 = 16;
const NODE_PORTS: std::ops::RangeInclusive<u64> = 30_000..=32_767;

/// Gives a Service the cluster address and the node ports that it needs.
pub fn allocate(service: &mut Object, allocation: &Allocation, problems: &mut Problems) {
    let kind = service["spec"]["type"].as_str().unwrap_or_default().to_owned();
    if kind == "ExternalName" || !service["spec"].is_object() {
        return;
    }
    let (namespace, name) = (service["metadata"]["namespace"].clone(), service["metadata"]["name"].clone());
    let others: Vec<_> = allocation
        .services
        .iter()
        .filter(|other| other["metadata"]["namespace"] != namespace || other["metadata"]["name"] != name)
        .collect();
    let start = place(&format!("{namespace}/{name}"));
    let used: BTreeSet<&str> =
        others.iter().filter_map(|other| other["spec"]["clusterIP"].as_str()).collect();
    cluster_address(&mut service["spec"], (allocation.service_range, start), &used, problems);
    let published = kind == "NodePort" || kind == "LoadBalancer";
    if published && service["spec"]["allocateLoadBalancerNodePorts"] != false {
        let mut used: BTreeSet<u64> =
            others.iter().flat_map(|other| items(&other["spec"]["ports"])).filter_map(node_port).collect();
        node_ports(&mut service["spec"], start, &mut used, problems);
    }
}

fn cluster_address(
    spec: &mut Value,
    (range, start): (Cidr, u32),
    used: &BTreeSet<&str>,
    problems: &mut Problems,
) {
    let wanted = spec["clusterIP"].as_str().unwrap_or_default().to_owned();
    let address = match wanted.as_str() {
        "None" => wanted,
        "" => {
            let last = range.last().to_bits() - range.first().to_bits();
            let size = last.saturating_sub(OWN);
            let free = (0..size)
                .filter_map(|step| range.address(OWN + (start.wrapping_add(step)) % size))
                .map(|address| address.to_string())
                .find(|address| !used.contains(address.as_str()));
            let Some(free) = free else {
                problems.invalid("spec.clusterIP", &json!(""), "failed to allocate IP: range is full");
                return;
            };
            free
        }
        given => {
            if given.parse::<Ipv4Addr>().is_ok_and(|address| range.contains(address)) {
                if used.contains(given) {
                    let why = "failed to allocate IP: provided IP is already allocated";
                    problems.invalid("spec.clusterIPs", &json!([given]), why);
                }
            } else {
                let why = "failed to allocate IP: the provided IP is not in the valid range";
                problems.invalid("spec.clusterIPs", &json!([given]), why);
            }
            wanted
        }
    };
    spec["clusterIPs"] = json!([address]);
    spec["clusterIP"] = address.into();
}

fn node_ports(spec: &mut Value, start: u32, used: &mut BTreeSet<u64>, problems: &mut Problems) {
    let size = NODE_PORTS.end() - NODE_PORTS.start() + 1;
    let given: Vec<u64> = items(&spec["ports"]).iter().filter_map(node_port).collect();
    for port in &given {
        if !used.insert(*port) {
            problems.invalid("spec.ports.nodePort", &json!(port), "provided port is already allocated");
        }
    }
    for port in spec["ports"].as_array_mut().into_iter().flatten() {
        if node_port(port).is_some() || !port.is_object() {
            continue;
        }
        let free = (0..size)
            .map(|step| NODE_PORTS.start() + (u64::from(start) + step) % size)
            .find(|candidate| !used.contains(candidate));
        match free {
            Some(free) => {
                used.insert(free);
                port["nodePort"] = free.into();
            }
            None => problems.invalid("spec.ports.nodePort", &json!(0), "no node port is free"),
        }
    }
}

fn node_port(port: &Value) -> Option<u64> {
    port["nodePort"].as_u64().filter(|number| *number > 0)
}

/// FNV-1a: any spread will do, but it has to stay the same.
fn place(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
