//! Load balancers, private endpoints and application gateways: what comes with them, and what is refused.

use network::{Exposure, Frontend, Port, SubnetId};
use serde_json::{Value, json};

use super::clusters::{cluster, id};
use super::{CLIENT, GROUP, SECRET, World};

fn network(kind: &str, name: &str) -> String {
    format!("{GROUP}/providers/Microsoft.Network/{kind}/{name}")
}

fn balancer(subnet: &str) -> Value {
    let id = |part: &str| json!({"id": network("loadBalancers", "lb") + part});
    json!({"location": "westus2", "properties": {
        "frontendIPConfigurations": [{"name": "f", "properties": {"subnet": {"id": subnet}}}],
        "backendAddressPools": [{"name": "p"}],
        "loadBalancingRules": [{"name": "r", "properties": {"protocol": "Tcp", "frontendPort": 80, "backendPort": 80,
            "frontendIPConfiguration": id("/frontendIPConfigurations/f"),
            "backendAddressPool": id("/backendAddressPools/p")}}]}})
}

#[tokio::test]
async fn the_load_balancers_of_a_cluster_are_in_the_group_of_its_nodes_and_stay_what_they_are() {
    let world = World::instant().await;
    let vnet = world.network().await;
    let subnet = format!("{vnet}/subnets/aks");
    let made = world.put(&id(), cluster(CLIENT, SECRET, &subnet)).await.expect(201).body;
    let group = made["properties"]["nodeResourceGroup"].as_str().expect("a group").to_owned();
    let list = format!("{}/{group}/providers/Microsoft.Network/loadBalancers", GROUP.trim_end_matches("/g"));
    let names = async || -> Vec<String> {
        let found = world.get(&list).await.expect(200).body;
        let names = found["value"].as_array().expect("a list").iter();
        names.map(|one| one["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names().await, ["kubernetes"]);
    let frontend = |service: &str, exposure: Exposure, address: &str| Frontend {
        owner: Frontend::owned_by_balancer("default", service, &exposure),
        address: address.parse().expect("an address"),
        exposure,
        ports: vec![Port::new(80, Vec::new())],
    };
    let internal = frontend("private", Exposure::Internal(SubnetId::new(&subnet)), "10.10.1.5");
    let public = frontend("open", Exposure::Public, "203.0.113.4");
    world.fabric.publish(&id().to_lowercase(), vec![internal, public]);
    assert_eq!(names().await, ["kubernetes", "kubernetes-internal"]);
    let one = format!("{list}/kubernetes-internal");
    let shown = world.get(&one).await.expect(200).body;
    let properties = &shown["properties"];
    assert_eq!(properties["frontendIPConfigurations"][0]["properties"]["privateIPAddress"], "10.10.1.5");
    assert_eq!(properties["loadBalancingRules"][0]["properties"]["frontendPort"], 80);
    assert_eq!(properties["backendAddressPools"][0]["name"], "kubernetes");
    assert_eq!(properties["probes"].as_array().map(Vec::len), Some(1));
    world.put(&one, balancer(&subnet)).await.expect_error(403, "DenyAssignmentAuthorizationFailed");
    world.delete(&one).await.expect_error(403, "DenyAssignmentAuthorizationFailed");
    let public = world.get(&format!("{list}/kubernetes")).await.expect(200).body;
    let address = &public["properties"]["frontendIPConfigurations"][0]["properties"]["publicIPAddress"]["id"];
    let address = world.get(address.as_str().expect("an id")).await.expect(200).body;
    assert_eq!(address["properties"]["ipAddress"], "203.0.113.4");
    world.get(&format!("{list}/none")).await.expect(404);
    assert_eq!(world.get(&network("loadBalancers", "kubernetes")).await.status, 404);
}

#[tokio::test]
async fn a_load_balancer_has_an_address_that_nobody_else_gets() {
    let world = World::instant().await;
    let vnet = world.network().await;
    let subnet = format!("{vnet}/subnets/aks");
    let lb = network("loadBalancers", "lb");
    let path = ["frontendIPConfigurations", "0", "properties", "privateIPAddress"];
    let address = |body: &Value| body["properties"].pointer(&format!("/{}", path.join("/"))).cloned();
    let made = world.put(&lb, balancer(&subnet)).await.expect(201).body;
    assert_eq!(address(&made), Some(json!("10.10.1.4")));
    world.delete(&subnet).await.expect_error(400, "InUseSubnetCannotBeDeleted");
    let mut wrong = balancer(&subnet);
    wrong["properties"]["loadBalancingRules"][0]["properties"]["backendAddressPool"]["id"] =
        json!(lb.clone() + "/x/y");
    world.put(&lb, wrong).await.expect_error(400, "InvalidResourceReference");
    let mut taken = balancer(&subnet);
    taken["properties"]["frontendIPConfigurations"][0]["properties"]["privateIPAddress"] = json!("10.10.1.4");
    taken["properties"]["loadBalancingRules"] = json!([]);
    let other = network("loadBalancers", "other");
    world.put(&other, taken).await.expect_error(400, "PrivateIPAddressNotAvailable");
    let world = world.restarted(std::time::Duration::ZERO).await;
    let wanted = "10.10.1.4".parse().ok();
    assert!(world.fabric.take_address(&SubnetId::new(&subnet), "somebody", wanted).is_err());
    world.delete(&lb).await.expect(202);
    assert!(world.fabric.take_address(&SubnetId::new(&subnet), "somebody", wanted).is_ok());
}

#[tokio::test]
async fn a_private_endpoint_asks_and_its_target_decides() {
    let world = World::instant().await;
    let vnet = world.network().await;
    let service = world.service().await;
    let endpoint = network("privateEndpoints", "pe");
    let body = |list: &str, groups: Value| {
        json!({"location": "westus2", "properties": {
            "subnet": {"id": format!("{vnet}/subnets/aks")},
            list: [{"name": "c", "properties": {"privateLinkServiceId": service, "groupIds": groups}}]}})
    };
    let (own, asking) = ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections");
    world
        .put(&endpoint, body(own, json!(["sql"])))
        .await
        .expect_error(400, "InvalidPrivateLinkServiceGroupId");
    let connection = format!("{service}/privateEndpointConnections/c");
    let state = json!({"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}});
    world.put(&connection, state.clone()).await.expect_error(404, "PrivateEndpointConnectionNotFound");
    let made = world.put(&endpoint, body(asking, json!(["Gateway"]))).await.expect(201).body;
    let status = |body: &Value| {
        body["properties"][asking][0]["properties"]["privateLinkServiceConnectionState"]["status"].clone()
    };
    assert_eq!(status(&made), "Pending");
    assert_eq!(made["properties"]["customDnsConfigs"][0]["fqdn"], "apim.azure-api.net");
    let shown = world.get(&connection).await.expect(200).body;
    assert_eq!(shown["properties"]["privateEndpoint"]["id"], endpoint.as_str());
    world.put(&connection, state).await.expect(200);
    assert_eq!(status(&world.get(&endpoint).await.body), "Approved");
    world.delete(&connection).await.expect(200);
    assert_eq!(status(&world.get(&endpoint).await.body), "Disconnected");
    world.delete(&endpoint).await.expect(202);
    world.put(&endpoint, body(own, json!(["Gateway"]))).await.expect(201);
    let shown = world.get(&connection).await.expect(200).body;
    assert_eq!(shown["properties"]["privateLinkServiceConnectionState"]["status"], "Approved");
    world.delete(&endpoint).await.expect(202);
    world.get(&connection).await.expect(404);
}

#[tokio::test]
async fn an_application_gateway_becomes_listeners_of_the_network() {
    let world = World::instant().await;
    let vnet = world.network().await;
    let gateway = network("applicationGateways", "g");
    let part = |list: &str, name: &str| json!({"id": format!("{gateway}/{list}/{name}")});
    let subnet = json!({"id": format!("{vnet}/subnets/aks")});
    let body = json!({"location": "westus2", "properties": {
        "sku": {"name": "Standard_v2", "tier": "Standard_v2"},
        "gatewayIPConfigurations": [{"name": "own", "properties": {"subnet": subnet}}],
        "frontendIPConfigurations": [{"name": "f", "properties": {"subnet": subnet, "privateIPAddress": "10.10.1.100"}}],
        "frontendPorts": [{"name": "http", "properties": {"port": 80}}],
        "sslCertificates": [{"name": "c", "properties": {"data": "QUJD", "password": "hush"}}],
        "backendAddressPools": [{"name": "p", "properties": {"backendAddresses": [{"fqdn": "Api.corp.test"}]}}],
        "backendHttpSettingsCollection": [{"name": "s", "properties": {"port": 8080, "protocol": "Http"}}],
        "httpListeners": [{"name": "l", "properties": {"protocol": "Http", "hostName": "Shop.test",
            "frontendIPConfiguration": part("frontendIPConfigurations", "f"), "frontendPort": part("frontendPorts", "http")}}],
        "requestRoutingRules": [{"name": "r", "properties": {"priority": 1,
            "httpListener": part("httpListeners", "l"), "backendAddressPool": part("backendAddressPools", "p"),
            "backendHttpSettings": part("backendHttpSettingsCollection", "s")}}]}});
    let made = world.put(&gateway, body.clone()).await.expect(201).body;
    assert!(!made.to_string().contains("hush"), "secrets are not shown");
    assert_eq!(made["properties"]["operationalState"], "Running");
    let topology = world.fabric.topology();
    let [told] = topology.application_gateways.as_slice() else { panic!("{topology:?}") };
    let [listener] = told.listeners.as_slice() else { panic!("{told:?}") };
    assert!(listener.takes("shop.test") && !listener.takes("other.test"));
    let backend = listener.backend_of("/").expect("a backend");
    assert_eq!((backend.members.as_slice(), backend.port), (&["api.corp.test".to_owned()][..], 8080));
    let mut wrong = body.clone();
    wrong["properties"]["requestRoutingRules"][0]["properties"]["priority"] = Value::Null;
    let code = "ApplicationGatewayRequestRoutingRulePriorityCannotBeEmpty";
    world.put(&gateway, wrong).await.expect_error(400, code);
    let mut wrong = body;
    wrong["properties"]["httpListeners"] = json!([]);
    world.put(&gateway, wrong).await.expect_error(400, "ApplicationGatewayMissingProperty");
    world.delete(&gateway).await.expect(202);
    assert!(world.fabric.topology().application_gateways.is_empty());
}
