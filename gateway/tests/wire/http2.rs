//! HTTP/2 frame by frame (RFC 9113): what a peer must not send ends the stream or the connection, and never reaches
//! the backend as a request.

use std::time::Duration;

use sim::Clock;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use crate::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, GOOD, HEADERS, PING, PREFACE, PRIORITY, PUSH, RESET,
    SETTINGS, WHOLE, WINDOW, fields, frame, read_frame, request,
};
use crate::lab::Lab;

const BOUND: Duration = Duration::from_secs(20);
/// `:status: 400` of HPACK's static table.
const BAD_REQUEST: u8 = 0x80 | 12;

/// The good request without one of its fields, and with another in its place.
fn changed(name: &str, field: Option<(&str, &str)>) -> Vec<u8> {
    let mut list: Vec<_> = GOOD.iter().copied().filter(|(known, _)| *known != name).collect();
    list.extend(field);
    frame(HEADERS, WHOLE, 1, &fields(&list))
}

/// What came of bytes on a connection of their own.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    /// The stream or the connection ended, or the answer was 400.
    refused: bool,
    answered: bool,
    /// How many requests the backend saw.
    seen: usize,
}

async fn send(lab: &Lab, what: &str, bytes: &[u8]) -> Outcome {
    let before = lab.backend.seen().len();
    let mut stream = lab.connect().await;
    let opening = [PREFACE, &frame(SETTINGS, 0, 0, &[]), bytes, &frame(PING, 0, 0, b"the last")].concat();
    let _ = stream.write_all(&opening).await;
    let mut outcome = Outcome::default();
    let reading = async {
        loop {
            let Some((kind, payload)) = read_frame(&mut stream).await else { return outcome.refused = true };
            match kind {
                GOAWAY | RESET => return outcome.refused = true,
                HEADERS => {
                    outcome.answered = true;
                    return outcome.refused = payload.first() == Some(&BAD_REQUEST);
                }
                _ => {}
            }
        }
    };
    timeout(BOUND, reading).await.unwrap_or_else(|_| panic!("{what}: no end in time"));
    outcome.seen = lab.backend.seen().len() - before;
    outcome
}

async fn lab() -> Lab {
    Lab::start(&["api a a open".to_owned()], Clock::system()).await.expect("a gateway")
}

#[tokio::test(flavor = "current_thread")]
async fn frames_and_fields_that_must_not_be_are_refused() {
    let lab = lab().await;
    let get = |extra: &[(&str, &str)]| request(1, WHOLE, extra);
    let zero = [0; 4];
    let mut failures = Vec::new();
    for (what, bytes) in [
        ("DATA on stream 0", frame(DATA, 0, 0, b"x")),
        ("DATA on an idle stream", frame(DATA, 0, 1, b"x")),
        ("HEADERS on stream 0", frame(HEADERS, WHOLE, 0, &fields(GOOD))),
        ("HEADERS on an even stream", request(2, WHOLE, &[])),
        ("padding longer than the frame", frame(HEADERS, WHOLE | 8, 1, &[255, 0])),
        ("PRIORITY of five bytes on stream 0", frame(PRIORITY, 0, 0, &[0, 0, 0, 1, 0])),
        ("RST_STREAM on stream 0", frame(RESET, 0, 0, &zero)),
        ("RST_STREAM on an idle stream", frame(RESET, 0, 1, &zero)),
        (
            "RST_STREAM of three bytes",
            [request(1, END_HEADERS, &[]), frame(RESET, 0, 1, &zero[1..])].concat(),
        ),
        ("SETTINGS on a stream", frame(SETTINGS, 0, 1, &[])),
        ("SETTINGS of three bytes", frame(SETTINGS, 0, 0, &zero[1..])),
        ("SETTINGS acknowledged with a payload", frame(SETTINGS, 1, 0, &[0; 6])),
        ("ENABLE_PUSH of 2", frame(SETTINGS, 0, 0, &[0, 2, 0, 0, 0, 2])),
        ("a window of 2^31", frame(SETTINGS, 0, 0, &[0, 4, 128, 0, 0, 0])),
        ("MAX_FRAME_SIZE of 1", frame(SETTINGS, 0, 0, &[0, 5, 0, 0, 0, 1])),
        ("PUSH_PROMISE from a client", frame(PUSH, END_HEADERS, 1, &zero)),
        ("PING on a stream", frame(PING, 0, 1, &[0; 8])),
        ("PING of seven bytes", frame(PING, 0, 0, &[0; 7])),
        ("GOAWAY on a stream", frame(GOAWAY, 0, 1, &[0; 8])),
        ("WINDOW_UPDATE of zero", frame(WINDOW, 0, 0, &zero)),
        ("WINDOW_UPDATE of three bytes", frame(WINDOW, 0, 0, &zero[1..])),
        ("WINDOW_UPDATE on an idle stream", frame(WINDOW, 0, 1, &[0, 0, 0, 1])),
        ("a window over 2^31", frame(WINDOW, 0, 0, &[127, 255, 255, 255])),
        ("CONTINUATION without HEADERS", frame(CONTINUATION, END_HEADERS, 1, &fields(GOOD))),
        (
            "PING between HEADERS and CONTINUATION",
            [request(1, END_STREAM, &[]), frame(PING, 0, 0, &[0; 8])].concat(),
        ),
        ("a frame over 16,384 bytes", frame(DATA, 0, 1, &[0; 16_385])),
        ("an index that HPACK does not have", frame(HEADERS, WHOLE, 1, &[0xff, 0x7f])),
        ("a block that breaks off", frame(HEADERS, WHOLE, 1, &[0, 5, b'a'])),
        ("no :method", changed(":method", None)),
        ("no :scheme", changed(":scheme", None)),
        ("no :path", changed(":path", None)),
        ("an empty :path", changed(":path", Some((":path", "")))),
        (":path without a slash", changed(":path", Some((":path", "a")))),
        (":path with a line", changed(":path", Some((":path", "/a\r\nX: y")))),
        (":path with a space", changed(":path", Some((":path", "/a HTTP/1.1")))),
        (":authority with a line", changed(":authority", Some((":authority", "lab.azure-api.net\r\nX: y")))),
        (":authority with a user", changed(":authority", Some((":authority", "a@lab.azure-api.net")))),
        (":method with a space", changed(":method", Some((":method", "GET /a HTTP/1.1")))),
        ("no host at all", changed(":authority", None)),
        ("a host that contradicts", get(&[("host", "elsewhere.example")])),
        (":method twice", get(&[(":method", "GET")])),
        ("an unknown pseudo-header", get(&[(":x", "y")])),
        (":status in a request", get(&[(":status", "200")])),
        ("an upper-case name", get(&[("X-A", "y")])),
        ("a connection header", get(&[("connection", "close")])),
        ("a transfer coding", get(&[("transfer-encoding", "chunked")])),
        ("TE besides trailers", get(&[("te", "gzip")])),
        ("a value with a line", get(&[("x", "y\r\nz: 1")])),
        ("a value with NUL", get(&[("cookie", "a\0b")])),
        ("a name with a colon", get(&[("x:y", "z")])),
        ("a length without a body", get(&[("content-length", "5")])),
    ] {
        let outcome = send(&lab, what, &bytes).await;
        if !outcome.refused || outcome.seen > 0 {
            failures.push(format!("{what}: {outcome:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    // Whatever was refused, others are served.
    let expected = Outcome { refused: false, answered: true, seen: 1 };
    assert_eq!(send(&lab, "good", &get(&[])).await, expected);
}
