//! A backend with one address: what is added to requests on their way there.
//! <https://learn.microsoft.com/azure/api-management/backends>

use std::sync::Arc;
use std::time::Duration;

use apim::{NamedValue, Secret, SingleBackend};
use http::header::{AUTHORIZATION, RETRY_AFTER};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use percent_encoding::utf8_percent_encode;
use sim::{Clock, Timestamp};

use super::super::forward::{Answer, broken};
use super::super::{BackendUrl, Checks, Identity, Session};
use crate::Gateway;
use crate::body::Body;
use crate::error::{LastError, Reason};
use crate::identity::{Wanted, bearer};
use crate::policies::Proxy;
use crate::routing::query::UNRESERVED;
use crate::state::{Circuit, Ended};

/// A backend with one address, ready to be called. What it adds to requests does not show in `Debug`.
pub struct Single {
    /// The identifier.
    pub name: String,
    /// The address.
    pub url: Arc<BackendUrl>,
    headers: HeaderMap,
    query: String,
    identity: Option<Wanted>,
    session: Session,
    proxy: Option<Arc<Proxy>>,
    pub(super) circuit: Option<Arc<Circuit>>,
}

impl Single {
    /// Compiles it.
    ///
    /// # Errors
    /// Why it cannot be called.
    pub fn compile(name: &str, model: &SingleBackend, service: &apim::Service) -> Result<Self, LastError> {
        if let Some(what) = &model.not_implemented {
            let message = format!("The sandbox does not implement {what} of the backend '{name}' yet.");
            return Err(LastError::forward(Reason::NotImplementedBySandbox, message));
        }
        Self::read(name, model, service).map_err(|why| broken(&why))
    }

    fn read(name: &str, model: &SingleBackend, service: &apim::Service) -> Result<Self, String> {
        let url = expanded(&model.url, &service.named_values);
        let known =
            |id: &String| service.certificates.iter().find(|known| known.name.eq_ignore_ascii_case(id));
        let identity = match model.credentials.certificates.first() {
            None => None,
            Some(id) => {
                let found = known(id).and_then(Identity::of);
                Some(Arc::new(found.ok_or_else(|| format!("there is no certificate '{id}' with its key"))?))
            }
        };
        Ok(Self {
            name: name.to_owned(),
            url: Arc::new(BackendUrl::parse(&url)?),
            headers: headers(model, &service.named_values)?,
            query: query(model, &service.named_values),
            identity: model.credentials.identity.as_ref().map(|identity| Wanted {
                service: service.id.clone(),
                client_id: identity.client_id.clone(),
                resource: identity.resource.clone(),
            }),
            session: Session {
                identity,
                checks: Checks { chain: model.validate_chain, name: model.validate_name },
            },
            proxy: proxy(model, &service.named_values)?,
            circuit: model.breaker.clone().map(|rule| Arc::new(Circuit::new(rule))),
        })
    }

    /// How the gateway shows itself there: as policies say, and else as the backend says.
    pub fn session(&self, own: &Session) -> Session {
        Session {
            identity: own.identity.clone().or_else(|| self.session.identity.clone()),
            checks: self.session.checks,
        }
    }

    /// The proxy on the way there.
    pub fn proxy(&self) -> Option<Arc<Proxy>> {
        self.proxy.clone()
    }

    /// Adds its credentials to a request, in place of what the request says itself.
    ///
    /// # Errors
    /// The request's target is too long, or there is no token of the identity.
    pub async fn authorize(&self, gateway: &Gateway, request: &mut Request<Body>) -> Result<(), LastError> {
        for name in self.headers.keys() {
            request.headers_mut().remove(name);
        }
        request.headers_mut().extend(self.headers.clone());
        if let Some(wanted) = &self.identity {
            let token = gateway.identity_token(wanted.clone()).await.and_then(|token| bearer(&token));
            let token = token.map_err(|why| {
                let message =
                    format!("Failed to acquire access token for the backend '{}': {why}", self.name);
                LastError::forward(Reason::TokenAcquisitionFailure, message)
            })?;
            request.headers_mut().insert(AUTHORIZATION, token);
        }
        if !self.query.is_empty() {
            let target = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
            let joint = if target.contains('?') { '&' } else { '?' };
            let target = PathAndQuery::try_from(format!("{target}{joint}{}", self.query));
            *request.uri_mut() = Uri::from(target.map_err(|error| broken(&error.to_string()))?);
        }
        Ok(())
    }

