//! The Kubernetes YAML files.

use std::collections::BTreeSet;

use super::{World, unique};
use crate::assets::Assets;
use crate::findings::Findings;
use crate::model::Document;
use crate::template::ServiceName;

pub(super) fn check(world: &World, findings: &mut Findings) {
    let files = &world.document.kubernetes;
    if let Some(first) = files.first() {
        world.needs("cluster", first, "a Kubernetes file", findings);
    }
    unique("Kubernetes files", files, findings);
}

/// Every file that the scenario deploys holds objects.
pub(super) fn all_read(document: &Document, assets: &Assets) -> bool {
    let mut files = document.kubernetes.iter();
    files.all(|file| assets.manifests.get(file.as_str()).is_some_and(|objects| !objects.is_empty()))
}

/// The Services that get an address from a load balancer.
pub(super) fn load_balancers(assets: &Assets) -> BTreeSet<ServiceName> {
    let objects = assets.manifests.values().flatten();
    objects
        .filter(|object| object["kind"] == "Service" && object["spec"]["type"] == "LoadBalancer")
        .filter_map(|object| {
            let text = |field: &str| object["metadata"][field].as_str().map(str::to_owned);
            Some(ServiceName { namespace: text("namespace")?, name: text("name")? })
        })
        .collect()
}
