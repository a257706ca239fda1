//! Which cache a policy means, and what it does there.
//! <https://learn.microsoft.com/azure/api-management/api-management-howto-cache-external>
//!
//! The external cache of a service is the Redis of its cache entity, or else the one that gateways count together in.
//! While it is away, `prefer-external` means this process's own cache, and with `external` nothing is found and nothing is
//! kept: a client never sees an error.
//!
//! **Differs from Azure:** only a Redis on this machine is connected to.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use apim::Redis;
use rustls::RootCertStore;
use tokio::runtime::Handle;

use super::State;
use super::cache::Found;
use super::external::External;
use super::responses::Kept;
use super::shared::Link;
use crate::value::Variable;

/// What a policy says about the cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Caching {
    /// The external one if there is one, else the gateway's own.
    #[default]
    PreferExternal,
    /// The external one.
    External,
    /// The gateway's own.
    Internal,
}

/// A cache of values and answers, for one request.
#[derive(Debug, Clone, Default)]
pub struct ChosenCache {
    external: Option<External>,
    /// The gateway's own stands in.
    own: bool,
}

/// The external caches of services, by their ids.
pub type Caches = HashMap<String, (Redis, External)>;

impl Caching {
    /// What the attribute `caching-type` says.
    pub fn named(text: Option<&str>) -> Self {
        match text {
            Some("external") => Self::External,
            Some("internal") => Self::Internal,
            _ => Self::PreferExternal,
        }
    }
}

impl State {
    /// The cache that a policy of a service means.
    pub fn choose(&self, caching: Caching, service: &apim::Service) -> ChosenCache {
        let own = caching != Caching::External && service.gateway.has_cache();
        let external = if caching == Caching::Internal { None } else { self.external(service) };
        ChosenCache { external, own }
    }

    fn external(&self, service: &apim::Service) -> Option<External> {
        if service.cache.is_none() {
            return self.shared.as_ref().map(|shared| External::new(Arc::clone(shared.link())));
        }
        self.caches.load().get(&service.id).map(|(_, external)| external.clone())
    }

    /// Connects to the caches of these services, and leaves those of all others.
    pub fn connect<'s>(&self, services: impl Iterator<Item = &'s apim::Service>, roots: &Arc<RootCertStore>) {
        let before = self.caches.load();
        let caches = services.filter_map(|service| Some((service.id.clone(), address(service)?)));
        let caches = caches.filter_map(|(id, address)| {
            let known = before.get(&id).filter(|(known, _)| *known == address);
            let external = known.map(|(_, external)| external.clone());
            // Without a runtime there is nothing to connect with.
            let open = || Handle::try_current().ok().map(|_| Link::open(address.clone(), Arc::clone(roots)));
            let external = external.or_else(|| open().map(External::new))?;
            Some((id, (address, external)))
        });
        let caches: Caches = caches.collect();
        if !(before.is_empty() && caches.is_empty()) {
            self.caches.store(Arc::new(caches));
        }
    }
}

/// Where the cache of a service is, if it is on this machine.
fn address(service: &apim::Service) -> Option<Redis> {
    let address: Redis = service.cache.as_ref()?.reveal().parse().ok()?;
    let here = address.host.eq_ignore_ascii_case("localhost")
        || address.host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    if !here {
        tracing::warn!(service = %service.name, redis = %address, "the cache is not on this machine and is not used");
    }
    here.then_some(address)
}

impl ChosenCache {
    /// The value of a key.
    pub async fn value(&self, state: &State, key: &str, now: i64) -> Option<Found> {
        if let Some(external) = &self.external
            && let Some(found) = external.value(key, now).await
        {
            return found;
        }
        self.own.then(|| state.cache().find(key, now)).flatten()
    }

    /// Keeps a value until a moment; before that it is to be made anew.
    pub async fn keep_value(
        &self,
        state: &State,
        (key, value): (String, &Variable),
        (fresh, until): (i64, i64),
        now: i64,
    ) {
        if let Some(external) = &self.external
            && external.keep_value(&key, value, (fresh, until), now).await.is_some()
        {
            return;
        }
        if self.own {
            state.cache().put_fresh(key, value, (fresh, until), now);
        }
    }

    /// Forgets the value of a key.
    pub async fn remove(&self, state: &State, key: &str) {
        if let Some(external) = &self.external {
            external.remove(key).await;
        }
        // The own one may hold what it was given while the other was away.
        state.cache().remove(key);
    }

    /// The answer of a key.
    pub async fn answer(&self, state: &State, key: &str, now: i64) -> Option<Kept> {
        if let Some(external) = &self.external
            && let Some(found) = external.answer(key).await
        {
            return found;
        }
        self.own.then(|| state.responses().get(key, now)).flatten()
    }

    /// Keeps an answer.
    pub async fn keep_answer(&self, state: &State, key: String, kept: Kept, now: i64) {
        if let Some(external) = &self.external
            && external.keep_answer(&key, &kept, now).await.is_some()
        {
            return;
        }
        if self.own {
            state.responses().put(key, kept, now);
        }
    }

    /// There is a cache to keep things in.
    pub fn is_there(&self) -> bool {
        self.own || self.external.is_some()
    }

    /// Who uses it may have to wait.
    pub fn is_external(&self) -> bool {
        self.external.is_some()
    }
}
