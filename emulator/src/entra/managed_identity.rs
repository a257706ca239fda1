//! Tokens for the managed identities of resources, as the instance metadata service gives them out.
//! <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>
//!
//! **Differs from Azure:** an identity's application id is its object id if it is the resource's own; besides the
//! tenant's applications, all hosts of Azure's services are taken for resources.

use serde_json::{Value, json};

use super::error::OAuthError;
use super::token::Granted;
use super::{Entra, Version, access_token, client_credentials};
use crate::graph::ServicePrincipal;

/// The domains of Azure's services.
const SERVICES: [&str; 7] = [
    ".azure.com",
    ".azure.net",
    ".windows.net",
    ".microsoft.com",
    ".azure-automation.net",
    ".azure.us",
    ".azure.cn",
];

/// A token of a managed identity.
#[derive(Debug)]
pub struct IdentityToken {
    /// The token.
    pub text: String,
    /// When it ends, in seconds since 1970.
    pub expires: i64,
}

impl Entra {
    /// A token for the identity of a resource.
    ///
    /// # Errors
    /// What Entra would say.
    pub(crate) async fn identity_token(
        &self,
        (resource, body): (&str, &Value),
        client_id: Option<&str>,
        audience: &str,
    ) -> Result<IdentityToken, String> {
        let principal = principal(body, client_id).ok_or_else(|| match client_id {
            Some(id) => format!("no user-assigned identity of the resource has the client id '{id}'"),
            None => "the resource has no system-assigned identity: add one, or name a user-assigned one"
                .to_owned(),
        })?;
        let audience = audience.strip_suffix("/.default").unwrap_or(audience);
        let token_version = self.resource_version(audience).map_err(OAuthError::into_message)?;
        let granted = Granted { principal, audience: audience.to_owned(), token_version };
        let mut claims = access_token::claims(self, &granted);
        if let Some(claims) = claims.as_object_mut() {
            claims.insert("xms_mirid".to_owned(), json!(resource));
            claims.insert("appidacr".to_owned(), json!("2"));
        }
        let expires = claims.get("exp").and_then(Value::as_i64).unwrap_or_default();
        let key = self.keys.stored().await.ok_or("the signing key cannot be had")?;
        let text = key.sign(&claims).ok_or("the token cannot be signed")?;
        Ok(IdentityToken { text, expires })
    }

    fn resource_version(&self, audience: &str) -> Result<Version, OAuthError> {
        let host =
            audience.strip_prefix("https://").map(|rest| rest.trim_end_matches('/').to_ascii_lowercase());
        if host.is_some_and(|host| SERVICES.iter().any(|domain| host.ends_with(domain))) {
            return Ok(Version::V1);
        }
        client_credentials::token_version(self, audience)
    }
}

/// Who a resource acts as: the user-assigned identity with this client id, or itself.
fn principal(body: &Value, client_id: Option<&str>) -> Option<ServicePrincipal> {
    let identity = body.get("identity")?;
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let (object_id, app_id) = match client_id {
        None => text(identity, "principalId").map(|id| (id.clone(), id))?,
        Some(wanted) => {
            let mut assigned = identity.get("userAssignedIdentities")?.as_object()?.values();
            let is_wanted =
                |found: &&Value| text(found, "clientId").is_some_and(|id| id.eq_ignore_ascii_case(wanted));
            let found = assigned.find(is_wanted)?;
            (text(found, "principalId")?, wanted.to_owned())
        }
    };
    Some(ServicePrincipal { object_id, app_id, display_name: String::new() })
}
