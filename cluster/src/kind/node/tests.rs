//! The bodies that an engine gets, and what is understood of what it says about containers.

use bollard::models::{
    ContainerConfig, ContainerInspectResponse, ContainerState, ContainerStateStatusEnum, EndpointIpamConfig,
    EndpointSettings, HostConfig, NetworkSettings, PortBinding,
};
use serde_json::{Value, json};

use super::body::body;
use super::found::describe;
use super::*;
use crate::kind::engine::{Cgroup, EngineInfo};

fn engine() -> EngineInfo {
    EngineInfo {
        address: "unix:///run/docker.sock".to_owned(),
        version: "20.10.24".to_owned(),
        api: "1.41".to_owned(),
        operating_system: "Debian GNU/Linux 12".to_owned(),
        architecture: "x86_64".to_owned(),
        processors: 2,
        memory: 8_192,
        cgroup: Cgroup::V1,
        rootless: false,
        remaps_users: false,
        podman: false,
        storage: "overlay2".to_owned(),
        root: "/var/lib/docker".to_owned(),
    }
}

fn blueprint(role: Role) -> Blueprint {
    Blueprint {
        name: format!("c-{role}"),
        role,
        cluster: "c".to_owned(),
        managed_cluster: "/clusters/C".to_owned(),
        sandbox: "s".to_owned(),
        image: (
            "kindest/node@sha256:1".to_owned(),
            ["/usr/local/bin/entrypoint", "/sbin/init"].map(str::to_owned).to_vec(),
        ),
        network: ("apimlab-s".to_owned(), "10.10.1.4".parse().expect("an address")),
        port: 4711,
        environment: vec!["HTTP_PROXY=http://proxy:3128".to_owned()],
    }
}

fn sent(node: &Blueprint, rights: Rights, engine: &EngineInfo) -> Value {
    serde_json::to_value(body(node, rights, engine)).expect("JSON")
}

#[test]
fn a_control_plane_is_created_as_kind_creates_it() {
    let sent = sent(&blueprint(Role::ControlPlane), Rights::Privileged, &engine());
    let expected = json!({
        "Hostname": "c-control-plane",
        "ExposedPorts": { "6443/tcp": {} },
        "Tty": true,
        "Env": ["HTTP_PROXY=http://proxy:3128", "KUBECONFIG=/etc/kubernetes/admin.conf"],
        "Image": "kindest/node@sha256:1",
        "Volumes": { "/var": {} },
        "Labels": {
            "io.x-k8s.kind.cluster": "c",
            "io.x-k8s.kind.role": "control-plane",
            "dev.apimlab.sandbox": "s",
            "dev.apimlab.cluster": "/clusters/C",
        },
        "HostConfig": {
            "Binds": ["/lib/modules:/lib/modules:ro"],
            "NetworkMode": "apimlab-s",
            "PortBindings": { "6443/tcp": [{ "HostIp": "127.0.0.1", "HostPort": "4711" }] },
            "RestartPolicy": { "Name": "on-failure", "MaximumRetryCount": 1 },
            "Init": false,
            "CgroupnsMode": "private",
            "Privileged": true,
            "SecurityOpt": ["seccomp=unconfined", "apparmor=unconfined"],
            "Tmpfs": { "/run": "", "/tmp": "" },
        },
        "NetworkingConfig": {
            "EndpointsConfig": { "apimlab-s": { "IPAMConfig": { "IPv4Address": "10.10.1.4" } } },
        },
    });
    assert_eq!(sent, expected);
}

#[test]
fn a_worker_publishes_nothing() {
    let sent = sent(&blueprint(Role::Worker), Rights::Privileged, &engine());
    assert_eq!(sent["HostConfig"]["PortBindings"], json!({}));
    assert_eq!(sent["Env"], json!(["HTTP_PROXY=http://proxy:3128"]));
    assert_eq!(sent["Labels"]["io.x-k8s.kind.role"], "worker");
}

