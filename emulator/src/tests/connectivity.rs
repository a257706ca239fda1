//! Connectivity checks: the hops that a connection passes, and what is in its way.

use std::net::Ipv4Addr;

use network::{Endpoint, Exposure, Frontend, Port, SubnetId};
use serde_json::{Value, json};

use super::{GROUP, World};

/// A service in the subnet `apim`, and a load balancer in front of one Pod in the subnet `aks`.
async fn world() -> (World, String) {
    let mut world = World::instant().await;
    let vnet = world.network().await;
    let service = world.service().await;
    world.token = world.token_of(super::CLIENT, super::SECRET).await;
    let join = json!({"properties": {"virtualNetworkType": "External",
        "virtualNetworkConfiguration": {"subnetResourceId": format!("{vnet}/subnets/apim")}}});
    world.send("PATCH", &service, join).await;
    let endpoint = Endpoint {
        pod: "default/echo".to_owned(),
        address: Ipv4Addr::new(10, 10, 1, 40),
        port: 8080,
        socket: "127.0.0.1:1".parse().expect("an address"),
    };
    let frontend = Frontend {
        owner: "service default/echo".to_owned(),
        address: Ipv4Addr::new(10, 10, 1, 5),
        exposure: Exposure::Internal(SubnetId::new(format!("{vnet}/subnets/aks"))),
        ports: vec![Port::new(80, vec![endpoint])],
    };
    world.fabric.publish("cluster", vec![frontend]);
    (world, format!("{service}/connectivityCheck"))
}

fn asked(address: &str, port: u16) -> Value {
    json!({"source": {"region": "West US 2"}, "destination": {"address": address, "port": port}})
}

#[tokio::test]
async fn a_connection_is_shown_hop_by_hop() {
    let (world, path) = world().await;
    let told = world.send("POST", &path, asked("10.10.1.5", 80)).await.expect(200).body;
    let hops = told["hops"].as_array().expect("hops");
    let seen: Value = hops.iter().map(|hop| json!([hop["type"], hop["address"]])).collect();
    assert_eq!(
        seen,
        json!([["Source", "10.10.2.254"], ["VnetLocal", "10.10.1.5"], ["VnetLocal", "10.10.1.40"]])
    );
    assert_eq!((&hops[0]["nextHopIds"][0], &hops[1]["nextHopIds"][0]), (&hops[1]["id"], &hops[2]["id"]));
    assert_eq!(told["connectionStatus"], "Connected");
    let numbers = ["avgLatencyInMs", "minLatencyInMs", "maxLatencyInMs", "probesSent", "probesFailed"];
    assert_eq!(numbers.map(|name| told[name].as_u64()), [Some(7), Some(7), Some(7), Some(3), Some(0)]);

    let http = |statuses: Value| {
        json!({"source": {"region": "westus2"}, "destination": {"address": "http://10.10.1.5/a?b", "port": 80},
            "protocol": "HTTP", "preferredIPVersion": "IPv4", "protocolConfiguration": {"HTTPConfiguration":
            {"method": "GET", "validStatusCodes": statuses, "headers": [{"name": "a", "value": "b"}]}}})
    };
    for (statuses, expected, failed) in [(json!([418]), "Connected", 0), (json!([200]), "Disconnected", 3)] {
        let told = world.send("POST", &path, http(statuses.clone())).await.expect(200).body;
        assert_eq!((&told["connectionStatus"], &told["probesFailed"]), (&json!(expected), &json!(failed)));
    }
}

#[tokio::test]
async fn what_is_in_the_way_is_an_issue_of_the_hop() {
    let (world, path) = world().await;
    let rule = json!({"properties": {"priority": 100, "direction": "Outbound", "access": "Deny", "protocol": "Tcp",
        "sourceAddressPrefix": "*", "sourcePortRange": "*", "destinationAddressPrefix": "10.10.1.5",
        "destinationPortRange": "81"}});
    let group = format!("{GROUP}/providers/Microsoft.Network/networkSecurityGroups/guard");
    world.put(&format!("{group}/securityRules/no"), rule).await;
    for (address, port, hops, issue) in [
        ("10.10.1.5", 81, 1, json!(["Outbound", "NetworkSecurityRule", "no"])),
        ("10.10.1.5", 82, 2, Value::Null),
        ("10.10.1.9", 80, 1, Value::Null),
        ("8.8.8.8", 53, 1, Value::Null),
        ("127.0.0.1", 80, 1, Value::Null),
        ("example.com", 80, 1, json!(["Outbound", "DnsResolution", "example.com"])),
    ] {
        let told = world.send("POST", &path, asked(address, port)).await.expect(200).body;
        assert_eq!(told["connectionStatus"], "Disconnected", "{address}:{port}");
        assert_eq!(told["hops"].as_array().map(Vec::len), Some(hops), "{address}:{port}: {told}");
        let found = &told["hops"][hops - 1]["issues"][0];
        assert_eq!(found["severity"], "Error", "{address}:{port}: {told}");
        let found = json!([found["origin"], found["type"], found["context"][0]["value"]]);
        if !issue.is_null() {
            assert_eq!(found, issue, "{address}:{port}");
        }
    }
}

#[tokio::test]
async fn what_is_no_check_is_refused() {
    let (world, path) = world().await;
    for change in [
        json!({"source": {"region": "westeurope"}}),
        json!({"source": {"region": "the moon"}}),
        json!({"source": null}),
        json!({"destination": {"address": "10.10.1.5", "port": 0}}),
        json!({"destination": {"address": "10.10.1.5", "port": 65_536}}),
        json!({"destination": {"port": 80}}),
        json!({"protocol": "UDP"}),
        json!({"preferredIPVersion": "IPv6"}),
        json!({"protocol": "HTTP", "destination": {"address": "https://10.10.1.5", "port": 80}}),
        json!({"protocol": "HTTP", "protocolConfiguration": {"HTTPConfiguration": {"method": "DELETE"}}}),
        json!({"protocol": "HTTP", "protocolConfiguration": {"HTTPConfiguration": {"validStatusCodes": [1]}}}),
        json!({"protocol": "HTTP", "protocolConfiguration": {"HTTPConfiguration": {"headers": [{"name": "a b"}]}}}),
    ] {
        let mut body = asked("10.10.1.5", 80);
        let members = change.as_object().expect("an object").clone();
        body.as_object_mut().expect("an object").extend(members);
        let answer = world.send("POST", &path, body).await;
        assert_eq!(answer.status, 400, "{change}: {}", answer.body);
    }
}
