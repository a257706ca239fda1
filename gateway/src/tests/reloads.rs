//! New snapshots while requests are under way: none of them fails, and none sees parts of two.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use apim::{DataPlane, Service, Snapshot};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::world::{BOUND, Recorder, World, policy, reply, send, service};

/// How many requests are under way at a time.
const CALLERS: usize = 4;

/// A service whose policy writes its number in two sections.
fn numbered(number: u64) -> Service {
    let mut service = service();
    let text = format!(
        "<policies><inbound><set-variable name=\"seen\" value=\"{number}\" /></inbound><outbound>\
         <set-header name=\"seen\" exists-action=\"override\">\
         <value>@((string)context.Variables[\"seen\"] + \" {number}\")</value></set-header></outbound></policies>"
    );
    service.apis[0].policy = Some(policy("/the/policy", &text));
    service
}

/// Sends requests until it is told to end; counts them.
async fn call_on(address: SocketAddr, end: watch::Receiver<bool>, answered: Arc<AtomicU64>) {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    while !*end.borrow() {
        send(&mut stream, &["GET /api HTTP/1.1"]).await;
        let reply = reply(&mut stream).await;
        assert_eq!(reply.status(), 200, "{reply:?}");
        let (first, second) = reply.header("seen").and_then(|seen| seen.split_once(' ')).expect("numbers");
        assert_eq!(first, second, "one request, one snapshot");
        answered.fetch_add(1, Ordering::Relaxed);
    }
}

async fn check(reloads: u64) {
    let backend = Recorder::start("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let world = World::with(numbered(0)).await;
    world.pods(&[backend.socket]);
    let (end, ended) = watch::channel(false);
    let answered = Arc::new(AtomicU64::new(0));
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| tokio::spawn(call_on(world.address, ended.clone(), Arc::clone(&answered))))
        .collect();
    for number in 1..=reloads {
        let before = answered.load(Ordering::Relaxed);
        world.gateway.publish(Snapshot { services: vec![numbered(number).into()] }).expect("a snapshot");
        let goes_on = async {
            while answered.load(Ordering::Relaxed) == before {
                tokio::task::yield_now().await;
            }
        };
        timeout(BOUND, goes_on).await.expect("requests are answered");
    }
    end.send_replace(true);
    for caller in callers {
        caller.await.expect("no request failed");
    }
    let last = world.call(&["GET /api HTTP/1.1"]).await;
    assert_eq!(last.header("seen"), Some(format!("{reloads} {reloads}").as_str()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_or_sees_two_snapshots_when_new_ones_come() {
    check(500).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long"]
async fn ten_thousand_new_snapshots_are_no_different() {
    check(10_000).await;
}
