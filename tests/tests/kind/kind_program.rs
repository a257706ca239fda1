//! The real `kind` sees these clusters as its own, and a cluster that it made is used and left.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use bollard::models::{ContainerCreateBody, Ipam, IpamConfig, NetworkCreateRequest};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, InspectContainerOptions, RemoveContainerOptionsBuilder,
    StartContainerOptions,
};
use serde_json::{Value, json};

use crate::image;
use crate::lane::{CLUSTER, Lane, until};
use crate::scenario::client;

/// A network that `kind` might have made, and a node's address in it.
const NETWORK: (&str, &str, &str) = ("apimlab-lane-kind", "10.66.0.0/24", "10.66.0.4");
const LOADED: &str = "apimlab-lane/loaded-by-kind:v1";
/// What `kind` does in a node after it was initialised.
const FURNISH: &str = "set -e; k='kubectl --kubeconfig=/etc/kubernetes/admin.conf'; \
    sed 's|{{ *.PodSubnet *}}|10.244.0.0/16|' /kind/manifests/default-cni.yaml | $k apply -f -; \
    $k apply -f - </kind/manifests/default-storage.yaml; \
    $k taint nodes NODE node-role.kubernetes.io/control-plane-; \
    $k label node NODE node.kubernetes.io/exclude-from-external-load-balancers-";

