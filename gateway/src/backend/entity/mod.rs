//! Backend entities: the backends that a service knows by name, compiled.
//! <https://learn.microsoft.com/azure/api-management/backends>
//!
//! Nothing is parsed for a request. A circuit whose rule is the same as before keeps what it counted when the
//! configuration changes.
//!
//! **Differs from Azure:** the message of the 503 is not documented. A cookie binds a
//! client to a member of a pool as long as that can be called; the words in it are the sandbox's own.

mod balance;
mod single;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use apim::{BackendKind, SingleBackend};
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, StatusCode};
use sim::Clock;

use super::BackendUrl;
use crate::error::{LastError, Reason};

use balance::Balance;

pub use single::Single;

/// The backends of a service by identifier, in lower case.
#[derive(Debug, Default)]
pub struct Entities(HashMap<String, Arc<Entity>>);

/// A backend that a service knows by name.
#[derive(Debug)]
pub struct Entity {
    /// The identifier.
    pub name: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// One address, or why it cannot be called.
    Single(Result<Arc<Single>, LastError>),
    Pool(Balance),
}

impl Entities {
    /// Compiles the backends of a service; `before` is what there was.
    pub fn compile(model: &apim::Service, before: Option<&Self>) -> Self {
        let mut singles = HashMap::new();
        for backend in &model.backends {
            if let BackendKind::Single(single) = &backend.kind {
                let made = compile((&backend.name, single), model, before);
                singles.insert(backend.name.to_lowercase(), made);
            }
        }
        let entity = |backend: &apim::Backend| {
            let name = backend.name.to_lowercase();
            let kind = match &backend.kind {
                BackendKind::Single(_) => Kind::Single(singles.get(&name)?.clone()),
                BackendKind::Pool(pool) => Kind::Pool(Balance::new(pool, |name| {
                    singles.get(&name.to_lowercase())?.as_ref().ok().cloned()
                })),
            };
            Some((name, Arc::new(Entity { name: backend.name.clone(), kind })))
        };
        Self(model.backends.iter().filter_map(entity).collect())
    }

    /// The backend with an identifier.
    pub fn get(&self, name: &str) -> Option<&Arc<Entity>> {
        self.0.get(&name.trim().to_lowercase())
    }
}

fn compile(
    (name, model): (&str, &SingleBackend),
    service: &apim::Service,
    before: Option<&Entities>,
) -> Result<Arc<Single>, LastError> {
    let mut single = Single::compile(name, model, service)?;
    if let Some(Kind::Single(Ok(before))) =
        before.and_then(|before| before.get(name)).map(|known| &known.kind)
        && let (Some(circuit), Some(known)) = (&mut single.circuit, &before.circuit)
        && circuit.rule() == known.rule()
    {
        *circuit = Arc::clone(known);
    }
    Ok(Arc::new(single))
}

impl Entity {
    /// `Single` or `Pool`, as expressions see it.
    pub fn kind(&self) -> &'static str {
        match self.kind {
            Kind::Single(_) => "Single",
            Kind::Pool(_) => "Pool",
        }
    }

    /// Where its requests go, as far as that is known before they do: in a pool, to the first of its members.
    pub fn url(&self) -> Option<&Arc<BackendUrl>> {
        match &self.kind {
            Kind::Single(single) => single.as_ref().ok(),
            Kind::Pool(pool) => pool.first(),
        }
        .map(|single| &single.url)
    }

    /// What a client says about the member of the pool that it is bound to.
    pub fn session<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        match &self.kind {
            Kind::Single(_) => None,
            Kind::Pool(pool) => pool.session(headers),
        }
    }

    /// The cookie that binds a client to the member that took its request; `None` if none does, or it is bound already.
    pub fn begins_session(&self, single: &Single, headers: &HeaderMap) -> Option<HeaderValue> {
        match &self.kind {
            Kind::Single(_) => None,
            Kind::Pool(pool) => pool.begins_session(single, headers),
        }
    }

    /// The address that takes the next request, of the session that the client is in.
    ///
    /// # Errors
    /// It cannot be called, or is left alone for a while.
    pub fn next(&self, clock: &Clock, session: Option<&str>) -> Result<&Arc<Single>, LastError> {
        match &self.kind {
            Kind::Single(Err(why)) => Err(why.clone()),
            Kind::Single(Ok(single)) => match single.open_for(clock) {
                None => Ok(single),
                Some(left) => Err(self.unavailable("the circuit to the backend is open", Some(left))),
            },
            Kind::Pool(pool) => pool
                .next(clock, session)
                .map_err(|left| self.unavailable("no backend of the pool can be called at the moment", left)),
        }
    }

    fn unavailable(&self, why: &str, left: Option<Duration>) -> LastError {
        let message = format!("Backend '{}' is unavailable: {why}.", self.name);
        let error = LastError::forward(Reason::BackendUnavailable, message)
            .answered(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
        match left.map(|left| left.as_millis().div_ceil(1_000)).and_then(|left| u64::try_from(left).ok()) {
            Some(seconds) => error.with_header(RETRY_AFTER, HeaderValue::from(seconds)),
            None => error,
        }
    }
}
