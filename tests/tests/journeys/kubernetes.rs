//! Real Kubernetes clients: `kubectl` where it is installed, and the `kube` crate.

use std::process::Command;
use std::time::Duration;

use futures_util::TryStreamExt;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Pod, Service};
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, WatchEvent, WatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::json;
use tests::{Run, World};

#[test]
fn kubectl_shows_tables_and_applies_changes() {
    if Command::new("kubectl").args(["version", "--client"]).output().is_err() {
        eprintln!("skipped: kubectl is not installed");
        return;
    }
    let world = World::new();
    world.ok(&["up"]);
    let kubeconfig = world.environment()["KUBECONFIG"].clone();
    let home = world.files().join("home");
    let kubectl = |arguments: &[&str]| {
        let mut command = Command::new("kubectl");
        command.arg("--kubeconfig").arg(&kubeconfig).args(arguments).env("HOME", &home);
        Run::from(command.output().expect("kubectl starts"))
    };
    let table = kubectl(&["get", "nodes,deploy,pods,svc", "-o", "wide"]);
    assert_eq!(table.code, 0, "{}", table.stderr);
    for expected in ["EXTERNAL-IP", "10.10.1.5", "Ready", "2/2", "Running", "INTERNAL-IP", "10.10.1.4"] {
        assert!(table.stdout.contains(expected), "{expected} is missing:\n{}", table.stdout);
    }
    let manifest = kubectl(&["get", "deployment", "private-api", "-o", "yaml"]).stdout;
    let changed = world.files().join("deployment.yaml");
    std::fs::write(&changed, manifest.replace("replicas: 2", "replicas: 3")).expect("written");
    let applied = kubectl(&["apply", "-f", changed.to_str().expect("a path")]);
    assert_eq!(applied.code, 0, "{}", applied.stderr);
    let rollout = kubectl(&["rollout", "status", "deployment/private-api", "--timeout=20s"]);
    assert_eq!(rollout.code, 0, "{}{}", rollout.stdout, rollout.stderr);
    let ready = kubectl(&["get", "deployment", "private-api", "-o", "jsonpath={.status.readyReplicas}"]);
    assert_eq!(ready.stdout, "3");
    let described = kubectl(&["describe", "service", "private-api"]);
    assert!(described.stdout.contains("EnsuredLoadBalancer"), "{}", described.stdout);
}

#[tokio::test]
async fn the_kube_crate_lists_patches_and_watches() {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let world = World::new();
    world.ok(&["up"]);
    let kubeconfig = Kubeconfig::read_from(&world.environment()["KUBECONFIG"]).expect("a kubeconfig");
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .expect("a configuration");
    let client = kube::Client::try_from(config).expect("a client");

    let services: Api<Service> = Api::default_namespaced(client.clone());
    let service = services.get("private-api").await.expect("the service");
    let ingress =
        service.status.and_then(|status| status.load_balancer).and_then(|balancer| balancer.ingress);
    assert_eq!(
        ingress.and_then(|list| list.first().and_then(|entry| entry.ip.clone())).as_deref(),
        Some("10.10.1.5")
    );

    let pods: Api<Pod> = Api::default_namespaced(client.clone());
    let listed = pods.list(&ListParams::default().labels("app=private-api")).await.expect("pods");
    assert_eq!(listed.items.len(), 2);
    let version = listed.metadata.resource_version.clone().unwrap_or_default();
    let mut events = Box::pin(
        pods.watch(&WatchParams::default().labels("app=private-api"), &version).await.expect("a watch"),
    );

    let deployments: Api<Deployment> = Api::default_namespaced(client);
    let patch = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 3}});
    deployments
        .patch("private-api", &PatchParams::apply("test").force(), &Patch::Apply(&patch))
        .await
        .expect("patched");
    let victim = listed.items[0].metadata.name.clone().expect("a name");
    pods.delete(&victim, &DeleteParams::default()).await.expect("deleted");

    let (mut added, mut deleted) = (0, 0);
    let watched = async {
        while added < 2 || deleted < 1 {
            match events.try_next().await.expect("an event") {
                Some(WatchEvent::Added(_)) => added += 1,
                Some(WatchEvent::Deleted(_)) => deleted += 1,
                Some(_) => {}
                None => break,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), watched)
        .await
        .expect("one more Pod, and one in the victim's place");
    assert!(added >= 2 && deleted >= 1, "{added} added, {deleted} deleted");
}
