//! The configuration file, version v1beta4: <https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/>.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::Error;

const KUBEADM: &str = "kubeadm.k8s.io/v1beta4";

/// The documents of a file.
#[derive(Debug, Default)]
pub struct Configuration {
    /// What all nodes have in common.
    pub cluster: Option<Cluster>,
    /// The first node.
    pub init: Option<Init>,
    /// Another node.
    pub join: Option<Join>,
    /// The kubelets.
    pub kubelet: Value,
}

/// `ClusterConfiguration`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, clippy::struct_field_names, reason = "the fields that it may have, as they are called")]
pub struct Cluster {
    api_version: String,
    kind: String,
    pub kubernetes_version: Option<String>,
    #[serde(default = "usual_cluster")]
    pub cluster_name: String,
    #[serde(default)]
    pub control_plane_endpoint: String,
    #[serde(default)]
    pub api_server: ApiServer,
    #[serde(default)]
    controller_manager: Component,
    #[serde(default)]
    scheduler: Component,
    #[serde(default)]
    pub networking: Networking,
    etcd: Option<Value>,
    dns: Option<Value>,
    proxy: Option<Value>,
    certificates_dir: Option<String>,
    image_repository: Option<String>,
    feature_gates: Option<Map<String, Value>>,
    encryption_algorithm: Option<String>,
    certificate_validity_period: Option<String>,
    ca_certificate_validity_period: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "the fields that it may have")]
pub struct ApiServer {
    #[serde(default)]
    extra_args: Vec<Argument>,
    extra_volumes: Option<Value>,
    extra_envs: Option<Value>,
    #[serde(default, rename = "certSANs")]
    pub cert_sans: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, clippy::struct_field_names, reason = "the fields that it may have, as they are called")]
struct Component {
    #[serde(default)]
    extra_args: Vec<Argument>,
    extra_volumes: Option<Value>,
    extra_envs: Option<Value>,
}

/// Since v1beta4 arguments are a list: a name may come more than once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Argument {
    pub name: String,
    pub value: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Networking {
    #[serde(default = "usual_services")]
    pub service_subnet: String,
    #[serde(default = "usual_pods")]
    pub pod_subnet: String,
    #[serde(default)]
    #[expect(dead_code, reason = "the fields that it may have")]
    dns_domain: String,
}

impl Default for Networking {
    fn default() -> Self {
        Self { service_subnet: usual_services(), pod_subnet: usual_pods(), dns_domain: String::new() }
    }
}

/// `InitConfiguration`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "the fields that it may have")]
pub struct Init {
    api_version: String,
    kind: String,
    #[serde(default)]
    pub bootstrap_tokens: Vec<BootstrapToken>,
    #[serde(default, rename = "localAPIEndpoint")]
    pub local_api_endpoint: Endpoint,
    #[serde(default)]
    pub node_registration: NodeRegistration,
    #[serde(default)]
    pub skip_phases: Vec<String>,
    dry_run: Option<bool>,
    certificate_key: Option<String>,
    patches: Option<Value>,
    timeouts: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the fields that it may have")]
pub struct BootstrapToken {
    pub token: String,
    description: Option<String>,
    ttl: Option<String>,
    expires: Option<String>,
    usages: Option<Vec<String>>,
    groups: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Endpoint {
    #[serde(default)]
    pub advertise_address: String,
    pub bind_port: Option<u16>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "the fields that it may have")]
pub struct NodeRegistration {
    name: Option<String>,
    #[serde(default)]
    pub cri_socket: String,
    taints: Option<Value>,
    #[serde(default)]
    pub kubelet_extra_args: Vec<Argument>,
    ignore_preflight_errors: Option<Vec<String>>,
    image_pull_policy: Option<String>,
    image_pull_serial: Option<bool>,
}

impl NodeRegistration {
    /// The name that it is given, or else the host's.
    pub fn node_name(&self) -> String {
        self.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(crate::node::host_name)
    }
}

/// `JoinConfiguration`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "the fields that it may have")]
pub struct Join {
    api_version: String,
    kind: String,
    #[serde(default)]
    pub node_registration: NodeRegistration,
    pub discovery: Discovery,
    #[serde(default)]
    pub skip_phases: Vec<String>,
    ca_cert_path: Option<String>,
    pub control_plane: Option<Value>,
    dry_run: Option<bool>,
    patches: Option<Value>,
    timeouts: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "the fields that it may have")]
pub struct Discovery {
    pub bootstrap_token: Option<TokenDiscovery>,
    file: Option<Value>,
    tls_bootstrap_token: Option<String>,
    timeout: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenDiscovery {
    pub token: String,
    pub api_server_endpoint: String,
    #[serde(default)]
    pub ca_cert_hashes: Vec<String>,
    #[serde(default, rename = "unsafeSkipCAVerification")]
    pub unsafe_skip_ca_verification: bool,
}

fn usual_cluster() -> String {
    "kubernetes".to_owned()
}

fn usual_services() -> String {
    "10.96.0.0/12".to_owned()
}

fn usual_pods() -> String {
    "10.244.0.0/16".to_owned()
}

/// Reads all documents.
pub fn parse(text: &str) -> Result<Configuration, Error> {
    let wrong =
        |error: &dyn std::fmt::Display| Error::Document(format!("error unmarshaling configuration: {error}"));
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).map_err(|error| wrong(&error))?;
    let mut read = Configuration::default();
    for document in documents {
        let version = document["apiVersion"].as_str().unwrap_or_default().to_owned();
        let kind = document["kind"].as_str().unwrap_or_default().to_owned();
        let named = |error: serde_json::Error| wrong(&format!("{kind}: {error}"));
        match (version.as_str(), kind.as_str()) {
            (KUBEADM, "ClusterConfiguration") => {
                read.cluster = Some(serde_json::from_value(document).map_err(named)?);
            }
            (KUBEADM, "InitConfiguration") => {
                read.init = Some(serde_json::from_value(document).map_err(named)?);
            }
            (KUBEADM, "JoinConfiguration") => {
                read.join = Some(serde_json::from_value(document).map_err(named)?);
            }
            ("kubelet.config.k8s.io/v1beta1", "KubeletConfiguration") => read.kubelet = document,
            ("kubeproxy.config.k8s.io/v1alpha1", "KubeProxyConfiguration") => {}
            _ => return Err(wrong(&format!("no kind \"{kind}\" is registered for version \"{version}\""))),
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(), &str>) {
        match (parse(text), expected) {
            (Ok(_), Ok(())) => {}
            (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{text}: {error}"),
            (read, expected) => panic!("{text}: {read:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn documents_are_read_strictly() {
        let cluster = format!("apiVersion: {KUBEADM}\nkind: ClusterConfiguration\n");
        check(&format!("{cluster}kubernetesVersion: v1.34.0\n---\n{cluster}"), Ok(()));
        let list = "apiServer:\n  extraArgs: [{name: a, value: b}]\n  certSANs: [localhost]\n";
        check(&format!("{cluster}{list}"), Ok(()));
        check(&format!("{cluster}apiServer:\n  extraArgs: {{a: b}}\n"), Err("expected a sequence"));
        check(&format!("{cluster}podSubnet: 10.0.0.0/16\n"), Err("unknown field"));
        check("apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\n", Err("v1beta3"));
        check("kind: [", Err("unmarshaling"));
    }
}
