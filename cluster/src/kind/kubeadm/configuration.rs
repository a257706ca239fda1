//! `/kind/kubeadm.conf`: what kubeadm, kubelet and kube-proxy are told.
//! <https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/>

use std::net::Ipv4Addr;

use ::network::Cidr;
use serde_json::{Value, json};

use crate::kind::Error;
use crate::kind::engine::Cgroup;

/// The first version whose kubeadm knows `v1beta4`.
const OLDEST: (u64, u64) = (1, 31);
/// The first version whose kubelet refuses cgroup v1 unless it is told not to.
const REFUSES_CGROUP_V1: (u64, u64) = (1, 35);
const PORT: u16 = 6443;

/// What the configuration of a node depends on.
#[derive(Clone)]
pub struct Settings {
    /// The kind cluster.
    pub cluster: String,
    /// The control plane's node.
    pub control_plane: String,
    /// The node image's version, `v1.34.0`.
    pub version: Version,
    /// Where Pods get their addresses from.
    pub pods: Cidr,
    /// Where Services get their addresses from.
    pub services: Cidr,
    /// What lets a node join.
    pub token: String,
    /// The machine's control groups.
    pub cgroup: Cgroup,
    /// The engine runs without root: a node is in a user namespace.
    pub rootless: bool,
}

/// A node as its own configuration describes it.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: Ipv4Addr,
    /// Its labels, as `name=value` pairs with commas.
    pub labels: String,
}

/// A Kubernetes version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    text: String,
    number: (u64, u64),
}

impl Version {
    /// Reads the one line of `/kind/version`.
    pub fn read(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let unknown =
            || Error::Model(format!("the node image names no Kubernetes version, but `{}`", short(text)));
        let mut parts = text.strip_prefix('v').ok_or_else(unknown)?.split('.');
        let mut part = || parts.next().and_then(|part| part.parse::<u64>().ok()).ok_or_else(unknown);
        let number = (part()?, part()?);
        if number < OLDEST {
            return Err(Error::Model(format!(
                "the node image has Kubernetes {text}, and 1.31 or later is needed; give another one with --node-image"
            )));
        }
        Ok(Self { text: text.to_owned(), number })
    }

    /// The version as the image writes it.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The file for one node.
pub fn configuration(settings: &Settings, node: &Registration) -> Result<String, Error> {
    let documents = [
        cluster(settings),
        init(settings, node),
        join(settings, node),
        kubelet(settings),
        kube_proxy(settings),
    ];
    serde_saphyr::to_string_multiple(&documents)
        .map_err(|error| Error::Model(format!("the kubeadm configuration cannot be written: {error}")))
}

/// The token in a file that was written before.
pub fn token(file: &str) -> Option<String> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(file).ok()?;
    let init = documents.into_iter().find(|document| document["kind"] == "InitConfiguration")?;
    init["bootstrapTokens"][0]["token"].as_str().map(str::to_owned)
}

fn cluster(settings: &Settings) -> Value {
    json!({
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "ClusterConfiguration",
        "clusterName": settings.cluster,
        // Without it, kubeadm asks the internet which one is the newest.
        "kubernetesVersion": settings.version.text,
        "controlPlaneEndpoint": format!("{}:{PORT}", settings.control_plane),
        "apiServer": { "certSANs": ["localhost", "127.0.0.1"] },
        "controllerManager": { "extraArgs": [{ "name": "enable-hostpath-provisioner", "value": "true" }] },
        "networking": { "podSubnet": settings.pods.to_string(), "serviceSubnet": settings.services.to_string() },
    })
}

fn init(settings: &Settings, node: &Registration) -> Value {
    json!({
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "InitConfiguration",
        // Nodes join for as long as the cluster lives.
        "bootstrapTokens": [{ "token": settings.token, "ttl": "0s" }],
        "localAPIEndpoint": { "advertiseAddress": node.address.to_string(), "bindPort": PORT },
        "nodeRegistration": registration(settings, node),
        "skipPhases": ["preflight"],
    })
}

fn join(settings: &Settings, node: &Registration) -> Value {
    json!({
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "JoinConfiguration",
        "nodeRegistration": registration(settings, node),
        "discovery": {
            "bootstrapToken": {
                "apiServerEndpoint": format!("{}:{PORT}", settings.control_plane),
                "token": settings.token,
                "unsafeSkipCAVerification": true,
            },
        },
        "skipPhases": ["preflight"],
    })
}

fn registration(settings: &Settings, node: &Registration) -> Value {
    json!({
        "name": node.name,
        "criSocket": "unix:///run/containerd/containerd.sock",
        "kubeletExtraArgs": [
            { "name": "node-ip", "value": node.address.to_string() },
            { "name": "provider-id", "value": format!("kind://docker/{}/{}", settings.cluster, node.name) },
            { "name": "node-labels", "value": node.labels },
        ],
    })
}

fn kubelet(settings: &Settings) -> Value {
    let mut kubelet = json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "cgroupDriver": "systemd",
        "cgroupRoot": "/kubelet",
        "failSwapOn": false,
        // The disk is the machine's: what fills it is not the node's business.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": { "nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%" },
    });
    if needs_cgroup_v1(settings) {
        kubelet["failCgroupV1"] = json!(false);
    }
    if settings.rootless {
        kubelet["featureGates"] = json!({ "KubeletInUserNamespace": true });
    }
    kubelet
}

/// The kubelet has to be told that cgroup v1 is fine.
pub fn needs_cgroup_v1(settings: &Settings) -> bool {
    settings.cgroup == Cgroup::V1 && settings.version.number >= REFUSES_CGROUP_V1
}

fn kube_proxy(settings: &Settings) -> Value {
    // The limits are the whole machine's.
    let mut conntrack = json!({ "maxPerCore": 0 });
    if settings.rootless {
        conntrack["tcpEstablishedTimeout"] = json!("0s");
        conntrack["tcpCloseWaitTimeout"] = json!("0s");
    }
    json!({
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "iptables": { "minSyncPeriod": "1s" },
        "conntrack": conntrack,
    })
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}
