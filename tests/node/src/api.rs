//! A client of the API server: what `kubectl`, the kubelet and kube-proxy share.

use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Identity, Method};
use serde_json::Value;

use crate::error::Error;
use crate::kubeconfig::{Credential, Kubeconfig};

/// An answer that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client of one API server.
pub struct Api {
    client: Client,
    server: String,
    token: Option<String>,
}

/// What a body is.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// None.
    None,
    /// An object.
    Json(&'a Value),
    /// Fields to change.
    MergePatch(&'a Value),
    /// Fields to own.
    Apply(&'a Value),
}

impl Api {
    /// The client that a kubeconfig describes.
    pub fn new(kubeconfig: &Kubeconfig) -> Result<Self, Error> {
        let authority = Certificate::from_pem(kubeconfig.authority_pem.as_bytes())?;
        let mut builder = quick().tls_certs_only([authority]);
        let token = match &kubeconfig.credential {
            Credential::Certificate(pair) => {
                let pem = format!("{}{}", pair.certificate_pem, pair.key_pem);
                builder = builder.identity(Identity::from_pem(pem.as_bytes())?);
                None
            }
            Credential::Token(token) => Some(token.clone()),
        };
        Ok(Self { client: builder.build()?, server: kubeconfig.server.clone(), token })
    }

    /// A client that does not know the authority yet: what a node is that joins.
    pub fn unverified(server: &str, token: &str) -> Result<Self, Error> {
        let client = quick().tls_danger_accept_invalid_certs(true).build()?;
        Ok(Self { client, server: server.to_owned(), token: Some(token.to_owned()) })
    }

    /// Asks for an object or a list.
    pub async fn get(&self, path: &str) -> Result<Value, Error> {
        self.send(Method::GET, path, Body::None).await
    }

    /// The same, `None` if there is no such thing.
    pub async fn find(&self, path: &str) -> Result<Option<Value>, Error> {
        match self.get(path).await {
            Ok(value) => Ok(Some(value)),
            Err(Error::Refused { code: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks for plain text.
    pub async fn text(&self, path: &str) -> Result<String, Error> {
        let (code, text) = self.exchange(Method::GET, path, Body::None).await?;
        if (200..300).contains(&code) {
            return Ok(text);
        }
        Err(Error::Refused { code, reason: String::new(), message: text })
    }

    /// Sends a request; an answer that is no success is an error.
    pub async fn send(&self, method: Method, path: &str, body: Body<'_>) -> Result<Value, Error> {
        let (code, text) = self.exchange(method, path, body).await?;
        let value: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        if (200..300).contains(&code) {
            return Ok(value);
        }
        let said = |field: &str| value[field].as_str().map_or_else(|| value.to_string(), str::to_owned);
        Err(Error::Refused { code, reason: said("reason"), message: said("message") })
    }

    async fn exchange(&self, method: Method, path: &str, body: Body<'_>) -> Result<(u16, String), Error> {
        let mut request = self.client.request(method, format!("{}{path}", self.server));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let (kind, content) = match body {
            Body::None => ("application/json", None),
            Body::Json(value) => ("application/json", Some(value)),
            Body::MergePatch(value) => ("application/merge-patch+json", Some(value)),
            Body::Apply(value) => ("application/apply-patch+yaml", Some(value)),
        };
        if let Some(content) = content {
            request = request.header("content-type", kind).body(content.to_string());
        }
        let answer = request.send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }
}

fn quick() -> ClientBuilder {
    Client::builder().no_proxy().timeout(PATIENCE).connect_timeout(Duration::from_secs(3))
}
