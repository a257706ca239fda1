//! The token endpoint, `/{tenant}/oauth2/v2.0/token` and its version 1.0: a form in, a token out.
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method, Request, Response};
use serde_json::json;

use super::error::{OAuthError, json_response};
use super::{Entra, Version, access_token};
use crate::graph::ServicePrincipal;

/// Token requests are a few hundred bytes; the largest carry a signed assertion.
const BODY_LIMIT: usize = 64 * 1024;

/// A row: a `grant_type` and who gets a token for what by it.
pub(super) struct Grant {
    pub(super) name: &'static str,
    pub(super) grant: fn(&Entra, &TokenRequest) -> Result<Granted, OAuthError>,
}

/// The form, read; no `Debug`, because it holds the secret.
pub(super) struct TokenRequest {
    pub(super) version: Version,
    tenant: String,
    parameters: BTreeMap<String, String>,
}

/// What a grant gives.
pub(super) struct Granted {
    pub(super) principal: ServicePrincipal,
    /// The resource as the client named it; becomes the token's `aud`.
    pub(super) audience: String,
    /// The version that the resource wants its tokens in.
    pub(super) token_version: Version,
}

pub(super) async fn answer(
    entra: &Entra,
    tenant: &str,
    version: Version,
    request: &Request<Bytes>,
) -> Result<Response<Bytes>, OAuthError> {
    let granted = grant(entra, &read(tenant, version, request)?)?;
    let key = entra.keys.stored().await.ok_or_else(OAuthError::no_signing_key)?;
    let (now, lifetime) = (entra.clock.now().unix_seconds(), access_token::LIFETIME);
    let claims = access_token::claims(entra, &granted);
    let token = key.sign(&claims).ok_or_else(OAuthError::no_signing_key)?;
    let body = match version {
        Version::V2 => json!({
            "token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token,
        }),
        // The first version spells numbers as texts.
        Version::V1 => json!({
            "token_type": "Bearer",
            "expires_in": lifetime.to_string(),
            "ext_expires_in": lifetime.to_string(),
            "expires_on": (now + lifetime).to_string(),
            "not_before": now.to_string(),
            "resource": granted.audience,
            "access_token": token,
        }),
    };
    tracing::debug!(client_id = granted.principal.app_id, audience = granted.audience, "token issued");
    Ok(json_response(200, &body))
}

fn read(tenant: &str, version: Version, request: &Request<Bytes>) -> Result<TokenRequest, OAuthError> {
    if request.method() != Method::POST {
        return Err(OAuthError::only_accepts("POST", request.method()));
    }
    if request.body().len() > BODY_LIMIT {
        return Err(OAuthError::too_large());
    }
    let mut parameters = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(request.body()) {
        // The first of several values counts, so nothing after it can change who is asking.
        parameters.entry(name.into_owned()).or_insert_with(|| value.into_owned());
    }
    if let Some((client_id, secret)) = basic(request.headers())
        && !parameters.contains_key("client_secret")
    {
        parameters.entry("client_id".to_owned()).or_insert(client_id);
        parameters.insert("client_secret".to_owned(), secret);
    }
    Ok(TokenRequest { version, tenant: tenant.to_owned(), parameters })
}

fn grant(entra: &Entra, request: &TokenRequest) -> Result<Granted, OAuthError> {
    let name = request.required("grant_type")?;
    let multi_tenant =
        ["common", "organizations"].iter().any(|name| name.eq_ignore_ascii_case(&request.tenant));
    if !multi_tenant && !entra.is_tenant(&request.tenant) {
        return Err(OAuthError::unknown_tenant(&request.tenant));
    }
    let row = super::GRANTS
        .iter()
        .find(|row| row.name == name)
        .ok_or_else(|| OAuthError::unsupported_grant(name))?;
    if multi_tenant {
        return Err(OAuthError::single_tenant(request.required("client_id")?, &request.tenant));
    }
    (row.grant)(entra, request)
}

/// `Authorization: Basic`, whose parts are form-encoded (RFC 6749, 2.3.1).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, value) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    let (client_id, secret) = pair.split_once(':')?;
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    Some((decode(client_id), decode(secret)))
}

impl TokenRequest {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, OAuthError> {
        self.get(name).ok_or_else(|| OAuthError::missing_parameter(name))
    }
}
