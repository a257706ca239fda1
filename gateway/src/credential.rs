//! The credential manager: tokens that a service gets for its backends, kept until they end.
//! <https://learn.microsoft.com/azure/api-management/credentials-overview>
//!
//! **Differs from Azure:** the service itself asks, from where it is in the network, and when a token is needed; tokens that
//! renew others are forgotten when the sandbox ends.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use apim::{Authorization, Consent, Secret};
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request};
use serde_json::{Map, Value};

use crate::Gateway;
use crate::backend::{BackendUrl, Call, HttpVersion, Session};
use crate::body::Body;
use crate::jwt::at_home;
use crate::snapshot::Service;

/// A token is not used in its last seconds.
const MARGIN: i64 = 30;
/// How long a token is good that does not say so, and how long one can be good, in seconds.
const LIFE: (i64, i64) = (3_600, 86_400 * 365);
/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(20);
/// How long an answer may be.
const LENGTH: usize = 256 * 1024;
/// Of how many authorizations tokens are kept.
const KEPT: usize = 1_000;

/// A token for a backend.
#[derive(Clone)]
pub struct Credential {
    /// The token.
    pub token: String,
    /// What the authorization server said of it.
    pub claims: Map<String, Value>,
    /// When it ends, in seconds since 1970.
    expires: i64,
}

/// The tokens that are known, by authorization.
#[derive(Debug, Default)]
pub struct Credentials(Mutex<HashMap<String, Arc<tokio::sync::Mutex<Held>>>>);

/// What is known of an authorization.
#[derive(Debug, Default)]
struct Held {
    of: Option<Authorization>,
    credential: Option<Credential>,
    refresh: Option<Secret>,
}

impl Credentials {
    fn entry(&self, key: String) -> Arc<tokio::sync::Mutex<Held>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT && !known.contains_key(&key) {
            known.clear();
        }
        Arc::clone(known.entry(key).or_default())
    }
}

impl Gateway {
    /// A token of an authorization, from before if that is still good. Callers that need the same wait for one answer.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn credential(
        &self,
        service: &Service,
        authorization: &Authorization,
    ) -> Result<Credential, String> {
        let Authorization { provider, name, .. } = authorization;
        let entry = self.credentials.entry(format!("{}\n{provider}\n{name}", service.model.id));
        let mut held = entry.lock().await;
        if held.of.as_ref() != Some(authorization) {
            *held = Held { of: Some(authorization.clone()), ..Held::default() };
        }
        let now = self.clock.now().unix_seconds();
        if let Some(known) = held.credential.as_ref().filter(|known| known.expires - MARGIN > now) {
            return Ok(known.clone());
        }
        let grant = grant(&authorization.consent, held.refresh.as_ref())?;
        let answer = self.ask(service, authorization, &grant).await?;
        if let Some(refresh) = answer.get("refresh_token").and_then(Value::as_str) {
            held.refresh = Some(Secret::new(refresh));
        }
        let credential = Credential::read(answer, now)?;
        held.credential = Some(credential.clone());
        Ok(credential)
    }

    async fn ask(
        &self,
        service: &Service,
        authorization: &Authorization,
        grant: &[(&str, &str)],
    ) -> Result<Map<String, Value>, String> {
        let url = at_home(&authorization.token_url, self.entra.as_ref().map(|entra| entra.origin.as_str()));
        let (to, target) = BackendUrl::destination(url.trim())?;
        let mut request = Request::new(Body::full(Bytes::from(form(authorization, grant))));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = target;
        let headers = request.headers_mut();
        headers.insert(HOST, to.host_header.clone());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let session = Session::default();
        let call = Call { from: service.place(), to: &to, session: &session, version: HttpVersion::One };
        let answer = self.backend.forward(call, request, TIMEOUT).await.map_err(|error| error.message)?;
        let (parts, mut body) = answer.into_parts();
        body.collect(LENGTH).await.map_err(|error| error.to_string())?;
        let said = match &body {
            Body::Full(bytes) => serde_json::from_slice(bytes).unwrap_or_default(),
            _ => Map::new(),
        };
        if parts.status.is_success() {
            return Ok(said);
        }
        let word = |name: &str| said.get(name).and_then(Value::as_str);
        let why = word("error_description").or_else(|| word("error")).unwrap_or("it does not say why");
        Err(format!("the authorization server answered with status code {}: {why}", parts.status.as_u16()))
    }
}

fn form(authorization: &Authorization, grant: &[(&str, &str)]) -> String {
    let own = authorization.form.iter().map(|(name, value)| (name.as_str(), value.reveal()));
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(grant.iter().copied().chain(own)).finish()
}

/// What makes the server give a token.
fn grant<'a>(
    consent: &'a Consent,
    refresh: Option<&'a Secret>,
) -> Result<Vec<(&'static str, &'a str)>, String> {
    Ok(match (consent, refresh) {
        (Consent::NotNeeded, _) => vec![("grant_type", "client_credentials")],
        (Consent::Missing, _) => return Err("This connection is not authenticated.".to_owned()),
        (Consent::Given(_), Some(token)) => {
            vec![("grant_type", "refresh_token"), ("refresh_token", token.reveal())]
        }
        (Consent::Given(code), None) => vec![("grant_type", "authorization_code"), ("code", code.reveal())],
    })
}

impl Credential {
    fn read(mut answer: Map<String, Value>, now: i64) -> Result<Self, String> {
        let Some(Value::String(token)) = answer.remove("access_token") else {
            return Err("the authorization server's answer holds no access_token".to_owned());
        };
        answer.remove("refresh_token");
        let life = answer.get("expires_in");
        // Microsoft Entra's first version spells it as text.
        let life = life.and_then(|life| life.as_i64().or_else(|| life.as_str()?.parse().ok()));
        let expires = now.saturating_add(life.unwrap_or(LIFE.0).clamp(0, LIFE.1));
        Ok(Self { token, claims: answer, expires })
    }
}

/// Tokens must not show.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("expires", &self.expires).finish_non_exhaustive()
    }
}
