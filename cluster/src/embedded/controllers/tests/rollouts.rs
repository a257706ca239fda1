//! Deployments and ReplicaSets.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::world::{BALANCER, World, deployment, gateway, internal_service};
use crate::embedded::controllers::object::{condition, name, text};

fn complete(world: &World, replicas: u64) -> Option<()> {
    let deployment = world.get("deployments", "api")?;
    let status = &deployment["status"];
    let done = status["observedGeneration"] == deployment["metadata"]["generation"]
        && ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"]
            .iter()
            .all(|field| status[*field] == replicas)
        && condition(&deployment, "Progressing")?["reason"] == "NewReplicaSetAvailable";
    done.then_some(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_template_rolls_out_without_a_failed_request_and_the_old_set_is_kept() {
    let world = Arc::new(World::start());
    world.apply([deployment("api", "nginx:1.7.8", 3), internal_service("api")]);
    world.until("the first version", |world| complete(world, 3)).await;
    world.until("an answer", |world| world.fabric.route(&gateway(), BALANCER, 80).ok()).await;
    let done = Arc::new(AtomicBool::new(false));
    let client = tokio::spawn({
        let (world, done) = (world.clone(), done.clone());
        async move {
            let mut last = String::new();
            while !done.load(Ordering::Relaxed) {
                last = world.http(&gateway(), BALANCER, "/").await.expect("no request fails");
            }
            last
        }
    });
    world.update("deployments", "api", |deployment| {
        deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "nginx:1.9.0".into();
    });
    world.until("the second version", |world| complete(world, 3)).await;
    world.until("the end of the old Pods", |world| (world.pods().len() == 3).then_some(())).await;
    done.store(true, Ordering::Relaxed);
    assert!(client.await.expect("no request failed").contains("server: nginx/1.9.0"));

    let (sets, _) = world.store.list("replicasets", None);
    assert_eq!(sets.len(), 2);
    let annotation = |object: &serde_json::Value| {
        text(&object["metadata"]["annotations"]["deployment.kubernetes.io/revision"]).to_owned()
    };
    let deployment = world.get("deployments", "api").expect("it is there");
    assert_eq!(annotation(&deployment), "2");
    assert!(sets.iter().all(|set| name(set).starts_with("api-")));

    world.update("deployments", "api", |deployment| {
        deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "nginx:1.7.8".into();
    });
    world.until("the first version again", |world| complete(world, 3)).await;
    let deployment = world.get("deployments", "api").expect("it is there");
    assert_eq!(annotation(&deployment), "3", "a rollback is a new revision of the same ReplicaSet");
    assert_eq!(world.store.list("replicasets", None).0.len(), 2);
}

#[tokio::test]
async fn replicas_follow_the_spec_and_deletion_takes_everything_along() {
    let world = World::start();
    world.apply([deployment("api", "nginx", 2)]);
    world.until("two", |world| complete(world, 2)).await;
    world.update("deployments", "api", |deployment| deployment["spec"]["replicas"] = 5.into());
    world.until("five", |world| complete(world, 5)).await;
    world.update("deployments", "api", |deployment| deployment["spec"]["replicas"] = 1.into());
    world.until("one", |world| complete(world, 1).filter(|()| world.pods().len() == 1)).await;
    world.store.delete("deployments", "default", "api").expect("it is there");
    world
        .until("nothing", |world| {
            let left = world.pods().len() + world.store.list("replicasets", None).0.len();
            (left == 0).then_some(())
        })
        .await;
}

#[tokio::test]
async fn a_paused_deployment_scales_and_does_not_roll() {
    let world = World::start();
    world.apply([deployment("api", "nginx:1.7.8", 1)]);
    world.until("one", |world| complete(world, 1)).await;
    world.update("deployments", "api", |deployment| {
        deployment["spec"]["paused"] = true.into();
        deployment["spec"]["replicas"] = 2.into();
        deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "nginx:1.9.0".into();
    });
    world.until("two old ones", |world| (world.ready_pods().len() == 2).then_some(())).await;
    assert_eq!(world.store.list("replicasets", None).0.len(), 1);
    world.update("deployments", "api", |deployment| deployment["spec"]["paused"] = false.into());
    world.until("two new ones", |world| complete(world, 2)).await;
    assert_eq!(world.store.list("replicasets", None).0.len(), 2);
}

#[tokio::test]
async fn recreate_starts_new_pods_when_the_old_ones_are_gone() {
    let world = World::start();
    let (resource, mut object) = deployment("api", "nginx:1.7.8", 2);
    object["spec"]["strategy"] = json!({ "type": "Recreate" });
    world.apply([(resource, object)]);
    world.until("two", |world| complete(world, 2)).await;
    let old: Vec<String> = world.pods().iter().map(|pod| name(pod).to_owned()).collect();
    world.update("deployments", "api", |deployment| {
        deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "nginx:1.9.0".into();
    });
    world
        .until("new Pods", |world| {
            let pods = world.pods();
            let mixed = pods.iter().any(|pod| old.contains(&name(pod).to_owned()))
                && pods.iter().any(|pod| !old.contains(&name(pod).to_owned()));
            assert!(!mixed, "old and new Pods at the same time");
            complete(world, 2).filter(|()| !old.contains(&name(&pods[0]).to_owned()))
        })
        .await;
}

#[tokio::test]
async fn what_does_not_fit_on_a_node_waits_and_says_why() {
    let world = World::start();
    let (resource, mut object) = deployment("api", "nginx", 3);
    object["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"] = "900m".into();
    world.apply([(resource, object)]);
    let event = world.until("an event", |world| world.events("FailedScheduling").pop()).await;
    assert!(text(&event["message"]).starts_with("0/1 nodes are available: 1 Insufficient cpu."), "{event}");
    world.until("two ready Pods", |world| (world.ready_pods().len() == 2).then_some(())).await;
    world.cluster.send_modify(|cluster| {
        let mut larger = (**cluster).clone();
        larger.pools[0].count = 2;
        *cluster = Arc::new(larger);
    });
    world.until("three ready Pods", |world| complete(world, 3)).await;
}
