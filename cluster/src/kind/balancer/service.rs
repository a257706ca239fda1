//! One Service: from what Azure decides to what is written into it.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use kube::api::{Api, DynamicObject, Patch, PatchParams};
use serde_json::{Value, json};

use super::event::{self, Level};
use super::implementation::Active;
use super::view::Kind;
use super::{Balancer, Given};
use crate::load_balancer::{
    Attempt, DELETED, DELETING, ENSURED, ENSURING, FAILED, Failure, Plan, Step, UNRESOLVED, add_finalizer,
    address, has_finalizer, ingress, remove_finalizer, wants,
};
use crate::metallb;
use crate::object::{annotation, name, namespace, uid};

/// How soon a network, or an implementation, is looked for that is not there yet.
const RETRY: Duration = Duration::from_millis(250);

impl Balancer {
    /// Takes the addresses that Services had before a restart, before anyone else can.
    pub fn restore(&mut self, services: &[Arc<Value>]) {
        if std::mem::replace(&mut self.restored, true) {
            return;
        }
        let id = self.id();
        for service in services {
            let Some(address) = address(service) else { continue };
            let (mut azure, memory) = self.azure();
            memory.restore(&mut azure, service);
            if memory.exposure(service, &id).is_some() {
                let given = Given { service: service.clone(), address, announced: true };
                self.given.insert(uid(service).to_owned(), given);
            }
        }
    }

    /// Makes, changes or removes the load balancer of a Service.
    pub async fn reconcile(&mut self, service: &Arc<Value>) -> Result<(), kube::Error> {
        if wants(service) {
            self.ensure(service).await
        } else if has_finalizer(service) || self.given.contains_key(uid(service)) {
            self.clean_up(service).await
        } else {
            Ok(())
        }
    }

    async fn ensure(&mut self, service: &Arc<Value>) -> Result<(), kube::Error> {
        let has = self.given.get(uid(service)).map(|given| given.address).or_else(|| address(service));
        let (mut azure, memory) = self.azure();
        match memory.next(&mut azure, service, has) {
            Step::Keep => self.maintain(service).await,
            Step::Assign(..) if self.active.is_none() => {
                self.due = self.due.min(RETRY);
                Ok(())
            }
            Step::Assign(plan, address) => self.assign(service, plan, address).await,
            Step::Wait(subnet) => {
                tracing::debug!(subnet, "the subnet is not there yet");
                self.due = self.due.min(RETRY);
                Ok(())
            }
            Step::Fail(failure) => self.fail(service, &failure).await,
        }
    }

    async fn assign(
        &mut self,
        service: &Arc<Value>,
        plan: Plan,
        address: Ipv4Addr,
    ) -> Result<(), kube::Error> {
        if !self.memory.has_failed(service) {
            self.tell(service, Level::Normal, ENSURING).await;
        }
        self.memory.succeeded(service, plan);
        let given = Given { service: service.clone(), address, announced: false };
        self.given.insert(uid(service).to_owned(), given);
        self.maintain(service).await
    }

    /// Writes into the Service what is not there, and tells when the address has arrived in its status.
    async fn maintain(&mut self, service: &Arc<Value>) -> Result<(), kube::Error> {
        let Some(given) = self.given.get_mut(uid(service)) else { return Ok(()) };
        given.service = service.clone();
        let (given_address, was_announced) = (given.address, given.announced);
        let Some(active) = &self.active else { return Ok(()) };
        let writes_status = matches!(active, Active::Builtin(_));
        let mut wanted = (**service).clone();
        add_finalizer(&mut wanted);
        if let Some(pool) = pool(active, self.memory.exposure(service, &self.id())) {
            metallb::mark(&mut wanted, pool, given_address);
        }
        let mut present = self.write(service, &wanted).await?;
        if writes_status && present["status"]["loadBalancer"] != ingress(given_address) {
            present = self.write_status(&present, ingress(given_address)).await?;
        }
        if !was_announced && address(&present) == Some(given_address) {
            if let Some(given) = self.given.get_mut(uid(service)) {
                given.announced = true;
            }
            self.tell(service, Level::Normal, ENSURED).await;
            if let Some(message) = self.azure().0.unresolved(service) {
                self.tell(service, Level::Warning, (UNRESOLVED, &message)).await;
            }
        }
        Ok(())
    }

