//! Versions and revisions of APIs, as clients make them.

use serde_json::{Value, json};

use super::World;

async fn example() -> (World, String) {
    let world = World::instant().await;
    world.network().await;
    let service = world.service().await;
    let api = json!({"properties": {"displayName": "Orders", "path": "orders", "protocols": ["https"],
        "serviceUrl": "http://10.10.1.5"}});
    world.put(&format!("{service}/apis/orders"), api).await.expect(201);
    let operation = json!({"properties": {"displayName": "List", "method": "GET", "urlTemplate": "/"}});
    world.put(&format!("{service}/apis/orders/operations/list"), operation).await.expect(201);
    let policy = json!({"properties": {"format": "rawxml", "value": "<policies><inbound><base /></inbound></policies>"}});
    world.put(&format!("{service}/apis/orders/operations/list/policies/policy"), policy).await.expect(201);
    (world, service)
}

/// Name, revision, current, operations of what is served.
fn served(world: &World) -> Vec<(String, String, bool, usize)> {
    let mut apis: Vec<_> = world
        .served()
        .expect("served")
        .apis
        .iter()
        .map(|api| (api.name.clone(), api.revision.clone(), api.current, api.operations.len()))
        .collect();
    apis.sort();
    apis
}

#[tokio::test]
async fn a_revision_is_made_from_another_and_becomes_current_by_a_release() {
    let (world, service) = example().await;
    let revision = json!({"properties": {"path": "", "sourceApiId": format!("{service}/apis/orders"),
        "apiRevisionDescription": "Another list"}});
    let made = world.put(&format!("{service}/apis/orders;rev=2"), revision).await.expect(201).body;
    let properties = &made["properties"];
    assert_eq!((&properties["path"], &properties["displayName"]), (&json!("orders"), &json!("Orders")));
    assert_eq!((&properties["apiRevision"], &properties["isCurrent"]), (&json!("2"), &json!(false)));
    assert_eq!(properties["sourceApiId"], Value::Null);
    let more = json!({"properties": {"displayName": "Get", "method": "GET", "urlTemplate": "/{id}",
        "templateParameters": [{"name": "id", "type": "string", "required": true}]}});
    world.put(&format!("{service}/apis/orders;rev=2/operations/get"), more).await.expect(201);
    world.get(&format!("{service}/apis/orders/operations/get")).await.expect(404);
    world.get(&format!("{service}/apis/orders;rev=2/operations/list/policies/policy")).await.expect(200);
    let row =
        |revision: &str, current, operations| ("orders".to_owned(), revision.to_owned(), current, operations);
    assert_eq!(served(&world), [row("1", true, 1), row("2", false, 2)]);

    let release = json!({"properties": {"apiId": "/apis/orders;rev=2", "notes": "Get one"}});
    world.put(&format!("{service}/apis/orders/releases/second"), release).await.expect(201);
    assert_eq!(served(&world), [row("1", false, 1), row("2", true, 2)]);
    let shown = world.get(&format!("{service}/apis/orders")).await.expect(200).body;
    assert_eq!((&shown["properties"]["apiRevision"], &shown["name"]), (&json!("2"), &json!("orders")));
    world.get(&format!("{service}/apis/orders;rev=2/operations/get")).await.expect(200);
    world.get(&format!("{service}/apis/orders;rev=1/operations/get")).await.expect(404);
    world.get(&format!("{service}/apis/orders;rev=1/operations/list/policies/policy")).await.expect(200);

    let listed = world.get(&format!("{service}/apis/orders/revisions")).await.expect(200).body;
    assert_eq!(listed["count"], 2);
    assert_eq!(
        listed["value"][0],
        json!({"apiId": "/apis/orders;rev=2", "apiRevision": "2", "description": "Another list",
            "privateUrl": "/orders;rev=2", "isOnline": true, "isCurrent": true})
    );
    assert_eq!(world.get(&format!("{service}/apis/orders/releases")).await.body["count"], 1);

    world.delete(&format!("{service}/apis/orders?deleteRevisions=true")).await.expect(202);
    assert_eq!(world.get(&format!("{service}/apis")).await.body["count"], 0);
    world.get(&format!("{service}/apis/orders;rev=1/operations/list")).await.expect(404);
}

