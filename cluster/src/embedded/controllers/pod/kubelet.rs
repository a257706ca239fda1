//! The kubelets: run the Pods that were given a node, report what became of them, and stop those that are to go.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{addresses, spec, status};
use crate::embedded::Nodes;
use crate::embedded::controllers::Controllers;
use crate::embedded::controllers::event::Involved;
use crate::embedded::controllers::object::{is_deleted, items, name, namespace, number, set, text, uid};
use crate::embedded::controllers::replica_set::is_active;
use crate::embedded::store::Object;
use crate::embedded::workloads::Image;

const COMPONENT: &str = "kubelet";
/// What a Pod gets whose object is gone already.
const USUAL_GRACE: Duration = Duration::from_secs(30);

/// Starts what is to run and reports on what runs.
pub fn run(controllers: &mut Controllers) {
    for event in controllers.runtime.take_events() {
        let told = (event.level, event.reason, event.message.as_str());
        controllers.events.record(&Involved::pod(&event.pod), COMPONENT, told);
    }
    for pod in controllers.list("pods") {
        let node = text(&pod["spec"]["nodeName"]);
        if node.is_empty() {
            continue;
        }
        match controllers.store.get("nodes", "", node) {
            Some(node) => look_after(controllers, &pod, &node),
            None => controllers.store.remove("pods", namespace(&pod), name(&pod)),
        }
    }
}

/// Stops what is to go. Runs after the Pods have left the virtual network, and not before.
pub fn terminate(controllers: &mut Controllers) {
    let mut known = controllers.runtime.uids();
    for pod in controllers.list("pods") {
        let runs = known.remove(uid(&pod));
        if !is_deleted(&pod) {
            continue;
        }
        let grace = Duration::from_secs(number(&pod["metadata"]["deletionGracePeriodSeconds"], 30));
        if !runs || stopped(controllers, uid(&pod), grace) {
            controllers.runtime.forget(uid(&pod));
            controllers.store.remove("pods", namespace(&pod), name(&pod));
        }
    }
    for orphan in known {
        if stopped(controllers, &orphan, USUAL_GRACE) {
            controllers.runtime.forget(&orphan);
        }
    }
}

/// Asks a Pod to stop; `true` if it has.
fn stopped(controllers: &Controllers, uid: &str, grace: Duration) -> bool {
    let has = controllers.runtime.status(uid).is_none_or(|status| status.stopped);
    if !has {
        controllers.runtime.stop(uid, grace);
    }
    has
}

fn look_after(controllers: &mut Controllers, pod: &Arc<Object>, node: &Object) {
    if controllers.runtime.status(uid(pod)).is_none() {
        if is_deleted(pod) || !is_active(pod) {
            return;
        }
        if controllers.nodes == Nodes::Machines
            && let Some(missing) = missing(pod, node)
        {
            return waits(controllers, pod, &missing);
        }
        let Some(address) = address(controllers, pod, node) else { return };
        match spec::of(pod, address, &controllers.store) {
            Ok(spec) => controllers.runtime.start(spec),
            Err((container, message)) => {
                let reason = "CreateContainerConfigError";
                return waits(controllers, pod, &Waits { container, reason, message });
            }
        }
        remark_volumes(controllers, pod);
        report(controllers, pod, node, Some(address));
    } else {
        report(controllers, pod, node, None);
    }
}

fn report(controllers: &mut Controllers, pod: &Object, node: &Object, fresh: Option<Ipv4Addr>) {
    let Some(runs) = controllers.runtime.status(uid(pod)) else { return };
    let Some(address) = fresh.or_else(|| addresses::of(pod)) else { return };
    let status = status::of(pod, node, (address, &runs), &controllers.now());
    controllers.set_status("pods", pod, status);
}

/// The address from before a restart, or a new one.
fn address(controllers: &mut Controllers, pod: &Object, node: &Object) -> Option<Ipv4Addr> {
    if let Some(address) = addresses::of(pod) {
        return Some(address);
    }
    let pods = controllers.list("pods");
    let address = controllers.addresses.next(text(&node["spec"]["podCIDR"]), &pods);
    if address.is_none() {
        controllers.warn_once(
            pod,
            COMPONENT,
            ("FailedCreatePodSandBox", "no address is free in the node's Pod range"),
        );
    }
    address
}

/// A container that cannot be started yet.
struct Waits {
    container: String,
    reason: &'static str,
    message: String,
}

/// The first container whose image its node does not have.
fn missing(pod: &Object, node: &Object) -> Option<Waits> {
    let present: Vec<Image> = items(&node["status"]["images"])
        .iter()
        .flat_map(|image| items(&image["names"]))
        .map(|name| Image::parse(text(name)))
        .collect();
    let containers = ["initContainers", "containers"].iter().flat_map(|field| items(&pod["spec"][field]));
    containers.into_iter().find(|one| !present.contains(&Image::parse(text(&one["image"])))).map(|one| {
        let image = text(&one["image"]);
        let why =
            format!("failed to pull and unpack image \"{image}\": no registry is reached from the node");
        let message = format!("Back-off pulling image \"{image}\": ErrImagePull: {why}");
        Waits { container: text(&one["name"]).to_owned(), reason: "ImagePullBackOff", message }
    })
}

/// Says why a container waits; it starts when what it waits for is there.
fn waits(controllers: &mut Controllers, pod: &Object, why: &Waits) {
    let waiting = |one: &Value, state: Value| {
        json!({
            "name": one["name"], "image": one["image"], "imageID": "", "ready": false, "restartCount": 0,
            "started": false, "lastState": {}, "state": { "waiting": state },
        })
    };
    let states = items(&pod["spec"]["containers"]).iter().map(|one| {
        if text(&one["name"]) == why.container {
            waiting(one, json!({ "reason": why.reason, "message": why.message }))
        } else {
            waiting(one, json!({ "reason": "ContainerCreating" }))
        }
    });
    let states: Value = states.collect();
    if pod["status"]["containerStatuses"] == states {
        return;
    }
    controllers.update("pods", pod, |pod| {
        set(pod, &["status", "phase"], "Pending".into());
        set(pod, &["status", "containerStatuses"], states);
    });
    controllers.warn(pod, COMPONENT, ("Failed", &format!("Error: {}", why.message)));
}

/// Says that volumes are not mounted, once for each Pod.
fn remark_volumes(controllers: &mut Controllers, pod: &Object) {
    let volumes = items(&pod["spec"]["volumes"]).iter();
    let real = volumes.filter(|volume| volume.get("emptyDir").is_none() && volume.get("projected").is_none());
    let names: Vec<&str> = real.map(|volume| text(&volume["name"])).collect();
    if !names.is_empty() {
        let message = format!(
            "The workloads of the sandbox have no file system of their own: volumes are not mounted ({})",
            names.join(", ")
        );
        controllers.warn(pod, COMPONENT, ("VolumesNotMounted", &message));
    }
}
