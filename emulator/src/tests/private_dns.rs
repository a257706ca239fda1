//! Private DNS zones: what Azure refuses, and which names lead where.

use network::{Exposure, Frontend, Place, SubnetId};
use serde_json::{Value, json};

use super::{GROUP, World};

/// A world with a network, and a zone that it asks; the network's and the zone's ids.
async fn zone(world: &World, registers: bool) -> (String, String) {
    let vnet = world.network().await;
    let zone = format!("{GROUP}/providers/Microsoft.Network/privateDnsZones/corp.test");
    world.put(&zone, json!({"location": "global"})).await.expect(201);
    let link = json!({"location": "global", "properties": {
        "registrationEnabled": registers, "virtualNetwork": {"id": vnet}}});
    world.put(&format!("{zone}/virtualNetworkLinks/l"), link).await.expect(201);
    (vnet, zone)
}

fn a(address: &str) -> Value {
    json!({"properties": {"ttl": 60, "aRecords": [{"ipv4Address": address}]}})
}

#[tokio::test]
async fn names_resolve_from_linked_networks_only_and_change_with_their_records() {
    let world = World::instant().await;
    let (vnet, zone) = zone(&world, false).await;
    let inside = Place::Subnet(SubnetId::new(format!("{vnet}/subnets/apim")));
    let resolve = |place: &Place| {
        let found = world.fabric.resolve(place, "api.corp.test");
        found.map(|found| found.address.to_string()).map_err(|why| why.to_string())
    };
    assert!(resolve(&inside).is_err_and(|why| why.contains("zone corp.test has no such name")));
    world.put(&format!("{zone}/A/api"), a("10.10.1.5")).await.expect(201);
    assert_eq!(resolve(&inside).as_deref(), Ok("10.10.1.5"));
    assert!(resolve(&Place::Internet).is_err_and(|why| why.contains("in no private DNS zone")));
    world.put(&format!("{zone}/A/api"), a("10.10.1.6")).await.expect(200);
    assert_eq!(resolve(&inside).as_deref(), Ok("10.10.1.6"));
    world.delete(&format!("{zone}/virtualNetworkLinks/l")).await.expect(202);
    assert!(resolve(&inside).is_err_and(|why| why.contains("in no private DNS zone")));
}

#[tokio::test]
async fn what_azure_refuses_is_refused() {
    let world = World::instant().await;
    let (vnet, zone) = zone(&world, true).await;
    world.put(&format!("{zone}/A/api"), a("10.10.1.5")).await.expect(201);
    let alias = json!({"properties": {"ttl": 60, "cnameRecord": {"cname": "api.corp.test"}}});
    let link = |registers: bool| {
        json!({"location": "global", "properties": {
            "registrationEnabled": registers, "virtualNetwork": {"id": vnet}}})
    };
    for (path, body, status, code) in [
        ("CNAME/api", alias.clone(), 409, "Conflict"),
        ("CNAME/@", alias, 400, "BadRequest"),
        ("A/bad", a("10.10.1"), 400, "BadRequest"),
        ("A/ttl", json!({"properties": {"ttl": 0}}), 400, "BadRequest"),
        ("A/a b", a("10.10.1.5"), 400, "InvalidResourceName"),
        ("SOA/x", json!({}), 400, "InvalidResourceName"),
        ("TXT/t", json!({"properties": {"txtRecords": [{"value": [1]}]}}), 400, "BadRequest"),
        ("virtualNetworkLinks/twice", link(false), 409, "Conflict"),
        ("virtualNetworkLinks/none", json!({"location": "global"}), 400, "BadRequest"),
    ] {
        world.put(&format!("{zone}/{path}"), body).await.expect_error(status, code);
    }
    world.delete(&zone).await.expect_error(409, "CannotDeleteResource");
    let other = format!("{GROUP}/providers/Microsoft.Network/privateDnsZones/other.test");
    world
        .put(&other, json!({"location": "westus2"}))
        .await
        .expect_error(400, "LocationNotAvailableForResourceType");
    world.put(&other, json!({"location": "global"})).await.expect(201);
    world.put(&format!("{other}/virtualNetworkLinks/l"), link(true)).await.expect_error(409, "Conflict");
    world.put(&format!("{other}/virtualNetworkLinks/l"), link(false)).await.expect(201);
    let reserved = format!("{GROUP}/providers/Microsoft.Network/privateDnsZones/core.windows.net");
    world.put(&reserved, json!({"location": "global"})).await.expect_error(400, "BadRequest");
    let counts = world.get(&zone).await.expect(200).body["properties"].clone();
    assert_eq!(counts["numberOfRecordSets"], 2, "{counts}");
    assert_eq!(counts["numberOfVirtualNetworkLinksWithRegistration"], 1, "{counts}");
}

#[tokio::test]
async fn nodes_have_names_in_a_zone_that_registers_them() {
    let world = World::instant().await;
    let (vnet, zone) = zone(&world, true).await;
    let node = Frontend {
        owner: Frontend::owned_by_node("aks-default-1-vmss000000"),
        address: "10.10.1.4".parse().expect("an address"),
        exposure: Exposure::Internal(SubnetId::new(format!("{vnet}/subnets/aks"))),
        ports: Vec::new(),
    };
    world.fabric.publish("cluster", vec![node]);
    let all = world.get(&format!("{zone}/ALL")).await.expect(200).body;
    let shown = all["value"].as_array().expect("a list").iter().find(|record| record["name"] != "@");
    let shown = shown.expect("the node's record");
    assert_eq!(shown["type"], "Microsoft.Network/privateDnsZones/A");
    assert_eq!(shown["properties"]["isAutoRegistered"], true, "{shown}");
    assert_eq!(shown["properties"]["fqdn"], "aks-default-1-vmss000000.corp.test.");
    let inside = Place::Subnet(SubnetId::new(format!("{vnet}/subnets/apim")));
    let found = world.fabric.resolve(&inside, "aks-default-1-vmss000000.corp.test").expect("an address");
    assert_eq!(found.address.to_string(), "10.10.1.4");
    let record = format!("{zone}/A/aks-default-1-vmss000000");
    world.delete(&record).await.expect_error(400, "BadRequest");
}