#[test]
fn fewer_rights_are_all_capabilities_but_one_and_a_start_of_our_own() {
    let sent = sent(&blueprint(Role::ControlPlane), Rights::Container, &engine());
    let host = &sent["HostConfig"];
    for (field, expected) in [
        ("Privileged", json!(false)),
        ("CapAdd", json!(["ALL"])),
        ("CapDrop", json!(["SYS_RESOURCE"])),
        ("DeviceCgroupRules", json!(["a *:* rwm"])),
        ("MaskedPaths", json!([])),
        ("ReadonlyPaths", json!([])),
        ("Tmpfs", json!({ "/run": "exec", "/tmp": "exec" })),
        ("CgroupnsMode", json!("private")),
    ] {
        assert_eq!(host[field], expected, "{field}");
    }
    assert_eq!(sent["Cmd"], json!(["/usr/local/bin/entrypoint", "/sbin/init"]));
    let script = sent["Entrypoint"][2].as_str().expect("a script");
    assert!(script.trim_end().ends_with("exec \"$@\""), "{script}");
}

#[test]
fn the_body_follows_the_engine() {
    let node = blueprint(Role::Worker);
    for (engine, pointer, expected) in [
        (EngineInfo { remaps_users: true, ..engine() }, "/UsernsMode", json!("host")),
        (EngineInfo { storage: "zfs".to_owned(), ..engine() }, "/Binds/1", json!("/dev/mapper:/dev/mapper")),
        (EngineInfo { rootless: true, ..engine() }, "/Devices/0/PathOnHost", json!("/dev/fuse")),
    ] {
        let sent = sent(&node, Rights::Privileged, &engine);
        assert_eq!(sent["HostConfig"].pointer(pointer), Some(&expected), "{pointer}");
    }
}

#[test]
fn what_an_engine_says_about_a_container_is_understood() {
    use ContainerStateStatusEnum::{CREATED, DEAD, EXITED, PAUSED, RUNNING};
    let endpoint = |present: &str| EndpointSettings {
        ip_address: Some(present.to_owned()),
        ipam_config: Some(EndpointIpamConfig {
            ipv4_address: Some("10.10.1.4".to_owned()),
            ..EndpointIpamConfig::default()
        }),
        ..EndpointSettings::default()
    };
    let port = |port: &str| {
        let binding = PortBinding { host_ip: None, host_port: Some(port.to_owned()) };
        Some([("6443/tcp".to_owned(), Some(vec![binding]))].into())
    };
    let container =
        |status, present: &str, published: &str, desktop: Option<&str>| ContainerInspectResponse {
            name: Some("/c-control-plane".to_owned()),
            state: Some(ContainerState { status: Some(status), ..ContainerState::default() }),
            host_config: Some(HostConfig {
                privileged: Some(true),
                port_bindings: port("4711"),
                ..HostConfig::default()
            }),
            network_settings: Some(NetworkSettings {
                networks: Some([("apimlab-s".to_owned(), endpoint(present))].into()),
                ports: port(published),
                ..NetworkSettings::default()
            }),
            config: Some(ContainerConfig {
                labels: Some(
                    desktop
                        .map(|place| ("desktop.docker.io/ports/6443/tcp".to_owned(), place.to_owned()))
                        .into_iter()
                        .chain([("io.x-k8s.kind.role".to_owned(), "control-plane".to_owned())])
                        .collect(),
                ),
                ..ContainerConfig::default()
            }),
            ..ContainerInspectResponse::default()
        };
    for (container, state, address, port) in [
        (container(RUNNING, "10.10.1.9", "4712", None), State::Running, "10.10.1.9", Some(4712)),
        (container(EXITED, "", "", None), State::Stopped, "10.10.1.4", Some(4711)),
        (container(CREATED, "", "", None), State::Created, "10.10.1.4", Some(4711)),
        (container(PAUSED, "10.10.1.4", "0", None), State::Paused, "10.10.1.4", None),
        (container(DEAD, "", "", Some("127.0.0.1:99")), State::Gone, "10.10.1.4", Some(99)),
    ] {
        let found = describe(container);
        assert_eq!((found.state, found.port), (state, port));
        assert_eq!(found.addresses.get("apimlab-s").map(ToString::to_string).as_deref(), Some(address));
        assert_eq!((found.name.as_str(), found.role), ("c-control-plane", Some(Role::ControlPlane)));
        assert_eq!(found.rights, Rights::Privileged);
    }
    assert_eq!(describe(ContainerInspectResponse::default()).state, State::Gone);
}