    async fn fail(&mut self, service: &Value, failure: &Failure) -> Result<(), kube::Error> {
        match self.memory.failed(service, failure, self.context.clock.elapsed()) {
            Attempt::Known(wait) => self.due = self.due.min(wait),
            Attempt::Told(message, next) => {
                self.due = self.due.min(next);
                self.tell(service, Level::Normal, ENSURING).await;
                self.tell(service, Level::Warning, (FAILED, &message)).await;
            }
        }
        Ok(())
    }

    async fn clean_up(&mut self, service: &Arc<Value>) -> Result<(), kube::Error> {
        self.azure().0.release(service);
        self.memory.forget(uid(service));
        if self.given.remove(uid(service)).is_some() {
            self.tell(service, Level::Normal, DELETING).await;
        }
        let mut present = (**service).clone();
        if matches!(self.active, Some(Active::Builtin(_))) && address(&present).is_some() {
            present = self.write_status(&present, json!({})).await?;
        }
        let mut wanted = present.clone();
        remove_finalizer(&mut wanted);
        metallb::unmark(&mut wanted);
        self.write(&present, &wanted).await?;
        self.tell(service, Level::Normal, DELETED).await;
        Ok(())
    }

    /// Writes what differs in the annotations and finalizers; somebody else's change in between makes it fail.
    async fn write(&self, present: &Value, wanted: &Value) -> Result<Value, kube::Error> {
        if present["metadata"] == wanted["metadata"] {
            return Ok(present.clone());
        }
        let mut annotations = json!({});
        for known in metallb::ANNOTATIONS {
            annotations[*known] = annotation(wanted, known).into();
        }
        let patch = json!({ "metadata": {
            "resourceVersion": present["metadata"]["resourceVersion"],
            "annotations": annotations,
            "finalizers": wanted["metadata"]["finalizers"],
        }});
        let written = self
            .services(present)
            .patch(name(present), &PatchParams::default(), &Patch::Merge(patch))
            .await?;
        Ok(self.written(written))
    }

    async fn write_status(&self, present: &Value, balancer: Value) -> Result<Value, kube::Error> {
        // A merge alone would keep what an empty object does not name.
        let ingress = balancer.get("ingress").cloned().unwrap_or_default();
        let patch = Patch::Merge(json!({ "status": { "loadBalancer": { "ingress": ingress } } }));
        let services = self.services(present);
        let written = services.patch_status(name(present), &PatchParams::default(), &patch).await?;
        Ok(self.written(written))
    }

    fn written(&self, service: DynamicObject) -> Value {
        let service = serde_json::to_value(service).unwrap_or_default();
        self.view.put(Kind::Service, service.clone());
        service
    }

    fn services(&self, service: &Value) -> Api<DynamicObject> {
        Api::namespaced_with(self.context.client.clone(), namespace(service), &Kind::Service.resource())
    }

    async fn tell(&self, service: &Value, level: Level, (reason, message): (&str, &str)) {
        let now = self.context.clock.now().rfc3339();
        if let Err(error) = event::record(&self.context.client, service, (level, reason, message), &now).await
        {
            tracing::warn!(service = name(service), reason, %error, "an event could not be written");
        }
    }
}

/// The pool that MetalLB is to look into, where MetalLB makes the address.
fn pool(active: &Active, exposure: Option<network::Exposure>) -> Option<&'static str> {
    match (active, exposure) {
        (Active::Builtin(_), _) => None,
        (Active::Metallb(_), Some(network::Exposure::Public)) => Some(metallb::PUBLIC),
        (Active::Metallb(_), _) => Some(metallb::INTERNAL),
    }
}