    /// How long its circuit stays open; `None` if it can be called.
    pub fn open_for(&self, clock: &Clock) -> Option<Duration> {
        self.circuit.as_ref()?.open_for(clock.elapsed())
    }

    /// Counts how a request ended.
    pub fn ended(&self, answer: &Result<Answer, LastError>, clock: &Clock) {
        let Some(circuit) = &self.circuit else { return };
        match answer {
            Ok(answer) => {
                let asked = answer.headers().get(RETRY_AFTER).and_then(|value| asked(value, clock.now()));
                circuit.count(Ended::Answered(answer.status().as_u16(), asked), clock.elapsed());
            }
            Err(error) => circuit.count(Ended::Failed(&error.reason.text()), clock.elapsed()),
        }
    }
}

/// How long a backend wants to be left alone: seconds, or until a time.
fn asked(value: &HeaderValue, now: Timestamp) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let until = Timestamp::from(httpdate::parse_http_date(text).ok()?);
    Some(until.since(now))
}

fn headers(model: &SingleBackend, named_values: &[NamedValue]) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    let authorization = model.credentials.authorization.as_ref().map(|value| (AUTHORIZATION.as_str(), value));
    let given = model.credentials.headers.iter().map(|(name, value)| (name.as_str(), value));
    for (name, value) in given.chain(authorization) {
        let wrong = |what: &str| format!("the {what} of the credential header '{name}' is not valid");
        let mut value =
            HeaderValue::try_from(expanded(value.reveal(), named_values)).map_err(|_| wrong("value"))?;
        value.set_sensitive(true);
        headers.append(HeaderName::try_from(name).map_err(|_| wrong("name"))?, value);
    }
    Ok(headers)
}

fn query(model: &SingleBackend, named_values: &[NamedValue]) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
    let pair = |(name, value): &(String, Secret)| {
        format!("{}={}", encoded(name), encoded(&expanded(value.reveal(), named_values)))
    };
    model.credentials.query.iter().map(pair).collect::<Vec<_>>().join("&")
}

fn proxy(model: &SingleBackend, named_values: &[NamedValue]) -> Result<Option<Arc<Proxy>>, String> {
    let Some(proxy) = &model.proxy else { return Ok(None) };
    let password =
        proxy.password.as_ref().map_or_else(String::new, |text| expanded(text.reveal(), named_values));
    let login = proxy.username.as_ref().map(|name| (expanded(name, named_values), password));
    let login = login.as_ref().map(|(name, password)| (name.as_str(), password.as_str()));
    Proxy::new(&expanded(&proxy.url, named_values), login).map(Arc::new).map(Some)
}

/// The text with its named values in their places; what has no value stays as it is.
fn expanded(text: &str, named_values: &[NamedValue]) -> String {
    let mut parts = text.split("{{");
    let mut expanded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let found = part.split_once("}}").and_then(|(name, rest)| {
            Some((named_values.iter().find(|known| known.name == name.trim())?, rest))
        });
        if let Some((value, rest)) = found {
            expanded.push_str(value.value.reveal());
            expanded.push_str(rest);
        } else {
            expanded.push_str("{{");
            expanded.push_str(part);
        }
    }
    expanded
}

impl std::fmt::Debug for Single {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Single").field("name", &self.name).field("url", &self.url).finish_non_exhaustive()
    }
}