#[tokio::test]
async fn a_revision_goes_alone() {
    let (world, service) = example().await;
    let revision = json!({"properties": {"sourceApiId": "/apis/orders;rev=1"}});
    world.put(&format!("{service}/apis/orders;rev=2"), revision).await.expect(201);
    let missing = json!({"properties": {"sourceApiId": "/apis/nothing"}});
    world.put(&format!("{service}/apis/orders;rev=3"), missing).await.expect_error(400, "ValidationError");
    let release = json!({"properties": {"apiId": "/apis/orders;rev=9"}});
    world
        .put(&format!("{service}/apis/orders/releases/x"), release)
        .await
        .expect_error(400, "ValidationError");
    world.get(&format!("{service}/apis/orders/releases/x")).await.expect(404);
    // Before 2024-05-01 an API was gone when its removal was answered.
    world.delete(&format!("{service}/apis/orders;rev=2?api-version=2022-08-01")).await.expect(200);
    assert_eq!(served(&world), [("orders".to_owned(), "1".to_owned(), true, 1)]);
}

#[tokio::test]
async fn an_api_is_not_exported_as_if_its_resource_were_a_document() {
    let (world, service) = example().await;
    let export = format!("{service}/apis/orders?export=true&format=openapi%2Bjson-link");
    world.get(&export).await.expect_error(501, "NotImplementedBySandbox");
}

#[tokio::test]
async fn versions_share_a_path_through_their_set() {
    let (world, service) = example().await;
    let set = json!({"properties": {"displayName": "Orders", "versioningScheme": "Header", "versionHeaderName": "X-Version"}});
    world.put(&format!("{service}/apiVersionSets/orders"), set).await.expect(201);
    let api = |version: &str, set: &str| {
        json!({"properties": {"displayName": "Orders", "path": "v", "protocols": ["https"], "apiVersion": version,
            "apiVersionSetId": set, "sourceApiId": format!("{service}/apis/orders")}})
    };
    let made =
        world.put(&format!("{service}/apis/v1"), api("v1", "/apiVersionSets/ORDERS")).await.expect(201);
    assert_eq!(made.body["properties"]["apiVersionSetId"], format!("{service}/apiVersionSets/orders"));
    world.put(&format!("{service}/apis/v2"), api("v2", "/apiVersionSets/orders")).await.expect(201);
    for (name, body) in [
        ("v3", api("v2", "/apiVersionSets/orders")),
        ("v3", api("v3", "/apiVersionSets/nothing")),
        ("v3", api("a/b", "/apiVersionSets/orders")),
        ("v3", json!({"properties": {"displayName": "x", "path": "y", "apiVersion": "v3"}})),
    ] {
        world.put(&format!("{service}/apis/{name}"), body).await.expect_error(400, "ValidationError");
    }
    let found = world.served().expect("served");
    let second = found.apis.iter().find(|api| api.name == "v2").expect("served");
    let version = second.version.as_ref().expect("a version");
    assert_eq!((version.name.as_str(), version.set.as_str()), ("v2", "orders"));
    assert_eq!(version.scheme, apim::VersioningScheme::Header("X-Version".to_owned()));
    assert_eq!(second.operations.len(), 1);
    world.delete(&format!("{service}/apiVersionSets/orders")).await.expect_error(400, "ValidationError");
}

