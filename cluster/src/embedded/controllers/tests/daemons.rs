//! `DaemonSet`s: a Pod on every node.

use serde_json::{Value, json};

use super::world::{Memory, World};
use crate::embedded::controllers::object::{name, text};

fn daemon(image: &str) -> (&'static str, Value) {
    let labels = json!({ "app": "agent" });
    let daemon = json!({
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": { "name": "agent", "namespace": "default" },
        "spec": {
            "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels },
                "spec": {
                    "containers": [{ "name": "agent", "image": image }],
                    "nodeSelector": { "kubernetes.io/os": "linux" },
                },
            },
        },
    });
    ("daemonsets", daemon)
}

fn start(nodes: u32) -> World {
    World::start_with(Memory::default(), Vec::new(), |cluster| cluster.pools[0].count = nodes)
}

/// Waits until the `DaemonSet` has so many ready Pods of the present template, each on a node of its own.
async fn ready(world: &World, count: u64) -> Vec<String> {
    world
        .until("ready Pods", |world| {
            let daemon = world.get("daemonsets", "agent")?;
            let status = &daemon["status"];
            if status["observedGeneration"] != daemon["metadata"]["generation"] {
                return None;
            }
            let whole =
                ["numberReady", "updatedNumberScheduled", "desiredNumberScheduled", "numberAvailable"];
            if !whole.iter().all(|field| status[*field] == count) {
                return None;
            }
            let pods = world.store.list("pods", None).0;
            let mut nodes: Vec<String> =
                pods.iter().map(|pod| text(&pod["spec"]["nodeName"]).to_owned()).collect();
            nodes.sort();
            nodes.dedup();
            (nodes.len() as u64 == count && pods.len() as u64 == count).then_some(nodes)
        })
        .await
}

#[tokio::test]
async fn every_node_has_one_pod_and_a_new_node_gets_one() {
    let world = start(2);
    world.apply([daemon("nginx")]);
    let nodes = ready(&world, 2).await;
    world.set_nodes(3);
    assert_eq!(ready(&world, 3).await[..2], nodes[..]);
    world.set_nodes(1);
    ready(&world, 1).await;
}

#[tokio::test]
async fn a_changed_template_replaces_the_pods_and_a_deleted_pod_comes_back() {
    let world = start(2);
    world.apply([daemon("nginx:1.27")]);
    ready(&world, 2).await;
    world.update("daemonsets", "agent", |daemon| {
        daemon["spec"]["template"]["spec"]["containers"][0]["image"] = "nginx:1.28".into();
    });
    ready(&world, 2).await;
    let pods = world.store.list("pods", None).0;
    assert!(pods.iter().all(|pod| pod["spec"]["containers"][0]["image"] == "nginx:1.28"));
    world.store.delete("pods", "default", name(&pods[0])).expect("a Pod");
    world.until("its end", |world| world.get("pods", name(&pods[0])).is_none().then_some(())).await;
    ready(&world, 2).await;
    world.store.delete("daemonsets", "default", "agent").expect("a DaemonSet");
    world.until("no Pods", |world| world.store.list("pods", None).0.is_empty().then_some(())).await;
}
