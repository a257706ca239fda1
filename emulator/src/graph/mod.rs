//! The part of Microsoft Graph that infrastructure programs use: applications, service principals, their passwords
//! and owners. <https://learn.microsoft.com/graph/api/resources/application>
//!
//! **Differs from Azure:** every caller with a token may do everything (no directory roles, no consent). What is
//! deleted is gone at once, without a recycle bin. `/beta` is `/v1.0` under another name. There are no users and no
//! groups; other parts of Graph answer 501 `NotImplementedBySandbox`.

mod answer;
mod application;
mod call;
mod directory_object;
mod entity;
mod error;
mod filter;
mod handle;
mod object;
mod organization;
mod owners;
mod password;
mod query;
mod service_principal;
mod state;

#[cfg(test)]
pub(crate) mod tests;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;
use sim::{Clock, Ids};

use crate::entra::Caller;
use crate::{Database, DatabaseError, Seed};
use entity::Definition;
use error::GraphError;
use object::Object;
use state::{State, Write};

/// The tenant's domain name.
pub const DOMAIN: &str = "apimlab.onmicrosoft.com";

/// The entity sets, sorted by name.
const ENTITIES: [&Definition; 2] = [&application::DEFINITION, &service_principal::DEFINITION];

/// The tenant's directory.
pub struct Directory {
    database: Arc<Database>,
    clock: Clock,
    ids: Ids,
    tenant_id: String,
    state: RwLock<State>,
}

/// An application's identity in the tenant: what roles are assigned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePrincipal {
    /// Its own id: `principalId` of role assignments, `oid` of tokens.
    pub object_id: String,
    /// The id of the application: `client_id` of token requests.
    pub app_id: String,
    /// Its name.
    pub display_name: String,
}

/// What an id stands for. An application has three ids, and each place takes only one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identified {
    /// The object id of a service principal.
    ServicePrincipal(ServicePrincipal),
    /// An application (client) id.
    AppIdOf {
        /// The application's service principal, if it has one.
        service_principal: Option<ServicePrincipal>,
    },
    /// The object id of an application.
    ApplicationObjectIdOf {
        /// The application's service principal, if it has one.
        service_principal: Option<ServicePrincipal>,
    },
    /// Nothing in this directory.
    Unknown,
}

/// What a client secret is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecretCheck {
    Valid,
    Expired,
    Wrong,
}

impl Directory {
    /// Loads the directory, and makes sure that the seed's application and service principal are in it.
    pub fn open(
        database: Arc<Database>,
        clock: Clock,
        ids: Ids,
        seed: &Seed,
    ) -> Result<Arc<Self>, DatabaseError> {
        let mut state = State::load(&database)?;
        let writes = seed_writes(&state, seed, clock.now());
        // Written before anything that is acknowledged, as everything is written in order.
        drop(database.commit(writes.iter().map(Write::change).collect()));
        for write in writes {
            state.apply(write);
        }
        let tenant_id = seed.tenant_id.clone();
        Ok(Arc::new(Self { database, clock, ids, tenant_id, state: RwLock::new(state) }))
    }

    /// Answers a request for `/v1.0/…` or `/beta/…`.
    pub async fn handle(&self, request: &Request<Bytes>, caller: &Caller) -> Response<Bytes> {
        handle::handle(self, request, caller).await
    }

    /// The service principal with an object id.
    pub fn service_principal(&self, object_id: &str) -> Option<ServicePrincipal> {
        let state = self.state();
        state.in_set(&service_principal::DEFINITION, object_id).map(|object| summary(&state, object))
    }

    /// The service principal of the application with an application (client) id.
    pub fn service_principal_by_app_id(&self, app_id: &str) -> Option<ServicePrincipal> {
        let state = self.state();
        state.of_app(&service_principal::DEFINITION, app_id).map(|object| summary(&state, object))
    }

    /// Which of an application's three ids an id is.
    pub fn identify(&self, id: &str) -> Identified {
        let state = self.state();
        let principal = |app_id: &str| {
            state.of_app(&service_principal::DEFINITION, app_id).map(|object| summary(&state, object))
        };
        if let Some(object) = state.in_set(&service_principal::DEFINITION, id) {
            Identified::ServicePrincipal(summary(&state, object))
        } else if let Some(object) = state.in_set(&application::DEFINITION, id) {
            Identified::ApplicationObjectIdOf { service_principal: principal(&object.app_id) }
        } else if ENTITIES.iter().any(|entity| state.of_app(entity, id).is_some()) {
            Identified::AppIdOf { service_principal: principal(id) }
        } else {
            Identified::Unknown
        }
    }

