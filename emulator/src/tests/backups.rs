//! Backups: what was there is there again, in this service or in another.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use super::{GROUP, World};
use crate::engine::Store;

fn asked() -> Value {
    json!({"storageAccount": "account", "containerName": "container", "backupName": "monday",
        "accessType": "AccessKey", "accessKey": "secret"})
}

/// A service with something of many kinds.
async fn world() -> (World, String) {
    let world = World::instant().await;
    world.put(GROUP, json!({"location": "westus2"})).await.expect(201);
    let service = world.service().await;
    for (path, properties) in [
        ("apis/a", json!({"displayName": "A", "path": "a"})),
        ("apis/a/operations/get", json!({"displayName": "get", "method": "GET", "urlTemplate": "/x"})),
        ("apis/a/policies/policy", json!({"format": "rawxml", "value": "<policies><inbound /></policies>"})),
        ("products/p", json!({"displayName": "P"})),
        ("products/p/apis/a", json!({})),
        ("subscriptions/s", json!({"displayName": "S", "scope": format!("{service}/products/p")})),
        ("namedValues/n", json!({"displayName": "n", "value": "hidden", "secret": true})),
        ("users/u", json!({"email": "u@example.com", "firstName": "U", "lastName": "V"})),
        ("groups/developers/users/u", json!({})),
    ] {
        let answer = world.put(&format!("{service}/{path}"), json!({"properties": properties})).await;
        assert!(matches!(answer.status, 200 | 201), "{path}: {}", answer.body);
    }
    (world, service)
}

/// Everything below a service, by its path there.
fn below(world: &World, service: &str) -> BTreeMap<String, Value> {
    let store = Store::read(&world.emulator.store);
    let id = service.parse().expect("an id");
    let parts = store.below(&id);
    let text = |value: &Value| value.to_string().replace(service, "{service}");
    let shown = parts.map(|part| {
        let record = serde_json::to_value(part.record()).expect("a record");
        (part.id.to_string().replace(service, ""), json!(text(&record)))
    });
    shown.collect()
}

#[tokio::test]
async fn what_was_backed_up_comes_back_and_is_served() {
    let (world, service) = world().await;
    let (before, served) = (below(&world, &service), world.served());
    let accepted = world.send("POST", &format!("{service}/backup"), asked()).await.expect(202);
    let location = accepted.header("location").strip_prefix(super::ORIGIN).expect("a URL").to_owned();
    assert_eq!(world.get(&location).await.expect(200).body["name"], "apim");

    world.delete(&format!("{service}/apis/a?deleteRevisions=true")).await.expect(202);
    world
        .put(&format!("{service}/products/q"), json!({"properties": {"displayName": "Q"}}))
        .await
        .expect(201);
    assert_ne!(below(&world, &service), before);
    world.send("POST", &format!("{service}/restore"), asked()).await.expect(202);
    assert_eq!(below(&world, &service), before);
    assert_eq!(world.served(), served);
    assert_eq!(world.get(&service).await.expect(200).body["properties"]["provisioningState"], "Succeeded");
}

#[tokio::test]
async fn a_backup_can_be_restored_into_another_service_of_the_tier() {
    let (world, service) = world().await;
    let before = below(&world, &service);
    world.send("POST", &format!("{service}/backup"), asked()).await.expect(202);
    for (name, tier, status) in [("apim-2", "Developer", 202), ("apim-3", "Premium", 400)] {
        let other = service.replace("/apim", &format!("/{name}"));
        let body = json!({"location": "westus2", "sku": {"name": tier, "capacity": 1},
            "properties": {"publisherName": "P", "publisherEmail": "p@example.com"}});
        world.put(&other, body).await.expect(201);
        world.send("POST", &format!("{other}/restore"), asked()).await.expect(status);
        if status == 202 {
            assert_eq!(below(&world, &other), before);
        }
    }
}

#[tokio::test]
async fn a_backup_is_for_its_owner_only() {
    let (world, service) = world().await;
    world.send("POST", &format!("{service}/backup"), asked()).await.expect(202);
    let folder = world.directory.path().join("backups/account/container");
    let file = folder.join("monday.json");
    for (path, expected) in [(&folder, 0o700), (&file, 0o600)] {
        let mode = std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!(mode, expected, "{}", path.display());
    }
    assert!(!std::fs::read_to_string(&file).expect("text").contains("accessKey"));
    for damaged in
        ["", "{", "{\"format\": \"another\", \"service\": \"\", \"tier\": \"Developer\", \"resources\": []}"]
    {
        std::fs::write(&file, damaged).expect("written");
        let before = below(&world, &service);
        world.send("POST", &format!("{service}/restore"), asked()).await.expect_error(400, "BackupCorrupt");
        assert_eq!(below(&world, &service), before);
    }
}

#[tokio::test]
async fn what_cannot_be_kept_or_found_is_refused() {
    let (world, service) = world().await;
    let before = below(&world, &service);
    for (action, name, value, status) in [
        ("restore", "backupName", json!("tuesday"), 404),
        ("restore", "containerName", json!("another"), 404),
        ("backup", "backupName", json!("../monday"), 400),
        ("backup", "backupName", json!(".."), 400),
        ("backup", "backupName", json!("a".repeat(129)), 400),
        ("backup", "backupName", Value::Null, 400),
        ("backup", "storageAccount", json!("../a"), 400),
        ("backup", "containerName", json!("a/b"), 400),
        ("backup", "accessKey", Value::Null, 400),
        ("backup", "accessType", json!("Nothing"), 400),
        ("backup", "accessType", json!("SystemAssignedManagedIdentity"), 400),
        ("backup", "accessType", json!("UserAssignedManagedIdentity"), 400),
    ] {
        let mut body = asked();
        body[name] = value.clone();
        let answer = world.send("POST", &format!("{service}/{action}"), body).await;
        assert_eq!(answer.status, status, "{action} {name} {value}: {}", answer.body);
    }
    assert_eq!(below(&world, &service), before);
}
