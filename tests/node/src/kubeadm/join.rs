//! `kubeadm join`: another node.
//!
//! **Differs from kubeadm:** the token is what the node shows from then on.

use super::configuration::Configuration;
use super::init::{check_registration, check_token, registered, wait};
use crate::api::Api;
use crate::error::Error;
use crate::kubeconfig::{Credential, Kubeconfig};
use crate::node::replace;
use crate::print;

const KUBECONFIG: &str = "/etc/kubernetes/kubelet.conf";
const INFO: &str = "/api/v1/namespaces/kube-public/configmaps/cluster-info";

/// Makes this node part of a cluster.
pub async fn run(configuration: &Configuration) -> Result<(), Error> {
    let missing = |what: &str| Error::Document(format!("the configuration has no {what}"));
    let join = configuration.join.as_ref().ok_or_else(|| missing("JoinConfiguration"))?;
    let discovery =
        join.discovery.bootstrap_token.as_ref().ok_or_else(|| missing("discovery.bootstrapToken"))?;
    check_token(&discovery.token)?;
    check_registration(&join.node_registration, &join.skip_phases)?;
    if join.control_plane.is_some() {
        return Err(Error::Usage("a second control plane".to_owned()));
    }
    if !discovery.unsafe_skip_ca_verification {
        let given = if discovery.ca_cert_hashes.is_empty() { "not given" } else { "not checked here" };
        let why = format!("caCertHashes are {given}: set unsafeSkipCAVerification");
        return Err(Error::Document(format!("discovery.bootstrapToken: {why}")));
    }
    print::line(
        "[preflight] Reading configuration from the \"kubeadm-config\" ConfigMap in namespace \"kube-system\"...",
    );
    let server = format!("https://{}", discovery.api_server_endpoint);
    let info = Api::unverified(&server, &discovery.token)?.get(INFO).await.map_err(|error| Error::Phase {
        phase: "discovery",
        why: format!("couldn't validate the identity of the API Server: {error}"),
    })?;
    let info = info["data"]["cluster"].as_str().unwrap_or_default().to_owned();
    let info: serde_json::Value = serde_json::from_str(&info).unwrap_or_default();
    let authority_pem = info["certificateAuthority"].as_str().ok_or_else(|| missing("authority"))?.to_owned();
    let credential = Credential::Token(discovery.token.clone());
    let kubeconfig = Kubeconfig { server, authority_pem, credential };
    replace(KUBECONFIG, kubeconfig.render("default-cluster", "default-auth").as_bytes())?;
    let node = registered(&join.node_registration, "", KUBECONFIG)?;
    node.write()?;
    print::line("[kubelet-start] Starting the kubelet");
    let api = Api::new(&kubeconfig)?;
    wait("kubelet-start", async || api.get(&format!("/api/v1/nodes/{}", node.name)).await.map(drop)).await?;
    print::line("\nThis node has joined the cluster:");
    print::line("* Certificate signing request was sent to apiserver and a response was received.");
    Ok(())
}
