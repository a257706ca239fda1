//! Access tokens: the claims that clients and Resource Manager read, and the check of a request's token.
//! <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>
//!
//! **Differs from Azure:** tokens of both versions carry both spellings of the client, `appid` and `azp`.

use arm::ErrorResponse;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::token::Granted;
use super::{Caller, Entra, Version};

/// How long a token is valid, in seconds.
pub(super) const LIFETIME: i64 = 3_599;

/// By how much the clocks of issuer and checker may differ, in seconds.
const SKEW: i64 = 300;

/// Longer tokens are not ours; reading them would only cost time.
const LENGTH_LIMIT: usize = 16 * 1024;

/// The claims that say whether and for whom a token is valid.
#[derive(Deserialize)]
struct Claims {
    aud: String,
    tid: String,
    oid: String,
    appid: String,
    nbf: i64,
    exp: i64,
}

/// The claims of a new token.
pub(super) fn claims(entra: &Entra, granted: &Granted) -> Value {
    let now = entra.clock.now().unix_seconds();
    let principal = &granted.principal;
    let tenant = &entra.tenant_id;
    let version = granted.token_version;
    json!({
        "aud": granted.audience,
        "iss": entra.issuer(tenant, version),
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "appid": principal.app_id,
        "appidacr": "1",
        "azp": principal.app_id,
        "azpacr": "1",
        "idp": entra.issuer(tenant, Version::V1),
        "idtyp": "app",
        "oid": principal.object_id,
        "sub": principal.object_id,
        "tid": tenant,
        "uti": entra.ids.hex(22),
        "ver": if version == Version::V2 { "2.0" } else { "1.0" },
    })
}

/// Whose request it is, by its bearer token.
pub(super) fn authenticate(entra: &Entra, headers: &HeaderMap) -> Result<Caller, ErrorResponse> {
    let claims = verify(entra, bearer(headers)?)?;
    let now = entra.clock.now().unix_seconds();
    if now >= claims.exp {
        return Err(expired(claims.exp, now));
    }
    if claims.nbf > now + SKEW {
        return Err(refuse("InvalidAuthenticationToken", "The access token is not yet valid."));
    }
    if claims.tid != entra.tenant_id {
        let message = format!("The access token is from the wrong tenant '{}'. Sign in again.", claims.tid);
        return Err(refuse("InvalidAuthenticationTokenTenant", &message));
    }
    if !entra.audiences.contains(&claims.aud) {
        let message = format!(
            "The access token has been obtained for wrong audience or resource '{}'. It should exactly match with one of the allowed audiences '{}/'.",
            claims.aud, entra.origin
        );
        return Err(refuse("InvalidAuthenticationTokenAudience", &message));
    }
    Ok(Caller { client_id: claims.appid, object_id: claims.oid })
}

fn bearer(headers: &HeaderMap) -> Result<&str, ErrorResponse> {
    let value = headers
        .get(AUTHORIZATION)
        .ok_or_else(|| ErrorResponse::authentication_failed("The 'Authorization' header is missing."))?;
    let token = value.to_str().ok().and_then(|value| value.split_once(' ')).and_then(|(scheme, token)| {
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| token.trim())
            .filter(|token| token.len() <= LENGTH_LIMIT)
    });
    token.ok_or_else(|| {
        let message = "Authentication failed. The 'Authorization' header is provided in an invalid format.";
        refuse("AuthenticationFailedInvalidHeader", message)
    })
}

/// The claims of a token that this authority has signed.
fn verify(entra: &Entra, token: &str) -> Result<Claims, ErrorResponse> {
    let mut validation = Validation::new(Algorithm::RS256);
    // Times are compared with the simulated clock; audience and tenant get answers of their own.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    entra
        .keys
        .current()
        .and_then(super::signing_key::SigningKey::public)
        .and_then(|key| jsonwebtoken::decode::<Claims>(token, &key, &validation).ok())
        .map(|token| token.claims)
        .ok_or_else(|| {
            refuse(
                "InvalidAuthenticationToken",
                "The access token is invalid. It was not issued by this sandbox.",
            )
        })
}

fn expired(expiry: i64, now: i64) -> ErrorResponse {
    let message = format!(
        "The access token expiry UTC time '{}' is earlier than current UTC time '{}'.",
        date(expiry),
        date(now)
    );
    refuse("ExpiredAuthenticationToken", &message)
}

/// A moment as this one sentence of Azure's writes it: `11/24/2026 11:32:31 PM`.
fn date(seconds: i64) -> String {
    let format = format_description!(
        "[month padding:none]/[day padding:none]/[year] [hour repr:12 padding:none]:[minute]:[second] [period]"
    );
    let moment = OffsetDateTime::from_unix_timestamp(seconds).ok();
    moment.and_then(|moment| moment.format(&format).ok()).unwrap_or_default()
}

fn refuse(code: &str, message: &str) -> ErrorResponse {
    ErrorResponse::new(401, code, message)
}
