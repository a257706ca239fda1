//! `kubeadm init`: the first control plane.

use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::configuration::{Cluster, Configuration, Init, NodeRegistration};
use crate::api::{Api, Body};
use crate::error::Error;
use crate::kubeconfig::{ADMIN, Credential, Kubeconfig};
use crate::node::{ControlPlane, Node, replace, version};
use crate::pki::Authority;
use crate::print;

const SOCKET: &str = "unix:///run/containerd/containerd.sock";
/// How long the API server and the node are waited for.
const PATIENCE: Duration = Duration::from_mins(1);
const GLANCE: Duration = Duration::from_millis(50);

/// Makes this node a cluster.
pub async fn run(configuration: &Configuration) -> Result<(), Error> {
    let missing = |kind: &str| Error::Document(format!("the configuration has no {kind}"));
    let cluster = configuration.cluster.as_ref().ok_or_else(|| missing("ClusterConfiguration"))?;
    let init = configuration.init.as_ref().ok_or_else(|| missing("InitConfiguration"))?;
    check(cluster, init)?;
    check_cgroups(&configuration.kubelet)?;
    let node = node(cluster, init)?;
    print::line(&format!("[init] Using Kubernetes version: {}", node.version));
    let authority = Authority::open()?;
    print::line("[certs] Using certificateDir folder \"/etc/kubernetes/pki\"");
    let server = format!("https://{}", cluster.control_plane_endpoint);
    if !Path::new(ADMIN).exists() {
        let administrator = Kubeconfig {
            server,
            authority_pem: authority.certificate_pem.clone(),
            credential: Credential::Certificate(authority.administrator()?),
        };
        replace(ADMIN, administrator.render(&cluster.cluster_name, "kubernetes-admin").as_bytes())?;
    }
    print::line("[kubeconfig] Writing \"admin.conf\" kubeconfig file");
    node.write()?;
    print::line("[wait-control-plane] Waiting for the kubelet to boot up the control plane");
    let kubeconfig = std::fs::read_to_string(ADMIN).map_err(Error::file(ADMIN))?;
    let api = Api::new(&Kubeconfig::parse(&kubeconfig)?)?;
    wait("wait-control-plane", async || api.get("/readyz").await.map(drop)).await?;
    wait("kubelet-start", async || api.get(&format!("/api/v1/nodes/{}", node.name)).await.map(drop)).await?;
    upload(&api, cluster, &authority.certificate_pem).await?;
    print::line("\nYour Kubernetes control-plane has initialized successfully!");
    Ok(())
}

fn check(cluster: &Cluster, init: &Init) -> Result<(), Error> {
    let own = version()?;
    match &cluster.kubernetes_version {
        Some(wanted) if *wanted == own => {}
        Some(wanted) => {
            let why = format!("the image has Kubernetes {own}, the configuration wants {wanted}");
            return Err(Error::Phase { phase: "preflight", why });
        }
        None => {
            let why = "could not fetch a Kubernetes version from the internet: unable to get URL \
                       \"https://dl.k8s.io/release/stable-1.txt\"";
            return Err(Error::Document(why.to_owned()));
        }
    }
    for token in &init.bootstrap_tokens {
        check_token(&token.token)?;
    }
    if init.local_api_endpoint.bind_port.is_some_and(|port| port != crate::server::PORT) {
        return Err(Error::Usage(format!("bindPort other than {}", crate::server::PORT)));
    }
    if cluster.control_plane_endpoint.is_empty() {
        return Err(Error::Document("controlPlaneEndpoint is needed for nodes to join".to_owned()));
    }
    check_registration(&init.node_registration, &init.skip_phases)
}

/// In a container the preflight checks of the real `kubeadm` fail.
pub fn check_registration(registration: &NodeRegistration, skipped: &[String]) -> Result<(), Error> {
    if !skipped.iter().any(|phase| phase == "preflight") {
        let why = "[preflight] Some fatal errors occurred: [ERROR SystemVerification]: failed to parse kernel config";
        return Err(Error::Phase { phase: "preflight", why: why.to_owned() });
    }
    if registration.cri_socket != SOCKET {
        let why = format!("nothing listens on the criSocket {:?}: it is {SOCKET}", registration.cri_socket);
        return Err(Error::Phase { phase: "kubelet-start", why });
    }
    let name = registration.node_name();
    if name.is_empty() || name != name.to_lowercase() {
        return Err(Error::Document(format!("nodeRegistration.name: {name:?} is no node name")));
    }
    Ok(())
}

