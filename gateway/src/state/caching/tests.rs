//! Requests whose policies keep things in a Redis. Without `redis-server` on this machine the tests say so.

use std::time::Duration;

use apim::{Secret, Service};
use tokio::time::timeout;

use crate::state::shared::tests::Server;
use crate::tests::world::{Recorder, World, policy, service};

const BACKEND: &str = "HTTP/1.1 200 OK\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 7\r\n\r\nbackend";

/// A service whose API has this policy and whose cache is there.
fn cached(cache: &str, inbound: &str, outbound: &str) -> Service {
    let mut service = service();
    let text = format!(
        "<policies><inbound><base />{inbound}</inbound><backend><base /></backend>\
         <outbound>{outbound}</outbound></policies>"
    );
    service.apis[0].policy = Some(policy("cache", &text));
    service.cache = Some(Secret::new(cache));
    service
}

/// Keeps `made` once and says what it found.
fn values(cache: &str, caching: &str) -> Service {
    let inbound = format!(
        "<cache-lookup-value key='k' variable-name='v' default-value='none' caching-type='{caching}' />\
         <cache-store-value key='k' value='made' duration='60' caching-type='{caching}' />\
         <return-response><set-body>@((string)context.Variables[\"v\"])</set-body></return-response>"
    );
    cached(cache, &inbound, "")
}

async fn said(world: &World) -> String {
    let reply = world.call(&["GET /api/x HTTP/1.1"]).await;
    assert_eq!(reply.status(), 200, "{:?}", reply.head);
    reply.body
}

#[tokio::test]
async fn gateways_find_each_others_values_in_the_external_cache() {
    let Some(server) = Server::start() else { return };
    let cache = format!("localhost:{},abortConnect=False", server.port);
    for (caching, others) in [("external", "made"), ("prefer-external", "made"), ("internal", "none")] {
        let mut service = values(&cache, caching);
        service.id = format!("/services/{caching}");
        let (one, two) = (World::with(service.clone()).await, World::with(service).await);
        assert_eq!(said(&one).await, "none", "{caching}");
        assert_eq!(said(&one).await, "made", "{caching}");
        assert_eq!(said(&two).await, others, "{caching}");
    }
}

#[tokio::test]
async fn without_the_external_cache_the_own_one_does_or_nothing_is_found() {
    let Some(server) = Server::start() else { return };
    let (port, here) = (server.port, format!("127.0.0.1:{}", server.port));
    drop(server);
    for (cache, caching, second) in [
        (here.as_str(), "prefer-external", "made"),
        (here.as_str(), "external", "none"),
        // Only caches on this machine are connected to.
        ("cache.example.com:6380,password=secret,ssl=True", "prefer-external", "made"),
        ("cache.example.com:6380,password=secret,ssl=True", "external", "none"),
    ] {
        let world = World::with(values(cache, caching)).await;
        assert_eq!(said(&world).await, "none", "{cache}, {caching}");
        assert_eq!(said(&world).await, second, "{cache}, {caching}");
    }
    // What the gateway was given meanwhile stays its own; the cache is used again once it is back.
    let world = World::with(values(&here, "prefer-external")).await;
    assert_eq!(said(&world).await, "none");
    let _again = Server::at(port).expect("a Redis");
    let back = async { while said(&world).await != "none" {} };
    timeout(Duration::from_secs(10), back).await.expect("the cache is found again");
    assert_eq!(said(&world).await, "made");
}

#[tokio::test]
async fn answers_that_one_gateway_kept_are_given_by_another() {
    let Some(server) = Server::start() else { return };
    let cache = format!("127.0.0.1:{}", server.port);
    let lookup =
        "<cache-lookup vary-by-developer='false' vary-by-developer-groups='false' caching-type='external' />";
    let service = cached(&cache, lookup, "<cache-store duration='60' />");
    let (one, two) = (World::with(service.clone()).await, World::with(service).await);
    let backends = [Recorder::start(BACKEND).await, Recorder::start(BACKEND).await];
    one.pods(&[backends[0].socket]);
    two.pods(&[backends[1].socket]);
    let first = one.call(&["GET /api/x HTTP/1.1"]).await;
    assert_eq!(first.body, "backend");
    // The answer is kept while nobody waits for that.
    let kept = async {
        loop {
            let before = backends[0].heads().len();
            one.call(&["GET /api/x HTTP/1.1"]).await;
            if backends[0].heads().len() == before {
                return;
            }
        }
    };
    timeout(Duration::from_secs(10), kept).await.expect("the answer is kept");
    let other = two.call(&["GET /api/x HTTP/1.1"]).await;
    assert_eq!((other.status(), other.body.as_str()), (200, "backend"));
    assert_eq!(other.head.iter().filter(|line| line.starts_with("x-a: ")).count(), 2, "{:?}", other.head);
    assert_eq!(backends[1].heads().len(), 0);
    assert_eq!(two.call(&["GET /api/y HTTP/1.1"]).await.status(), 200);
    assert_eq!(backends[1].heads().len(), 1, "another address has another answer");
}

#[tokio::test]
async fn a_value_is_made_once_for_all_gateways() {
    let Some(server) = Server::start() else { return };
    let inbound = "<cache-value key='n' variable-name='n' expires-after='60'>\
                   <set-variable name='n' value='@(Guid.NewGuid())' /></cache-value>\
                   <cache-value key='m' variable-name='m' expires-after='60'>\
                   <set-variable name='m' value='@(Guid.NewGuid().ToString())' /></cache-value>\
                   <return-response><set-body>@(context.Variables[\"m\"].ToString())</set-body></return-response>";
    let service = cached(&format!("127.0.0.1:{}", server.port), inbound, "");
    let (one, two) = (World::with(service.clone()).await, World::with(service).await);
    let first = said(&one).await;
    assert_eq!(first.len(), 36);
    assert_eq!(said(&two).await, first);
}
