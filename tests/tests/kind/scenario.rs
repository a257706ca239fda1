//! The article's scenario on containers: the same file, the same checks, the same failures as in the embedded cluster.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bollard::query_parameters::RestartContainerOptions;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Node, Service};
use kube::api::{Api, ListParams, Patch, PatchParams};
use reqwest::Client;
use serde_json::json;
use testcontainers::GenericImage;
use testcontainers::core::wait::ExitWaitStrategy;
use testcontainers::core::{ImageExt as _, WaitFor};
use testcontainers::runners::AsyncRunner as _;

use crate::lane::{CLUSTER, Lane, until};

const ADDRESS: &str = "10.10.1.5";

#[tokio::test(flavor = "multi_thread")]
async fn the_scenario_runs_on_containers_and_leaves_nothing() {
    let Some(lane) = Lane::start().await else { return };
    lane.up().await;
    told_what_stands_for_metallb(&lane);
    labelled_as_kind_does(&lane).await;
    reached_at_the_internal_address(&lane).await;
    reached_from_a_container_beside(&lane).await;
    replaced_without_a_failed_request(&lane).await;
    lane.ok(&["verify", "--teach"]);
    unchanged_by_a_second_up(&lane).await;
    logs_are_collected(&lane);
    back_after_a_restart(&lane).await;
    let volumes = lane.volumes().await;
    lane.ok(&["down", "--purge"]);
    assert_eq!(lane.things(&volumes).await, Vec::<String>::new());
    let kubeconfig = std::fs::read_to_string(lane.kubeconfig()).unwrap_or_default();
    assert!(!kubeconfig.contains(CLUSTER), "{kubeconfig}");
}

/// Its images cannot be had here: the built-in load balancer is used, and a line of the report says so.
fn told_what_stands_for_metallb(lane: &Lane) {
    let report = lane.status()["clusters"][0]["report"]["lines"].to_string();
    assert!(!lane.is_stand_in() || report.contains("the built-in load balancer is used"), "{report}");
}

/// `kind get clusters` and `kind get nodes` look at these labels and at nothing else.
async fn labelled_as_kind_does(lane: &Lane) {
    let nodes = lane.nodes().await;
    let [node] = &nodes[..] else { panic!("one node, not {nodes:?}") };
    assert_eq!(node.names.as_deref(), Some(&[format!("/{CLUSTER}-control-plane")][..]));
    let labels = node.labels.clone().unwrap_or_default();
    assert_eq!(labels.get("io.x-k8s.kind.role").map(String::as_str), Some("control-plane"));
    let kubernetes: Api<Node> = Api::all(lane.kubernetes().await);
    let nodes = kubernetes.list(&ListParams::default()).await.expect("nodes");
    let addresses = nodes.items[0].status.clone().and_then(|status| status.addresses).unwrap_or_default();
    assert!(addresses.iter().any(|one| one.address == "10.10.1.4"), "pinned as AKS has it: {addresses:?}");
}

async fn reached_at_the_internal_address(lane: &Lane) {
    let services: Api<Service> = Api::default_namespaced(lane.kubernetes().await);
    let service = services.get("private-api").await.expect("the Service");
    let ingress = service.status.and_then(|status| status.load_balancer?.ingress).unwrap_or_default();
    assert_eq!(ingress.first().and_then(|one| one.ip.as_deref()), Some(ADDRESS));
    let answer = client().get(format!("{}/nginx/", lane.gateway())).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.expect("a body").contains("Welcome to nginx!"));
}

/// What is on the cluster's network reaches the load balancer as the gateway does.
async fn reached_from_a_container_beside(lane: &Lane) {
    let node = lane.nodes().await.remove(0);
    let networks = node.network_settings.and_then(|settings| settings.networks).unwrap_or_default();
    let network = networks.into_keys().next().expect("a network");
    let (name, tag) = lane.image.rsplit_once(':').expect("a tag");
    let answered = GenericImage::new(name, tag)
        .with_entrypoint("/bin/sh")
        .with_wait_for(WaitFor::exit(ExitWaitStrategy::new().with_exit_code(0)))
        .with_network(network)
        .with_cmd(["-c", &format!("wget -q -O - http://{ADDRESS}/ || curl -fsS http://{ADDRESS}/")])
        .start()
        .await
        .expect("a container that reaches the load balancer");
    let body = answered.stdout_to_vec().await.expect("its output");
    assert!(String::from_utf8_lossy(&body).contains("Welcome to nginx!"));
}

async fn replaced_without_a_failed_request(lane: &Lane) {
    let url = format!("{}/nginx/", lane.gateway());
    let failed = Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let (client, url, failed) = (client(), url.clone(), Arc::clone(&failed));
            tokio::spawn(async move {
                for _ in 0..250 {
                    let answer = client.get(&url).send().await;
                    if !answer.is_ok_and(|answer| answer.status() == 200) {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    let deployments: Api<Deployment> = Api::default_namespaced(lane.kubernetes().await);
    let annotation = json!({"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"});
    let restart = json!({"spec": {"template": {"metadata": {"annotations": annotation}}}});
    deployments
        .patch("private-api", &PatchParams::default(), &Patch::Merge(&restart))
        .await
        .expect("patched");
    for caller in callers {
        caller.await.expect("a caller ends");
    }
    assert_eq!(failed.load(Ordering::Relaxed), 0, "of 1000 requests");
    until("the rollout ends", Duration::from_secs(30), async || {
        let status = deployments.get("private-api").await.ok()?.status?;
        (status.updated_replicas == Some(2) && status.ready_replicas == Some(2) && status.replicas == Some(2))
            .then_some(())
    })
    .await;
}

async fn unchanged_by_a_second_up(lane: &Lane) {
    let before = lane.nodes().await;
    let started = tokio::time::Instant::now();
    lane.ok(&["up"]);
    // A release build on an idle machine needs less than three seconds.
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    let after = lane.nodes().await;
    assert_eq!(before[0].id, after[0].id, "the node was made again");
    assert_eq!(lane.status()["clusterSettings"]["backend"], "kind", "a second `up` keeps the back end");
}

fn logs_are_collected(lane: &Lane) {
    let folder = lane.world.files().join("logs");
    let run = lane.ok(&["logs", "--collect", &folder.to_string_lossy()]);
    assert!(run.stdout.contains("kubelet"), "{}{}", run.stdout, run.stderr);
    assert!(folder.exists());
}

/// A restart takes the addresses from the node's interface; they come back without anybody's help.
async fn back_after_a_restart(lane: &Lane) {
    let node = format!("{CLUSTER}-control-plane");
    lane.docker.restart_container(&node, None::<RestartContainerOptions>).await.expect("restarted");
    let url = format!("{}/nginx/", lane.gateway());
    let client = client();
    until("the load balancer is back", Duration::from_secs(90), async || {
        let answer = client.get(&url).send().await.ok()?;
        (answer.status() == 200).then_some(())
    })
    .await;
}

/// A client for plain HTTP.
pub fn client() -> Client {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    Client::builder()
        .tls_certs_only([])
        .no_proxy()
        .timeout(Duration::from_secs(20))
        .build()
        .expect("a client")
}
