//! Hosts, APIs, access, built-in answers, snapshots.

use std::sync::Arc;

use apim::{DataPlane, Scheme, Scope, Service, Snapshot, SubscriptionState};

use super::world::{Recorder, Reply, World, api, policy, product, service, subscription};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const NOT_FOUND: &str = r#"{ "statusCode": 404, "message": "Resource not found" }"#;
const MISSING: &str = "{ \"statusCode\": 401, \"message\": \"Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.\" }";
const INVALID: &str = "{ \"statusCode\": 401, \"message\": \"Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.\" }";

async fn world(service: Service) -> World {
    let backend = Recorder::start(OK).await;
    let world = World::with(service).await;
    world.pods(&[backend.socket]);
    world
}

fn builtin(reply: &Reply, status: u16, body: &str, length: usize) {
    assert_eq!((reply.status(), reply.body.as_str()), (status, body));
    assert_eq!(reply.header("content-length"), Some(length.to_string().as_str()));
    assert_eq!(reply.header("content-type"), Some("application/json"));
}

fn two_apis() -> Service {
    let mut service = service();
    service.apis.push(api("deep", "api/v2").into());
    service.apis.push(api("other", "other").into());
    service.apis[2].schemes = vec![Scheme::Https];
    service.products[0].apis = vec!["API".to_owned(), "deep".to_owned(), "other".to_owned()];
    for api in &mut service.apis {
        let document = format!(
            "<policies><inbound><return-response><set-body>{}</set-body></return-response></inbound></policies>",
            api.name
        );
        api.policy = Some(policy("api", &document));
    }
    service
}

