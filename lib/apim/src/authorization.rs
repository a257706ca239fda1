//! Authorizations of a service's credential manager: where tokens for backends come from, and who may use them.
//! <https://learn.microsoft.com/azure/api-management/credentials-process-flow>

use serde::{Deserialize, Serialize};

use crate::Secret;

/// An authorization (in the portal: a connection) of one of the service's authorization providers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Authorization {
    /// The identifier of the provider, which policies name as `provider-id`.
    pub provider: String,
    /// The identifier in the provider, which policies name as `authorization-id`.
    pub name: String,
    /// Where tokens are asked for.
    pub token_url: String,
    /// What the request for a token says besides the grant (RFC 6749): the client, its secret, the scope.
    pub form: Vec<(String, Secret)>,
    /// Whether somebody has to agree, and has.
    pub consent: Consent,
    /// The service's own identity may use it.
    pub open_to_service: bool,
    /// Who else may use it.
    pub principals: Vec<Principal>,
}

/// Whether somebody has to agree that the service gets tokens, and has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Consent {
    /// Nobody has to: client credentials.
    NotNeeded,
    /// Nobody has yet.
    Missing,
    /// Somebody has, which this authorization code is the proof of.
    Given(Secret),
}

/// Whom an access policy names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Principal {
    /// The tenant.
    pub tenant_id: String,
    /// The user, group, service principal or managed identity in it.
    pub object_id: String,
    /// The applications through which alone it may; all, if there are none.
    pub app_ids: Vec<String>,
}
