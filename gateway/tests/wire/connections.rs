//! More connections than there is room for: who says nothing makes room for who does, and nothing under way is cut off.

use std::time::Duration;

use sim::{Clock, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::backend::{read_body, read_head};
use crate::case::Answer;
use crate::frames::{PREFACE, SETTINGS, WHOLE, frame, request};
use crate::lab::Lab;

const BOUND: Duration = Duration::from_secs(20);
const GET: &[u8] = b"GET /a HTTP/1.1\r\nHost: lab.azure-api.net\r\n\r\n";
const HEALTH: &[u8] = b"GET /status-0123456789abcdef HTTP/1.1\r\nHost: lab.azure-api.net\r\n\r\n";

async fn lab(most: usize) -> Lab {
    let clock = Clock::manual(Timestamp::from_unix_seconds(0));
    Lab::with_room(most, &["api a a open".to_owned()], clock).await.expect("a gateway")
}

/// A connection on which this was sent, and on which the first of an answer came where one is expected.
async fn opened(lab: &Lab, bytes: &[u8], answers: bool) -> BufReader<TcpStream> {
    let mut stream = BufReader::new(lab.connect().await);
    stream.write_all(bytes).await.expect("sent");
    if answers {
        timeout(BOUND, stream.read_u8()).await.expect("an answer in time").expect("an answer");
    }
    stream
}

/// What is asked on a connection that is open, while time passes.
async fn asks(lab: &Lab, stream: &mut BufReader<TcpStream>, bytes: &[u8]) -> Option<String> {
    let answer = async {
        stream.write_all(bytes).await.ok()?;
        let head = read_head(stream).await?;
        let message = crate::backend::Request { head, body: Vec::new() };
        read_body(stream, &message).await?;
        message.head.into_iter().next()
    };
    // Less than the head of a request may take, so that it is not this that ends a connection.
    let passing = async {
        for _ in 0..100 {
            lab.clock.advance(Duration::from_millis(100));
            for _ in 0..200 {
                tokio::task::yield_now().await;
            }
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        answer = timeout(BOUND, answer) => answer.expect("an answer in time"),
        () = passing => None,
    }
}

async fn is_closed(stream: &mut BufReader<TcpStream>) -> bool {
    let mut rest = Vec::new();
    timeout(BOUND, stream.read_to_end(&mut rest)).await.is_ok()
}

#[tokio::test(flavor = "current_thread")]
async fn the_longest_idle_connection_makes_room() {
    let lab = lab(4).await;
    let ok = Some("HTTP/1.1 200 OK".to_owned());
    let mut open = Vec::new();
    for _ in 0..4 {
        let mut stream = BufReader::new(lab.connect().await);
        assert_eq!(asks(&lab, &mut stream, GET).await, ok);
        open.push(stream);
    }
    // The first one is not idle longest any more.
    assert_eq!(asks(&lab, &mut open[0], GET).await, ok);
    let mut fifth = BufReader::new(lab.connect().await);
    assert_eq!(asks(&lab, &mut fifth, GET).await, ok);
    assert!(is_closed(&mut open[1]).await);
    for at in [0, 2, 3] {
        assert_eq!(asks(&lab, &mut open[at], GET).await, ok, "connection {at}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn who_says_nothing_whole_makes_room() {
    let preface = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
    let served = [preface.as_slice(), &request(1, WHOLE, &[])].concat();
    let part = [GET, b"GET /a HTTP/1.1\r\nHo"].concat();
    for (what, bytes, answers) in [
        ("nothing", b"".as_slice(), false),
        ("a part of a head", &GET[..20], false),
        ("a part of a second head", &part, true),
        ("HTTP/2 without a request", &preface, true),
        ("HTTP/2 that answers no PING", &served, true),
    ] {
        let lab = lab(2).await;
        let mut silent = [opened(&lab, bytes, answers).await, opened(&lab, bytes, answers).await];
        for _ in 0..2 {
            let mut stream = BufReader::new(lab.connect().await);
            let status = asks(&lab, &mut stream, GET).await;
            assert_eq!(status.as_deref(), Some("HTTP/1.1 200 OK"), "{what}");
        }
        let [first, _] = &mut silent;
        assert!(is_closed(first).await, "{what}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_under_way_is_not_cut_off() {
    let half = ["HTTP/1.1 200 OK", "Content-Length: 10"];
    for (what, head, answers) in
        [("no answer yet", ["silent"].as_slice(), false), ("half a body", &half, true)]
    {
        let lab = lab(2).await;
        let head = head.iter().map(|line| (*line).to_owned()).collect();
        lab.backend.answers(&Answer { head, body: "12345".to_owned() });
        let mut busy = opened(&lab, GET, answers).await;
        let mut leaving = opened(&lab, GET, answers).await;
        lab.backend.sees(2).await;
        let mut third = lab.connect().await;
        third.write_all(HEALTH).await.expect("sent");
        for _ in 0..100 {
            lab.clock.advance(Duration::from_millis(100));
            tokio::task::yield_now().await;
        }
        assert!(third.try_read(&mut [0]).is_err(), "{what}: served without room");
        leaving.shutdown().await.expect("an end");
        drop(leaving);
        let mut third = BufReader::new(third);
        let head = timeout(BOUND, read_head(&mut third)).await.expect("an answer in time").expect("one");
        assert_eq!(head[0], "HTTP/1.1 200 OK", "{what}");
        drop(third);
        // More of what was under way may have come, but not its end.
        let ended =
            std::iter::repeat_with(|| busy.get_mut().try_read(&mut [0; 1_024])).find_map(|read| match read {
                Ok(0) => Some(true),
                Ok(_) => None,
                Err(_) => Some(false),
            });
        assert_eq!(ended, Some(false), "{what}");
    }
}
