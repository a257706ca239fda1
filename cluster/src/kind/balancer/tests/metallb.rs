//! Addresses that MetalLB announces. Its programs are played by this test binary, its decisions by a task.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use aks::Workload;
use k8s_openapi::api::core::v1::Service;
use kube::api::{Api, ListParams, Patch, PatchParams};
use serde_json::{Value, json};

use super::lab::{INTERNAL, Lab, Registry, client, denied, eventually};
use crate::embedded::tests::world::World;
use crate::kind::Implementation;
use crate::metallb;

/// Not a test: what runs in MetalLB's Pods.
#[test]
#[ignore = "it is what the Pods of another test run"]
#[expect(
    clippy::disallowed_methods,
    reason = "a workload is told its port by a variable, and ends by itself"
)]
fn answers_with_its_metrics() {
    let port = std::env::var("PORT").expect("a port").parse().expect("a number");
    std::thread::spawn(|| {
        std::thread::sleep(Duration::from_mins(1));
        std::process::exit(0);
    });
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port");
    for stream in listener.incoming() {
        let mut stream = stream.expect("a connection");
        let _ = stream.read(&mut [0; 4_096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
}

fn workloads() -> Vec<Workload> {
    let program = std::env::current_exe().expect("a path").to_string_lossy().into_owned();
    // The containers' own arguments follow, which a test binary would not understand.
    let script = "exec \"$0\" kind::balancer::tests::metallb::answers_with_its_metrics --exact --ignored";
    let command = ["sh", "-c", script, &program].map(str::to_owned).to_vec();
    metallb::IMAGES
        .iter()
        .map(|image| Workload { image: (*image).to_owned(), command: command.clone() })
        .collect()
}

/// Gives Services the address that their annotations name, as MetalLB's controller does.
async fn decide(client: kube::Client) {
    let services: Api<Service> = Api::default_namespaced(client);
    loop {
        for service in services.list(&ListParams::default()).await.map(|list| list.items).unwrap_or_default()
        {
            let annotations = service.metadata.annotations.clone().unwrap_or_default();
            let Some(address) = annotations.get("metallb.io/loadBalancerIPs") else { continue };
            assert!(annotations.contains_key("metallb.io/address-pool"));
            let status =
                json!({ "status": { "loadBalancer": { "ingress": [{ "ip": address, "ipMode": "VIP" }] } } });
            let name = service.metadata.name.expect("a name");
            let _ = services.patch_status(&name, &PatchParams::default(), &Patch::Merge(status)).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn annotations(service: &Value) -> Value {
    let of = &service["metadata"]["annotations"];
    json!([of["metallb.io/address-pool"], of["metallb.io/loadBalancerIPs"]])
}

#[tokio::test]
async fn metallb_is_installed_and_told_what_azure_has_decided() {
    let world = World::external(workloads()).await;
    let lab = Lab::start_with(world, Implementation::Metallb, Registry(Ok(()))).await;
    let deciding = tokio::spawn(decide(client(&lab.world)));
    lab.set_access(denied());
    lab.service("private-api", &json!({ INTERNAL: "true" })).await;
    lab.event("private-api", "SyncLoadBalancerFailed").await;
    let said = || lab.running.said.lock().expect("no panic").join("; ");
    eventually("MetalLB", || said().contains("MetalLB v0.15.3 announces").then_some(())).await;
    let pools = lab.world.get("/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools").await;
    assert_eq!(pools.body["items"][0]["spec"], json!({ "addresses": ["10.10.1.0/24"], "autoAssign": false }));
    let path = "/api/v1/namespaces/default/services/private-api";
    assert_eq!(annotations(&lab.world.get(path).await.body), json!([null, null]), "not without the role");

    lab.set_access(aks::LoadBalancerAccess::Granted);
    lab.address("private-api", Some("10.10.1.5")).await;
    assert_eq!(annotations(&lab.world.get(path).await.body), json!(["internal", "10.10.1.5"]));
    lab.event("private-api", "EnsuredLoadBalancer").await;
    lab.change("private-api", json!({ "metadata": { "annotations": null } })).await;
    lab.address("private-api", Some("203.0.113.4")).await;
    let wanted = json!(["public", "203.0.113.4"]);
    assert_eq!(annotations(&lab.world.get(path).await.body), wanted);
    lab.change("private-api", json!({ "metadata": { "annotations": null } })).await;
    lab.world.until(path, "is marked again", |answer| annotations(&answer.body) == wanted).await;

    lab.change("private-api", json!({ "spec": { "type": "ClusterIP" } })).await;
    lab.event("private-api", "DeletedLoadBalancer").await;
    let left = lab.world.get(path).await.body;
    assert_eq!(annotations(&left), json!([null, null]));
    assert!(left["metadata"]["finalizers"].as_array().is_none_or(Vec::is_empty));
    assert!(lab.running.nodes.on(&lab.node).is_empty(), "nodes are MetalLB's matter");
    deciding.abort();
    lab.world.embedded.shutdown().await;
}
