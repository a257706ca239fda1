//! A pool of several nodes: a control plane that takes Pods, and workers that join it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::{Api, ListParams, PostParams};
use serde_json::json;

use crate::image;
use crate::lane::{CLUSTER, Lane, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_of_three_is_a_control_plane_and_two_workers() {
    let Some(lane) = Lane::start().await else { return };
    lane.workloads().await;
    let scenario = lane.world.files().join("scenario");
    copy_with_three_nodes(&scenario);
    let scenario = scenario.to_string_lossy().into_owned();
    lane.ok(&["up", &scenario, "--cluster", "kind", "--node-image", &lane.image]);
    let nodes: Api<Node> = Api::all(lane.kubernetes().await);
    let mut found: Vec<(String, bool)> =
        nodes.list(&ListParams::default()).await.expect("nodes").iter().map(ready).collect();
    found.sort();
    let suffixes = ["control-plane", "worker", "worker2"];
    let wanted: Vec<(String, bool)> = suffixes.map(|suffix| (format!("{CLUSTER}-{suffix}"), true)).into();
    assert_eq!(found, wanted);
    loaded_into_all_nodes(&lane).await;
}

/// The article's scenario with a larger pool: the nodes take the addresses from 10.10.1.4 on.
fn copy_with_three_nodes(to: &Path) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/catalog/getting-started/private-api");
    fs::create_dir_all(to.join("manifests")).expect("a folder");
    for file in fs::read_dir(from.join("manifests")).expect("manifests").flatten() {
        fs::copy(file.path(), to.join("manifests").join(file.file_name())).expect("copied");
    }
    let text = fs::read_to_string(from.join("scenario.yaml")).expect("the scenario");
    let larger = text.replace("count: 1", "count: 3").replace("10.10.1.5", "10.10.1.7");
    assert_ne!(larger, text);
    fs::write(to.join("scenario.yaml"), larger).expect("written");
}

fn ready(node: &Node) -> (String, bool) {
    let conditions = node.status.as_ref().and_then(|status| status.conditions.clone()).unwrap_or_default();
    let is_ready = conditions.iter().any(|one| one.type_ == "Ready" && one.status == "True");
    (node.metadata.name.clone().unwrap_or_default(), is_ready)
}

/// A Pod waits for its image; `image load` brings it into every node, and the Pod runs.
async fn loaded_into_all_nodes(lane: &Lane) {
    let (name, full) = if lane.is_stand_in() {
        ("kennethreitz/httpbin:v9", "docker.io/kennethreitz/httpbin:v9")
    } else {
        ("nginx:1.27", "docker.io/library/nginx:1.27")
    };
    let pods: Api<Pod> = Api::default_namespaced(lane.kubernetes().await);
    let container = json!({"name": "echo", "image": name, "imagePullPolicy": "IfNotPresent"});
    let pod = json!({"metadata": {"name": "echo"}, "spec": {"containers": [container]}});
    pods.create(&PostParams::default(), &serde_json::from_value(pod).expect("a Pod")).await.expect("created");
    if lane.is_stand_in() {
        let waits = |pod: &Pod| format!("{:?}", pod.status).contains("ImagePullBackOff");
        until("the Pod waits for its image", Duration::from_secs(30), async || {
            pods.get("echo").await.ok().filter(waits)
        })
        .await;
        image::workload(&lane.docker, name).await.expect("an image");
    }
    lane.ok(&["image", "load", name]);
    for suffix in ["control-plane", "worker", "worker2"] {
        let inspected = lane.exec(&format!("{CLUSTER}-{suffix}"), &["crictl", "inspecti", name]).await;
        assert!(inspected.contains(full), "{suffix}: {inspected}");
    }
    until("the Pod runs", Duration::from_mins(1), async || {
        let phase = pods.get("echo").await.ok()?.status?.phase?;
        (phase == "Running").then_some(())
    })
    .await;
}
