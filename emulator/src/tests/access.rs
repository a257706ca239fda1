//! Roles: enforced on ARM calls.

use serde_json::{Value, json};

use super::{CLIENT, GROUP, SUBSCRIPTION, World};

const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

#[tokio::test]
async fn a_reader_of_a_group_reads_that_group_only() {
    let world = World::instant().await;
    let vnet = world.network().await;
    world.put(&format!("{GROUP}2"), json!({"location": "westus2"})).await.expect(201);
    let [client, _, principal, secret] = world.application("reader").await;
    let role =
        format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{READER}");
    let assignment = format!(
        "{GROUP}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-000000000001"
    );
    let body = json!({"properties": {"principalId": principal, "roleDefinitionId": role}});
    world.put(&assignment, body).await.expect(201);
    let token = format!("Bearer {}", world.token_of(&client, &secret).await);
    let reader = [("authorization", token.as_str())];
    world.send_with("GET", &vnet, Value::Null, &reader).await.expect(200);
    world.send_with("DELETE", &vnet, Value::Null, &reader).await.expect_error(403, "AuthorizationFailed");
    world.send_with("GET", &format!("{GROUP}2"), Value::Null, &reader).await.expect(403);
    let groups = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups");
    let seen = world.send_with("GET", &groups, Value::Null, &reader).await.expect(200).body;
    let names: Vec<&Value> =
        seen["value"].as_array().expect("a list").iter().map(|group| &group["name"]).collect();
    assert_eq!(names, [&json!("g")]);
    let seen = world.send_with("GET", "/subscriptions", Value::Null, &reader).await.expect(200).body;
    assert_eq!(seen["value"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn roles_are_found_by_name_and_assignments_by_principal() {
    let world = World::instant().await;
    world.network().await;
    let definitions = format!("{GROUP}/providers/Microsoft.Authorization/roleDefinitions");
    let found = world.get(&format!("{definitions}?$filter=roleName eq 'Contributor'")).await.expect(200).body;
    assert_eq!(found["value"].as_array().map(Vec::len), Some(1));
    let id = found["value"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(
        id,
        format!(
            "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"
        )
    );
    world.get(&id).await.expect(200);
    let owner = world.emulator.directory.service_principal_by_app_id(CLIENT).expect("the seed").object_id;
    let assignments = format!("{GROUP}/providers/Microsoft.Authorization/roleAssignments");
    for (filter, count) in [
        ("atScope()".to_owned(), 1),
        (format!("principalId eq '{owner}'"), 1),
        ("principalId eq 'nobody'".to_owned(), 0),
        (format!("atScope() and assignedTo('{owner}')"), 1),
    ] {
        let found = world.get(&format!("{assignments}?$filter={filter}")).await.expect(200).body;
        assert_eq!(found["value"].as_array().map(Vec::len), Some(count), "{filter}");
    }
    world.get(&format!("{assignments}?$filter=what()")).await.expect_error(400, "UnsupportedQuery");
}

#[tokio::test]
async fn what_needs_no_role_is_answered() {
    let world = World::instant().await;
    let subscription = format!("/subscriptions/{SUBSCRIPTION}");
    for path in ["/tenants", "/subscriptions", "/providers", &subscription] {
        world.get(&format!("{path}?api-version=2022-12-01")).await.expect(200);
    }
    let locations = world.get(&format!("{subscription}/locations")).await.expect(200).body;
    assert!(locations["value"].as_array().expect("a list").iter().any(|region| region["name"] == "westus2"));
    let registered = world
        .send("POST", &format!("{subscription}/providers/microsoft.network/register"), Value::Null)
        .await;
    assert_eq!(registered.expect(200).body["registrationState"], "Registered");
    world.get(&format!("{subscription}/providers/Contoso.Tea")).await.expect(404);
    world
        .get(&format!(
            "{subscription}/providers/Microsoft.ContainerService/locations/westus2/kubernetesVersions"
        ))
        .await
        .expect(200);
    world.get("/nothing").await.expect(404);
    let document = world.get("/metadata/endpoints?api-version=2022-09-01").await.expect(200).body;
    assert!(document["resourceManager"].as_str().is_some_and(|url| url.starts_with(super::ORIGIN)));
}
