//! Answers as backends send them, whole and byte by byte.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use http::header::HeaderName;
use http::{Method, Request};
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::*;
use crate::backend::{BackendUrl, Call, HttpVersion, Session};
use crate::body::Body;

const BOUND: Duration = Duration::from_secs(20);

/// A connection and its other end.
async fn pair() -> (Connection, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let socket = listener.local_addr().expect("an address");
    let near = TcpStream::connect(socket).await.expect("a connection");
    let (far, _) = listener.accept().await.expect("a connection");
    (Connection::new(peer(socket), Io::Plain(near)), far)
}

fn peer(socket: SocketAddr) -> Peer {
    let url = BackendUrl::parse(&format!("http://{socket}")).expect("a URL");
    let place = network::Place::Internet;
    let call = Call { from: &place, to: &url, session: &Session::default(), version: HttpVersion::One };
    Peer::new(socket, call)
}

fn request(method: Method, body: Body) -> Outgoing {
    Request::builder().method(method).uri("/a?b").header("host", "h").body(body).expect("a request")
}

/// What came of an answer: `status headers|body|trailers`, or that it failed; with `+` if the connection can be used again.
async fn outcome(method: &Method, answer: &[u8], step: usize) -> String {
    let (mut connection, mut far) = pair().await;
    let answer = answer.to_vec();
    tokio::spawn(async move {
        for part in answer.chunks(step) {
            // Who has seen enough hangs up.
            if far.write_all(part).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
        // It stays open where the answer ends before it does.
        let mut rest = Vec::new();
        drop(far.read_to_end(&mut rest).await);
    });
    let head = timeout(BOUND, connection.exchange(&mut request(method.clone(), Body::Empty))).await;
    let response = match head.expect("an answer in time") {
        Ok(response) => response,
        Err(failure) => return format!("{:?}", failure.reached),
    };
    let mut text = response.status().as_str().to_owned();
    for (name, value) in response.headers() {
        write!(text, " {name}={}", value.to_str().expect("text")).expect("text");
    }
    text.push('|');
    while let Some(frame) =
        timeout(BOUND, poll_fn(|context| connection.poll_body(context))).await.expect("in time")
    {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => text.push_str(std::str::from_utf8(&data).expect("text")),
            Ok(Err(trailers)) => {
                let trailers = trailers.into_trailers().expect("trailers");
                write!(text, "|{}", trailers.keys().map(HeaderName::as_str).collect::<String>())
                    .expect("text");
            }
            Err(_) => return text + "!",
        }
    }
    if connection.is_done() { text + "+" } else { text }
}

/// An answer, and what comes of it, whether it arrives whole or byte by byte.
const ANSWERS: &[(&str, &str)] = &[
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "200 content-length=2|ok+"),
    ("HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n", "200 content-length=0|+"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok", "200 content-length=2, 2|ok+"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", "Answer"),
    ("HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", "Answer"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok", "Answer"),
    (
        "HTTP/1.1 200 OK\r\nConnection: a, Close\r\nContent-Length: 2\r\n\r\nok",
        "200 connection=a, Close content-length=2|ok",
    ),
    ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "200 content-length=2|ok"),
    (
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
        "200 connection=keep-alive content-length=2|ok+",
    ),
    ("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n", "204 content-length=2|+"),
    (
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "200 content-length=2|ok+",
    ),
    (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1;a=b\r\nk\r\n0\r\n\r\n",
        "200 transfer-encoding=chunked|ok+",
    ),
    (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\no\r\n0\r\nX-A: 1\r\nX-B: 2\r\n\r\n",
        "200 transfer-encoding=gzip, chunked|o|x-ax-b+",
    ),
    (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "200 transfer-encoding=chunked|ok",
    ),
    (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokay\r\n0\r\n\r\n",
        "200 transfer-encoding=chunked|ok!",
    ),
    (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+2\r\nok\r\n0\r\n\r\n",
        "200 transfer-encoding=chunked|!",
    ),
    (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nok\r\n0\r\n\r\n",
        "200 transfer-encoding=chunked|!",
    ),
    (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11111111111111111\r\nok",
        "200 transfer-encoding=chunked|!",
    ),
    ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "Answer"),
    ("HTTP/1.1 99 No\r\n\r\n", "Answer"),
    ("HTTP/1.1 200 OK\r\nA b: c\r\n\r\n", "Answer"),
    ("HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "200 content-length=2|ok+"),
    ("SSH-2.0-x\r\n\r\n", "Answer"),
];

