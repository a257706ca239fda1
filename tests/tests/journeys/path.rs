//! `apimlab path`: a connection explained, and the rule that refuses one.

use serde_json::{Value, json};
use tests::World;

use crate::client::{Azure, plain};

const GROUP: &str = "/resourceGroups/blog-apim-and-aks/providers/Microsoft.Network";
const VERSION: &str = "api-version=2025-05-01";

#[tokio::test]
async fn a_connection_is_explained_and_a_refused_one_names_its_rule() {
    let world = World::new();
    world.ok(&["up"]);
    let path = world.ok(&["path", "blog-apim", "10.10.1.5:80", "-o", "json"]).json();
    assert_eq!(path["data"]["reached"], true, "{path}");
    assert_eq!(
        kinds(&path),
        [
            "start",
            "network security group, outbound",
            "route",
            "network security group, inbound",
            "frontend",
            "endpoints"
        ]
    );
    let outside = world.run(&["path", "internet", "10.10.1.5"]);
    assert_ne!(outside.code, 0, "{}", outside.stdout);
    assert!(outside.stderr.contains("virtual network apim-aks-vnet"), "{}", outside.stderr);

    let environment = world.environment();
    let gateway = format!("{}/nginx/", environment["APIMLAB_GATEWAY_URL"]);
    let arm = Azure::login(&environment).await;
    let rule = format!("{GROUP}/networkSecurityGroups/apim-nsg/securityRules/no-web?{VERSION}");
    let body = json!({"properties": {"priority": 4000, "direction": "Outbound", "access": "Deny", "protocol": "Tcp",
        "sourceAddressPrefix": "*", "sourcePortRange": "*",
        "destinationAddressPrefix": "10.10.1.0/24", "destinationPortRange": "80"}});
    assert_eq!(arm.send(reqwest::Method::PUT, &rule, Some(&body)).await.status(), 201);
    let answer = plain().get(&gateway).send().await.expect("an answer");
    assert_eq!(answer.status(), 500, "the gateway's connection is refused");
    let refused = world.run(&["path", "apim-subnet", "10.10.1.5:80", "-o", "json"]);
    assert_ne!(refused.code, 0, "{}", refused.stdout);
    let last = refused.json()["data"]["hops"].as_array().and_then(|hops| hops.last().cloned());
    let last = last.expect("a hop");
    assert_eq!((&last["name"], &last["passes"]), (&json!("apim-nsg"), &json!(false)));
    let says = last["says"].as_str().unwrap_or_default();
    assert!(says.contains("outbound rule no-web (priority 4000)"), "{says}");
    assert!(refused.stderr.contains("no-web"), "{}", refused.stderr);
}

fn kinds(path: &Value) -> Vec<&str> {
    let hops = path["data"]["hops"].as_array().expect("hops");
    hops.iter().filter_map(|hop| hop["kind"].as_str()).collect()
}
