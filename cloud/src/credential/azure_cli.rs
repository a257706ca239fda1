//! Whoever is logged in with `az login`: <https://learn.microsoft.com/cli/azure/authenticate-azure-cli>.

use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_identity::{AzureCliCredential, AzureCliCredentialOptions};

use super::Setting;
use crate::Error;

pub(super) fn credential(setting: &Setting<'_>) -> Result<Arc<dyn TokenCredential>, Error> {
    let options = AzureCliCredentialOptions {
        tenant_id: setting.tenant_id.clone(),
        ..AzureCliCredentialOptions::default()
    };
    let credential = AzureCliCredential::new(Some(options)).map_err(|error| setting.refused(error))?;
    Ok(credential)
}
