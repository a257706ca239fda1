//! The attribute `backend-id` and its like: a backend of the service, named in the policy or for each request.
//! <https://learn.microsoft.com/azure/api-management/backends>

use std::sync::Arc;

use crate::backend::Entity;
use crate::context::Exchange;
use crate::error::{LastError, Reason, Source};
use crate::value::Value;

/// The attributes that name backends.
pub const NAMES: [&str; 2] = ["backend-id", "embeddings-backend-id"];

/// Which backend a policy means.
#[derive(Debug)]
pub enum BackendId {
    /// This one.
    Known(Arc<Entity>),
    /// The one that this names.
    Evaluated(Value),
}

impl BackendId {
    /// The backend for this request.
    ///
    /// # Errors
    /// The expression failed, or the service has no such backend.
    pub fn get(&self, exchange: &mut Exchange) -> Result<Arc<Entity>, LastError> {
        let value = match self {
            Self::Known(known) => return Ok(Arc::clone(known)),
            Self::Evaluated(value) => value,
        };
        let name = value.text(exchange)?;
        let found = exchange.matched.service.backend(&name).cloned();
        found.ok_or_else(|| LastError::new(Source::Expression, Reason::BackendNotFound, not_found(&name)))
    }
}

/// What Azure says when there is no such backend.
pub fn not_found(name: &str) -> String {
    format!("Backend with id '{name}' could not be found.")
}
