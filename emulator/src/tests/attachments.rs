//! Network security groups, route tables, public addresses and NAT gateways.

use serde_json::{Value, json};

use super::{GROUP, World};

fn network(kind: &str, name: &str) -> String {
    format!("{GROUP}/providers/Microsoft.Network/{kind}/{name}")
}

fn rule(priority: u32, port: &str) -> Value {
    json!({"priority": priority, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
        "sourceAddressPrefix": "*", "sourcePortRange": "*",
        "destinationAddressPrefix": "VirtualNetwork", "destinationPortRange": port})
}

#[tokio::test]
async fn inline_rules_and_rule_resources_are_the_same() {
    let world = World::instant().await;
    world.network().await;
    let group = network("networkSecurityGroups", "nsg");
    let body = json!({"location": "westus2", "properties": {"securityRules": [
        {"name": "one", "properties": rule(100, "443")},
    ]}});
    world.put(&group, body).await.expect(201);
    world.get(&format!("{group}/securityRules/one")).await.expect(200);
    world
        .put(&format!("{group}/securityRules/two"), json!({"properties": rule(110, "80")}))
        .await
        .expect(201);
    let shown = world.get(&group).await.expect(200).body;
    let names: Vec<&Value> = shown["properties"]["securityRules"]
        .as_array()
        .expect("rules")
        .iter()
        .map(|rule| &rule["name"])
        .collect();
    assert_eq!(names, ["one", "two"]);
    assert_eq!(shown["properties"]["defaultSecurityRules"].as_array().map(Vec::len), Some(6));
    // What was read can be sent back; tags alone leave the rules.
    world.put(&group, shown).await.expect(200);
    world.send("PATCH", &group, json!({"tags": {"a": "b"}})).await.expect(200);
    world.get(&format!("{group}/securityRules/two")).await.expect(200);
    let body = json!({"location": "westus2", "properties": {"securityRules": []}});
    world.put(&group, body).await.expect(200);
    world.get(&format!("{group}/securityRules/one")).await.expect(404);
}

#[tokio::test]
async fn rules_that_azure_refuses_are_refused() {
    let world = World::instant().await;
    world.network().await;
    let group = network("networkSecurityGroups", "nsg");
    world.put(&group, json!({"location": "westus2"})).await.expect(201);
    world.put(&format!("{group}/securityRules/one"), json!({"properties": rule(100, "1")})).await.expect(201);
    let changed = |name: &str, value: Value| {
        let mut rule = rule(200, "443");
        rule[name] = value;
        rule
    };
    for (rule, code) in [
        (rule(99, "443"), "SecurityRuleInvalidPriority"),
        (rule(100, "443"), "SecurityRuleConflict"),
        (rule(200, "443-80"), "SecurityRuleInvalidPortRange"),
        (changed("access", json!("Perhaps")), "SecurityRuleParameterInvalid"),
        (changed("sourceAddressPrefix", json!("10.0.0.0/99")), "SecurityRuleInvalidAddressPrefix"),
    ] {
        let path = format!("{group}/securityRules/new");
        world.put(&path, json!({"properties": rule})).await.expect_error(400, code);
    }
    world.get(&format!("{group}/securityRules/new")).await.expect(404);
}

#[tokio::test]
async fn what_is_attached_to_a_subnet_shows_on_both_sides_and_cannot_be_deleted() {
    let world = World::instant().await;
    let vnet = world.network().await;
    let subnet = format!("{vnet}/subnets/apim");
    for (property, kind, code) in [
        ("networkSecurityGroup", "networkSecurityGroups", "InUseNetworkSecurityGroupCannotBeDeleted"),
        ("routeTable", "routeTables", "InUseRouteTableCannotBeDeleted"),
        ("natGateway", "natGateways", "InUseNatGatewayCannotBeDeleted"),
    ] {
        let id = network(kind, "attached");
        let body = json!({"properties": {"addressPrefix": "10.10.2.0/24", (property): {"id": id}}});
        world.put(&subnet, body.clone()).await.expect_error(400, "InvalidResourceReference");
        world.put(&id, json!({"location": "westus2"})).await.expect(201);
        world.put(&subnet, body).await.expect(200);
        let shown = world.get(&subnet).await.expect(200).body;
        assert_eq!(shown["properties"][property]["id"], id.as_str());
        let other_side = world.get(&id).await.expect(200).body;
        assert_eq!(other_side["properties"]["subnets"], json!([{"id": subnet}]));
        // The whole network can be sent back.
        let whole = world.get(&vnet).await.expect(200).body;
        world.put(&vnet, whole).await.expect(200);
        world.delete(&id).await.expect_error(400, code);
        let body = json!({"properties": {"addressPrefix": "10.10.2.0/24", (property): null}});
        world.put(&subnet, body).await.expect(200);
        assert_eq!(world.get(&subnet).await.body["properties"].get(property), None);
        world.delete(&id).await.expect(202);
    }
}

