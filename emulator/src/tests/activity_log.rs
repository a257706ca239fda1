//! The activity log, as clients ask for it.

use std::time::Duration;

use serde_json::{Value, json};

use super::{CLIENT, GROUP, SUBSCRIPTION, World};

async fn events(world: &World, filter: &str) -> Vec<Value> {
    let path = format!(
        "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01&$filter={}",
        super::odd::encode(&format!("eventTimestamp ge 2020-01-01T00:00:00{filter}"))
    );
    let answer = world.get(&path).await.expect(200).body;
    answer["value"].as_array().expect("events").clone()
}

fn told(event: &Value) -> String {
    let text = |name: &str| event[name]["value"].as_str().unwrap_or_default().to_owned();
    format!("{} {}", text("operationName"), text("status"))
}

#[tokio::test]
async fn every_change_is_in_the_activity_log_with_how_it_ended() {
    let world = World::realistic().await;
    world.put(GROUP, json!({"location": "westus2"})).await.expect(201);
    let network = format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet");
    world.put(&network, json!({"location": "westus2"})).await.expect(400);
    let body =
        json!({"location": "westus2", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}});
    world.put(&network, body).await.expect(201);
    world.clock.advance(Duration::from_mins(30));
    world.get(&network).await.expect(200);
    let write = "Microsoft.Network/virtualNetworks/write";
    let all = events(&world, &format!(" and resourceUri eq '{network}'")).await;
    assert_eq!(
        all.iter().map(told).collect::<Vec<_>>(),
        ["Succeeded", "Accepted", "Started", "Failed", "Started"].map(|status| format!("{write} {status}"))
    );
    assert_eq!(all[0]["correlationId"], all[1]["correlationId"]);
    assert_ne!(all[0]["eventTimestamp"], all[1]["eventTimestamp"]);
    let (accepted, failed) = (&all[1], &all[3]);
    assert_eq!(accepted["subStatus"]["localizedValue"], "Created (HTTP Status Code: 201)");
    assert_eq!((&accepted["caller"], &accepted["resourceGroupName"]), (&json!(CLIENT), &json!("g")));
    assert_eq!(failed["level"], "Error");
    assert!(
        failed["properties"]["statusMessage"]
            .as_str()
            .is_some_and(|text| text.contains("AddressSpaceNotSpecified"))
    );
    for (filter, count) in [
        (" and eventTimestamp le 2021-01-01T00:00:00Z", 0),
        (" and resourceGroupName eq 'G' and status eq 'Failed'", 1),
        (" and resourceProvider eq 'microsoft.network'", 5),
        (" and resourceProvider eq 'Microsoft.Resources'", 2),
        (" and caller eq 'somebody'", 0),
    ] {
        assert_eq!(events(&world, filter).await.len(), count, "{filter}");
    }
    let log =
        format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Insights/eventtypes/management/values");
    world.get(&log).await.expect_error(400, "BadRequest");
}
