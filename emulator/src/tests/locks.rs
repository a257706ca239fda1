//! Management locks.

use serde_json::json;

use super::{GROUP, World};

#[tokio::test]
async fn locks_keep_what_is_at_and_below_their_scope() {
    let world = World::instant().await;
    let vnet = world.network().await;
    let subnet = format!("{vnet}/subnets/aks");
    let lock = |scope: &str| format!("{scope}/providers/Microsoft.Authorization/locks/keep");
    let level = |level: &str| json!({"properties": {"level": level}});
    world.put(&lock(&vnet), level("Forever")).await.expect_error(400, "InvalidLockLevel");
    world.put(&lock(&vnet), level("CanNotDelete")).await.expect(201);
    for id in [vnet.as_str(), subnet.as_str(), GROUP] {
        world.delete(id).await.expect_error(409, "ScopeLocked");
    }
    let changed = json!({"properties": {"addressPrefix": "10.10.1.0/25"}});
    world.put(&subnet, changed.clone()).await.expect(200);
    let list = world.get(&format!("{GROUP}/providers/Microsoft.Authorization/locks")).await.expect(200);
    assert_eq!(list.body["value"].as_array().map(Vec::len), Some(1));
    world.put(&lock(&vnet), level("ReadOnly")).await.expect(200);
    world.put(&subnet, changed.clone()).await.expect_error(409, "ScopeLocked");
    world.send("PATCH", &vnet, json!({"tags": {}})).await.expect_error(409, "ScopeLocked");
    // A lock is no obstacle to itself.
    world.delete(&lock(&vnet)).await.expect(200);
    world.put(&subnet, changed).await.expect(200);
    world.delete(GROUP).await.expect(202);
}
