//! A gateway of its own, from its entity in the control plane to the request that it answers.

use std::time::Duration;

use serde_json::{Value, json};
use sim::{Clock, Ids};

use super::backends::Control;
use super::{client, start, token};
use crate::Endpoint;
use crate::self_hosted::{CONFIGURATION_PATH, Error, Options, SelfHosted, Source};

const SERVICE: &str = "/providers/Microsoft.ApiManagement/service/apim";

fn below(path: &str) -> String {
    format!("{SERVICE}/{path}")
}

/// A service with two APIs that answer by themselves, the first of which a gateway serves.
async fn publish(control: &Control) {
    control.put("", json!({"location": "westus2"})).await;
    let service = json!({"location": "westus2", "sku": {"name": "Developer", "capacity": 1},
        "properties": {"publisherName": "P", "publisherEmail": "p@example.com"}});
    control.put(SERVICE, service).await;
    for name in ["linked", "other"] {
        let api = json!({"properties": {"displayName": name, "path": name, "protocols": ["http"],
            "subscriptionRequired": false}});
        control.put(&below(&format!("apis/{name}")), api).await;
        let operation = json!({"properties": {"displayName": "get", "method": "GET", "urlTemplate": "/x"}});
        control.put(&below(&format!("apis/{name}/operations/get")), operation).await;
        let policy = json!({"properties": {"format": "rawxml", "value": "<policies><inbound><return-response>\
            <set-status code=\"204\" reason=\"No Content\" /></return-response></inbound></policies>"}});
        control.put(&below(&format!("apis/{name}/policies/policy")), policy).await;
    }
    control.put(&below("gateways/here"), json!({"properties": {"locationData": {"name": "a cellar"}}})).await;
    control.put(&below("gateways/here/apis/linked"), json!({})).await;
}

async fn gateway_token(control: &Control) -> String {
    let until = Clock::system().now().after(Duration::from_hours(1)).rfc3339();
    let body = json!({"keyType": "primary", "expiry": until});
    let (status, answer) = control.send("POST", &below("gateways/here/generateToken"), &body).await;
    assert_eq!(status, 200, "{answer}");
    answer["value"].as_str().expect("a token").to_owned()
}

#[tokio::test]
async fn a_gateway_with_a_token_serves_the_apis_that_are_linked_to_it() {
    let parent = tempfile::tempdir().expect("a directory");
    let sandbox = start(&parent.path().join("state")).await;
    let (client, settings) = (client(sandbox.folder(), None), sandbox.settings().clone());
    let access = token(&client, &settings).await;
    let control = Control { client: client.clone(), settings: settings.clone(), token: access };
    publish(&control).await;
    let shown = gateway_token(&control).await;
    let admin = settings.url(Endpoint::Admin).expect("it was started");

    let configuration = async || {
        let request = client.get(format!("{admin}{CONFIGURATION_PATH}"));
        request.header("authorization", format!("GatewayKey {shown}")).send().await.expect("an answer")
    };
    let answer = configuration().await;
    assert_eq!(answer.status(), 200);
    let told: Value = answer.json().await.expect("JSON");
    let services = told["snapshot"]["services"].as_array().expect("services");
    assert_eq!((services.len(), &services[0]["gateway"]), (1, &json!("selfHosted")));
    assert_eq!(
        (services[0]["apis"].as_array().expect("APIs").len(), &services[0]["gateways"]),
        (1, &json!([]))
    );

    let options = |source| Options {
        source,
        listen: "127.0.0.1:0".parse().expect("an address"),
        backup: None,
        redis: None,
        clock: Clock::system(),
        ids: Ids::random(),
    };
    let source = Source::endpoint(&admin, &shown).expect("a source");
    let gateway = SelfHosted::start(options(source)).await.expect("a gateway");
    for (path, expected) in [("linked", 204), ("other", 404)] {
        let called = client.get(format!("http://{}/{path}/x", gateway.address())).send().await;
        assert_eq!(called.expect("an answer").status(), expected, "{path}");
    }
    gateway.stop().await;

    let primary = json!({"keyType": "primary"});
    let (status, _) = control.send("POST", &below("gateways/here/regenerateKey"), &primary).await;
    assert_eq!(status, 204);
    assert_eq!(configuration().await.status(), 401);
    let refused = SelfHosted::start(options(Source::endpoint(&admin, &shown).expect("a source"))).await;
    assert!(matches!(refused, Err(Error::Token)));
    sandbox.stop().await;
}

#[tokio::test]
async fn a_token_ends_within_thirty_days_and_names_a_key() {
    let parent = tempfile::tempdir().expect("a directory");
    let sandbox = start(&parent.path().join("state")).await;
    let (client, settings) = (client(sandbox.folder(), None), sandbox.settings().clone());
    let access = token(&client, &settings).await;
    let control = Control { client, settings, token: access };
    publish(&control).await;
    let at = |days: u64| Clock::system().now().after(Duration::from_hours(24 * days)).rfc3339();
    for (body, expected) in [
        (json!({"keyType": "secondary", "expiry": at(29)}), 200),
        (json!({"keyType": "primary", "expiry": at(31)}), 400),
        (json!({"keyType": "primary", "expiry": "2020-01-01T00:00:00Z"}), 400),
        (json!({"keyType": "primary", "expiry": "tomorrow"}), 400),
        (json!({"keyType": "third", "expiry": at(1)}), 400),
        (json!({}), 400),
    ] {
        let answer = control.send("POST", &below("gateways/here/generateToken"), &body).await;
        assert_eq!(answer.0, expected, "{body}: {}", answer.1);
    }
    sandbox.stop().await;
}
