//! OpenID Connect discovery and the keys to check tokens with.
//! <https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#fetch-the-openid-configuration-document>
//!
//! **Differs from Azure:** the issuer of version 1.0 tokens is `{origin}/{tenant}/`; keys carry no certificate.

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::error::{OAuthError, json_response};
use super::{Entra, Version};

/// Names that stand for a tenant to be found out, which makes the issuer a template.
const ANY_TENANT: [&str; 3] = ["common", "consumers", "organizations"];

/// `/{tenant}/v2.0/.well-known/openid-configuration` and its version 1.0.
pub(super) fn openid_configuration(
    entra: &Entra,
    tenant: &str,
    version: Version,
) -> Result<Response<Bytes>, OAuthError> {
    let any = check_tenant(entra, tenant)?;
    let tenant = if any { tenant } else { &entra.tenant_id };
    let issuer = entra.issuer(if any { "{tenantid}" } else { tenant }, version);
    Ok(json_response(200, &document(&format!("{}/{tenant}", entra.origin), &issuer, version)))
}

/// `/{tenant}/discovery/v2.0/keys`.
pub(super) async fn keys(entra: &Entra, tenant: &str) -> Result<Response<Bytes>, OAuthError> {
    check_tenant(entra, tenant)?;
    let key = entra.keys.stored().await.ok_or_else(OAuthError::no_signing_key)?;
    Ok(json_response(200, &json!({ "keys": [key.jwk()] })))
}

/// `/common/discovery/instance`: which hosts are the same authority.
pub(super) fn instance(entra: &Entra, query: Option<&str>) -> Result<Response<Bytes>, OAuthError> {
    let authorization = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "authorization_endpoint")
        .map(|(_, value)| value.into_owned())
        .ok_or_else(|| OAuthError::missing_parameter("authorization_endpoint"))?;
    let (_, rest) = authorization.split_once("://").ok_or_else(OAuthError::unknown_instance)?;
    let mut parts = rest.split('/');
    let (host, tenant) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if !entra.audiences.contains(&format!("https://{host}")) || tenant.is_empty() {
        return Err(OAuthError::unknown_instance());
    }
    check_tenant(entra, tenant)?;
    let body = json!({
        "tenant_discovery_endpoint": format!("https://{host}/{tenant}/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
    });
    Ok(json_response(200, &body))
}

/// Whether the name stands for any tenant; an error if it names none.
fn check_tenant(entra: &Entra, tenant: &str) -> Result<bool, OAuthError> {
    let any = ANY_TENANT.iter().any(|name| name.eq_ignore_ascii_case(tenant));
    if any || entra.is_tenant(tenant) { Ok(any) } else { Err(OAuthError::unknown_tenant(tenant)) }
}

fn document(authority: &str, issuer: &str, version: Version) -> Value {
    let (oauth, keys) = match version {
        Version::V1 => ("oauth2", "discovery/keys"),
        Version::V2 => ("oauth2/v2.0", "discovery/v2.0/keys"),
    };
    json!({
        "token_endpoint": format!("{authority}/{oauth}/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "jwks_uri": format!("{authority}/{keys}"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "grant_types_supported": super::GRANTS.map(|grant| grant.name),
        "issuer": issuer,
        "request_uri_parameter_supported": false,
        // Clients refuse a document without these three; what they name answers that it is not implemented.
        "authorization_endpoint": format!("{authority}/{oauth}/authorize"),
        "device_authorization_endpoint": format!("{authority}/{oauth}/devicecode"),
        "end_session_endpoint": format!("{authority}/{oauth}/logout"),
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "claims_supported": [
            "sub", "iss", "aud", "exp", "iat", "nbf", "appid", "azp", "oid", "tid", "idtyp", "ver",
        ],
        "tenant_region_scope": null,
    })
}

impl Entra {
    /// The `iss` of tokens of a version.
    pub(super) fn issuer(&self, tenant: &str, version: Version) -> String {
        let suffix = if version == Version::V2 { "v2.0" } else { "" };
        format!("{}/{tenant}/{suffix}", self.origin)
    }
}