#[tokio::test]
async fn public_addresses_are_stable_and_different() {
    let world = World::instant().await;
    world.network().await;
    let mut seen = Vec::new();
    for name in ["one", "two", "three"] {
        let id = network("publicIPAddresses", name);
        let body = json!({"location": "westus2", "sku": {"name": "Standard"},
            "properties": {"publicIPAllocationMethod": "Static", "dnsSettings": {"domainNameLabel": name}}});
        let created = world.put(&id, body.clone()).await.expect(201).body;
        let address = created["properties"]["ipAddress"].as_str().expect("an address").to_owned();
        assert!(address.starts_with("198.51.100.") && !seen.contains(&address), "{address}");
        assert_eq!(
            created["properties"]["dnsSettings"]["fqdn"],
            format!("{name}.westus2.cloudapp.azure.com")
        );
        let again = world.put(&id, body).await.expect(200).body;
        assert_eq!(again["properties"]["ipAddress"], address.as_str());
        seen.push(address);
    }
    let twin = json!({"location": "westus2", "properties": {"dnsSettings": {"domainNameLabel": "one"}}});
    world.put(&network("publicIPAddresses", "four"), twin).await.expect_error(400, "DnsRecordInUse");
}

#[tokio::test]
async fn a_service_shows_which_rule_keeps_it_from_what_it_depends_on() {
    let world = World::instant().await;
    let vnet = world.network().await;
    let service = world.service().await;
    let subnet = format!("{vnet}/subnets/apim");
    let join = json!({"properties": {"virtualNetworkType": "Internal",
        "virtualNetworkConfiguration": {"subnetResourceId": subnet}}});
    world.send("PATCH", &service, join).await.expect(202);
    let failures = |body: &Value| -> Vec<String> {
        let rows = body["connectivityStatus"].as_array().expect("rows").iter();
        rows.filter(|row| row["status"] != "success").map(|row| row["error"].to_string()).collect()
    };
    let here = format!("{service}/locations/westus2/networkstatus");
    let failed = failures(&world.get(&here).await.expect(200).body);
    assert!(matches!(failed.as_slice(), [only] if only.contains("3443")), "{failed:?}");

    let group = network("networkSecurityGroups", "nsg");
    let mut denied = rule(100, "1433");
    denied["direction"] = json!("Outbound");
    denied["access"] = json!("Deny");
    denied["destinationAddressPrefix"] = json!("Sql");
    let rules = json!([{"name": "no-sql", "properties": denied}]);
    let body = json!({"location": "westus2", "properties": {"securityRules": rules}});
    world.put(&group, body).await.expect(201);
    let mut body = world.get(&subnet).await.expect(200).body;
    body["properties"]["networkSecurityGroup"] = json!({"id": group});
    world.put(&subnet, body).await.expect(200);
    let all = world.get(&format!("{service}/networkstatus")).await.expect(200).body;
    let failed = failures(&all[0]["networkStatus"]);
    // The default rules let the internet's service tags out, and nothing but the load balancer in.
    assert_eq!(failed.len(), 2, "{failed:?}");
    assert!(failed.iter().any(|error| error.contains("'no-sql'") && error.contains("1433")), "{failed:?}");
    assert!(failed.iter().any(|error| error.contains("3443")), "{failed:?}");
}
