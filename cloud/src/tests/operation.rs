//! Long-running operations.

use std::sync::atomic::{AtomicUsize, Ordering};

use http::Method;
use serde_json::{Value, json};

use super::server::{Reply, Seen, Server};
use crate::Error;

const RESOURCE: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/a";

fn resource(state: &str) -> Value {
    json!({"id": RESOURCE, "properties": {"provisioningState": state}})
}

/// Starts `method` against a server that answers `script` in turn (the last one for ever), and waits for the end.
async fn run(method: Method, script: fn(usize, &Seen, &str) -> Reply) -> (Result<Value, Error>, Vec<String>) {
    let turn = AtomicUsize::new(0);
    let server = Server::start(move |seen| {
        let origin =
            format!("http://{}", seen.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or(""));
        script(turn.fetch_add(1, Ordering::Relaxed), seen, &origin)
    })
    .await;
    let client = server.client();
    let path = format!("{RESOURCE}?api-version=2024-05-01");
    let answer = client.arm(method, &path, Some(&json!({})), &[]).await.expect("an answer");
    (client.wait(&answer).await, server.requests())
}

#[tokio::test]
async fn azure_async_operation_is_followed_to_its_end_and_the_newest_url_counts() {
    let (result, requests) = run(Method::PUT, |turn, seen, origin| match turn {
        0 => Reply::new(201, resource("Activating"))
            .header("azure-asyncoperation", format!("{origin}/operations/1?t=signed%2B1"))
            .header("location", format!("{origin}/locations/1")),
        1 => {
            assert_eq!((seen.path.as_str(), seen.query.as_str()), ("/operations/1", "t=signed%2B1"));
            Reply::new(200, json!({"status": "InProgress"}))
                .header("azure-asyncoperation", format!("{origin}/operations/2?t=2"))
        }
        2 => Reply::new(404, json!({"error": {"code": "NotFound", "message": "not known here yet"}})),
        3 => Reply::new(200, json!({"status": "Succeeded"})),
        _ => Reply::new(200, resource("Succeeded")),
    })
    .await;
    assert_eq!(result.expect("it ends well"), resource("Succeeded"));
    let expected =
        ["/operations/1", "/operations/2", "/operations/2", RESOURCE].map(|path| format!("GET {path}"));
    assert_eq!(requests[1..], expected);
}

#[tokio::test]
async fn location_answers_202_until_it_is_done() {
    let (result, _) = run(Method::PATCH, |turn, _, origin| match turn {
        0 => Reply::new(202, Value::Null)
            .header("location", format!("{origin}/results/1"))
            .header("retry-after", "0"),
        1 | 2 => Reply::new(202, Value::Null).header("location", format!("{origin}/results/1")),
        _ => Reply::new(200, resource("Succeeded")),
    })
    .await;
    assert_eq!(result.expect("it ends well"), resource("Succeeded"));
}

#[tokio::test]
async fn without_headers_the_provisioning_state_decides() {
    let (result, requests) = run(Method::PUT, |turn, _, _| match turn {
        0 => Reply::new(201, resource("Creating")),
        1 => Reply::new(404, Value::Null),
        2 => Reply::new(200, resource("Updating")),
        _ => Reply::new(200, resource("Succeeded")),
    })
    .await;
    assert_eq!(result.expect("it ends well"), resource("Succeeded"));
    assert_eq!(requests.len(), 4);
}

#[tokio::test]
async fn a_resource_without_a_state_is_done_at_once() {
    let (result, requests) = run(Method::PUT, |_, _, _| Reply::new(200, json!({"id": RESOURCE}))).await;
    assert_eq!(result.expect("it ends well"), json!({"id": RESOURCE}));
    assert_eq!(requests.len(), 1);
}

#[tokio::test]
async fn a_deletion_ends_when_the_resource_is_gone() {
    for has_location in [true, false] {
        let script = if has_location {
            |turn: usize, _: &Seen, origin: &str| match turn {
                0 => Reply::new(202, Value::Null).header("location", format!("{origin}/results/1")),
                1 => Reply::new(202, Value::Null),
                _ => Reply::new(200, Value::Null),
            }
        } else {
            |turn: usize, _: &Seen, _: &str| match turn {
                0 => Reply::new(202, Value::Null),
                1 => Reply::new(200, resource("Deleting")),
                _ => Reply::new(404, Value::Null),
            }
        };
        let (result, requests) = run(Method::DELETE, script).await;
        assert_eq!(result.expect("it ends well"), Value::Null);
        assert_eq!(requests.len(), 3, "location: {has_location}");
    }
}

#[tokio::test]
async fn a_failed_operation_gives_the_innermost_error() {
    let (result, _) = run(Method::PUT, |turn, _, origin| match turn {
        0 => Reply::new(201, resource("Creating")).header("azure-asyncoperation", format!("{origin}/operations/1")),
        _ => Reply::new(
            200,
            json!({"status": "Failed", "error": {"code": "Outer", "message": "{\"error\":{\"code\":\"SubnetIsFull\",\"message\":\"no address left\"}}"}}),
        ),
    })
    .await;
    let error = result.expect_err("it ends badly");
    assert_eq!(error.code(), Some("SubnetIsFull"));
    assert!(error.to_string().contains("no address left"), "{error}");
}

#[tokio::test]
async fn an_expired_poll_url_falls_back_to_the_resource() {
    let (result, requests) = run(Method::PUT, |turn, _, origin| match turn {
        0 => Reply::new(201, resource("Creating"))
            .header("azure-asyncoperation", format!("{origin}/operations/1")),
        1 => Reply::new(403, json!({"error": {"code": "Expired", "message": "signature"}})),
        _ => Reply::new(200, resource("Succeeded")),
    })
    .await;
    assert_eq!(result.expect("it ends well"), resource("Succeeded"));
    assert_eq!(requests.last(), Some(&format!("GET {RESOURCE}")));
}
