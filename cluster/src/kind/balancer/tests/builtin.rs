//! Addresses on a node.

use aks::LoadBalancerAccess;
use serde_json::json;

use super::lab::{ADDRESS, INTERNAL, Lab, Registry, denied, eventually};
use crate::embedded::tests::world::World;
use crate::kind::Implementation;

#[tokio::test]
async fn annotations_decide_about_the_address_or_the_reason() {
    let lab = Lab::start().await;
    let of = |name: &str| format!("service.beta.kubernetes.io/{name}");
    let cases = [
        ("first", json!({ INTERNAL: "true" }), Ok("10.10.1.5")),
        ("wanted", json!({ INTERNAL: "true", ADDRESS: "10.10.1.77" }), Ok("10.10.1.77")),
        (
            "named",
            json!({ INTERNAL: "true", of("azure-load-balancer-internal-subnet"): "aks" }),
            Ok("10.10.1.6"),
        ),
        ("open", json!({}), Ok("203.0.113.4")),
        ("label", json!({ of("azure-dns-label-name"): "shop" }), Ok("203.0.113.5")),
        ("taken", json!({ INTERNAL: "true", ADDRESS: "10.10.1.4" }), Err("PrivateIPAddressIsAllocated")),
        ("outside", json!({ INTERNAL: "true", ADDRESS: "10.9.0.1" }), Err("PrivateIPAddressNotInSubnet")),
        ("malformed", json!({ INTERNAL: "true", ADDRESS: "five" }), Err("InvalidRequestFormat")),
        (
            "nowhere",
            json!({ INTERNAL: "true", of("azure-load-balancer-internal-subnet"): "x" }),
            Err("NotFound"),
        ),
        ("resource", json!({ of("azure-pip-name"): "my-ip" }), Err("NotImplementedBySandbox")),
    ];
    for (name, annotations, expected) in cases {
        lab.service(name, &annotations).await;
        match expected {
            Ok(address) => {
                lab.address(name, Some(address)).await;
                lab.event(name, "EnsuredLoadBalancer").await;
            }
            Err(code) => {
                let (message, _) = lab.event(name, "SyncLoadBalancerFailed").await;
                assert!(message.contains(code), "{name}: {message}");
            }
        }
    }
    let (message, _) = lab.event("label", "DNSLabelNotResolved").await;
    assert!(message.contains("shop.westus2.cloudapp.azure.com"), "{message}");
    let expected = ["10.10.1.5", "10.10.1.6", "10.10.1.77", "203.0.113.4", "203.0.113.5"];
    eventually("all addresses on the node", || (lab.running.nodes.on(&lab.node) == expected).then_some(()))
        .await;
}

#[tokio::test]
async fn without_the_role_a_service_stays_pending_until_it_is_assigned() {
    let lab = Lab::start().await;
    lab.set_access(denied());
    lab.service("private-api", &json!({ INTERNAL: "true" })).await;
    let (message, count) = lab.event("private-api", "SyncLoadBalancerFailed").await;
    assert!(message.contains("\"AuthorizationFailed\"") && message.contains("assign the role"), "{message}");
    assert_eq!(count, 1);
    lab.service("open", &json!({})).await;
    lab.address("open", None).await;
    let service = lab.world.get("/api/v1/namespaces/default/services/private-api").await.body;
    assert_eq!(service["status"]["loadBalancer"], json!({}));
    assert!(service["metadata"].get("finalizers").is_none(), "nothing has to be released");

    lab.set_access(LoadBalancerAccess::Granted);
    lab.address("private-api", Some("10.10.1.5")).await;
    lab.event("private-api", "EnsuredLoadBalancer").await;
}

