//! Raw requests that a gateway must not take, or must not hand on as they are.

use std::time::Duration;

use super::world::{BOUND, Recorder, World, reply, send, service};
use sim::{Clock, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const HOST: &str = "Host: localhost\r\n";

#[tokio::test(flavor = "current_thread")]
async fn unclear_requests_are_refused_and_the_connection_closes() {
    let backend = Recorder::start(OK).await;
    let world = World::with(service()).await;
    world.pods(&[backend.socket]);
    let post = "POST /api HTTP/1.1\r\n";
    let many = "X: y\r\n".repeat(101);
    let large = format!("X: {}\r\n", "y".repeat(70_000));
    for (request, status) in [
        ("GET /api HTTP/1.1\r\n\r\n".to_owned(), 400),
        (format!("GET /api HTTP/1.1\r\n{HOST}{HOST}\r\n"), 400),
        ("GET /api HTTP/1.1\r\nHost: a@localhost\r\n\r\n".to_owned(), 400),
        (format!("{post}{HOST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400),
        (format!("{post}{HOST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"), 400),
        (format!("{post}{HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 501),
        (format!("{post}{HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), 400),
        (format!("{post}{HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), 400),
        (format!("GET /api HTTP/1.1\n{HOST}\r\n"), 400),
        ("GET /api HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n".to_owned(), 400),
        (format!("GET /api HTTP/1.1\r\n{HOST}{many}\r\n"), 431),
        (format!("GET /api HTTP/1.2\r\n{HOST}\r\n"), 400),
        (format!("OPTIONS * HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n"), 404),
        (format!("CONNECT localhost:80 HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n"), 404),
        (format!("GET /api HTTP/1.1\r\n{HOST}{large}\r\n"), 431),
    ] {
        let answer = world.raw(&request).await;
        let line = answer.lines().next().unwrap_or_default();
        let shown: String = request.chars().take(80).collect();
        assert!(line.starts_with(&format!("HTTP/1.1 {status} ")), "{shown:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{shown:?}: {answer}");
    }
    assert_eq!(backend.heads(), Vec::<Vec<String>>::new());
}

#[tokio::test(flavor = "current_thread")]
async fn look_alikes_and_expectations_end_at_the_gateway_other_headers_pass() {
    let backend = Recorder::start(OK).await;
    let world = World::with(service()).await;
    world.pods(&[backend.socket]);
    let lines = [
        "GET /api HTTP/1.1",
        "X_Forwarded_For: 192.0.2.9",
        "X_Plain: 1",
        "Connection: Host, Content-Length, close",
        "TE: trailers, deflate",
        "Upgrade: h2c",
    ];
    world.call(&lines).await;
    let [head] = backend.heads().try_into().expect("one request");
    let has = |line: &str| head.iter().any(|found| found == line);
    assert!(has("x_plain: 1") && has("host: 10.10.1.5") && has("te: trailers"), "{head:?}");
    assert!(has("x-forwarded-for: 127.0.0.1"), "{head:?}");
    assert!(
        !head.iter().any(|line| line.starts_with("x_forwarded_for") || line.starts_with("upgrade")),
        "{head:?}"
    );
}

#[tokio::test(flavor = "current_thread")]
async fn the_body_of_a_refused_request_is_never_taken_for_the_next_request() {
    let backend = Recorder::start(OK).await;
    let mut closed = service();
    closed.products.clear();
    let world = World::with(closed).await;
    world.pods(&[backend.socket]);
    let smuggled = "GET /api HTTP/1.1\r\nHost: localhost\r\nOcp-Apim-Subscription-Key: primary\r\n\r\n";
    for length in [smuggled.len(), 1_000_000] {
        let request = format!("POST /api HTTP/1.1\r\n{HOST}Content-Length: {length}\r\n\r\n{smuggled}");
        let mut stream = world.connect().await;
        stream.write_all(request.as_bytes()).await.expect("a request sent");
        assert_eq!(reply(&mut stream).await.status(), 401);
        stream.shutdown().await.expect("an end");
        let mut rest = Vec::new();
        let _ = timeout(BOUND, stream.read_to_end(&mut rest)).await.expect("a closed connection");
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }
    assert_eq!(backend.heads(), Vec::<Vec<String>>::new());
}

#[tokio::test(flavor = "current_thread")]
async fn who_connects_and_says_nothing_whole_is_let_go() {
    let clock = Clock::manual(Timestamp::from_unix_seconds(0));
    let world = World::start(service(), clock, None).await;
    for beginning in ["", "P", "PRI * HTTP/2.0\r\n"] {
        let mut stream = world.connect().await;
        stream.write_all(beginning.as_bytes()).await.expect("sent");
        let mut rest = [0; 64];
        let mut ended = std::pin::pin!(timeout(BOUND, stream.read(&mut rest)));
        loop {
            tokio::select! {
                biased;
                end = ended.as_mut() => {
                    // Closed, or reset because nobody reads what was sent.
                    assert!(matches!(end.expect("an end in time"), Ok(0) | Err(_)), "{beginning:?}");
                    break;
                }
                () = tokio::task::yield_now() => world.clock.advance(Duration::from_secs(1)),
            }
        }
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_connection_serves_many_requests_with_bodies_between_them() {
    let backend = Recorder::start(OK).await;
    let world = World::with(service()).await;
    world.pods(&[backend.socket]);
    let mut stream = world.connect().await;
    for _ in 0..3 {
        send(&mut stream, &["GET /api HTTP/1.1"]).await;
        assert_eq!(reply(&mut stream).await.body, "ok");
    }
    assert_eq!(backend.heads().len(), 3);
}
