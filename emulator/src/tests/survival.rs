//! What survives the end of the process.

use std::time::Duration;

use serde_json::{Value, json};

use super::{GROUP, World};

#[tokio::test]
async fn everything_acknowledged_is_there_after_a_restart_and_operations_go_on() {
    let world = World::realistic().await;
    let vnet = world.network().await;
    let service = world.service().await;
    let group = world.get(GROUP).await.expect(200);
    let world = world.restarted(Duration::from_mins(1)).await;
    let again = world.get(GROUP).await.expect(200);
    assert_eq!((group.header("etag"), &group.body), (again.header("etag"), &again.body));
    world.get(&format!("{vnet}/subnets/apim")).await.expect(200);
    assert_eq!(world.get(&service).await.expect(200).body["properties"]["provisioningState"], "Created");
    assert!(world.served().is_none());
    let world = world.restarted(Duration::from_hours(1)).await;
    assert!(world.served().is_some(), "what ended meanwhile is in effect from the start");
    assert_eq!(world.get(&service).await.expect(200).body["properties"]["provisioningState"], "Succeeded");
    let subnet = network::SubnetId::new(format!("{vnet}/subnets/aks"));
    assert!(world.fabric.take_address(&subnet, "x", None).is_ok());
}

#[tokio::test]
async fn requests_that_make_no_sense_change_nothing() {
    let world = World::instant().await;
    let long = format!("{GROUP}/{}", "x/".repeat(3_000));
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    for path in
        ["/subscriptions/%2e%2e/x", "/subscriptions/a/b/c/d/e", "/providers/x/y/z/%00", "/providers/a", &long]
    {
        for method in ["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS"] {
            let answer = world.send(method, path, json!({"a": 1})).await;
            assert!(
                (400..502).contains(&answer.status) && answer.status != 500,
                "{method} {path}: {}",
                answer.status
            );
        }
    }
    let token = format!("Bearer {}", world.token);
    for (body, status) in [(deep, 400), ("{".to_owned(), 400), ("x".repeat(5 * 1_024 * 1_024), 413)] {
        let request = http::Request::put(format!("{GROUP}?api-version=2024-05-01"))
            .header("authorization", &token)
            .body(bytes::Bytes::from(body))
            .expect("a request");
        assert_eq!(world.emulator.handle(request).await.status().as_u16(), status);
    }
    world.get(GROUP).await.expect(404);
    assert_eq!(world.send("PUT", GROUP, Value::Null).await.code(), "LocationRequired");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_writers_lose_nothing() {
    let world = World::instant().await;
    world.network().await;
    let service = world.service().await;
    let writers = (0..40).map(|number| {
        let (emulator, token) = (world.emulator.clone(), world.token.clone());
        let path = format!("{service}/products/p{number}?api-version=2024-05-01");
        tokio::spawn(async move {
            let body = json!({"properties": {"displayName": format!("P{number}"), "state": "published"}});
            let request = http::Request::put(path)
                .header("authorization", format!("Bearer {token}"))
                .body(bytes::Bytes::from(body.to_string()))
                .expect("a request");
            emulator.handle(request).await.status().as_u16()
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        assert_eq!(writer.await.expect("an answer"), 201);
    }
    assert_eq!(world.served().expect("served").products.len(), 40);
    let world = world.restarted(Duration::from_secs(1)).await;
    assert_eq!(world.get(&format!("{service}/products")).await.expect(200).body["count"], 40);
    assert_eq!(world.served().expect("served").products.len(), 40);
}