#[tokio::test]
async fn an_address_moves_is_repaired_and_given_back() {
    let lab = Lab::start().await;
    lab.service("private-api", &json!({ INTERNAL: "true" })).await;
    lab.address("private-api", Some("10.10.1.5")).await;
    lab.change("private-api", json!({ "metadata": { "annotations": { ADDRESS: "10.10.1.9" } } })).await;
    lab.address("private-api", Some("10.10.1.9")).await;
    eventually("the move", || (lab.running.nodes.on(&lab.node) == ["10.10.1.9"]).then_some(())).await;

    lab.running.nodes.restart(&lab.node);
    eventually("the repair", || (lab.running.nodes.on(&lab.node) == ["10.10.1.9"]).then_some(())).await;
    let path = "/api/v1/namespaces/default/services/private-api/status";
    lab.world
        .patch(path, "merge-patch+json", &json!({ "status": { "loadBalancer": { "ingress": null } } }))
        .await;
    lab.address("private-api", Some("10.10.1.9")).await;

    lab.change("private-api", json!({ "metadata": { "annotations": { INTERNAL: null, ADDRESS: null } } }))
        .await;
    lab.address("private-api", Some("203.0.113.4")).await;
    lab.change("private-api", json!({ "spec": { "type": "ClusterIP" } })).await;
    lab.event("private-api", "DeletedLoadBalancer").await;
    eventually("no address", || lab.running.nodes.on(&lab.node).is_empty().then_some(())).await;
    lab.service("next", &json!({ INTERNAL: "true" })).await;
    lab.address("next", Some("10.10.1.5")).await;
    lab.delete("next").await;
    lab.event("next", "DeletedLoadBalancer").await;
    eventually("no address", || lab.running.nodes.on(&lab.node).is_empty().then_some(())).await;
}

#[tokio::test]
async fn the_gateway_dials_an_internal_address_itself_and_a_public_one_through_a_node_port() {
    let lab = Lab::start().await;
    lab.service("private-api", &json!({ INTERNAL: "true" })).await;
    lab.service("open", &json!({})).await;
    lab.route(("10.10.1.5", 80), "no endpoint", |route| {
        route.as_ref().is_err_and(|error| error.to_string().contains("no ready endpoint"))
    })
    .await;
    lab.pods().await;
    let socket = lab.route(("10.10.1.5", 80), "a way", Result::is_ok).await;
    assert_eq!(socket, Some("10.10.1.5:80".parse().expect("an address")));
    let open = lab.world.get("/api/v1/namespaces/default/services/open").await.body;
    let port = &open["spec"]["ports"][0]["nodePort"];
    let socket = lab.route(("203.0.113.4", 80), "a way", Result::is_ok).await;
    assert_eq!(socket, Some(format!("10.10.1.4:{port}").parse().expect("an address")));
    lab.route(("10.10.1.5", 81), "a closed port", |route| {
        route.as_ref().is_err_and(|error| error.to_string().contains("nothing listens on port 81"))
    })
    .await;
}

#[tokio::test]
async fn a_restart_keeps_addresses_whatever_the_roles_and_tidies_what_went_meanwhile() {
    let lab = Lab::start().await;
    for name in ["first", "second"] {
        lab.service(name, &json!({ INTERNAL: "true" })).await;
        lab.address(name, None).await;
    }
    let second = lab.address("second", None).await;
    let lab = lab
        .restart(async |world| {
            world.ask(http::Method::DELETE, "/api/v1/namespaces/default/services/first", "", "").await;
        })
        .await;
    lab.set_access(denied());
    lab.world.until("/api/v1/namespaces/default/services/first", "goes", |answer| answer.code == 404).await;
    eventually("the rest", || (lab.running.nodes.on(&lab.node) == [second.as_str()]).then_some(())).await;
    assert_eq!(lab.address("second", None).await, second);
    assert_eq!(lab.event("second", "EnsuredLoadBalancer").await.1, 1, "nothing was made anew");
    lab.route((&second, 80), "a frontend", |route| {
        route.as_ref().is_err_and(|error| error.to_string().contains("no ready endpoint"))
    })
    .await;
}

async fn check_fallback(registry: Registry, reason: &str) {
    let lab = Lab::start_with(World::external(Vec::new()).await, Implementation::Metallb, registry).await;
    lab.service("private-api", &json!({ INTERNAL: "true" })).await;
    lab.address("private-api", Some("10.10.1.5")).await;
    let daemons = lab.world.get("/apis/apps/v1/namespaces/metallb-system/daemonsets").await.body;
    assert_eq!(daemons["items"], json!([]), "MetalLB does not run beside it");
    let said = lab.running.said.lock().expect("no panic").clone();
    assert!(said.iter().any(|line| line.contains("built-in") && line.contains(reason)), "{said:?}");
}

#[tokio::test]
async fn without_metallb_the_built_in_way_is_used_and_said() {
    check_fallback(Registry(Err("it is not in the engine".to_owned())), "it is not in the engine").await;
    check_fallback(Registry(Ok(())), "ImagePullBackOff").await;
}
