//! Quotas by key: what the gateway counted is told and set.

use serde_json::{Value, json};

use super::{GROUP, World};

async fn world() -> (World, String) {
    let world = World::instant().await;
    world.put(GROUP, json!({"location": "westus2"})).await.expect(201);
    let service = world.service().await;
    let start = 1_800_000_000_000 - 1_800_000_000_000_i64.rem_euclid(3_600_000);
    let counter = apim::QuotaCounter { calls: 3, bytes: 2_560, start, end: Some(start + 3_600_000) };
    *world.data_plane.1.lock().expect("a lock") = Some(counter);
    (world, format!("{service}/quotas/a key"))
}

#[tokio::test]
async fn a_counter_is_told_with_its_period() {
    let (world, path) = world().await;
    let told = world.get(&path).await.expect(200).body;
    let counter = json!({
        "counterKey": "a key", "periodKey": "17759888_PT1H",
        "periodStartTime": "2027-01-15T08:00:00Z", "periodEndTime": "2027-01-15T09:00:00Z",
        "value": {"callsCount": 3, "kbTransferred": 2.5},
    });
    assert_eq!(told, json!({"value": [counter], "count": 1}));
    let one = world.get(&format!("{path}/periods/17759888_PT1H")).await.expect(200).body;
    assert_eq!(one, counter);
    world.data_plane.1.lock().expect("a lock").as_mut().expect("a counter").end = None;
    let endless = world.get(&path).await.expect(200).body["value"][0].clone();
    assert_eq!(endless["periodEndTime"], "9999-12-31T23:59:59Z");
    assert_eq!(endless["periodKey"], "0_PT0S");
}

#[tokio::test]
async fn what_is_set_counts_and_what_is_wrong_changes_nothing() {
    let (world, path) = world().await;
    let period = format!("{path}/periods/17759888_PT1H");
    for (path, body, status, expected) in [
        (&path, json!({"properties": {"callsCount": 0}}), 200, (0, 2_560)),
        (&period, json!({"properties": {"kbTransferred": 0.5}}), 200, (0, 512)),
        (&path, json!({"properties": {"callsCount": 7, "kbTransferred": 0}}), 200, (7, 0)),
        (&path, json!({"properties": {"callsCount": -1}}), 400, (7, 0)),
        (&path, json!({"properties": {"callsCount": "9"}}), 400, (7, 0)),
        (&period, json!({"properties": {"callsCount": 9, "kbTransferred": -2}}), 400, (7, 0)),
        (&path, Value::Null, 200, (7, 0)),
        (&format!("{path}/periods/1_PT1H"), json!({"properties": {"callsCount": 9}}), 404, (7, 0)),
        (&path.replace("a key", "another"), json!({"properties": {"callsCount": 9}}), 404, (7, 0)),
        (&path.replace("/apim/", "/none/"), json!({"properties": {"callsCount": 9}}), 404, (7, 0)),
    ] {
        world.send("PATCH", path, body.clone()).await.expect(status);
        let counter = world.data_plane.1.lock().expect("a lock").expect("a counter");
        assert_eq!((counter.calls, counter.bytes), expected, "{path}: {body}");
    }
}
