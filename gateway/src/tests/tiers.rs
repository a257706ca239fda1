//! What differs from one kind of gateway to another, and what counts from a subscription's beginning.

use std::time::Duration;

use apim::{GatewayKind, Scope};
use sim::{Clock, Timestamp};

use super::world::{World, policy, product, service, subscription};

/// 2026-01-01T00:00:00Z.
const NEW_YEAR: i64 = 1_767_225_600_000;

async fn world(gateway: GatewayKind, inbound: &str) -> World {
    let mut service = service();
    service.gateway = gateway;
    let answer = "<return-response><set-status code='204' /></return-response>";
    let text = format!("<policies><inbound>{inbound}{answer}</inbound></policies>");
    service.apis[0].policy = Some(policy("tiers", &text));
    let clock = Clock::manual(Timestamp::parse("2026-01-01T00:00:00Z").expect("a moment"));
    World::start(service, clock, None).await
}

async fn head(world: &World) -> Vec<String> {
    let reply = world.call(&["GET /api/x HTTP/1.1", "Ocp-Apim-Subscription-Key: primary"]).await;
    reply.head
}

fn retry_after(head: &[String]) -> Option<&str> {
    head.iter().find_map(|line| line.strip_prefix("retry-after: "))
}

#[tokio::test(flavor = "current_thread")]
async fn classic_gateways_have_a_window_and_those_of_the_v2_tiers_a_bucket() {
    let limits = [
        "<rate-limit calls='2' renewal-period='60' />",
        "<rate-limit-by-key calls='2' renewal-period='60' counter-key='a' />",
    ];
    for (gateway, wait) in [(GatewayKind::Classic, "60"), (GatewayKind::V2, "30")] {
        for limit in limits {
            let world = world(gateway, limit).await;
            for _ in 0..2 {
                assert_eq!(head(&world).await[0], "HTTP/1.1 204 No Content", "{gateway:?} {limit}");
            }
            let turned_away = head(&world).await;
            assert_eq!(turned_away[0], "HTTP/1.1 429 Too Many Requests", "{gateway:?} {limit}");
            assert_eq!(retry_after(&turned_away), Some(wait), "{gateway:?} {limit}");
            world.clock.advance(Duration::from_secs(30));
            let first = if gateway == GatewayKind::V2 { "204" } else { "429" };
            assert!(head(&world).await[0].contains(first), "{gateway:?} {limit}");
            assert!(head(&world).await[0].contains("429"), "{gateway:?} {limit}");
        }
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_gateway_without_a_cache_keeps_nothing() {
    let kept = "<cache-lookup-value key='a' variable-name='a' default-value='nothing' />\
        <cache-store-value key='a' value='kept' duration='60' />\
        <choose><when condition=\"@((string)context.Variables[&quot;a&quot;] == &quot;kept&quot;)\">\
        <return-response><set-status code='200' /></return-response></when></choose>";
    for (gateway, second) in
        [(GatewayKind::Classic, "200"), (GatewayKind::Consumption, "204"), (GatewayKind::SelfHosted, "204")]
    {
        let world = world(gateway, kept).await;
        assert!(head(&world).await[0].contains("204"), "{gateway:?}");
        assert!(head(&world).await[0].contains(second), "{gateway:?}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_quota_is_replenished_at_the_times_that_the_subscription_began() {
    let mut service = service();
    let quota = "<quota calls='1' renewal-period='3600' />";
    let answer = "<return-response><set-status code='204' /></return-response>";
    let mut holder = product("holder", true, &["api"]);
    holder.policy =
        Some(policy("quota", &format!("<policies><inbound>{quota}{answer}</inbound></policies>")));
    service.products.push(holder);
    let mut known = subscription("s", Scope::Product("holder".to_owned()), "product");
    // Twenty minutes ago, some periods back.
    known.starts = Some(NEW_YEAR - 5 * 3_600_000 - 20 * 60_000);
    service.subscriptions.push(known);
    let clock = Clock::manual(Timestamp::parse("2026-01-01T00:00:00Z").expect("a moment"));
    let world = World::start(service, clock, None).await;
    let request = ["GET /api/x HTTP/1.1", "Ocp-Apim-Subscription-Key: product"];
    assert_eq!(world.call(&request).await.head[0], "HTTP/1.1 204 No Content");
    let reply = world.call(&request).await;
    assert_eq!(retry_after(&reply.head), Some("2400"), "{reply:?}");
    assert!(reply.body.contains("Quota will be replenished in 00:40:00."), "{}", reply.body);
    world.clock.advance(Duration::from_mins(40));
    assert_eq!(world.call(&request).await.head[0], "HTTP/1.1 204 No Content");
}
