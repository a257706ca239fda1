//! Load balancers of the embedded cluster: what [`crate::load_balancer`] decides is written into the Service, and the
//! address exists in the virtual network from then on.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use network::Exposure;
use serde_json::json;

use super::Controllers;
use super::object::{set, uid};
use crate::embedded::LoadBalancers;
use crate::embedded::store::Object;
use crate::load_balancer::{
    Attempt, Azure, COMPONENT, DELETED, DELETING, ENSURED, ENSURING, FAILED, Failure, Memory, Plan, Step,
    UNRESOLVED, add_finalizer, address, has_finalizer, ingress, remove_finalizer, wants,
};

/// How soon a network is looked for that is not there yet.
const NETWORK_RETRY: Duration = Duration::from_millis(250);

/// Takes the addresses that Services had before a restart, before anyone else can.
pub fn restore(controllers: &mut Controllers) {
    for service in controllers.balanced() {
        let (mut azure, memory) = controllers.azure();
        memory.restore(&mut azure, &service);
    }
}

/// Makes, changes and removes load balancers.
pub fn reconcile(controllers: &mut Controllers) {
    for service in controllers.balanced() {
        if wants(&service) {
            ensure(controllers, &service);
        } else if has_finalizer(&service) || address(&service).is_some() {
            clean_up(controllers, &service);
        }
    }
}

/// Gives all addresses back.
pub fn release_all(controllers: &mut Controllers) {
    for service in controllers.balanced() {
        controllers.azure().0.release(&service);
    }
}

/// Who reaches a Service's load balancer. One that somebody else makes is known inside of the cluster only.
pub fn exposure(controllers: &Controllers, service: &Object) -> Option<Exposure> {
    match controllers.balancers {
        LoadBalancers::Azure => controllers.load_balancers.exposure(service, &controllers.cluster_id()),
        LoadBalancers::External => Some(Exposure::Cluster(controllers.cluster_id())),
    }
}

impl Controllers {
    /// The Services that are looked at here.
    fn balanced(&self) -> Vec<Arc<Object>> {
        match self.balancers {
            LoadBalancers::Azure => self.list("services"),
            LoadBalancers::External => Vec::new(),
        }
    }

    fn azure(&mut self) -> (Azure<'_>, &mut Memory) {
        let azure = Azure { cluster: &self.cluster, fabric: &self.fabric, own: &mut self.network };
        (azure, &mut self.load_balancers)
    }
}

fn ensure(controllers: &mut Controllers, service: &Arc<Object>) {
    let (mut azure, memory) = controllers.azure();
    match memory.next(&mut azure, service, address(service)) {
        Step::Keep => {}
        Step::Assign(plan, address) => assign(controllers, service, plan, address),
        Step::Wait(subnet) => {
            tracing::debug!(subnet, "the subnet is not there yet");
            controllers.wake_in(NETWORK_RETRY);
        }
        Step::Fail(failure) => fail(controllers, service, &failure),
    }
}

fn assign(controllers: &mut Controllers, service: &Arc<Object>, plan: Plan, address: Ipv4Addr) {
    if !controllers.load_balancers.has_failed(service) {
        controllers.normal(service, COMPONENT, ENSURING);
    }
    controllers.load_balancers.succeeded(service, plan);
    controllers.update("services", service, |service| {
        add_finalizer(service);
        set(service, &["status", "loadBalancer"], ingress(address));
    });
    controllers.normal(service, COMPONENT, ENSURED);
    if let Some(message) = controllers.azure().0.unresolved(service) {
        controllers.warn_once(service, COMPONENT, (UNRESOLVED, &message));
    }
}

fn fail(controllers: &mut Controllers, service: &Arc<Object>, failure: &Failure) {
    match controllers.load_balancers.failed(service, failure, controllers.clock.elapsed()) {
        Attempt::Known(wait) => controllers.wake_in(wait),
        Attempt::Told(message, next) => {
            controllers.wake_in(next);
            controllers.normal(service, COMPONENT, ENSURING);
            controllers.warn(service, COMPONENT, (FAILED, &message));
        }
    }
}

fn clean_up(controllers: &mut Controllers, service: &Arc<Object>) {
    controllers.normal(service, COMPONENT, DELETING);
    controllers.azure().0.release(service);
    controllers.load_balancers.forget(uid(service));
    controllers.normal(service, COMPONENT, DELETED);
    controllers.update("services", service, |service| {
        set(service, &["status", "loadBalancer"], json!({}));
        remove_finalizer(service);
    });
}