#[tokio::test]
async fn a_document_makes_the_operations_and_another_changes_them() {
    let (world, service) = example().await;
    let document = |paths: Value| {
        json!({"openapi": "3.0.1", "info": {"title": "Pets", "version": "1"},
            "servers": [{"url": "https://pets.example"}], "paths": paths})
    };
    let import = |paths: Value| json!({"properties": {"path": "pets", "format": "openapi+json", "value": document(paths).to_string()}});
    let get = || json!({"get": {"operationId": "Get_Pet", "responses": {"200": {"description": "ok"}}}});
    let api = format!("{service}/apis/pets");
    let made = world.put(&api, import(json!({"/p/{id}": get(), "/q": {"post": {}}}))).await.expect(201).body;
    let properties = &made["properties"];
    assert_eq!(
        (&properties["displayName"], &properties["serviceUrl"]),
        (&json!("Pets"), &json!("https://pets.example"))
    );
    assert_eq!((&properties["value"], &properties["imported"]), (&Value::Null, &Value::Null));
    let policy = json!({"properties": {"format": "rawxml", "value": "<policies><inbound><base /></inbound></policies>"}});
    world.put(&format!("{api}/operations/get-pet/policies/policy"), policy).await.expect(201);
    world.put(&api, import(json!({"/p/{id}": get()}))).await.expect(200);
    world.get(&format!("{api}/operations/get-pet/policies/policy")).await.expect(200);
    assert_eq!(world.get(&format!("{api}/operations")).await.body["count"], 1);
    let served = world.served().expect("served");
    let found = served.apis.iter().find(|api| api.name == "pets").expect("served");
    assert_eq!(found.operations[0].url_template, "/p/{id}");

    let refused = json!({"properties": {"path": "bad", "format": "openapi", "value": "openapi: 9"}});
    let refused =
        world.put(&format!("{service}/apis/bad"), refused).await.expect_error(400, "ValidationError");
    assert_eq!(refused.body["error"]["details"][0]["target"], "representation");
    let wsdl = json!({"properties": {"path": "bad", "format": "wsdl", "value": "<a/>"}});
    world.put(&format!("{service}/apis/bad"), wsdl).await.expect_error(501, "NotImplementedBySandbox");
    world.get(&format!("{service}/apis/bad")).await.expect(404);
}

#[tokio::test]
async fn a_websocket_api_comes_with_its_operation() {
    let (world, service) = example().await;
    let api = |protocol: &str, url: &str| {
        json!({"properties": {"displayName": "Chat", "path": "chat", "type": "websocket", "protocols": [protocol],
            "serviceUrl": url}})
    };
    for (protocol, url) in [("https", "wss://10.10.1.5"), ("wss", "https://10.10.1.5"), ("wss", "nothing")] {
        let refused = world.put(&format!("{service}/apis/chat"), api(protocol, url)).await;
        refused.expect_error(400, "ValidationError");
    }
    let made =
        world.put(&format!("{service}/apis/chat"), api("ws", "ws://10.10.1.5/x")).await.expect(201).body;
    assert_eq!(made["properties"]["type"], "websocket");
    let policy = json!({"properties": {"format": "rawxml", "value": "<policies><inbound><base /></inbound></policies>"}});
    world
        .put(&format!("{service}/apis/chat/operations/onHandshake/policies/policy"), policy)
        .await
        .expect(201);
    let served = world.served().expect("served");
    let found = served.apis.iter().find(|api| api.name == "chat").expect("served");
    assert_eq!((found.schemes.as_slice(), found.operations.len()), (&[apim::Scheme::Ws][..], 1));
    assert_eq!(found.operations[0].url_template, "/*");
}

#[tokio::test]
async fn an_api_of_grpc_is_served_as_one() {
    let (world, service) = example().await;
    let api = json!({"properties": {"displayName": "Greeter", "path": "", "apiType": "grpc",
        "serviceUrl": "http://10.10.1.5"}});
    let made = world.put(&format!("{service}/apis/greeter"), api).await.expect(201).body;
    assert_eq!((&made["properties"]["type"], made["properties"].get("apiType")), (&json!("grpc"), None));
    let served = world.served().expect("served");
    let found = served.apis.iter().find(|api| api.name == "greeter").expect("served");
    assert_eq!(found.kind, apim::ApiKind::Grpc);
}

#[tokio::test]
async fn an_api_of_graphql_takes_http_and_websocket() {
    let (world, service) = example().await;
    let api = |kind: &str| json!({"properties": {"displayName": "Books", "path": "books", "type": kind, "protocols": ["http", "ws"]}});
    world.put(&format!("{service}/apis/books"), api("http")).await.expect_error(400, "ValidationError");
    world.put(&format!("{service}/apis/books"), api("graphql")).await.expect(201);
}
