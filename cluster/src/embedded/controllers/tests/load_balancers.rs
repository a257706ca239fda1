//! Load balancers: who gets which address, and why not.

use std::net::Ipv4Addr;

use aks::LoadBalancerAccess;
use network::Place;
use serde_json::json;

use super::world::{BALANCER, World, denied, deployment, gateway, internal_service};
use crate::embedded::controllers::object::text;

const INTERNAL: &str = "service.beta.kubernetes.io/azure-load-balancer-internal";
const ADDRESS: &str = "service.beta.kubernetes.io/azure-load-balancer-ipv4";

#[tokio::test]
async fn without_the_role_a_service_stays_pending_and_an_event_says_what_is_missing() {
    let world = World::start();
    world.set_access(denied());
    world.apply([deployment("private-api", "nginx", 1), internal_service("private-api")]);
    let events = world
        .until("a failure", |world| {
            Some(world.events("SyncLoadBalancerFailed")).filter(|events| !events.is_empty())
        })
        .await;
    let message = text(&events[0]["message"]);
    for part in [
        "Error syncing load balancer: failed to ensure load balancer: Retriable: false, RetryAfter: 0s, \
         HTTPStatusCode: 403, RawError: {\"error\":{\"code\":\"AuthorizationFailed\"",
        "The client 'the-client' with object id 'the-object' does not have authorization to perform action \
         'Microsoft.Network/virtualNetworks/subnets/read' over scope '/vnets/apim-aks-vnet/subnets/aks-subnet'",
        "a role is assigned to the application's object id",
    ] {
        assert!(message.contains(part), "{message}\nlacks {part}");
    }
    world.until("a ready Pod", |world| (world.ready_pods().len() == 1).then_some(())).await;
    assert_eq!(world.address("private-api"), None);
    assert_eq!(world.events("SyncLoadBalancerFailed").len(), 1, "the same event is not written twice");

    world.set_access(LoadBalancerAccess::Granted);
    assert_eq!(world.until("an address", |world| world.address("private-api")).await, BALANCER);
    world.until("an event", |world| world.events("EnsuredLoadBalancer").pop()).await;

    world.set_access(denied());
    world.apply([internal_service("another")]);
    world
        .until("a second failure", |world| (world.events("SyncLoadBalancerFailed").len() == 2).then_some(()))
        .await;
    assert_eq!(world.address("private-api"), Some(BALANCER), "what is there stays");
}

#[tokio::test]
async fn a_wanted_address_is_given_or_refused_with_azures_reason() {
    let world = World::start();
    for (name, wanted, expected) in [
        ("free", "10.10.1.77", Ok(Ipv4Addr::new(10, 10, 1, 77))),
        ("taken", "10.10.1.4", Err("PrivateIPAddressIsAllocated")),
        ("reserved", "10.10.1.1", Err("PrivateIPAddressNotInSubnet")),
        ("outside", "10.10.2.9", Err("PrivateIPAddressNotInSubnet")),
        ("malformed", "ten", Err("InvalidRequestFormat")),
    ] {
        let (resource, mut service) = internal_service(name);
        service["metadata"]["annotations"][ADDRESS] = wanted.into();
        world.until("a node", |world| (!world.store.list("nodes", None).0.is_empty()).then_some(())).await;
        world.apply([(resource, service)]);
        match expected {
            Ok(address) => assert_eq!(world.until(name, |world| world.address(name)).await, address),
            Err(code) => {
                let about = |event: &std::sync::Arc<serde_json::Value>| {
                    event["involvedObject"]["name"] == name && text(&event["message"]).contains(code)
                };
                let find = |world: &World| world.events("SyncLoadBalancerFailed").into_iter().find(about);
                world.until(code, find).await;
            }
        }
    }
    world.update("services", "taken", |service| {
        service["metadata"]["annotations"][ADDRESS] = "10.10.1.78".into();
    });
    world.until("the repair", |world| world.address("taken")).await;
}

#[tokio::test]
async fn a_service_moves_between_public_and_internal_and_gives_its_address_back() {
    let world = World::start();
    world.apply([deployment("private-api", "nginx", 1), internal_service("private-api")]);
    assert_eq!(world.until("an address", |world| world.address("private-api")).await, BALANCER);

    world.update("services", "private-api", |service| service["metadata"]["annotations"] = json!({}));
    let public = world
        .until("a public address", |world| {
            world.address("private-api").filter(|address| *address != BALANCER)
        })
        .await;
    world.until("a public answer", |world| world.fabric.route(&Place::Internet, public, 80).ok()).await;

    world.update("services", "private-api", |service| {
        service["metadata"]["annotations"] = json!({ INTERNAL: "true" });
    });
    world
        .until("the old address", |world| world.address("private-api").filter(|address| *address == BALANCER))
        .await;

    world.update("services", "private-api", |service| service["spec"]["type"] = "ClusterIP".into());
    world.until("no address", |world| world.address("private-api").is_none().then_some(())).await;
    world.until("no way", |world| world.fabric.route(&gateway(), BALANCER, 80).err()).await;
    world.apply([internal_service("next")]);
    assert_eq!(
        world.until("the next", |world| world.address("next")).await,
        BALANCER,
        "the address was free"
    );

    let kept = world.store.delete("services", "default", "next").expect("a Service");
    assert!(kept.is_some(), "the finalizer holds it until the address is released");
    world.until("its end", |world| world.get("services", "next").is_none().then_some(())).await;
    world.until("the events", |world| world.events("DeletedLoadBalancer").pop()).await;
}

#[tokio::test]
async fn an_address_survives_a_restart_whatever_the_order_and_the_roles() {
    let world = World::start();
    world.apply([internal_service("first"), internal_service("second")]);
    let first = world.until("the first", |world| world.address("first")).await;
    let second = world.until("the second", |world| world.address("second")).await;
    world.store.delete("services", "default", "first").expect("a Service");
    world.until("its end", |world| world.get("services", "first").is_none().then_some(())).await;
    let memory = world.stop().await;

    let world = World::start_with(memory, Vec::new(), |cluster| {
        cluster.pools[0].count = 2;
        cluster.load_balancer_access = denied();
    });
    world.until("two nodes", |world| (world.store.list("nodes", None).0.len() == 2).then_some(())).await;
    assert_eq!(world.address("second"), Some(second));
    world
        .until("a frontend", |world| {
            let reason = world.fabric.route(&gateway(), second, 80).err()?;
            reason.to_string().contains("no ready endpoint").then_some(())
        })
        .await;
    assert_ne!(first, second);
}
