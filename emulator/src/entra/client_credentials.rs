//! `grant_type=client_credentials`: an application proves itself by its secret and gets a token for a resource.
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>
//!
//! **Differs from Azure:** secrets only, no certificates and no federated credentials.

use super::error::OAuthError;
use super::token::{Grant, Granted, TokenRequest};
use super::{Entra, Version};
use crate::graph::{SecretCheck, ServicePrincipal};

pub(super) const GRANT: Grant = Grant { name: "client_credentials", grant };

const DEFAULT_SCOPE: &str = "/.default";

/// What tokens for the credential manager of API Management are for; no application of the tenant.
const CREDENTIAL_MANAGER: &str = "https://azure-apim.net/authorization-manager";

/// Scopes that name no resource.
const OPEN_ID_SCOPES: [&str; 4] = ["email", "offline_access", "openid", "profile"];

fn grant(entra: &Entra, request: &TokenRequest) -> Result<Granted, OAuthError> {
    let client_id = request.required("client_id")?;
    let audience = match request.version {
        Version::V1 => request.required("resource")?,
        Version::V2 => resource_of(request.required("scope")?)?,
    };
    let principal = client(entra, client_id, request.get("client_secret"))?;
    let token_version = token_version(entra, audience)?;
    Ok(Granted { principal, audience: audience.to_owned(), token_version })
}

/// The part of a scope before `/.default`, as the client wrote it: az's resources end in a slash of their own.
fn resource_of(scope: &str) -> Result<&str, OAuthError> {
    let mut scopes = scope.split_whitespace().filter(|scope| !OPEN_ID_SCOPES.contains(scope));
    let first = scopes.next().ok_or_else(|| OAuthError::scope_without_default(scope))?;
    if scopes.next().is_some() {
        return Err(OAuthError::several_resources(scope));
    }
    let resource = first.strip_suffix(DEFAULT_SCOPE).filter(|resource| !resource.is_empty());
    resource.ok_or_else(|| OAuthError::scope_without_default(scope))
}

/// The service principal of the application that the secret belongs to.
fn client(entra: &Entra, client_id: &str, secret: Option<&str>) -> Result<ServicePrincipal, OAuthError> {
    let directory = &entra.directory;
    let tenant = &entra.tenant_id;
    let principal = directory.service_principal_by_app_id(client_id);
    if principal.is_none() && !directory.is_application(client_id) {
        return Err(OAuthError::unknown_application(client_id, tenant));
    }
    let secret = secret.ok_or_else(OAuthError::missing_secret)?;
    match directory.secret(client_id, secret) {
        SecretCheck::Valid => {}
        SecretCheck::Expired => return Err(OAuthError::expired_secret(client_id)),
        SecretCheck::Wrong => return Err(OAuthError::wrong_secret(client_id)),
    }
    let principal = principal.ok_or_else(|| OAuthError::missing_service_principal(client_id, tenant))?;
    if !directory.is_enabled(&principal) {
        return Err(OAuthError::disabled(client_id, &principal.display_name));
    }
    Ok(principal)
}

/// The version of the resource's tokens; an error if there is no such resource.
pub(super) fn token_version(entra: &Entra, resource: &str) -> Result<Version, OAuthError> {
    if entra.audiences.contains(resource) || resource.eq_ignore_ascii_case(CREDENTIAL_MANAGER) {
        return Ok(Version::V1);
    }
    match entra.directory.requested_token_version(resource) {
        Some(2) => Ok(Version::V2),
        Some(_) => Ok(Version::V1),
        None => Err(OAuthError::unknown_resource(resource, &entra.tenant_id)),
    }
}