#[tokio::test(flavor = "current_thread")]
async fn requests_reach_the_api_with_the_longest_path() {
    let world = world(two_apis()).await;
    for (request, host, expected) in [
        ("GET /api HTTP/1.1", "blog-apim.azure-api.net", "api"),
        ("GET /api/ HTTP/1.1", "BLOG-APIM.azure-api.localhost:8080", "api"),
        ("GET /api/v2 HTTP/1.1", "127.0.0.1", "deep"),
        ("GET /api/v2/x?y HTTP/1.1", "[::1]:80", "deep"),
        ("GET /api/v22 HTTP/1.1", "localhost", "api"),
        ("GET /API/V2/x HTTP/1.1", "localhost", "deep"),
        ("GET /x/../api/./x HTTP/1.1", "localhost", "api"),
        ("GET http://blog-apim.azure-api.net/api/x HTTP/1.1", "elsewhere.example", "api"),
        ("GET /apis HTTP/1.1", "localhost", NOT_FOUND),
        ("GET / HTTP/1.1", "localhost", NOT_FOUND),
        ("DELETE /api HTTP/1.1", "localhost", NOT_FOUND),
        ("GET /api/a/b HTTP/1.1", "localhost", NOT_FOUND),
        ("GET /other HTTP/1.1", "localhost", NOT_FOUND),
        ("GET /api HTTP/1.1", "elsewhere.example", NOT_FOUND),
    ] {
        let reply = world.call(&[request, &format!("Host: {host}")]).await;
        assert_eq!(reply.body, expected, "{request} {host}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_not_found_answers_as_azure_does() {
    let world = world(service()).await;
    let reply = world.call(&["GET /nothing HTTP/1.1"]).await;
    builtin(&reply, 404, NOT_FOUND, 54);
    let raw = world.raw("HEAD /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert!(raw.contains("content-length: 54\r\n") && raw.ends_with("\r\n\r\n"), "{raw}");
    let reply = world.call(&["GET /status-0123456789abcdef HTTP/1.1", "Host: any.example"]).await;
    assert_eq!((reply.status(), reply.body.as_str()), (200, ""));
}

#[tokio::test(flavor = "current_thread")]
async fn keys_open_what_their_subscription_is_for() {
    let mut service = service();
    service.apis = ["a", "b", "c"].map(|name| api(name, name).into()).to_vec();
    service.apis[1].key_header = "X-Partner-Token".to_owned();
    service.apis[2].subscription_required = false;
    service.products = vec![product("p", true, &["a"]), product("open", false, &["b"])];
    let mut suspended = subscription("s", Scope::AllApis, "suspended");
    suspended.state = SubscriptionState::Suspended;
    service.subscriptions = vec![
        subscription("all", Scope::AllApis, "all"),
        subscription("p", Scope::Product("P".to_owned()), "product"),
        subscription("a", Scope::Api("A".to_owned()), "api"),
        suspended,
    ];
    let world = world(service).await;
    let header = "Ocp-Apim-Subscription-Key";
    for (target, key, expected) in [
        ("/a", "", 401),
        ("/a", "all", 200),
        ("/a", "all-2", 200),
        ("/a", "product", 200),
        ("/a", "api", 200),
        ("/a", "suspended", 401),
        ("/a", "ALL", 401),
        ("/a?subscription-key=all", "", 200),
        ("/a?subscription-key=all", "nothing", 401),
        ("/b", "", 200),
        ("/c", "", 200),
        ("/c", "nothing", 401),
        ("/c", "product", 401),
        ("/c", "api", 401),
    ] {
        let reply = world.call(&[&format!("GET {target} HTTP/1.1"), &format!("{header}: {key}")]).await;
        assert_eq!(reply.status(), expected, "{target} {key}");
    }
    let reply = world.call(&["GET /b HTTP/1.1", "X-Partner-Token: nothing"]).await;
    builtin(&reply, 401, INVALID, 143);
    let challenge = "AzureApiManagementKey realm=\"https://blog-apim.azure-api.net/b\",name=\"X-Partner-Token\",type=\"header\"";
    assert_eq!(reply.header("www-authenticate"), Some(challenge));
    let reply = world.call(&["GET /a HTTP/1.1"]).await;
    builtin(&reply, 401, MISSING, 152);
    let challenge = "AzureApiManagementKey realm=\"https://blog-apim.azure-api.net/a\",name=\"Ocp-Apim-Subscription-Key\",type=\"header\"";
    assert_eq!(reply.header("www-authenticate"), Some(challenge));
}

#[tokio::test(flavor = "current_thread")]
async fn product_policies_apply_to_requests_through_the_product_only() {
    let mut service = service();
    let answer = |text: &str| {
        format!(
            "<policies><inbound><return-response><set-body>{text}</set-body></return-response></inbound></policies>"
        )
    };
    service.products[0].policy = Some(policy("product", &answer("product")));
    service.policy = Some(policy("global", &answer("global")));
    let world = world(service).await;
    assert_eq!(world.call(&["GET /api HTTP/1.1"]).await.body, "product");
    let reply = world.call(&["GET /api HTTP/1.1", "Ocp-Apim-Subscription-Key: primary"]).await;
    assert_eq!(reply.body, "global");
}

#[tokio::test(flavor = "current_thread")]
async fn an_internal_service_closes_connections_from_the_internet() {
    let mut service = service();
    service.public = false;
    let world = world(service).await;
    assert_eq!(world.raw("GET /api HTTP/1.1\r\nHost: blog-apim.azure-api.net\r\n\r\n").await, "");
}

#[tokio::test(flavor = "current_thread")]
async fn a_snapshot_that_does_not_compile_keeps_the_one_before() {
    let world = world(service()).await;
    let mut broken = service();
    broken.apis.clear();
    broken.policy =
        Some(policy("/the/policy", "<policies>\n  <inbound>\n    <set-haeder /></inbound></policies>"));
    let broken = apim::Shared::from(broken);
    assert!(world.gateway.check(&broken).is_err());
    let problems = world.gateway.publish(Snapshot { services: vec![broken] }).expect_err("a problem");
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].source, "/the/policy");
    assert!(problems[0].message.starts_with("Error in element 'set-haeder' on line 3, column 6: "));
    assert_eq!(world.call(&["GET /api HTTP/1.1"]).await.body, "ok");
}

#[tokio::test(flavor = "current_thread")]
async fn what_did_not_change_is_not_compiled_again() {
    let world = world(service()).await;
    let compiled = || Arc::clone(world.gateway.snapshot.load().service("localhost").expect("a service"));
    let before = compiled();
    world.gateway.publish(Snapshot { services: vec![service().into()] }).expect("a snapshot");
    assert!(Arc::ptr_eq(&before, &compiled()));
    let mut changed = service();
    changed.apis[0].service_url = None;
    world.gateway.publish(Snapshot { services: vec![changed.into()] }).expect("a snapshot");
    assert!(!Arc::ptr_eq(&before, &compiled()));
}
