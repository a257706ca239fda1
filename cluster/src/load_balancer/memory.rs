//! What is to be done for a Service, from what it asks for, what it has, and what was tried before.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use aks::LoadBalancerAccess;
use network::{AddressError, Exposure};
use serde_json::Value;

use super::{Azure, Failure, Plan, address};
use crate::object::uid;

/// How soon a failed attempt is repeated, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(5));

/// What is remembered of Services, by uid.
#[derive(Default)]
pub struct Memory {
    made: HashMap<String, Plan>,
    failed: HashMap<String, Failed>,
}

/// An attempt that has failed.
struct Failed {
    message: String,
    /// When the next one is due, on the clock.
    next: Duration,
    delay: Duration,
}

/// What is to be done for a Service.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// It has what it asks for.
    Keep,
    /// It gets this address, which is taken already.
    Assign(Plan, Ipv4Addr),
    /// The subnet is not there yet.
    Wait(String),
    /// Azure refuses.
    Fail(Failure),
}

/// A failure, and whether it is told.
#[derive(Debug, PartialEq)]
pub enum Attempt {
    /// It is new, or Azure would be asked again: the message, and when the next attempt is due.
    Told(String, Duration),
    /// It is known; the next attempt is due in this time.
    Known(Duration),
}

impl Memory {
    /// Takes the address that a Service had before a restart, before anyone else can.
    pub fn restore(&mut self, azure: &mut Azure<'_>, service: &Value) {
        let Some(address) = address(service) else { return };
        let Ok(plan) = Plan::of(azure, service) else { return };
        let owner = azure.owner(service);
        if plan.take(azure, &owner, Some(address)) == Ok(address) {
            self.made.insert(uid(service).to_owned(), plan);
        }
    }

    /// What is to be done for a Service that has this address.
    pub fn next(&self, azure: &mut Azure<'_>, service: &Value, has: Option<Ipv4Addr>) -> Step {
        let plan = match Plan::of(azure, service) {
            Ok(plan) => plan,
            Err(failure) => return Step::Fail(failure),
        };
        let made = self.made.get(uid(service));
        if has.is_some() && made == Some(&plan) {
            return Step::Keep;
        }
        // One that was made before a restart is there, whatever the roles say now.
        let is_new = has.is_none() || made.is_some();
        if let (true, true, LoadBalancerAccess::Denied(denial)) =
            (is_new, plan.needs_access(), &azure.cluster.load_balancer_access)
        {
            return Step::Fail(Failure::denied(&azure.cluster.principal, denial));
        }
        if made.is_some_and(|made| !made.same_network(&plan)) {
            azure.release(service);
        }
        match take(azure, &plan, service, has.filter(|_| !is_new)) {
            Ok(address) => Step::Assign(plan, address),
            Err(AddressError::NoSuchSubnet(subnet)) => Step::Wait(subnet),
            Err(error) => Step::Fail(Failure::address(&plan, &error)),
        }
    }

    /// Who reaches a Service's load balancer.
    pub fn exposure(&self, service: &Value, cluster: &str) -> Option<Exposure> {
        Some(self.made.get(uid(service))?.exposure(cluster))
    }

    /// An attempt before has failed.
    pub fn has_failed(&self, service: &Value) -> bool {
        self.failed.contains_key(uid(service))
    }

    /// The Service gets what it asks for.
    pub fn succeeded(&mut self, service: &Value, plan: Plan) {
        self.failed.remove(uid(service));
        self.made.insert(uid(service).to_owned(), plan);
    }

    /// Notes a failure: it is told when it is new, and again each time that Azure would be asked again.
    pub fn failed(&mut self, service: &Value, failure: &Failure, now: Duration) -> Attempt {
        let message = failure.message();
        let before = self.failed.get(uid(service)).filter(|before| before.message == message);
        if let Some(before) = before.filter(|before| now < before.next) {
            return Attempt::Known(before.next.saturating_sub(now));
        }
        let delay = before.map_or(RETRY.0, |before| (before.delay * 2).min(RETRY.1));
        let failed = Failed { message: message.clone(), next: now + delay, delay };
        self.failed.insert(uid(service).to_owned(), failed);
        Attempt::Told(message, delay)
    }

    /// Forgets a Service.
    pub fn forget(&mut self, uid: &str) {
        self.made.remove(uid);
        self.failed.remove(uid);
    }
}

/// The wanted address; else the one that it keeps, if nobody has taken it; else the lowest free one.
fn take(
    azure: &mut Azure<'_>,
    plan: &Plan,
    service: &Value,
    kept: Option<Ipv4Addr>,
) -> Result<Ipv4Addr, AddressError> {
    let owner = azure.owner(service);
    match plan.take(azure, &owner, plan.wanted().or(kept)) {
        Err(AddressError::Taken { .. } | AddressError::NotUsable(..))
            if plan.wanted().is_none() && kept.is_some() =>
        {
            plan.take(azure, &owner, None)
        }
        taken => taken,
    }
}
