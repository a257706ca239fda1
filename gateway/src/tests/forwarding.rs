//! Streaming, failures of backends, connections that come and go.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use apim::DataPlane;
use network::Place;
use sim::{Clock, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::world::{BOUND, Recorder, World, policy, read_head, read_line, reply, send, service};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A backend whose connections the test plays itself.
async fn by_hand() -> (SocketAddr, mpsc::Receiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let socket = listener.local_addr().expect("an address");
    let (sender, streams) = mpsc::channel(16);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if sender.send(stream).await.is_err() {
                return;
            }
        }
    });
    (socket, streams)
}

fn internal_error(number: u32) -> String {
    format!(
        "{{ \"statusCode\": 500, \"message\": \"Internal server error\", \"activityId\": \"00000000-0000-0000-0000-{number:012x}\" }}"
    )
}

#[tokio::test(flavor = "current_thread")]
async fn the_first_byte_of_an_answer_arrives_before_the_backend_is_done() {
    let (socket, mut streams) = by_hand().await;
    let world = World::with(service()).await;
    world.pods(&[socket]);
    let mut client = world.connect().await;
    send(&mut client, &["GET /api HTTP/1.1"]).await;
    let mut backend = streams.recv().await.expect("a connection");
    read_head(&mut backend).await.expect("a request");
    backend
        .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        .await
        .expect("sent");
    read_head(&mut client).await.expect("a head");
    assert_eq!(
        (read_line(&mut client).await, read_line(&mut client).await),
        ("1\r\n".into(), "a\r\n".into())
    );
    backend.write_all(b"2\r\nbc\r\n0\r\n\r\n").await.expect("sent");
    assert_eq!(read_line(&mut client).await, "2\r\n");
}

#[tokio::test(flavor = "current_thread")]
async fn the_first_byte_of_a_request_body_arrives_before_the_client_is_done() {
    let (socket, mut streams) = by_hand().await;
    let world = World::with(service()).await;
    world.pods(&[socket]);
    let mut client = world.connect().await;
    send(&mut client, &["POST /api HTTP/1.1", "Expect: 100-continue", "Content-Length: 4"]).await;
    let mut backend = streams.recv().await.expect("a connection");
    let head = timeout(BOUND, read_head(&mut backend)).await.expect("in time").expect("a request");
    assert!(head.contains(&"content-length: 4".to_owned()), "{head:?}");
    assert!(!head.iter().any(|line| line.starts_with("expect")), "{head:?}");
    assert_eq!(read_head(&mut client).await.expect("a head")[0], "HTTP/1.1 100 Continue");
    client.write_all(b"ab").await.expect("sent");
    let mut body = [0; 2];
    backend.read_exact(&mut body).await.expect("half of the body");
    client.write_all(b"cd").await.expect("sent");
    backend.read_exact(&mut body).await.expect("the rest");
    backend.write_all(OK.as_bytes()).await.expect("sent");
    assert_eq!(reply(&mut client).await.body, "ok");
}

