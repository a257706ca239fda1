//! The client of one environment: its Resource Manager, its Graph, its clusters, and the internet around it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use http::Method;
use serde_json::Value;
use sim::Clock;

use crate::answer::Answer;
use crate::retry::{Attempt, Raw};
use crate::{Environment, Error, Kubernetes, credential, kubernetes, retry, tls};

/// A client. Clones share connections and tokens.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    environment: Environment,
    credential: Arc<dyn TokenCredential>,
    clock: Clock,
    control_plane: reqwest::Client,
    internet: reqwest::Client,
}

/// A request to one of the services that want a token.
struct Outgoing<'a> {
    method: Method,
    url: String,
    body: Option<&'a Value>,
    headers: &'a [(&'a str, &'a str)],
    audience: &'a str,
}

impl Client {
    /// Makes the client; asks nobody yet. `variables` are those of the process environment, which name the
    /// credential unless the environment does.
    pub fn connect(
        environment: Environment,
        variables: &BTreeMap<String, String>,
        clock: Clock,
    ) -> Result<Self, Error> {
        let roots = tls::roots(environment.ca_file.as_deref())?;
        let http = tls::control_plane(&environment, &roots)?;
        let credential = credential::connect(&environment, variables, http.clone())?;
        let internet = tls::internet(&environment, &roots)?;
        Ok(Self(Arc::new(Inner { environment, credential, clock, control_plane: http, internet })))
    }

    /// Makes the client with a credential of another kind than those that [`crate::CredentialSource`] names.
    pub fn with_credential(
        environment: Environment,
        credential: Arc<dyn TokenCredential>,
        clock: Clock,
    ) -> Result<Self, Error> {
        let roots = tls::roots(environment.ca_file.as_deref())?;
        let control_plane = tls::control_plane(&environment, &roots)?;
        let internet = tls::internet(&environment, &roots)?;
        Ok(Self(Arc::new(Inner { environment, credential, clock, control_plane, internet })))
    }

    /// Where it talks to.
    pub fn environment(&self) -> &Environment {
        &self.0.environment
    }

    /// The clock that its pauses are measured by.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// A client for callers on the internet: through the environment's proxy if there is one. It trusts the
    /// environment's certificate authorities beside the system's, follows no redirects, and gives up in time.
    pub fn http(&self) -> reqwest::Client {
        self.0.internet.clone()
    }

    /// Asks Resource Manager. `path` begins with a slash and includes the query. The answer may be a refusal:
    /// see [`Answer::success`]. Of a URL on the way (a poll URL) only path and query are used, so that the token
    /// never leaves for another host.
    pub async fn arm(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Result<Answer, Error> {
        let environment = &self.0.environment;
        let url = joined(&environment.resource_manager, path);
        self.ask(path, Outgoing { method, url, body, headers, audience: &environment.audience }).await
    }

    /// Asks Microsoft Graph. `path` begins with `/v1.0/`.
    pub async fn graph(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Error> {
        let environment = &self.0.environment;
        let url = joined(&environment.graph, path);
        self.ask(path, Outgoing { method, url, body, headers: &[], audience: &environment.graph_audience })
            .await
    }

    /// The cluster that a kubeconfig leads to.
    pub fn kubernetes(&self, kubeconfig: &str) -> Result<Kubernetes, Error> {
        kubernetes::connect(self, kubeconfig)
    }

    /// A token for `audience`.
    pub(crate) async fn token(&self, audience: &str) -> Result<String, Error> {
        let scope = format!("{audience}/.default");
        let token = self.0.credential.get_token(&[&scope], None).await.map_err(|error| {
            Error::Credential { authority: self.0.environment.authority.clone(), reason: error.to_string() }
        })?;
        Ok(token.token.secret().to_owned())
    }

    async fn ask(&self, path: &str, outgoing: Outgoing<'_>) -> Result<Answer, Error> {
        let token = self.token(outgoing.audience).await?;
        let request_id = uuid::Uuid::new_v4().to_string();
        let build = || {
            let mut request = self
                .0
                .control_plane
                .request(outgoing.method.clone(), &outgoing.url)
                .bearer_auth(&token)
                .header("x-ms-client-request-id", &request_id);
            for (name, value) in outgoing.headers {
                request = request.header(*name, *value);
            }
            match outgoing.body {
                Some(body) => request.json(body),
                // Azure wants a length even where there is no body.
                None if matches!(outgoing.method, Method::POST | Method::PUT) => request.body(""),
                None => request,
            }
        };
        let attempt = Attempt { method: &outgoing.method, url: &outgoing.url, build: &build };
        let Raw { status, headers, body } = retry::send(&self.0.clock, &attempt).await?;
        tracing::trace!(method = %outgoing.method, path = retry::without_query(path), status, "answered");
        Ok(Answer { method: outgoing.method, path: path.to_owned(), status, body: parse(&body), headers })
    }
}

/// The URL of `path` at `origin`; of a whole URL only its path and query are used.
fn joined(origin: &str, path: &str) -> String {
    let path = match path.split_once("://") {
        Some((_, rest)) if !path.starts_with('/') => rest.find('/').map_or("/", |at| &rest[at..]),
        _ => path,
    };
    format!("{}{path}", origin.trim_end_matches('/'))
}

/// The body as JSON; as a text where it is none.
pub(crate) fn parse(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("environment", &self.0.environment).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_only_go_to_the_environments_own_host() {
        let cases = [
            ("/subscriptions/s?api-version=1", "https://arm/subscriptions/s?api-version=1"),
            ("https://evil.example/poll?t=1&s=%2B", "https://arm/poll?t=1&s=%2B"),
            ("/x?next=https://a/b", "https://arm/x?next=https://a/b"),
        ];
        for (path, url) in cases {
            assert_eq!(joined("https://arm/", path), url, "{path}");
        }
    }
}