    /// Whether a secret of the application, or of its service principal, is this one and has not expired.
    pub fn check_secret(&self, app_id: &str, secret: &str) -> bool {
        self.secret(app_id, secret) == SecretCheck::Valid
    }

    /// As [`Directory::check_secret`], telling expired secrets from wrong ones.
    pub(crate) fn secret(&self, app_id: &str, secret: &str) -> SecretCheck {
        let now = self.clock.now();
        let state = self.state();
        let objects = ENTITIES.iter().filter_map(|entity| state.of_app(entity, app_id));
        let known: Vec<_> = objects
            .flat_map(|object| &object.secrets)
            .filter(|stored| stored.matches(secret))
            .map(|stored| stored.is_valid(now))
            .collect();
        match known.iter().max() {
            Some(true) => SecretCheck::Valid,
            Some(false) => SecretCheck::Expired,
            None => SecretCheck::Wrong,
        }
    }

    /// Whether there is an application with this application (client) id.
    pub(crate) fn is_application(&self, app_id: &str) -> bool {
        self.state().of_app(&application::DEFINITION, app_id).is_some()
    }

    /// Whether the service principal may get tokens.
    pub(crate) fn is_enabled(&self, principal: &ServicePrincipal) -> bool {
        let state = self.state();
        let object = state.in_set(&service_principal::DEFINITION, &principal.object_id);
        object.is_some_and(|object| object.properties.get("accountEnabled") != Some(&Value::Bool(false)))
    }

    /// The version of tokens for a resource that is an application of the tenant with a service principal; `None` if
    /// there is no such resource.
    pub(crate) fn requested_token_version(&self, resource: &str) -> Option<u64> {
        let state = self.state();
        let application = state.set(&application::DEFINITION).find(|object| {
            object.app_id.eq_ignore_ascii_case(resource)
                || object.texts("identifierUris").any(|uri| uri.eq_ignore_ascii_case(resource))
        })?;
        state.of_app(&service_principal::DEFINITION, &application.app_id)?;
        let version =
            application.properties.get("api").and_then(|api| api.get("requestedAccessTokenVersion"));
        Some(version.and_then(Value::as_u64).unwrap_or(1))
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides on writes while nobody else writes, applies them, and waits until they are on the disk.
    async fn write<T>(
        &self,
        decide: impl FnOnce(&State) -> Result<(Vec<Write>, T), GraphError>,
    ) -> Result<T, GraphError> {
        let (committed, decided) = {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            let (writes, decided) = decide(&state)?;
            let committed = self.database.commit(writes.iter().map(Write::change).collect());
            for write in writes {
                state.apply(write);
            }
            (committed, decided)
        };
        committed.await.map_err(|error| GraphError::storage(&error))?;
        Ok(decided)
    }
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Directory").field("tenant_id", &self.tenant_id).finish_non_exhaustive()
    }
}

fn summary(state: &State, object: &Object) -> ServicePrincipal {
    let name = object.view(state).get("displayName").and_then(Value::as_str).unwrap_or_default().to_owned();
    ServicePrincipal { object_id: object.id.clone(), app_id: object.app_id.clone(), display_name: name }
}

/// The seed's objects, as far as they are missing. Their ids follow from the seed, so every sandbox of the same seed
/// has the same ones.
fn seed_writes(state: &State, seed: &Seed, now: sim::Timestamp) -> Vec<Write> {
    let named = |set: &str| Ids::named(&[&seed.tenant_id, set, &seed.client_id]);
    let mut writes = Vec::new();
    let stored = state.of_app(&application::DEFINITION, &seed.client_id);
    if !stored.is_some_and(|object| object.secrets.iter().any(|stored| stored.matches(&seed.client_secret))) {
        let mut object = stored.cloned().unwrap_or_else(|| {
            Object::new(&application::DEFINITION, named("application"), &seed.client_id, now)
                .with("displayName", "apimlab")
        });
        let key_id = named("password");
        object.secrets.retain(|secret| secret.key_id != key_id);
        object.secrets.extend(password::Secret::seeded(key_id, &seed.client_secret, now));
        writes.push(Write::Put(object));
    }
    if state.of_app(&service_principal::DEFINITION, &seed.client_id).is_none() {
        let id = named("servicePrincipal");
        writes.push(Write::Put(Object::new(&service_principal::DEFINITION, id, &seed.client_id, now)));
    }
    writes
}
