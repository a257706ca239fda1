//! Questions in JSON that policies ask services behind a backend of the API Management service.
//! <https://learn.microsoft.com/azure/api-management/backends>

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::AUTHORIZATION;
use serde_json::Value;

use super::send_request::Sending;
use crate::backend::Entity;
use crate::body::Body;
use crate::context::Exchange;
use crate::error::{LastError, Reason, Source};
use crate::identity::{Wanted, bearer};

/// How long a service may think.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A question.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The policy that asks.
    pub policy: &'static str,
    /// Whom.
    pub backend: &'a Entity,
    /// What follows the backend's URL.
    pub path: &'a str,
    /// For what a token of the service's identity is sent, if one is.
    pub resource: Option<&'a str>,
    /// The body.
    pub body: &'a Value,
}

/// What the service said.
#[derive(Debug)]
pub struct Reply {
    /// The status code.
    pub status: StatusCode,
    /// The body; null if it is no JSON.
    pub body: Value,
}

impl Question<'_> {
    /// Asks.
    ///
    /// # Errors
    /// The backend cannot be reached, or no token can be had.
    pub async fn ask(self, exchange: &Exchange) -> Result<Reply, LastError> {
        let Self { policy, backend, path, resource, body } = self;
        let body = Bytes::from(body.to_string());
        let mut sending =
            Sending::post_to(policy, exchange, (backend, path, "application/json"), body, TIMEOUT).await?;
        if let Some(resource) = resource {
            let service = exchange.matched.service.model.id.clone();
            let wanted = Wanted { service, client_id: None, resource: resource.to_owned() };
            let token = exchange.gateway.identity_token(wanted).await.and_then(|token| bearer(&token));
            let token = token.map_err(|why| {
                let message = format!("Failed to acquire access token: {why}");
                LastError::new(Source::Policy(policy), Reason::TokenAcquisitionFailure, message)
            })?;
            sending.headers().insert(AUTHORIZATION, token);
        }
        let response = sending.send().await?;
        let body = match &response.body {
            Body::Full(bytes) => serde_json::from_slice(bytes).unwrap_or(Value::Null),
            _ => Value::Null,
        };
        Ok(Reply { status: response.status, body })
    }
}
