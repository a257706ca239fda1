//! Clients that owe something and take their time: a body, or room for an answer.

use std::time::Duration;

use sim::{Clock, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::case::Answer;
use crate::lab::Lab;

const BOUND: Duration = Duration::from_secs(30);
const GET: &str = "GET /a HTTP/1.1\r\nHost: lab.azure-api.net\r\n\r\n";
const POST: &str = "POST /a HTTP/1.1\r\nHost: lab.azure-api.net\r\nContent-Length: 100000\r\n\r\n";
const CHUNKED: &str = "POST /a HTTP/1.1\r\nHost: lab.azure-api.net\r\nTransfer-Encoding: chunked\r\n\r\n";

async fn lab() -> Lab {
    let clock = Clock::manual(Timestamp::from_unix_seconds(0));
    Lab::start(&["api a a open".to_owned()], clock).await.expect("a gateway")
}

/// Seconds pass, in each of which the client does something.
async fn pass(lab: &Lab, seconds: usize, mut act: impl AsyncFnMut()) {
    for _ in 0..seconds {
        act().await;
        for _ in 0..300 {
            tokio::task::yield_now().await;
        }
        lab.clock.advance(Duration::from_secs(1));
    }
}

/// What comes until the connection ends.
async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A connection that is cut off may say so.
    let _ = timeout(BOUND, stream.read_to_end(&mut bytes)).await.expect("an end in time");
    bytes
}

#[tokio::test(flavor = "current_thread")]
async fn a_body_that_does_not_come_is_a_timeout() {
    for (what, head, part) in [
        ("nothing of a body", POST, ""),
        ("a byte a second", POST, "x"),
        ("nothing of a chunk", CHUNKED, ""),
        ("a chunk of a byte a second", CHUNKED, "1\r\nx\r\n"),
    ] {
        let lab = lab().await;
        let mut stream = lab.connect().await;
        stream.write_all(head.as_bytes()).await.expect("sent");
        pass(&lab, 30, async || drop(stream.write_all(part.as_bytes()).await)).await;
        let answer = String::from_utf8_lossy(&rest(&mut stream).await).into_owned();
        assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{what}: {answer}");
        assert!(
            answer.ends_with(r#"{ "statusCode": 408, "message": "Request Timeout" }"#),
            "{what}: {answer}"
        );
        assert!(lab.backend.seen().is_empty(), "{what}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_head_that_crawls_ends_the_connection() {
    for before in ["", GET] {
        let lab = lab().await;
        let mut stream = lab.connect().await;
        let begun = format!("{before}GET /a HTTP/1.1\r\nX: ");
        stream.write_all(begun.as_bytes()).await.expect("sent");
        pass(&lab, 30, async || drop(stream.write_all(b"x").await)).await;
        let answers = String::from_utf8_lossy(&rest(&mut stream).await).into_owned();
        assert_eq!(answers.matches("HTTP/1.1 ").count(), usize::from(!before.is_empty()), "{answers}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_connection_idles_for_four_minutes() {
    let lab = lab().await;
    let mut stream = lab.connect().await;
    let mut answer = vec![0; 15];
    for _ in 0..2 {
        stream.write_all(GET.as_bytes()).await.expect("sent");
        timeout(BOUND, stream.read_exact(&mut answer)).await.expect("an answer in time").expect("an answer");
        assert_eq!(answer, b"HTTP/1.1 200 OK");
        pass(&lab, 220, async || {}).await;
        while stream.try_read(&mut [0; 1_024]).is_ok_and(|read| read > 0) {}
    }
    pass(&lab, 30, async || {}).await;
    assert!(rest(&mut stream).await.is_empty());
}

#[tokio::test(flavor = "current_thread")]
async fn an_answer_that_is_not_taken_ends_the_connection() {
    let lab = lab().await;
    let body = "y".repeat(16 * 1024 * 1024);
    lab.backend.answers(&Answer { head: vec!["HTTP/1.1 200 OK".to_owned()], body: body.clone() });
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(16 * 1024).expect("a small buffer");
    let mut stream = socket.connect(lab.address).await.expect("a connection");
    stream.write_all(GET.as_bytes()).await.expect("sent");
    lab.backend.sees(1).await;
    pass(&lab, 40, async || {}).await;
    assert!(rest(&mut stream).await.len() < body.len());
}

#[tokio::test(flavor = "current_thread")]
async fn who_waits_for_the_backend_or_sends_fast_enough_stays() {
    let lab = lab().await;
    let mut waiting = lab.connect().await;
    let mut sending = lab.connect().await;
    lab.backend.answers(&Answer { head: vec!["silent".to_owned()], body: String::new() });
    waiting.write_all(GET.as_bytes()).await.expect("sent");
    lab.backend.sees(1).await;
    lab.backend.answers(&Answer { head: vec!["HTTP/1.1 200 OK".to_owned()], body: "whole".to_owned() });
    sending.write_all(POST.as_bytes()).await.expect("sent");
    let part = "x".repeat(2_000);
    pass(&lab, 50, async || sending.write_all(part.as_bytes()).await.expect("taken")).await;
    lab.backend.sees(2).await;
    let mut answer = [0; 15];
    timeout(BOUND, sending.read_exact(&mut answer)).await.expect("an answer in time").expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    assert!(waiting.try_read(&mut [0]).is_err(), "the one that waits is still there");
}
