//! External caches, and the named values that hold where they are.

use serde_json::{Value, json};

use super::World;

fn cache(connection: &str, place: &str) -> Value {
    json!({"properties": {"connectionString": connection, "useFromLocation": place}})
}

fn used(world: &World) -> Option<String> {
    world.served().expect("a service").cache.map(|cache| cache.reveal().to_owned())
}

#[tokio::test]
async fn the_cache_of_the_region_comes_before_that_of_all_regions() {
    let world = World::instant().await;
    world.network().await;
    let service = world.service().await;
    assert_eq!(used(&world), None);
    for (name, body, expected) in [
        ("default", cache("127.0.0.1:1,password=one", "default"), "127.0.0.1:1,password=one"),
        ("far", cache("127.0.0.1:2", "East US"), "127.0.0.1:1,password=one"),
        ("near", cache("127.0.0.1:3", "West US 2"), "127.0.0.1:3"),
    ] {
        world.put(&format!("{service}/caches/{name}"), body).await.expect(201);
        assert_eq!(used(&world).as_deref(), Some(expected), "{name}");
    }
    let shown = world.get(&format!("{service}/caches/near")).await.expect(200).body;
    assert_eq!(shown["properties"]["useFromLocation"], "westus2");
    world.delete(&format!("{service}/caches/near")).await.expect(200);
    assert_eq!(used(&world).as_deref(), Some("127.0.0.1:1,password=one"));
    let list = world.get(&format!("{service}/caches")).await.expect(200).body;
    assert_eq!(list["count"], 2);
}

#[tokio::test]
async fn a_connection_string_becomes_a_secret_named_value() {
    let world = World::instant().await;
    world.network().await;
    let service = world.service().await;
    let path = format!("{service}/caches/default");
    let first = world.put(&path, cache("127.0.0.1:1,password=pw", "default")).await.expect(201);
    let written = first.body["properties"]["connectionString"].as_str().expect("text").to_owned();
    let name = written.trim_matches(['{', '}']).to_owned();
    assert_eq!((name.len(), written.len()), (24, 28), "{written}");
    let value = world.get(&format!("{service}/namedValues/{name}")).await.expect(200).body;
    assert_eq!((&value["properties"]["secret"], value["properties"].get("value")), (&json!(true), None));
    let shown = world.send("POST", &format!("{service}/namedValues/{name}/listValue"), Value::Null).await;
    assert_eq!(shown.expect(200).body["value"], "127.0.0.1:1,password=pw");
    // Another password, the same named value.
    let second = world.put(&path, cache("127.0.0.1:1,password=new", "default")).await.expect(200);
    assert_eq!(second.body["properties"]["connectionString"], written.as_str());
    assert_ne!(second.header("etag"), first.header("etag"));
    assert_eq!(used(&world).as_deref(), Some("127.0.0.1:1,password=new"));
    // What was read can be sent back, and a named value of one's own can be used.
    world.put(&path, second.body.clone()).await.expect(200);
    let own = json!({"properties": {"displayName": "own", "value": "localhost:9"}});
    world.put(&format!("{service}/namedValues/own"), own).await.expect(201);
    world.put(&path, cache("{{Own}}", "default")).await.expect(200);
    assert_eq!(used(&world).as_deref(), Some("localhost:9"));
}

#[tokio::test]
async fn what_is_no_cache_is_refused_and_leaves_nothing() {
    let world = World::instant().await;
    world.network().await;
    let service = world.service().await;
    let path = format!("{service}/caches/default");
    for (body, field) in [
        (json!({"properties": {"useFromLocation": "default"}}), "connectionString"),
        (json!({"properties": {"connectionString": "127.0.0.1:1"}}), "useFromLocation"),
        (cache("127.0.0.1:none,password=pw", "default"), "connectionString"),
        (cache(&format!("127.0.0.1:1,password={}", "p".repeat(300)), "default"), "connectionString"),
        (cache("{{nothing}}", "default"), "connectionString"),
    ] {
        let answer = world.put(&path, body).await.expect_error(400, "ValidationError");
        assert_eq!(answer.body["error"]["details"][0]["target"], field, "{}", answer.body);
        assert!(!answer.body.to_string().contains("pw"), "{}", answer.body);
    }
    let moon = world.put(&path, cache("127.0.0.1:1", "the moon")).await;
    moon.expect_error(400, "LocationNotAvailableForResourceType");
    let values = world.get(&format!("{service}/namedValues")).await.expect(200).body;
    assert_eq!(values["count"], 0, "{values}");
}