#[tokio::test(flavor = "multi_thread")]
async fn kind_lists_exports_loads_into_and_deletes_the_cluster() {
    let Some(lane) = Lane::start().await else { return };
    if ["kind", "docker"].iter().any(|program| Command::new(program).arg("version").output().is_err()) {
        eprintln!("skipped: `kind` and `docker`, which it runs, are not both on the PATH");
        return;
    }
    lane.up().await;
    let path = path(&lane).await;
    let said = |words: &[&str]| {
        let mut kind = Command::new("kind");
        kind.args(words).env("PATH", &path).env("KUBECONFIG", lane.kubeconfig());
        let ran = kind.output().expect("kind runs");
        assert!(ran.status.success(), "kind {words:?}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8_lossy(&ran.stdout).into_owned()
    };
    assert_eq!(said(&["get", "clusters"]).trim(), CLUSTER);
    assert_eq!(said(&["get", "nodes", "--name", CLUSTER]).trim(), format!("{CLUSTER}-control-plane"));
    assert!(said(&["get", "kubeconfig", "--name", CLUSTER]).contains(&format!("kind-{CLUSTER}")));
    image::workload(&lane.docker, LOADED).await.expect("an image");
    said(&["load", "docker-image", LOADED, "--name", CLUSTER]);
    let inspected = lane.exec(&format!("{CLUSTER}-control-plane"), &["crictl", "inspecti", LOADED]).await;
    assert!(inspected.contains(LOADED), "{inspected}");
    let logs = lane.world.files().join("kind-logs");
    said(&["export", "logs", &logs.to_string_lossy(), "--name", CLUSTER]);
    assert!(logs.join(format!("{CLUSTER}-control-plane/kubelet.log")).exists());
    let volumes = lane.volumes().await;
    lane.ok(&["down"]);
    lane.up().await;
    said(&["delete", "cluster", "--name", CLUSTER]);
    lane.ok(&["down", "--purge"]);
    assert_eq!(lane.things(&volumes).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_kind_made_is_used_and_left() {
    let Some(lane) = Lane::start().await else { return };
    lane.up().await;
    let node = format!("{CLUSTER}-control-plane");
    made_by_kind(&lane, &node).await;
    let up = lane.run(&["up"]);
    let status = lane.status();
    let answer = client().get(format!("{}/nginx/", lane.gateway())).send().await.expect("an answer");
    let down = lane.run(&["down", "--purge"]);
    let left = inspect(&lane, &node).await;
    remove(&lane, &node).await;
    assert_eq!((up.code, down.code), (0, 0), "{}{}", up.stderr, down.stderr);
    assert!(status.to_string().contains("was made by kind"), "{status}");
    assert_eq!(answer.status(), 200);
    assert_eq!(left["State"]["Status"], "running");
    let networks =
        left["NetworkSettings"]["Networks"].as_object().map(|all| all.keys().cloned().collect::<Vec<_>>());
    assert_eq!(networks, Some(vec![NETWORK.0.to_owned()]));
    assert_eq!(lane.things(&[]).await, Vec::<String>::new());
}

/// Replaces the sandbox's node by one that carries `kind`'s labels only, in another network: made from the first one's
/// description by the steps that `kind` takes, which itself does not get along without all rights.
async fn made_by_kind(lane: &Lane, node: &str) {
    let ours = inspect(lane, node).await;
    let configuration = sh(lane, node, "cat /kind/kubeadm.conf").await.replace("10.10.1.4", NETWORK.2);
    lane.ok(&["down"]);
    let range = IpamConfig { subnet: Some(NETWORK.1.to_owned()), ..IpamConfig::default() };
    let ipam = Some(Ipam { config: Some(vec![range]), ..Ipam::default() });
    let network =
        NetworkCreateRequest { name: NETWORK.0.to_owned(), ipam, ..NetworkCreateRequest::default() };
    drop(lane.docker.create_network(network).await.expect("a network"));
    let mut body = ours["Config"].clone();
    let labels = body["Labels"].as_object_mut().expect("labels");
    labels.retain(|name, _| !name.starts_with("dev.apimlab."));
    body["HostConfig"] = ours["HostConfig"].clone();
    body["HostConfig"]["NetworkMode"] = NETWORK.0.into();
    let endpoint = json!({ NETWORK.0: { "IPAMConfig": { "IPv4Address": NETWORK.2 } } });
    body["NetworkingConfig"] = json!({ "EndpointsConfig": endpoint });
    let body: ContainerCreateBody = serde_json::from_value(body).expect("a body");
    let options = CreateContainerOptionsBuilder::default().name(node).build();
    lane.docker.create_container(Some(options), body).await.expect("created");
    lane.docker.start_container(node, None::<StartContainerOptions>).await.expect("started");
    until("containerd", Duration::from_mins(1), async || {
        sh(lane, node, "crictl images >/dev/null 2>&1 && echo up").await.contains("up").then_some(())
    })
    .await;
    let write = format!(
        "cat >/kind/kubeadm.conf <<'END'\n{configuration}\nEND\nkubeadm init --config=/kind/kubeadm.conf --skip-token-print --v=6 2>&1; echo ended $?"
    );
    let made = sh(lane, node, &write).await;
    assert!(made.contains("ended 0"), "{made}");
    let furnished = sh(lane, node, &format!("({}) 2>&1; echo ended $?", FURNISH.replace("NODE", node))).await;
    assert!(furnished.contains("ended 0"), "{furnished}");
}

async fn remove(lane: &Lane, node: &str) {
    let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
    drop(lane.docker.remove_container(node, Some(options)).await);
    drop(lane.docker.remove_network(NETWORK.0).await);
}

async fn inspect(lane: &Lane, node: &str) -> Value {
    let found = lane.docker.inspect_container(node, None::<InspectContainerOptions>).await.expect("the node");
    serde_json::to_value(found).expect("JSON")
}

/// What a script in a node writes.
async fn sh(lane: &Lane, node: &str, script: &str) -> String {
    lane.exec(node, &["sh", "-c", script]).await
}

/// A PATH with the `docker` that `kind` runs. It runs programs in nodes with `--privileged`; where the machine does not
/// have all rights to give away, that is taken out of its commands.
async fn path(lane: &Lane) -> OsString {
    let docker = output("sh", &["-c", "command -v docker"]);
    let path = output("printenv", &["PATH"]);
    let node = inspect(lane, &format!("{CLUSTER}-control-plane")).await;
    if node["HostConfig"]["Privileged"] == true {
        return path.into();
    }
    let folder = lane.world.files().join("path");
    fs::create_dir_all(&folder).expect("a folder");
    let script = format!(
        "#!/bin/sh\nfor word do shift; [ \"$word\" = --privileged ] || set -- \"$@\" \"$word\"; done\nexec {docker} \"$@\"\n"
    );
    fs::write(folder.join("docker"), script).expect("written");
    fs::set_permissions(folder.join("docker"), Permissions::from_mode(0o755)).expect("changed");
    format!("{}:{path}", folder.display()).into()
}

fn output(program: &str, words: &[&str]) -> String {
    let ran = Command::new(program).args(words).output().expect("it runs");
    String::from_utf8_lossy(&ran.stdout).trim().to_owned()
}
