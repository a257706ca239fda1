//! WebSocket APIs: the handshake is a request like any other, what follows it passes as it is.

use std::net::SocketAddr;

use apim::{Scheme, Service};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::world::{Recorder, World, policy, read_head, service};

const HANDSHAKE: &str = "GET /api/chat?room=1 HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\n\
    Upgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Ocp-Apim-Subscription-Key: primary\r\n\r\n";

fn sockets() -> Service {
    let mut service = service();
    let api = &mut service.apis[0];
    api.schemes = vec![Scheme::Ws];
    api.service_url = Some(api.service_url.clone().unwrap_or_default().replace("http://", "ws://"));
    api.subscription_required = false;
    api.operations.truncate(1);
    api.operations[0].url_template = "/*".to_owned();
    let document = "<policies><inbound><set-header name=\"X-Who\"><value>apim</value></set-header></inbound>\
        <backend><base /></backend></policies>";
    api.policy = Some(policy("api", document));
    service
}

/// Answers one handshake, tells its head, then sends every byte back.
async fn echo() -> (SocketAddr, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let head = read_head(&mut stream).await.expect("a head");
        let answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
            Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nhello";
        stream.write_all(answer.as_bytes()).await.expect("an answer");
        let (mut reader, mut writer) = stream.split();
        let _ = tokio::io::copy(&mut reader, &mut writer).await;
        head
    });
    (address, task)
}

async fn exact(stream: &mut TcpStream, expected: &[u8]) {
    let mut got = vec![0; expected.len()];
    stream.read_exact(&mut got).await.expect("bytes");
    assert!(got == expected, "{:?}", String::from_utf8_lossy(&got[..got.len().min(80)]));
}

#[tokio::test(flavor = "current_thread")]
async fn bytes_pass_both_ways_after_the_handshake() {
    let (backend, task) = echo().await;
    let world = World::with(sockets()).await;
    world.pods(&[backend]);
    let mut stream = world.connect().await;
    stream.write_all(HANDSHAKE.as_bytes()).await.expect("sent");
    let head = read_head(&mut stream).await.expect("an answer");
    assert_eq!(head[0], "HTTP/1.1 101 Switching Protocols");
    for expected in
        ["connection: upgrade", "upgrade: websocket", "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="]
    {
        assert!(head.iter().any(|line| line.eq_ignore_ascii_case(expected)), "{expected}: {head:?}");
    }
    exact(&mut stream, b"hello").await;
    // What looks like two requests at once, and every byte there is.
    let message: Vec<u8> = (0..200_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    let smuggled = b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let no_chunk = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n".to_vec();
    for bytes in [no_chunk, smuggled, message] {
        let (mut reader, mut writer) = stream.split();
        let sent = async { writer.write_all(&bytes).await.expect("sent") };
        let mut got = vec![0; bytes.len()];
        let received = async { reader.read_exact(&mut got).await.map(|_| ()).expect("bytes") };
        tokio::join!(sent, received);
        assert!(got == bytes);
    }
    drop(stream);
    let head = task.await.expect("the backend");
    assert_eq!(head[0], "GET /chat?room=1 HTTP/1.1");
    for expected in ["upgrade: websocket", "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==", "x-who: apim"] {
        assert!(head.iter().any(|line| line.eq_ignore_ascii_case(expected)), "{expected}: {head:?}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_no_handshake_and_what_the_backend_refuses_stays_http() {
    let backend = Recorder::start("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno").await;
    let world = World::with(sockets()).await;
    world.pods(&[backend.socket]);
    assert_eq!(world.call(&["GET /api/chat HTTP/1.1"]).await.status(), 404);
    assert!(backend.heads().is_empty());
    let mut stream = world.connect().await;
    stream.write_all(HANDSHAKE.as_bytes()).await.expect("sent");
    assert_eq!(read_head(&mut stream).await.expect("an answer")[0], "HTTP/1.1 403 Forbidden");
}

#[tokio::test(flavor = "current_thread")]
async fn an_api_of_requests_does_not_switch() {
    let (backend, task) = echo().await;
    let world = World::with(service()).await;
    world.pods(&[backend]);
    let handshake = HANDSHAKE.replace("/api/chat", "/api/x");
    let mut stream = world.connect().await;
    stream.write_all(handshake.as_bytes()).await.expect("sent");
    let head = read_head(&mut stream).await.expect("an answer");
    assert!(head[0].starts_with("HTTP/1.1 4") || head[0].starts_with("HTTP/1.1 5"), "{head:?}");
    task.abort();
}
