//! OpenID Connect discovery: who issues tokens, and with which keys. What was found is kept for an hour; a key that
//! is not among it is looked for again, but not more often than every five minutes.
//! <https://openid.net/specs/openid-connect-discovery-1_0.html>
//!
//! **Differs from Azure:** the hosts of Microsoft Entra stand for the sandbox's own tenant; what Azure says when
//! nothing is found is not known.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use http::header::HOST;
use http::{HeaderValue, Request, Uri};
use serde_json::Value;

use super::{Key, Refusal, key_set};
use crate::Gateway;
use crate::backend::{BackendUrl, Call, HttpVersion, Session};
use crate::body::Body;
use crate::snapshot::Service;

/// How long an answer is good, in milliseconds.
const FRESH: i64 = 3_600_000;
/// How long an answer, or a failure, stands at least, in milliseconds.
const PAUSE: i64 = 300_000;
/// How long a failure stands, in milliseconds: long enough to bound what a caller can set off.
const FAILED: i64 = 10_000;
/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long an answer may be.
const LENGTH: usize = 1 << 20;
/// How many addresses are remembered.
const ADDRESSES: usize = 1_000;
/// Where tokens of Microsoft Entra come from.
const ENTRA: [&str; 4] =
    ["login.microsoftonline.com", "login.windows.net", "sts.windows.net", "login.microsoft.com"];

/// What an issuer publishes about itself.
#[derive(Debug, Clone, Default)]
pub struct Metadata {
    /// Its name in tokens.
    pub issuer: Option<String>,
    /// Its keys.
    pub keys: Vec<Key>,
}

/// What was found so far.
#[derive(Debug, Default)]
pub struct Providers {
    known: std::sync::Mutex<HashMap<String, Arc<tokio::sync::Mutex<Known>>>>,
}

#[derive(Debug, Default)]
struct Known {
    found: Option<Arc<Metadata>>,
    asked: Option<i64>,
}

/// The gateway and the service that ask.
type Within<'a> = (&'a Gateway, &'a Service);

/// Why metadata is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A token is to be checked.
    Check,
    /// What is known has no key for a token.
    UnknownKey,
}

impl Providers {
    /// What an issuer publishes under `url`, asked for only when it is not known well enough. Callers that need the same
    /// wait for one answer.
    ///
    /// # Errors
    /// Nothing is known, and nothing can be had.
    pub async fn metadata(
        &self,
        within: Within<'_>,
        url: &str,
        host: Option<&str>,
        need: Need,
    ) -> Result<Arc<Metadata>, Refusal> {
        let entry = self.entry(format!("{}\n{url}\n{}", within.1.model.id, host.unwrap_or("")));
        let mut known = entry.lock().await;
        let now = within.0.clock.now().unix_millis();
        let age = known.asked.map_or(i64::MAX, |asked| now.saturating_sub(asked).max(0));
        let stands = match (&known.found, need) {
            (Some(_), Need::Check) => FRESH,
            (Some(_), Need::UnknownKey) => PAUSE,
            (None, _) => FAILED,
        };
        if age >= stands {
            known.asked = Some(now);
            match fetch(within, url, host).await {
                Ok(metadata) => known.found = Some(Arc::new(metadata)),
                Err(error) => tracing::warn!(url, error, "the OpenID configuration cannot be had"),
            }
        }
        known.found.clone().ok_or_else(|| {
            Refusal::invalid(format!("IDX20803: Unable to obtain configuration from: '{url}'."))
        })
    }

    fn entry(&self, key: String) -> Arc<tokio::sync::Mutex<Known>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= ADDRESSES && !known.contains_key(&key) {
            known.clear();
        }
        Arc::clone(known.entry(key).or_default())
    }
}

async fn fetch(within: Within<'_>, url: &str, host: Option<&str>) -> Result<Metadata, String> {
    let configuration = get(within, url, host).await?;
    let text = |name: &str| configuration.get(name).and_then(Value::as_str);
    let keys = match text("jwks_uri") {
        Some(uri) => key_set(&get(within, uri, host).await?),
        None => Vec::new(),
    };
    Ok(Metadata { issuer: text("issuer").map(str::to_owned), keys })
}

async fn get(within: Within<'_>, url: &str, host: Option<&str>) -> Result<Value, String> {
    let url = at_home(url, within.0.entra.as_ref().map(|entra| entra.origin.as_str()));
    let (to, target) = BackendUrl::destination(url.trim())?;
    let mut request = Request::new(Body::Empty);
    *request.uri_mut() = target;
    let host =
        host.and_then(|host| HeaderValue::try_from(host).ok()).unwrap_or_else(|| to.host_header.clone());
    request.headers_mut().insert(HOST, host);
    let session = Session::default();
    let call = Call { from: within.1.place(), to: &to, session: &session, version: HttpVersion::One };
    let answer = within.0.backend.forward(call, request, TIMEOUT).await;
    let (parts, mut body) = answer.map_err(|error| error.message)?.into_parts();
    if !parts.status.is_success() {
        return Err(format!("it answers with {}", parts.status));
    }
    body.collect(LENGTH).await.map_err(|error| error.to_string())?;
    match body {
        Body::Full(bytes) => serde_json::from_slice(&bytes).map_err(|error| error.to_string()),
        _ => Err("it is empty".to_owned()),
    }
}

/// The same address at the sandbox's own tenant, for addresses of Microsoft Entra.
pub fn at_home(url: &str, entra: Option<&str>) -> String {
    let uri = url.trim().parse::<Uri>().ok();
    let is_entra = uri
        .as_ref()
        .and_then(Uri::host)
        .is_some_and(|host| ENTRA.iter().any(|known| known.eq_ignore_ascii_case(host)));
    match (entra, uri.filter(|_| is_entra)) {
        (Some(origin), Some(uri)) => {
            format!("{origin}{}", uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str))
        }
        _ => url.to_owned(),
    }
}
