//! Retries, and what a request carries.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::server::{Anybody, Reply, Server};
use crate::{Client, Environment, Error};

async fn attempts(method: Method, refusal: fn() -> Reply) -> (u16, usize, Duration) {
    let turn = AtomicUsize::new(0);
    let server = Server::start(move |_| match turn.fetch_add(1, Ordering::Relaxed) {
        0 => refusal(),
        _ => Reply::new(200, json!({})),
    })
    .await;
    let client = server.client();
    let began = client.clock().elapsed();
    let answer = client.arm(method, "/x?api-version=1", None, &[]).await.expect("an answer");
    (answer.status, server.requests().len(), client.clock().elapsed().saturating_sub(began))
}

#[tokio::test]
async fn throttling_and_passing_failures_are_tried_again_and_a_post_is_not_sent_twice() {
    type Case = (Method, fn() -> Reply, u16, usize);
    let cases: [Case; 6] = [
        (Method::GET, || Reply::new(429, Value::Null).header("retry-after", "0"), 200, 2),
        (Method::PUT, || Reply::new(503, Value::Null).header("retry-after", "0"), 200, 2),
        (Method::GET, || Reply::new(500, Value::Null), 200, 2),
        (Method::POST, || Reply::new(500, Value::Null), 500, 1),
        (Method::GET, || Reply::new(501, Value::Null), 501, 1),
        (Method::GET, || Reply::new(404, Value::Null), 404, 1),
    ];
    for (method, refusal, status, requests) in cases {
        let (got, sent, _) = attempts(method.clone(), refusal).await;
        assert_eq!((got, sent), (status, requests), "{method} {:?}", refusal().status);
    }
}

#[tokio::test]
async fn retry_after_is_kept() {
    let (status, _, waited) =
        attempts(Method::GET, || Reply::new(429, Value::Null).header("retry-after", "1")).await;
    assert_eq!(status, 200);
    assert!(waited >= Duration::from_secs(1), "{waited:?}");
}

#[tokio::test]
async fn a_request_carries_a_token_for_its_audience_and_an_id() {
    let server = Server::start(|_| Reply::new(200, json!({"value": []}))).await;
    let client = server.client();
    client.arm(Method::PUT, "/x", Some(&json!({"a": 1})), &[("if-match", "*")]).await.expect("an answer");
    client.graph(Method::GET, "/v1.0/applications", None).await.expect("an answer");
    let seen = server.seen();
    let header = |at: usize, name: &str| {
        seen[at].headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    assert_eq!(header(0, "authorization"), "Bearer token for https://management.azure.com/.default");
    assert_eq!(header(0, "if-match"), "*");
    assert_eq!(header(0, "content-type"), "application/json");
    assert!(!header(0, "x-ms-client-request-id").is_empty());
    assert_eq!(seen[0].body, json!({"a": 1}));
    assert_eq!(header(1, "authorization"), "Bearer token for https://graph.microsoft.com/.default");
}

#[tokio::test]
async fn nobody_there_is_said_after_a_bound() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let environment = Environment { resource_manager: url, ..Environment::azure("s") };
    let client = Client::with_credential(environment, std::sync::Arc::new(Anybody), sim::Clock::system())
        .expect("a client");
    let began = client.clock().elapsed();
    let error = client.arm(Method::GET, "/x?sig=canary", None, &[]).await.expect_err("nobody answers");
    assert!(matches!(error, Error::Transport { .. }), "{error}");
    assert!(!error.to_string().contains("canary"), "{error}");
    assert!(client.clock().elapsed().saturating_sub(began) < Duration::from_secs(20));
}

#[tokio::test]
async fn the_internet_is_behind_the_proxy() {
    let proxy =
        Server::start(|seen| Reply::new(200, json!({"host": seen.headers["host"].to_str().unwrap()}))).await;
    let environment = Environment { proxy: Some(proxy.url.clone()), ..proxy.environment() };
    let client = Client::with_credential(environment, std::sync::Arc::new(Anybody), sim::Clock::system())
        .expect("a client");
    let answer = client.http().get("http://blog-apim.azure-api.net/nginx/").send().await.expect("an answer");
    let text = answer.text().await.expect("a body");
    assert!(text.contains("blog-apim.azure-api.net"), "{text}");
}
