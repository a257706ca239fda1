//! Virtual networks and subnets.

use serde_json::{Value, json};

use super::{GROUP, World};

#[tokio::test]
async fn inline_subnets_and_subnet_resources_are_the_same() {
    let world = World::instant().await;
    let vnet = world.network().await;
    let subnet = world.get(&format!("{vnet}/subnets/aks")).await.expect(200);
    assert_eq!(subnet.body["properties"]["addressPrefix"], "10.10.1.0/24");
    world
        .put(&format!("{vnet}/subnets/third"), json!({"properties": {"addressPrefix": "10.10.3.0/24"}}))
        .await
        .expect(201);
    let names = |body: &Value| -> Vec<String> {
        let subnets = body["properties"]["subnets"].as_array().expect("subnets");
        subnets.iter().map(|subnet| subnet["name"].as_str().expect("a name").to_owned()).collect()
    };
    let shown = world.get(&vnet).await.expect(200).body;
    assert_eq!(names(&shown), ["aks", "apim", "third"]);
    // What was read can be sent back.
    world.put(&vnet, shown).await.expect(200);
    let base =
        json!({"location": "westus2", "properties": {"addressSpace": {"addressPrefixes": ["10.10.0.0/16"]}}});
    world.put(&vnet, base.clone()).await.expect(200);
    assert_eq!(names(&world.get(&vnet).await.body).len(), 3, "subnets stay when they are not mentioned");
    let route =
        world.fabric.take_address(&network::SubnetId::new(format!("{vnet}/subnets/third")), "x", None);
    assert_eq!(route.expect("the fabric knows the subnet").to_string(), "10.10.3.4");
    let old = format!("{vnet}?api-version=2023-02-01");
    world.put(&old, base).await.expect(200);
    assert_eq!(names(&world.get(&vnet).await.body).len(), 0, "older versions remove them");
}

#[tokio::test]
async fn ranges_that_do_not_fit_are_refused() {
    let world = World::instant().await;
    let vnet = world.network().await;
    for (prefix, code) in [
        ("10.10.1.128/25", "NetcfgSubnetRangesOverlap"),
        ("10.11.0.0/24", "NetcfgInvalidSubnet"),
        ("10.10.9.0/30", "NetcfgInvalidSubnet"),
        ("10.10.9.1/24", "InvalidAddressPrefixFormat"),
        ("nonsense", "InvalidAddressPrefixFormat"),
    ] {
        let body = json!({"properties": {"addressPrefix": prefix}});
        world.put(&format!("{vnet}/subnets/new"), body).await.expect_error(400, code);
        let body = json!({"location": "westus2", "properties": {
            "addressSpace": {"addressPrefixes": ["10.10.0.0/16"]},
            "subnets": [{"name": "aks", "properties": {"addressPrefix": "10.10.1.0/24"}},
                        {"name": "new", "properties": {"addressPrefix": prefix}}],
        }});
        world.put(&vnet, body).await.expect_error(400, code);
    }
    world.get(&format!("{vnet}/subnets/apim")).await.expect(200);
    world.get(&format!("{vnet}/subnets/new")).await.expect_error(404, "ResourceNotFound");
}

#[tokio::test]
async fn a_subnet_in_use_is_kept() {
    let world = World::instant().await;
    let vnet = world.network().await;
    let service = world.service().await;
    let subnet = format!("{vnet}/subnets/apim");
    let join = json!({"properties": {"virtualNetworkType": "External",
        "virtualNetworkConfiguration": {"subnetResourceId": subnet}}});
    world.send("PATCH", &service, join).await.expect(202);
    let code = "InUseSubnetCannotBeDeleted";
    let refused = world.delete(&subnet).await.expect_error(400, code);
    assert!(refused.body["error"]["message"].as_str().is_some_and(|text| text.contains(&service)));
    world.delete(&vnet).await.expect_error(400, code);
    let body = json!({"location": "westus2", "properties": {
        "addressSpace": {"addressPrefixes": ["10.10.0.0/16"]}, "subnets": []}});
    world.put(&vnet, body).await.expect_error(400, code);
    world.get(&format!("{vnet}/subnets/aks")).await.expect(200);
    let body = json!({"properties": {"addressPrefix": "10.10.7.0/24"}});
    world.put(&subnet, body).await.expect_error(400, "InUsePrefixCannotBeDeleted");
    world.send("PATCH", &service, json!({"properties": {"virtualNetworkType": "None"}})).await.expect(202);
    world.delete(&subnet).await.expect(202);
}

