//! Faults that are asked for, and time that is passed on.

use std::time::Duration;

use serde_json::{Value, json};
use sim::Pace;

use super::{GROUP, World};
use crate::{Effect, Fault, InvalidFault};

fn fault(effect: Effect, path: &str) -> Fault {
    Fault {
        id: 0,
        method: None,
        path: path.to_owned(),
        times: Some(1),
        effect,
        seconds: 7,
        status: None,
        code: None,
        message: None,
    }
}

fn network() -> (String, Value) {
    let body =
        json!({"location": "westus2", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}});
    (format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet"), body)
}

#[tokio::test]
async fn requests_are_refused_as_often_as_was_asked_for() {
    let world = World::instant().await;
    world.put(GROUP, json!({"location": "westus2"})).await.expect(201);
    let (network, body) = network();
    let faults = world.emulator.faults();
    let asked = Fault { times: Some(2), ..fault(Effect::Throttle, "virtualnetworks") };
    faults.add(asked).expect("a fault");
    for _ in 0..2 {
        world.get(&network).await.expect(404);
        let refused =
            world.put(&network, body.clone()).await.expect_error(429, "SubscriptionRequestsThrottled");
        assert_eq!(refused.header("retry-after"), "7");
    }
    faults.add(fault(Effect::Conflict, "")).expect("a fault");
    world.put(&network, body.clone()).await.expect_error(409, "AnotherOperationInProgress");
    let refuse = Fault {
        status: Some(503),
        code: Some("ServerBusy".to_owned()),
        method: Some("get".to_owned()),
        ..fault(Effect::Refuse, "/vnet")
    };
    faults.add(refuse).expect("a fault");
    assert_eq!(faults.list().len(), 1);
    world.put(&network, body.clone()).await.expect(201);
    world.get(&network).await.expect_error(503, "ServerBusy");
    world.get(&network).await.expect(200);
    for (wrong, error) in [
        (fault(Effect::Refuse, ""), InvalidFault::NoStatus),
        (Fault { seconds: 1 << 40, ..fault(Effect::Slow, "") }, InvalidFault::Range("seconds", 0, 86_400)),
        (Fault { times: Some(0), ..fault(Effect::Slow, "") }, InvalidFault::Range("times", 1, 4_294_967_295)),
        (
            Fault { method: Some("no method".to_owned()), ..fault(Effect::Slow, "") },
            InvalidFault::Method("no method".to_owned()),
        ),
    ] {
        assert_eq!(faults.add(wrong), Err(error));
    }
    let kept = faults.add(fault(Effect::Slow, "")).expect("a fault");
    assert_eq!(
        (faults.remove(Some(kept.id + 1)), faults.remove(Some(kept.id)), faults.remove(None)),
        (0, 1, 0)
    );
}

#[tokio::test]
async fn operations_take_longer_or_fail_and_deletions_too() {
    let world = World::instant().await;
    world.put(GROUP, json!({"location": "westus2"})).await.expect(201);
    let (network, body) = network();
    let faults = world.emulator.faults();
    let state =
        async || world.get(&network).await.expect(200).body["properties"]["provisioningState"].clone();
    faults.add(fault(Effect::Slow, "vnet")).expect("a fault");
    world.put(&network, body.clone()).await.expect(201);
    assert_eq!(state().await, "Updating");
    world.clock.advance(Duration::from_secs(6));
    assert_eq!(state().await, "Updating");
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(state().await, "Succeeded");
    faults.add(fault(Effect::Fail, "vnet")).expect("a fault");
    let begun = world.delete(&network).await.expect(202);
    let operation = begun.header(arm::AZURE_ASYNC_OPERATION).replace(super::ORIGIN, "");
    let ended = world.get(&operation).await.expect(200).body;
    assert_eq!((&ended["status"], &ended["error"]["code"]), (&json!("Failed"), &json!("OperationFailed")));
    assert_eq!(state().await, "Failed");
    world.put(&network, body).await.expect(200);
    // What takes no time fails at once.
    let tagged = Fault { code: Some("Tagged".to_owned()), ..fault(Effect::Fail, "locks") };
    faults.add(tagged).expect("a fault");
    let lock = format!("{GROUP}/providers/Microsoft.Authorization/locks/l");
    world.put(&lock, json!({"properties": {"level": "CanNotDelete"}})).await.expect_error(400, "Tagged");
    world.get(&lock).await.expect(404);
}

#[tokio::test]
async fn time_passes_for_operations_when_it_is_told_to() {
    let world = World::instant().await;
    world.put(GROUP, json!({"location": "westus2"})).await.expect(201);
    world.emulator.set_pace(Pace::Realistic);
    let service = world.service().await;
    let state =
        async || world.get(&service).await.expect(200).body["properties"]["provisioningState"].clone();
    let remaining = world.emulator.running()[0].2;
    assert!(remaining > Duration::from_mins(10), "{remaining:?}");
    assert_eq!(world.emulator.forward(Some(Duration::from_mins(5))).await.expect("stored"), 0);
    assert_eq!(world.emulator.running()[0].2 + Duration::from_mins(5), remaining);
    assert_ne!(state().await, "Succeeded");
    assert_eq!(world.emulator.forward(None).await.expect("stored"), 1);
    assert_eq!(state().await, "Succeeded");
    assert!(world.served().is_some(), "it serves");
}
