//! An application's password:
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>.

use std::path::PathBuf;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};

use super::Setting;
use crate::{Error, Secret};

pub(super) fn credential(
    setting: &Setting<'_>,
    client_id: String,
    file: Option<PathBuf>,
    secret: Option<Secret>,
) -> Result<Arc<dyn TokenCredential>, Error> {
    let secret = match (secret, file) {
        (Some(secret), None) => secret.reveal().to_owned(),
        (None, Some(path)) => read(path)?,
        _ => return Err(setting.refused("give `clientSecret` or `clientSecretFile`, one of the two")),
    };
    let options = ClientSecretCredentialOptions { client_options: setting.client_options() };
    let credential =
        ClientSecretCredential::new(setting.tenant_id()?, client_id, secret.into(), Some(options))
            .map_err(|error| setting.refused(error))?;
    Ok(credential)
}

fn read(path: PathBuf) -> Result<String, Error> {
    let text = std::fs::read_to_string(&path).map_err(|error| Error::File {
        verb: "read",
        path,
        reason: error.to_string(),
    })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
