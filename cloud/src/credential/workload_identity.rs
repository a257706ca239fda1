//! A token of another issuer, as CI systems and Kubernetes give:
//! <https://learn.microsoft.com/entra/workload-id/workload-identity-federation>.

use std::path::PathBuf;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_identity::{
    ClientAssertionCredentialOptions, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};

use super::Setting;
use crate::Error;

pub(super) fn credential(
    setting: &Setting<'_>,
    client_id: String,
    token_file: PathBuf,
) -> Result<Arc<dyn TokenCredential>, Error> {
    let options = WorkloadIdentityCredentialOptions {
        credential_options: ClientAssertionCredentialOptions { client_options: setting.client_options() },
        client_id: Some(client_id),
        tenant_id: Some(setting.tenant_id()?.to_owned()),
        token_file_path: Some(token_file),
    };
    let credential =
        WorkloadIdentityCredential::new(Some(options)).map_err(|error| setting.refused(error))?;
    Ok(credential)
}