/// From 1.35 on the kubelet does not start on cgroup v1 unless it is told to.
fn check_cgroups(kubelet: &Value) -> Result<(), Error> {
    let own = version()?;
    let minor: u32 = own.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap_or(0);
    let old = !Path::new("/sys/fs/cgroup/cgroup.controllers").exists();
    if old && minor >= 35 && kubelet["failCgroupV1"] != false {
        let why = "the kubelet is not running: kubelet is configured to not run on a host using cgroup v1"
            .to_owned();
        return Err(Error::Phase { phase: "wait-control-plane", why });
    }
    Ok(())
}

/// `abcdef.0123456789abcdef`.
pub fn check_token(token: &str) -> Result<(), Error> {
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    match token.split_once('.') {
        Some((id, secret)) if id.len() == 6 && secret.len() == 16 && plain(id) && plain(secret) => Ok(()),
        _ => Err(Error::Document(
            "the bootstrap token is not of the form \"[a-z0-9]{6}.[a-z0-9]{16}\"".to_owned(),
        )),
    }
}

fn node(cluster: &Cluster, init: &Init) -> Result<Node, Error> {
    let token = init.bootstrap_tokens.first().map(|token| token.token.clone());
    let endpoint = cluster.control_plane_endpoint.split(':').next().unwrap_or_default();
    let mut names = vec![init.node_registration.node_name(), endpoint.to_owned()];
    names.extend(["kubernetes", "kubernetes.default", "kubernetes.default.svc"].map(str::to_owned));
    names.extend(cluster.api_server.cert_sans.iter().cloned());
    names.push(init.local_api_endpoint.advertise_address.clone());
    names.retain(|name| !name.is_empty());
    Ok(Node {
        control_plane: Some(ControlPlane {
            cluster: cluster.cluster_name.clone(),
            alternative_names: names,
            pod_subnet: cluster.networking.pod_subnet.clone(),
            service_subnet: cluster.networking.service_subnet.clone(),
            token: token.unwrap_or_else(|| sim::Ids::random().hex(32)),
        }),
        ..registered(&init.node_registration, &init.local_api_endpoint.advertise_address, ADMIN)?
    })
}

/// What the kubelet's arguments say.
pub fn registered(registration: &NodeRegistration, address: &str, kubeconfig: &str) -> Result<Node, Error> {
    let argument = |name: &str| {
        let found = registration.kubelet_extra_args.iter().rev().find(|argument| argument.name == name);
        found.map(|argument| argument.value.clone()).unwrap_or_default()
    };
    let labels = argument("node-labels");
    let labels = labels.split(',').filter_map(|label| label.split_once('='));
    let address = if address.is_empty() { argument("node-ip") } else { address.to_owned() };
    Ok(Node {
        name: registration.node_name(),
        address,
        version: version()?,
        provider_id: argument("provider-id"),
        labels: labels.map(|(label, value)| (label.to_owned(), value.into())).collect(),
        control_plane: None,
        kubeconfig: kubeconfig.to_owned(),
    })
}

/// Tries until it works or the time is over.
pub async fn wait(phase: &'static str, attempt: impl AsyncFn() -> Result<(), Error>) -> Result<(), Error> {
    let clock = sim::Clock::system();
    loop {
        match attempt().await {
            Ok(()) => return Ok(()),
            Err(error) if clock.elapsed() > PATIENCE => {
                return Err(Error::Phase { phase, why: format!("timed out: {error}") });
            }
            Err(_) => clock.sleep(GLANCE).await,
        }
    }
}

/// What joining nodes ask for.
async fn upload(api: &Api, cluster: &Cluster, authority_pem: &str) -> Result<(), Error> {
    let server = format!("https://{}", cluster.control_plane_endpoint);
    let info = json!({"server": server, "certificateAuthority": authority_pem}).to_string();
    for (namespace, name, data) in [
        ("kube-public", "cluster-info", json!({"cluster": info})),
        ("kube-system", "kubeadm-config", json!({"clusterName": cluster.cluster_name})),
    ] {
        let object =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data});
        let path =
            format!("/api/v1/namespaces/{namespace}/configmaps/{name}?fieldManager=kubeadm&force=true");
        api.send(Method::PATCH, &path, Body::Apply(&object)).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_their_form() {
        for (token, good) in
            [("abcdef.0123456789abcdef", true), ("abcdef", false), ("ABCDEF.0123456789abcdef", false)]
        {
            assert_eq!(check_token(token).is_ok(), good, "{token}");
        }
    }
}
