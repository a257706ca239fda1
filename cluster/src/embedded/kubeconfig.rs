//! The kubeconfig that `az aks get-credentials` would write.
//! <https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/>

use std::fmt::Write as _;

use aks::ManagedCluster;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Config;
use super::token::Token;

/// The kubeconfig of a cluster: names as AKS gives them.
pub fn kubeconfig(cluster: &ManagedCluster, (key, token): (&str, &Token), config: &Config) -> String {
    let name = quoted(&cluster.name);
    let user = quoted(&format!("clusterUser_{}_{}", cluster.resource_group, cluster.name));
    let server = quoted(&format!("{}/clusters/{key}", config.base_url.trim_end_matches('/')));
    let mut text = String::from("apiVersion: v1\nclusters:\n- cluster:\n");
    if !config.ca_pem.is_empty() {
        line(&mut text, "certificate-authority-data", &STANDARD.encode(&config.ca_pem));
    }
    line(&mut text, "server", &server);
    let _ = write!(
        text,
        "  name: {name}\ncontexts:\n- context:\n    cluster: {name}\n    user: {user}\n  name: {name}\n"
    );
    let _ = write!(
        text,
        "current-context: {name}\nkind: Config\npreferences: {{}}\nusers:\n- name: {user}\n  user:\n"
    );
    if let Some(certificate) = &config.client_certificate {
        line(&mut text, "client-certificate-data", &STANDARD.encode(&certificate.certificate_pem));
        line(&mut text, "client-key-data", &STANDARD.encode(&certificate.key_pem));
    }
    line(&mut text, "token", &quoted(&token.reveal()));
    text
}

fn line(text: &mut String, field: &str, value: &str) {
    let _ = writeln!(text, "    {field}: {value}");
}

/// JSON strings are YAML strings.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