#[tokio::test]
async fn answers_are_read_as_they_are_framed() {
    for (answer, expected) in ANSWERS {
        for step in [1, usize::MAX] {
            assert_eq!(
                outcome(&Method::GET, answer.as_bytes(), step).await,
                *expected,
                "{answer:?} in steps of {step}"
            );
        }
    }
    let more = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokay";
    assert_eq!(outcome(&Method::GET, more, usize::MAX).await, "200 content-length=2|ok");
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
    assert_eq!(outcome(&Method::HEAD, head, 1).await, "200 content-length=2|+");
    let endless = [&b"HTTP/1.1 200 OK\r\nA: "[..], &vec![b'a'; 70_000]].concat();
    assert_eq!(outcome(&Method::GET, &endless, 9_000).await, "Answer");
}

#[tokio::test]
async fn answers_that_break_off_are_no_whole_ones() {
    let cases: &[(&str, &str)] = &[
        ("", "Backend"),
        ("HTTP/1.1 200 OK\r\nConte", "Answer"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", "ok!"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", "ok!"),
        ("HTTP/1.1 200 OK\r\n\r\nok", "ok"),
    ];
    for (answer, expected) in cases {
        let (mut connection, mut far) = pair().await;
        far.write_all(answer.as_bytes()).await.expect("a reader");
        far.shutdown().await.expect("an end");
        let mut found = String::new();
        if let Err(failure) = connection.exchange(&mut request(Method::GET, Body::Empty)).await {
            write!(found, "{:?}", failure.reached).expect("text");
        }
        while let Some(frame) = poll_fn(|context| connection.poll_body(context)).await {
            match frame {
                Ok(frame) => {
                    found.push_str(std::str::from_utf8(frame.data_ref().expect("data")).expect("text"));
                }
                Err(_) => found.push('!'),
            }
        }
        assert!(!connection.is_done(), "{answer:?}");
        assert_eq!(found, *expected, "{answer:?}");
    }
}

#[tokio::test]
async fn requests_are_framed_by_what_their_body_is() {
    let cases = [
        (Method::GET, "", "GET /a?b HTTP/1.1\r\nhost: h\r\n\r\n"),
        (Method::POST, "", "POST /a?b HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n"),
        (Method::DELETE, "ab", "DELETE /a?b HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\nab"),
    ];
    for (method, body, expected) in cases {
        let (mut connection, mut far) = pair().await;
        far.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.expect("a reader");
        let mut request = request(method, Body::full(Bytes::from_static(body.as_bytes())));
        request.headers_mut().insert("transfer-encoding", http::HeaderValue::from_static("chunked"));
        connection.exchange(&mut request).await.expect("an answer");
        assert!(connection.is_done() && connection.is_usable());
        drop(connection);
        let mut seen = String::new();
        far.read_to_string(&mut seen).await.expect("a request");
        assert_eq!(seen, expected);
        let kept = std::mem::take(request.body_mut()).collect().await.expect("the body").to_bytes();
        assert_eq!(kept, body.as_bytes(), "it can be sent again");
    }
}

#[tokio::test]
async fn connections_that_are_not_quiet_are_not_used_again() {
    let (mut connection, far) = pair().await;
    assert!(connection.is_usable());
    drop(far);
    gone_within_bound(&mut connection).await;
    let (mut connection, mut far) = pair().await;
    far.write_all(b"HTTP/1.1 408 Request Timeout\r\n\r\n").await.expect("a reader");
    gone_within_bound(&mut connection).await;
}

async fn gone_within_bound(connection: &mut Connection) {
    let gone = async {
        while connection.is_usable() {
            tokio::task::yield_now().await;
        }
    };
    timeout(BOUND, gone).await.expect("no longer usable");
}