#[tokio::test(flavor = "current_thread")]
async fn chunked_bodies_and_trailers_pass() {
    let (socket, mut streams) = by_hand().await;
    let world = World::with(service()).await;
    world.pods(&[socket]);
    let mut client = world.connect().await;
    send(&mut client, &["POST /api HTTP/1.1", "Transfer-Encoding: chunked", "TE: trailers"]).await;
    client.write_all(b"3\r\nabc\r\n0\r\n\r\n").await.expect("sent");
    let mut backend = streams.recv().await.expect("a connection");
    let head = read_head(&mut backend).await.expect("a request");
    assert!(head.contains(&"transfer-encoding: chunked".to_owned()), "{head:?}");
    for line in ["3\r\n", "abc\r\n", "0\r\n", "\r\n"] {
        assert_eq!(read_line(&mut backend).await, line);
    }
    let answer = b"HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 7\r\n\r\n";
    backend.write_all(answer).await.expect("sent");
    read_head(&mut client).await.expect("a head");
    let mut lines = Vec::new();
    while lines.last().is_none_or(|line| line != "\r\n") {
        lines.push(read_line(&mut client).await.to_ascii_lowercase());
    }
    assert_eq!(lines, ["1\r\n", "a\r\n", "0\r\n", "x-sum: 7\r\n", "\r\n"]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_client_that_leaves_ends_the_call_to_the_backend() {
    let (socket, mut streams) = by_hand().await;
    let world = World::with(service()).await;
    world.pods(&[socket]);
    let mut client = world.connect().await;
    send(&mut client, &["GET /api HTTP/1.1"]).await;
    let mut backend = streams.recv().await.expect("a connection");
    read_head(&mut backend).await.expect("a request");
    drop(client);
    let ended = timeout(BOUND, read_head(&mut backend)).await.expect("an end in time");
    assert_eq!(ended, None);
}

#[tokio::test(flavor = "current_thread")]
async fn a_slow_reader_slows_the_backend_down() {
    let (socket, mut streams) = by_hand().await;
    let world = World::with(service()).await;
    world.pods(&[socket]);
    let mut client = world.connect().await;
    send(&mut client, &["GET /api HTTP/1.1"]).await;
    let mut backend = streams.recv().await.expect("a connection");
    read_head(&mut backend).await.expect("a request");
    backend.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n").await.expect("sent");
    let block = vec![b'x'; 1 << 20];
    let mut sent = 0;
    while let Ok(Ok(())) = timeout(Duration::from_millis(300), backend.write_all(&block)).await {
        sent += block.len();
        assert!(sent < 200 << 20, "the gateway keeps what nobody reads");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn what_cannot_be_reached_answers_500_with_an_activity_id() {
    let mut outside = service();
    outside.place = Place::Internet;
    let backend = Recorder::start(OK).await;
    let world = World::with(outside).await;
    world.pods(&[backend.socket]);
    let reply = world.call(&["GET /api HTTP/1.1"]).await;
    assert_eq!((reply.status(), reply.body), (500, internal_error(1)));
    world.gateway.publish(apim::Snapshot { services: vec![service().into()] }).expect("a snapshot");
    assert_eq!(world.call(&["GET /api HTTP/1.1"]).await.body, "ok");
    world.pods(&[]);
    assert_eq!(world.call(&["GET /api HTTP/1.1"]).await.body, internal_error(2));
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    world.pods(&[closed]);
    assert_eq!(world.call(&["GET /api HTTP/1.1"]).await.body, internal_error(3));
}

#[tokio::test(flavor = "current_thread")]
async fn a_backend_that_breaks_off_or_talks_nonsense_answers_500() {
    for answer in
        ["nonsense\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"]
    {
        let backend = Recorder::start(answer).await;
        let world = World::with(service()).await;
        world.pods(&[backend.socket]);
        assert_eq!(world.call(&["GET /api HTTP/1.1"]).await.body, internal_error(1), "{answer}");
        assert_eq!(backend.heads().len(), 1, "{answer}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn what_the_sandbox_does_not_do_says_so() {
    for url in ["https://www.example.com/", "http://www.example.com/"] {
        let mut service = service();
        service.apis[0].service_url = Some(url.to_owned());
        let world = World::with(service).await;
        let reply = world.call(&["GET /api HTTP/1.1"]).await;
        assert_eq!(reply.status(), 500);
        assert!(reply.body.contains("not implemented by the sandbox yet"), "{}", reply.body);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn backends_on_this_machine_are_dialled_directly_from_any_place() {
    let backend = Recorder::start(OK).await;
    for host in ["127.0.0.1", "localhost"] {
        let mut service = service();
        service.place = Place::Internet;
        service.apis[0].service_url = Some(format!("http://{host}:{}/base", backend.socket.port()));
        let world = World::with(service).await;
        assert_eq!(world.call(&["GET /api/x HTTP/1.1"]).await.body, "ok");
        let head = backend.heads().pop().expect("a request");
        assert_eq!(head[0], "GET /base/x HTTP/1.1");
        assert!(head.contains(&format!("host: {host}:{}", backend.socket.port())), "{head:?}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_backend_that_does_not_answer_in_time_answers_500() {
    let (socket, mut streams) = by_hand().await;
    let clock = Clock::manual(Timestamp::from_unix_seconds(0));
    let mut service = service();
    let document = "<policies><inbound><base /></inbound><backend><forward-request timeout=\"20\" /></backend></policies>";
    service.apis[0].policy = Some(policy("p", document));
    let world = World::start(service, clock, None).await;
    world.pods(&[socket]);
    let mut client = world.connect().await;
    send(&mut client, &["GET /api HTTP/1.1"]).await;
    let mut backend = streams.recv().await.expect("a connection");
    read_head(&mut backend).await.expect("a request");
    world.clock.advance(Duration::from_secs(20));
    assert_eq!(reply(&mut client).await.body, internal_error(1));
}

#[tokio::test(flavor = "current_thread")]
async fn connections_to_backends_are_used_again() {
    let (socket, mut streams) = by_hand().await;
    let world = World::with(service()).await;
    world.pods(&[socket]);
    let mut client = world.connect().await;
    send(&mut client, &["GET /api HTTP/1.1"]).await;
    let mut backend = streams.recv().await.expect("a connection");
    for round in 0..3 {
        timeout(BOUND, read_head(&mut backend))
            .await
            .expect("in time")
            .expect("a request on the same connection");
        backend.write_all(OK.as_bytes()).await.expect("sent");
        assert_eq!(reply(&mut client).await.body, "ok", "{round}");
        send(&mut client, &["GET /api HTTP/1.1"]).await;
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_connection_that_closed_while_idle_does_not_fail_a_request() {
    let (socket, mut streams) = by_hand().await;
    let world = World::with(service()).await;
    world.pods(&[socket]);
    let mut client = world.connect().await;
    send(&mut client, &["GET /api HTTP/1.1"]).await;
    let mut backend = streams.recv().await.expect("a connection");
    read_head(&mut backend).await.expect("a request");
    backend.write_all(OK.as_bytes()).await.expect("sent");
    assert_eq!(reply(&mut client).await.body, "ok");
    send(&mut client, &["GET /api HTTP/1.1"]).await;
    read_head(&mut backend).await.expect("a request on the same connection");
    // Closed after the request was taken and before a byte of the answer.
    drop(backend);
    let mut backend = timeout(BOUND, streams.recv()).await.expect("in time").expect("another connection");
    read_head(&mut backend).await.expect("the request again");
    backend.write_all(OK.as_bytes()).await.expect("sent");
    assert_eq!(reply(&mut client).await.body, "ok");
}

#[tokio::test(flavor = "current_thread")]
async fn a_post_that_a_backend_has_seen_is_not_sent_again() {
    let (socket, mut streams) = by_hand().await;
    let world = World::with(service()).await;
    world.pods(&[socket]);
    let mut client = world.connect().await;
    send(&mut client, &["POST /api HTTP/1.1", "Content-Length: 0"]).await;
    let mut backend = streams.recv().await.expect("a connection");
    read_head(&mut backend).await.expect("a request");
    drop(backend);
    assert_eq!(reply(&mut client).await.body, internal_error(1));
}

/// A Pod: answers until it is told to stop, then closes its listener and its connections at once.
async fn pod() -> (SocketAddr, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let socket = listener.local_addr().expect("an address");
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        let mut ended = stopped.clone();
        let accept = async {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut ended = stopped.clone();
                tokio::spawn(async move {
                    let serve = async {
                        while read_head(&mut stream).await.is_some()
                            && stream.write_all(OK.as_bytes()).await.is_ok()
                        {}
                    };
                    tokio::select! {
                        () = serve => {}
                        _ = ended.wait_for(|stop| *stop) => {}
                    }
                });
            }
        };
        tokio::select! {
            () = accept => {}
            _ = ended.wait_for(|stop| *stop) => {}
        }
    });
    (socket, stop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_requests_succeed_while_pods_are_replaced() {
    let world = Arc::new(World::with(service()).await);
    let mut pods = vec![pod().await, pod().await];
    let sockets = |pods: &[(SocketAddr, _)]| pods.iter().map(|(socket, _)| *socket).collect::<Vec<_>>();
    world.pods(&sockets(&pods));
    let (progress, mut served) = mpsc::channel(1_000);
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let (world, progress) = (Arc::clone(&world), progress.clone());
            tokio::spawn(async move {
                let mut client = world.connect().await;
                for _ in 0..250 {
                    send(&mut client, &["GET /api HTTP/1.1"]).await;
                    let reply = reply(&mut client).await;
                    assert_eq!((reply.status(), reply.body.as_str()), (200, "ok"));
                    progress.send(()).await.expect("a listener");
                }
            })
        })
        .collect();
    drop(progress);
    let mut count = 0;
    while timeout(BOUND, served.recv()).await.expect("progress").is_some() {
        count += 1;
        if count % 20 == 0 {
            pods.push(pod().await);
            // The old Pod dies before the network knows, as a killed one does.
            pods.remove(0).1.send_replace(true);
            world.pods(&sockets(&pods));
        }
    }
    for caller in callers {
        caller.await.expect("no failed request");
    }
    assert_eq!(count, 1_000);
}
