//! Reading a kubeconfig: <https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/>.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Certificate, Identity};
use serde::Deserialize;

use super::{Authentication, Inner, Kubernetes};
use crate::{Client, Error, Secret, tls};

/// The application that AKS's API servers are in every tenant.
/// <https://learn.microsoft.com/azure/aks/kubelogin-authentication>
const AKS_AUDIENCE: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Config {
    #[serde(default)]
    current_context: String,
    #[serde(default)]
    clusters: Vec<Named>,
    #[serde(default)]
    contexts: Vec<Named>,
    #[serde(default)]
    users: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    #[serde(default)]
    cluster: Option<ClusterEntry>,
    #[serde(default)]
    context: Option<ContextEntry>,
    #[serde(default)]
    user: Option<UserEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct ClusterEntry {
    server: String,
    certificate_authority_data: Option<String>,
}

#[derive(Deserialize)]
struct ContextEntry {
    cluster: String,
    user: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct UserEntry {
    token: Option<Secret>,
    client_certificate_data: Option<String>,
    client_key_data: Option<Secret>,
    exec: Option<serde::de::IgnoredAny>,
}

/// The cluster of the current context.
pub(crate) fn connect(client: &Client, kubeconfig: &str) -> Result<Kubernetes, Error> {
    let config: Config =
        serde_saphyr::from_str(kubeconfig).map_err(|error| bad(error.without_snippet().to_string()))?;
    let context = find(&config.contexts, &config.current_context).and_then(|named| named.context.as_ref());
    let context = context.ok_or_else(|| bad(format!("it has no context `{}`", config.current_context)))?;
    let cluster = find(&config.clusters, &context.cluster).and_then(|named| named.cluster.as_ref());
    let cluster = cluster.ok_or_else(|| bad(format!("it has no cluster `{}`", context.cluster)))?;
    let user = find(&config.users, &context.user).and_then(|named| named.user.as_ref());
    let server = cluster.server.trim_end_matches('/').to_owned();
    let http = http(cluster, user)?;
    let authentication = match user {
        Some(UserEntry { token: Some(token), .. }) => Authentication::Token(token.clone()),
        // `exec` is kubelogin's entry; its token can be had without the program.
        Some(UserEntry { exec: Some(_), .. }) => Authentication::Entra { audience: AKS_AUDIENCE },
        _ => Authentication::Connection,
    };
    Ok(Kubernetes(Arc::new(Inner { client: client.clone(), http, server, authentication })))
}

fn http(cluster: &ClusterEntry, user: Option<&UserEntry>) -> Result<reqwest::Client, Error> {
    let mut builder = tls::builder();
    if tls::is_loopback(&cluster.server) {
        builder = builder.no_proxy();
    }
    if let Some(data) = &cluster.certificate_authority_data {
        let roots = Certificate::from_pem_bundle(&decoded(data)?).map_err(|error| bad(error.to_string()))?;
        builder = builder.tls_certs_only(roots);
    }
    if let Some(UserEntry {
        client_certificate_data: Some(certificate), client_key_data: Some(key), ..
    }) = user
    {
        let mut pem = decoded(key.reveal())?;
        pem.push(b'\n');
        pem.extend(decoded(certificate)?);
        builder = builder.identity(Identity::from_pem(&pem).map_err(|error| bad(error.to_string()))?);
    }
    builder.build().map_err(|error| bad(crate::retry::reason(&error)))
}

fn find<'a>(entries: &'a [Named], name: &str) -> Option<&'a Named> {
    entries.iter().find(|entry| entry.name == name)
}

fn decoded(data: &str) -> Result<Vec<u8>, Error> {
    STANDARD.decode(data.trim()).map_err(|error| bad(format!("it holds data that is not base64: {error}")))
}

fn bad(reason: String) -> Error {
    Error::Unexpected { path: "the cluster's kubeconfig".to_owned(), reason }
}
