//! `environment.json`: where this sandbox's Azure is and how to log in, in the form that `apimlab --environment`
//! reads. A second sandbox can so be deployed to as if it were Azure.

use serde_json::json;

use crate::certificates::CA_FILE;
use crate::endpoints::{Endpoint, PortNumbers};
use crate::{Error, Settings, StateFolder};

/// The file's name in the state folder.
pub const ENVIRONMENT_FILE: &str = "environment.json";
/// The client secret alone, for programs that take secrets by file.
pub const CLIENT_SECRET_FILE: &str = "client-secret";

/// Writes the file and the secret that it points to.
pub(crate) fn store(folder: &StateFolder, settings: &Settings, ports: &PortNumbers) -> Result<(), Error> {
    folder.write(CLIENT_SECRET_FILE, settings.client_secret.as_bytes())?;
    let origin = ports.url(Endpoint::ResourceManager);
    // File names are relative to the file.
    let environment = json!({
        "name": "sandbox",
        "resourceManager": origin,
        "audience": "https://management.azure.com",
        "authority": origin,
        "graph": origin,
        "graphAudience": "https://graph.microsoft.com",
        "tenantId": settings.tenant_id,
        "subscriptionId": settings.subscription_id,
        "caFile": CA_FILE,
        "proxy": ports.url(Endpoint::Proxy),
        "credential": {
            "clientSecret": { "clientId": settings.client_id, "clientSecretFile": CLIENT_SECRET_FILE },
        },
    });
    folder.write(ENVIRONMENT_FILE, format!("{environment:#}\n").as_bytes())
}
