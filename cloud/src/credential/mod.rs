//! Who asks: how a token is obtained, on `azure_identity` with this crate's own transport, so that the sandbox's
//! certificate authority is trusted and no second TLS stack is needed.
//!
//! The source is the environment file's, else the first that the process environment names, in the order of the
//! Azure SDKs' default chain: client secret, workload identity, the Azure CLI. One file per kind of source.

mod azure_cli;
mod client_secret;
mod managed_identity;
mod transport;
mod workload_identity;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientOptions, Transport};
use serde::{Deserialize, Serialize};

use crate::{Environment, Error, Secret};

/// Where a token comes from.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum CredentialSource {
    /// An application and its password; one of the two ways to give it.
    ClientSecret {
        /// The application's id.
        client_id: String,
        /// A file that holds the password.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_secret_file: Option<PathBuf>,
        /// The password.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_secret: Option<Secret>,
    },
    /// An application and a file with a token that another issuer vouches with (CI, Kubernetes).
    WorkloadIdentity {
        /// The application's id.
        client_id: String,
        /// The file; it is read for every token.
        token_file: PathBuf,
    },
    /// The identity of the Azure machine that this runs on.
    ManagedIdentity {
        /// The client id of a user-assigned identity; none for the machine's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_id: Option<String>,
    },
    /// Whoever is logged in with `az login`.
    AzureCli,
}

impl CredentialSource {
    /// The first source that the process environment names.
    pub fn from_variables(variables: &BTreeMap<String, String>) -> Self {
        let given = |name: &str| variables.get(name).filter(|value| !value.is_empty()).cloned();
        match (given("AZURE_CLIENT_ID"), given("AZURE_CLIENT_SECRET"), given("AZURE_FEDERATED_TOKEN_FILE")) {
            (Some(client_id), Some(secret), _) => Self::ClientSecret {
                client_id,
                client_secret_file: None,
                client_secret: Some(Secret::new(secret)),
            },
            (Some(client_id), None, Some(file)) => {
                Self::WorkloadIdentity { client_id, token_file: file.into() }
            }
            _ => Self::AzureCli,
        }
    }

    /// The file that the source reads.
    pub(crate) fn file_mut(&mut self) -> Option<&mut PathBuf> {
        match self {
            Self::ClientSecret { client_secret_file, .. } => client_secret_file.as_mut(),
            Self::WorkloadIdentity { token_file, .. } => Some(token_file),
            Self::ManagedIdentity { .. } | Self::AzureCli => None,
        }
    }
}

/// What every kind of credential is made from.
pub(crate) struct Setting<'a> {
    environment: &'a Environment,
    tenant_id: Option<String>,
    http: reqwest::Client,
}

impl Setting<'_> {
    fn client_options(&self) -> ClientOptions {
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host.clone_from(&self.environment.authority);
        ClientOptions {
            transport: Some(Transport::new(Arc::new(transport::Http(self.http.clone())))),
            cloud: Some(Arc::new(cloud.into())),
            ..ClientOptions::default()
        }
    }

    fn tenant_id(&self) -> Result<&str, Error> {
        self.tenant_id.as_deref().ok_or_else(|| {
            self.refused("no tenant is known; set `tenantId` in the environment file, or AZURE_TENANT_ID")
        })
    }

    fn refused(&self, reason: impl std::fmt::Display) -> Error {
        Error::Credential { authority: self.environment.authority.clone(), reason: reason.to_string() }
    }
}

/// The credential of `environment`, completed from the process environment.
pub(crate) fn connect(
    environment: &Environment,
    variables: &BTreeMap<String, String>,
    http: reqwest::Client,
) -> Result<Arc<dyn TokenCredential>, Error> {
    let source =
        environment.credential.clone().unwrap_or_else(|| CredentialSource::from_variables(variables));
    let tenant_id = environment
        .tenant_id
        .clone()
        .or_else(|| variables.get("AZURE_TENANT_ID").filter(|tenant| !tenant.is_empty()).cloned());
    let setting = Setting { environment, tenant_id, http };
    match source {
        CredentialSource::ClientSecret { client_id, client_secret_file, client_secret } => {
            client_secret::credential(&setting, client_id, client_secret_file, client_secret)
        }
        CredentialSource::WorkloadIdentity { client_id, token_file } => {
            workload_identity::credential(&setting, client_id, token_file)
        }
        CredentialSource::ManagedIdentity { client_id } => managed_identity::credential(&setting, client_id),
        CredentialSource::AzureCli => azure_cli::credential(&setting),
    }
}
