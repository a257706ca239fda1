//! The identity of the Azure machine that this runs on:
//! <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/overview>.

use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};

use super::Setting;
use crate::Error;

pub(super) fn credential(
    setting: &Setting<'_>,
    client_id: Option<String>,
) -> Result<Arc<dyn TokenCredential>, Error> {
    let options = ManagedIdentityCredentialOptions {
        user_assigned_id: client_id.map(UserAssignedId::ClientId),
        client_options: setting.client_options(),
    };
    let credential = ManagedIdentityCredential::new(Some(options)).map_err(|error| setting.refused(error))?;
    Ok(credential)
}