#[tokio::test]
async fn what_is_not_there_is_named_as_azure_names_it() {
    let world = World::instant().await;
    let vnet = "providers/Microsoft.Network/virtualNetworks";
    for (path, status, code) in [
        (format!("{GROUP}/{vnet}/vnet"), 404, "ResourceGroupNotFound"),
        (GROUP.to_owned(), 404, "ResourceGroupNotFound"),
        (format!("{GROUP}/providers/Microsoft.Network/teapots/t"), 404, "InvalidResourceType"),
        (format!("{GROUP}/providers/Microsoft.Network/networkInterfaces/t"), 501, "NotImplementedBySandbox"),
        (format!("{GROUP}/providers/Microsoft.KeyVault/vaults/t"), 501, "NotImplementedBySandbox"),
        (format!("{GROUP}/providers/Contoso.Tea/pots/t"), 404, "InvalidResourceNamespace"),
        ("/subscriptions/other/resourceGroups/g".to_owned(), 404, "SubscriptionNotFound"),
    ] {
        world.get(&path).await.expect_error(status, code);
    }
    world.network().await;
    world.get(&format!("{GROUP}/{vnet}/ww")).await.expect_error(404, "ResourceNotFound");
    world
        .put(&format!("{GROUP}/{vnet}/ww/subnets/s"), json!({}))
        .await
        .expect_error(404, "ParentResourceNotFound");
    let body = json!({"location": "moon"});
    world.put(&format!("{GROUP}2"), body).await.expect_error(400, "LocationNotAvailableForResourceType");
    let body = json!({"location": "eastus"});
    world.put(GROUP, body).await.expect_error(409, "InvalidResourceGroupLocation");
}

#[tokio::test]
async fn a_rule_is_in_effect_as_soon_as_it_is_written() {
    let world = World::instant().await;
    let vnet = world.network().await;
    let rule =
        format!("{GROUP}/providers/Microsoft.Network/networkSecurityGroups/guard/securityRules/no-web");
    let body = json!({"properties": {"priority": 100, "direction": "Outbound", "access": "Deny", "protocol": "Tcp",
        "sourceAddressPrefix": "*", "sourcePortRange": "*",
        "destinationAddressPrefixes": ["10.10.1.0/24"], "destinationPortRanges": ["80", "443"]}});
    world.put(&rule, body).await.expect(201);
    let from = network::Place::Subnet(network::SubnetId::new(format!("{vnet}/subnets/apim")));
    let refused = |port| world.fabric.route(&from, [10, 10, 1, 5].into(), port).expect_err("nobody is there");
    assert!(matches!(refused(443), network::Unreachable::Denied { rule, .. } if rule == "no-web"));
    assert!(matches!(refused(81), network::Unreachable::NobodyThere(_)));
    world.delete(&rule).await.expect(202);
    assert!(matches!(refused(443), network::Unreachable::NobodyThere(_)));
}

#[tokio::test]
async fn a_peering_is_connected_once_both_networks_have_their_half() {
    let world = World::instant().await;
    let vnet = world.network().await;
    let hub = format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/hub");
    let space = |range: &str| json!({"location": "westus2", "properties": {"addressSpace": {"addressPrefixes": [range]}}});
    world.put(&hub, space("10.30.0.0/16")).await.expect(201);
    let half = |to: &str| json!({"properties": {"remoteVirtualNetwork": {"id": to}}});
    let (here, there) =
        (format!("{vnet}/virtualNetworkPeerings/out"), format!("{hub}/virtualNetworkPeerings/back"));
    world.put(&here, half(&hub)).await.expect(201);
    assert_eq!(world.get(&here).await.body["properties"]["peeringState"], "Initiated");
    world.put(&there, half(&vnet)).await.expect(201);
    for half in [&here, &there] {
        assert_eq!(world.get(half).await.body["properties"]["peeringState"], "Connected");
    }
    let twin = format!("{vnet}/virtualNetworkPeerings/again");
    world.put(&twin, half(&hub)).await.expect_error(400, "RemoteVnetAlreadyPeered");
    let near = format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/near");
    world.put(&near, space("10.10.128.0/17")).await.expect(201);
    world.put(&twin, half(&near)).await.expect_error(400, "VnetAddressSpacesOverlap");
    assert!(world.get(&vnet).await.body["properties"]["virtualNetworkPeerings"].is_array());
}
