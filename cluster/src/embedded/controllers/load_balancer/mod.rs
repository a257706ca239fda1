//! Load balancers, as the Azure cloud provider makes them for Services.
//! <https://cloud-provider-azure.sigs.k8s.io/topics/loadbalancer/>
//! <https://learn.microsoft.com/azure/aks/internal-lb>
//!
//! An internal one takes an address of the cluster's subnet, for which the cluster's identity needs a role there.
//! While it has none, the Service stays pending and an event says what is missing; it gets its address as soon as
//! the role is assigned.
//!
//! **Differs from Azure:** nothing takes time; health probes are the Pods' readiness; of the annotations those of
//! `internal`, `internal-subnet` and `ipv4` are honoured.

mod failure;
mod plan;

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use aks::LoadBalancerAccess;
use network::{AddressError, Exposure};
use serde_json::json;

use super::Controllers;
use super::object::{is_deleted, items, list_mut, name, namespace, set, text, uid};
use crate::embedded::store::Object;
use failure::Failure;
use plan::Plan;

const COMPONENT: &str = "service-controller";
const FINALIZER: &str = "service.kubernetes.io/load-balancer-cleanup";
/// How soon a failed attempt is repeated, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(300));
/// How soon a network is looked for that is not there yet.
const NETWORK_RETRY: Duration = Duration::from_millis(250);

/// What the controller remembers of Services, by uid.
#[derive(Default)]
pub struct Memory {
    made: HashMap<String, Plan>,
    failed: HashMap<String, Attempt>,
}

/// An attempt that has failed.
struct Attempt {
    message: String,
    /// When the next one is due, on the clock.
    next: Duration,
    delay: Duration,
}

/// Takes the addresses that Services had before a restart, before anyone else can.
pub fn restore(controllers: &mut Controllers) {
    for service in controllers.list("services") {
        let Some(address) = address(&service) else { continue };
        let Ok(plan) = Plan::of(controllers, &service) else { continue };
        if plan.take(controllers, &owner(controllers, &service), Some(address)) == Ok(address) {
            controllers.load_balancers.made.insert(uid(&service).to_owned(), plan);
        }
    }
}

/// Makes, changes and removes load balancers.
pub fn reconcile(controllers: &mut Controllers) {
    for service in controllers.list("services") {
        if wants(&service) {
            ensure(controllers, &service);
        } else if has_finalizer(&service) || address(&service).is_some() {
            clean_up(controllers, &service);
        }
    }
}

/// Gives all addresses back.
pub fn release_all(controllers: &mut Controllers) {
    for service in controllers.list("services") {
        let owner = owner(controllers, &service);
        release(controllers, &owner);
    }
}

/// The address of a Service's load balancer.
pub fn address(service: &Object) -> Option<Ipv4Addr> {
    let first = items(&service["status"]["loadBalancer"]["ingress"]).first()?;
    text(&first["ip"]).parse().ok()
}

/// Who reaches a Service's load balancer.
pub fn exposure(controllers: &Controllers, service: &Object) -> Option<Exposure> {
    let plan = controllers.load_balancers.made.get(uid(service))?;
    Some(plan.exposure(&controllers.cluster_id()))
}

fn wants(service: &Object) -> bool {
    let spec = &service["spec"];
    text(&spec["type"]) == "LoadBalancer" && spec.get("loadBalancerClass").is_none() && !is_deleted(service)
}

