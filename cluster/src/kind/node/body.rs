//! The body that a node's container is created with: kind's, or the one with fewer rights.
//! <https://github.com/kubernetes-sigs/kind/blob/main/pkg/cluster/internal/providers/docker/provision.go>

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::path::Path;

use bollard::models::{
    ContainerCreateBody, DeviceMapping, EndpointIpamConfig, EndpointSettings, HostConfig,
    HostConfigCgroupnsModeEnum, NetworkingConfig, PortBinding, RestartPolicy, RestartPolicyNameEnum,
};

use super::reduced;
use crate::kind::engine::{EngineInfo, Rights};
use crate::kind::name::{self, Role};

/// The port of the API server in its node.
pub const API_PORT: u16 = 6443;

const MODULES: &str = "/lib/modules";

/// A node that is to be created.
#[derive(Debug, Clone)]
pub struct Blueprint {
    /// The node's name.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// The kind cluster.
    pub cluster: String,
    /// The ARM id of the managed cluster.
    pub managed_cluster: String,
    /// The sandbox.
    pub sandbox: String,
    /// The name of the image, and the command that it starts with.
    pub image: (String, Vec<String>),
    /// Its network, and its address there.
    pub network: (String, Ipv4Addr),
    /// The port of this machine that leads to the API server.
    pub port: u16,
    /// Variables of the environment, `NAME=value`.
    pub environment: Vec<String>,
}

/// The body for an engine.
pub fn body(node: &Blueprint, rights: Rights, engine: &EngineInfo) -> ContainerCreateBody {
    let (network, address) = &node.network;
    let endpoint = EndpointSettings {
        ipam_config: Some(EndpointIpamConfig {
            ipv4_address: Some(address.to_string()),
            ..EndpointIpamConfig::default()
        }),
        ..EndpointSettings::default()
    };
    let mut environment = node.environment.clone();
    if node.role == Role::ControlPlane {
        environment.push("KUBECONFIG=/etc/kubernetes/admin.conf".to_owned());
    }
    let body = ContainerCreateBody {
        hostname: Some(node.name.clone()),
        image: Some(node.image.0.clone()),
        tty: Some(true),
        env: Some(environment),
        volumes: Some(vec!["/var".to_owned()]),
        labels: Some(labels(node)),
        exposed_ports: Some(ports(node).into_keys().collect()),
        host_config: Some(host(node, rights, engine)),
        networking_config: Some(NetworkingConfig {
            endpoints_config: Some(HashMap::from([(network.clone(), endpoint)])),
        }),
        ..ContainerCreateBody::default()
    };
    match rights {
        Rights::Privileged => body,
        Rights::Container => ContainerCreateBody {
            entrypoint: Some(reduced::entrypoint()),
            cmd: Some(node.image.1.clone()),
            ..body
        },
    }
}

fn labels(node: &Blueprint) -> HashMap<String, String> {
    HashMap::from([
        (name::CLUSTER.to_owned(), node.cluster.clone()),
        (name::ROLE.to_owned(), node.role.to_string()),
        (name::SANDBOX.to_owned(), node.sandbox.clone()),
        (name::MANAGED_CLUSTER.to_owned(), node.managed_cluster.clone()),
    ])
}

/// What this machine's ports lead to: only the API server's has to be reached from outside.
fn ports(node: &Blueprint) -> HashMap<String, Option<Vec<PortBinding>>> {
    match node.role {
        Role::Worker => HashMap::new(),
        Role::ControlPlane => {
            // A port of our own choice survives a restart; Docker's would be another one each time.
            let port = PortBinding {
                host_ip: Some(Ipv4Addr::LOCALHOST.to_string()),
                host_port: Some(node.port.to_string()),
            };
            HashMap::from([(format!("{API_PORT}/tcp"), Some(vec![port]))])
        }
    }
}

fn host(node: &Blueprint, rights: Rights, engine: &EngineInfo) -> HostConfig {
    let mut host = HostConfig {
        privileged: Some(rights == Rights::Privileged),
        security_opt: Some(vec!["seccomp=unconfined".to_owned(), "apparmor=unconfined".to_owned()]),
        tmpfs: Some(tmpfs("")),
        // As `Mounts` this would fail on machines without the folder; Docker makes it for `Binds`.
        binds: Some(vec![format!("{MODULES}:{MODULES}:ro")]),
        cgroupns_mode: Some(HostConfigCgroupnsModeEnum::PRIVATE),
        init: Some(false),
        restart_policy: Some(RestartPolicy {
            name: Some(RestartPolicyNameEnum::ON_FAILURE),
            maximum_retry_count: Some(1),
        }),
        network_mode: Some(node.network.0.clone()),
        port_bindings: Some(ports(node)),
        ..HostConfig::default()
    };
    if engine.podman && !Path::new(MODULES).exists() {
        // Podman does not make it.
        host.binds = None;
    }
    if engine.remaps_users && rights == Rights::Privileged {
        host.userns_mode = Some("host".to_owned());
    }
    if matches!(engine.storage.as_str(), "btrfs" | "zfs") && !engine.rootless {
        host.binds.get_or_insert_default().push("/dev/mapper:/dev/mapper".to_owned());
    }
    if engine.rootless {
        host.devices = Some(vec![DeviceMapping {
            path_on_host: Some("/dev/fuse".to_owned()),
            path_in_container: Some("/dev/fuse".to_owned()),
            cgroup_permissions: Some("rwm".to_owned()),
        }]);
    }
    if rights == Rights::Container {
        host.tmpfs = Some(tmpfs("exec"));
        host.cap_add = Some(vec!["ALL".to_owned()]);
        host.cap_drop = Some(vec!["SYS_RESOURCE".to_owned()]);
        host.device_cgroup_rules = Some(vec!["a *:* rwm".to_owned()]);
        host.masked_paths = Some(Vec::new());
        host.readonly_paths = Some(Vec::new());
    }
    host
}

fn tmpfs(options: &str) -> HashMap<String, String> {
    ["/tmp", "/run"].into_iter().map(|path| (path.to_owned(), options.to_owned())).collect()
}
