//! Long-running operations: by the clock, not by the number of questions.

use std::time::Duration;

use serde_json::{Value, json};

use super::{CLIENT, GROUP, ORIGIN, SECRET, World};

fn path(url: &str) -> String {
    url.strip_prefix(ORIGIN).expect("an operation URL on the origin").to_owned()
}

#[tokio::test]
async fn a_service_is_made_while_the_clock_runs() {
    let world = World::realistic().await;
    world.put(GROUP, json!({"location": "westus2"})).await.expect(201);
    let service = format!("{GROUP}/providers/Microsoft.ApiManagement/service/apim");
    let body = json!({"location": "westus2", "sku": {"name": "Developer", "capacity": 1},
        "properties": {"publisherName": "P", "publisherEmail": "p@example.com"}});
    let accepted = world.put(&service, body).await.expect(201);
    assert_eq!(accepted.body["properties"]["provisioningState"], "Created");
    assert_eq!(accepted.body["properties"]["customProperties"], Value::Null);
    assert_eq!(accepted.header("retry-after"), "15");
    assert_eq!(accepted.header("x-go-azure-sdk-skip-polling-delay"), "true");
    let (document, location) =
        (path(accepted.header("azure-asyncoperation")), path(accepted.header("location")));
    for _ in 0..50 {
        assert_eq!(world.get(&document).await.expect(200).body["status"], "InProgress");
        let waiting = world.get(&location).await.expect(202);
        assert_eq!((waiting.header("content-length"), &waiting.body), ("0", &Value::Null));
    }
    assert!(world.served().is_none(), "not served before it is made");
    world
        .put(&format!("{service}/products/p"), json!({}))
        .await
        .expect_error(409, "AnotherOperationInProgress");
    world.clock.advance(Duration::from_mins(45));
    assert_eq!(world.get(&document).await.expect(200).body["status"], "Succeeded");
    let made = world.get(&location).await.expect(200).body;
    assert_eq!(made["properties"]["provisioningState"], "Succeeded");
    assert_eq!(made["properties"]["gatewayUrl"], "https://apim.azure-api.net");
    assert!(made["properties"]["customProperties"].is_object());
    assert_eq!(world.served().expect("served").host_names[0], "apim.azure-api.net");
}

#[tokio::test]
async fn a_join_takes_effect_when_its_operation_ends_though_nobody_asks() {
    let mut world = World::realistic().await;
    let vnet = world.network().await;
    let service = world.service().await;
    world.clock.advance(Duration::from_hours(1));
    world.token = world.token_of(CLIENT, SECRET).await;
    world.get(&service).await.expect(200);
    let join = json!({"properties": {"virtualNetworkType": "External",
        "virtualNetworkConfiguration": {"subnetResourceId": format!("{vnet}/subnets/apim")}}});
    let accepted = world.send("PATCH", &service, join).await.expect(202);
    assert_eq!(accepted.body["properties"]["provisioningState"], "Updating");
    assert_eq!(world.served().expect("served").place, network::Place::Internet);
    world.clock.advance(Duration::from_mins(20));
    let joined = network::Place::Subnet(network::SubnetId::new(format!("{vnet}/subnets/apim")));
    for _ in 0..1_000 {
        if world.served().expect("served").place == joined {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("the join did not take effect");
}

#[tokio::test]
async fn a_group_is_named_as_azure_names_it_however_it_was_asked_for() {
    let world = World::instant().await;
    let asked = GROUP.replace("resourceGroups", "resourcegroups");
    let made = world.put(&asked, json!({"location": "westus2"})).await.expect(201).body;
    assert_eq!((&made["id"], &made["name"]), (&json!(GROUP), &json!("g")));
    assert_eq!(world.get(&asked).await.expect(200).body["id"], GROUP);
}

#[tokio::test]
async fn a_group_is_deleted_with_everything_in_it_and_refuses_writes_meanwhile() {
    let world = World::realistic().await;
    let vnet = world.network().await;
    let accepted = world.delete(GROUP).await.expect(202);
    let location = path(accepted.header("location"));
    assert!(accepted.header("azure-asyncoperation").is_empty());
    assert_eq!(world.get(GROUP).await.body["properties"]["provisioningState"], "Deleting");
    world.put(&format!("{vnet}2"), json!({})).await.expect_error(409, "ResourceGroupBeingDeleted");
    world.delete(GROUP).await.expect(202);
    world.get(&location).await.expect(202);
    world.clock.advance(Duration::from_mins(1));
    world.get(&location).await.expect(200);
    world.get(GROUP).await.expect(404);
    world.put(GROUP, json!({"location": "westus2"})).await.expect(201);
    world.get(&vnet).await.expect_error(404, "ResourceNotFound");
}

#[tokio::test]
async fn answers_carry_the_ids_that_clients_look_for() {
    let world = World::instant().await;
    let headers = [("x-ms-correlation-request-id", "abc")];
    let answer = world.send_with("GET", GROUP, Value::Null, &headers).await.expect(404);
    assert_eq!(answer.header("x-ms-correlation-request-id"), "abc");
    assert_eq!(answer.header("x-ms-request-id").len(), 36);
    assert_eq!(answer.header("x-ms-failure-cause"), "gateway");
}

#[tokio::test]
async fn lists_come_in_pages_and_can_be_filtered() {
    let world = World::instant().await;
    world.network().await;
    let service = world.service().await;
    for name in ["a", "b", "c"] {
        let body = json!({"properties": {"displayName": format!("Product {name}")}});
        world.put(&format!("{service}/products/{name}"), body).await.expect(201);
    }
    let first = world.get(&format!("{service}/products?$top=2")).await.expect(200).body;
    assert_eq!((&first["count"], first["value"].as_array().map(Vec::len)), (&json!(3), Some(2)));
    let rest = world.get(&path(first["nextLink"].as_str().expect("a link"))).await.expect(200).body;
    assert_eq!(rest["value"][0]["name"], "c");
    assert_eq!(rest["nextLink"], Value::Null);
    let found =
        world.get(&format!("{service}/products?$filter=displayName eq 'Product b'")).await.expect(200);
    assert_eq!(found.body["count"], 1);
    world
        .get(&format!("{service}/products?$filter=nonsense"))
        .await
        .expect_error(400, "InvalidFilterInQueryString");
    let resources =
        world.get(&format!("{GROUP}/resources?$expand=provisioningState&$top=10")).await.expect(200);
    let names: Vec<&str> = resources.body["value"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|item| item["name"].as_str())
        .collect();
    assert_eq!(names, ["apim", "guard", "vnet"]);
    assert_eq!(resources.body["value"][0]["provisioningState"], "Succeeded");
}