fn ensure(controllers: &mut Controllers, service: &Arc<Object>) {
    let plan = match Plan::of(controllers, service) {
        Ok(plan) => plan,
        Err(failure) => return fail(controllers, service, &failure),
    };
    let made = controllers.load_balancers.made.get(uid(service));
    let has = address(service);
    if has.is_some() && made == Some(&plan) {
        return;
    }
    // One that was made before a restart is there, whatever the roles say now.
    let is_new = has.is_none() || made.is_some();
    if let (true, true, LoadBalancerAccess::Denied(denial)) =
        (is_new, plan.needs_access(), &controllers.cluster.load_balancer_access)
    {
        let failure = Failure::denied(&controllers.cluster.principal, denial);
        return fail(controllers, service, &failure);
    }
    let owner = owner(controllers, service);
    if made.is_some_and(|made| !made.same_network(&plan)) {
        release(controllers, &owner);
    }
    let kept = has.filter(|_| !is_new);
    let taken = match plan.take(controllers, &owner, plan.wanted().or(kept)) {
        Err(AddressError::Taken { .. } | AddressError::NotUsable(..))
            if plan.wanted().is_none() && kept.is_some() =>
        {
            plan.take(controllers, &owner, None)
        }
        taken => taken,
    };
    match taken {
        Ok(address) => assign(controllers, service, plan, address),
        Err(AddressError::NoSuchSubnet(subnet)) => {
            tracing::debug!(subnet, "the subnet is not there yet");
            controllers.wake_in(NETWORK_RETRY);
        }
        Err(error) => fail(controllers, service, &Failure::address(&plan, &error)),
    }
}

fn assign(controllers: &mut Controllers, service: &Arc<Object>, plan: Plan, address: Ipv4Addr) {
    if !controllers.load_balancers.failed.contains_key(uid(service)) {
        controllers.normal(service, COMPONENT, ("EnsuringLoadBalancer", "Ensuring load balancer"));
    }
    controllers.load_balancers.failed.remove(uid(service));
    controllers.load_balancers.made.insert(uid(service).to_owned(), plan);
    controllers.update("services", service, |service| {
        if !has_finalizer(service) {
            match list_mut(service, "/metadata/finalizers") {
                Some(finalizers) => finalizers.push(FINALIZER.into()),
                None => set(service, &["metadata", "finalizers"], json!([FINALIZER])),
            }
        }
        set(
            service,
            &["status", "loadBalancer"],
            json!({ "ingress": [{ "ip": address.to_string(), "ipMode": "VIP" }] }),
        );
    });
    controllers.normal(service, COMPONENT, ("EnsuredLoadBalancer", "Ensured load balancer"));
}

/// Tells about a failure when it is new, and again each time that Azure would be asked again.
fn fail(controllers: &mut Controllers, service: &Arc<Object>, failure: &Failure) {
    let message = failure.message();
    let now = controllers.clock.elapsed();
    let before =
        controllers.load_balancers.failed.get(uid(service)).filter(|before| before.message == message);
    if let Some(before) = before.filter(|before| now < before.next) {
        let wait = before.next.saturating_sub(now);
        return controllers.wake_in(wait);
    }
    let delay = before.map_or(RETRY.0, |before| (before.delay * 2).min(RETRY.1));
    let attempt = Attempt { message: message.clone(), next: now + delay, delay };
    controllers.load_balancers.failed.insert(uid(service).to_owned(), attempt);
    controllers.wake_in(delay);
    controllers.normal(service, COMPONENT, ("EnsuringLoadBalancer", "Ensuring load balancer"));
    controllers.warn(service, COMPONENT, ("SyncLoadBalancerFailed", &message));
}

fn clean_up(controllers: &mut Controllers, service: &Arc<Object>) {
    controllers.normal(service, COMPONENT, ("DeletingLoadBalancer", "Deleting load balancer"));
    let owner = owner(controllers, service);
    release(controllers, &owner);
    controllers.load_balancers.made.remove(uid(service));
    controllers.load_balancers.failed.remove(uid(service));
    controllers.normal(service, COMPONENT, ("DeletedLoadBalancer", "Deleted load balancer"));
    controllers.update("services", service, |service| {
        set(service, &["status", "loadBalancer"], json!({}));
        if let Some(finalizers) = list_mut(service, "/metadata/finalizers") {
            finalizers.retain(|one| one != FINALIZER);
        }
    });
}

fn has_finalizer(service: &Object) -> bool {
    items(&service["metadata"]["finalizers"]).iter().any(|one| one == FINALIZER)
}

fn owner(controllers: &Controllers, service: &Object) -> String {
    let cluster = &controllers.cluster;
    format!(
        "service {}/{} of cluster {}/{}",
        namespace(service),
        name(service),
        cluster.resource_group.to_lowercase(),
        cluster.name.to_lowercase()
    )
}

fn release(controllers: &mut Controllers, owner: &str) {
    controllers.fabric.release_addresses(owner);
    controllers.network.release(owner);
}
