//! Clusters come, change and go.

use std::time::Duration;

use aks::Cluster as _;
use serde_json::json;

use super::world::{ID, World, check, cluster};

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

#[tokio::test]
async fn a_new_cluster_answers_at_once_and_runs_what_it_is_told() {
    let world = World::start().await;
    check(&world.get("/api/v1/namespaces").await, 200, &["kube-system", "kube-node-lease"]);
    world.until("/api/v1/nodes", "has a node", |nodes| nodes.text.contains("vmss")).await;
    let deployment = json!({
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "nginx:1", "ports": [{"containerPort": 80}]}]},
            },
        },
    });
    assert_eq!(world.post(DEPLOYMENTS, &deployment).await.code, 201);
    let path = format!("{DEPLOYMENTS}/web");
    world.until(&path, "is available", |one| one.body["status"]["availableReplicas"] == 2).await;
    let pods = world.get("/api/v1/namespaces/default/pods").await;
    let pod = pods.body["items"][0]["metadata"]["name"].as_str().expect("a name").to_owned();
    let log = world.get(&format!("/api/v1/namespaces/default/pods/{pod}/log?tailLines=1")).await;
    assert_eq!(log.code, 200, "{}", log.text);
    let log = world.get(&format!("/api/v1/namespaces/default/pods/{pod}/log?container=zz")).await;
    check(&log, 400, &["container zz is not valid for pod"]);
    world.embedded.shutdown().await;
    check(&world.get("/api").await, 404, &["no running cluster"]);
}

#[tokio::test]
async fn applying_again_changes_nothing_and_the_state_survives_a_restart() {
    let world = World::start().await;
    let before = world.kubeconfig();
    world.embedded.apply(vec![cluster()]);
    assert_eq!(world.kubeconfig(), before);
    world
        .post(
            "/api/v1/namespaces/default/configmaps",
            &json!({"metadata": {"name": "kept"}, "data": {"a": "1"}}),
        )
        .await;
    world.embedded.shutdown().await;
    let again = World::on(world.storage.clone()).await;
    assert_eq!(again.token, world.token);
    check(&again.get("/api/v1/namespaces/default/configmaps/kept").await, 200, &["\"a\":\"1\""]);
}

#[tokio::test]
async fn a_removed_cluster_leaves_nothing_and_can_come_back() {
    let world = World::start().await;
    world.until("/api/v1/nodes", "has a node", |nodes| nodes.text.contains("vmss")).await;
    world.embedded.apply(Vec::new());
    assert_eq!(world.embedded.kubeconfig(ID), None);
    check(&world.get("/api").await, 404, &["no running cluster"]);
    world.embedded.shutdown().await;
    assert!(world.storage.kept.lock().expect("lock").is_empty());
    world.embedded.apply(vec![cluster()]);
    assert!(!world.kubeconfig().contains(&world.token), "a new cluster has a new token");
}

#[tokio::test]
async fn a_stopped_cluster_keeps_its_objects_and_a_removed_one_does_not() {
    let world = World::start().await;
    let kept = json!({"metadata": {"name": "kept"}, "data": {"a": "1"}});
    world.post("/api/v1/namespaces/default/configmaps", &kept).await;
    let stopped = aks::ManagedCluster { power: aks::Power::Stopped, ..cluster() };
    world.embedded.apply(vec![stopped.clone()]);
    check(&world.get("/api").await, 404, &["no running cluster"]);
    assert!(world.embedded.failure(ID).is_some_and(|why| why.contains("stopped")));
    world.embedded.apply(vec![cluster()]);
    assert_eq!(world.embedded.failure(ID), None);
    let path = "/api/v1/namespaces/default/configmaps/kept";
    check(&world.get(path).await, 200, &["\"a\":\"1\""]);
    world.embedded.apply(vec![stopped]);
    world.embedded.apply(Vec::new());
    world.embedded.shutdown().await;
    assert!(world.storage.kept.lock().expect("lock").is_empty());
}

#[tokio::test]
async fn renewed_credentials_close_the_door_to_old_ones() {
    let world = World::start().await;
    check(&world.get("/api").await, 200, &[]);
    world.embedded.apply(vec![aks::ManagedCluster { rotations: 1, ..cluster() }]);
    assert_eq!(world.get("/api").await.code, 401);
    assert!(!world.kubeconfig().contains(&world.token));
    let after = world.kubeconfig();
    world.embedded.apply(vec![aks::ManagedCluster { rotations: 1, ..cluster() }]);
    assert_eq!(world.kubeconfig(), after);
}

#[tokio::test]
async fn a_namespace_takes_its_objects_along() {
    let world = World::start().await;
    world.post("/api/v1/namespaces", &json!({"metadata": {"name": "n"}})).await;
    let path = "/api/v1/namespaces/n/configmaps";
    check(&world.get(path).await, 200, &["kube-root-ca.crt"]);
    let gone = world.ask(http::Method::DELETE, "/api/v1/namespaces/n", "", "").await;
    check(&gone, 200, &["Terminating"]);
    world.until("/api/v1/namespaces/n", "goes", |one| one.code == 404).await;
    let left = world.get(path).await;
    assert_eq!(left.body["items"], json!([]));
}

/// A round trip of a patch: far below what people notice. The bound is loose, for busy machines.
#[tokio::test]
async fn a_patch_is_quick() {
    let world = World::start().await;
    world.post("/api/v1/namespaces/default/configmaps", &json!({"metadata": {"name": "m"}})).await;
    let clock = sim::Clock::system();
    let start = clock.elapsed();
    for turn in 0..100 {
        let patch = json!({"data": {"turn": turn.to_string()}});
        world.patch("/api/v1/namespaces/default/configmaps/m", "merge-patch+json", &patch).await;
    }
    let each = clock.elapsed().saturating_sub(start) / 100;
    eprintln!("a patch takes {each:?}, connection included");
    assert!(each < Duration::from_millis(50), "{each:?}");
}
