//! HTTP/2 frame by frame (RFC 9113): what a peer must not send ends the stream or the connection, and never reaches
//! the backend as a request.
//!
//! Not here: pseudo-headers in trailers, which h2 drops and RFC 9113, 8.1 would have refused.

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
const BAD_REQUEST: u8 = 0x80 | 0x0c;

/// The good request without one of its fields, and with another in its place.
fn changed(name: &str, field: Option<(&str, &str)>) -> Vec<u8> {
    let mut list: Vec<_> = GOOD.iter().copied().filter(|(known, _)| *known != name).collect();
    list.extend(field);
    frame(HEADERS, WHOLE, 1, &fields(&list))
}

/// What came of bytes on a connection of their own.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Outcome {
    /// The stream or the connection ended, or the answer was 400.
    refused: bool,
    answered: bool,
    /// How many requests the backend saw.
    seen: usize,
}

const SERVED: Outcome = Outcome { refused: false, answered: true, seen: 1 };

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

/// All of these are refused, and whatever was refused, others are served.
async fn refuses(cases: &[(&str, Vec<u8>)]) {
    let lab = lab().await;
    let mut failures = Vec::new();
    for (what, bytes) in cases {
        let outcome = send(&lab, what, bytes).await;
        if !outcome.refused || outcome.seen > 0 {
            failures.push(format!("{what}: {outcome:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(send(&lab, "good", &request(1, WHOLE, &[])).await, SERVED);
}

#[tokio::test(flavor = "current_thread")]
async fn frames_that_must_not_be_are_refused() {
    let zero = [0; 4];
    refuses(&[
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
        ("a frame over 16,384 bytes", frame(DATA, 0, 1, &vec![0; 16_385])),
        ("an index that HPACK does not have", frame(HEADERS, WHOLE, 1, &[0xff, 0x7f])),
        ("a block that breaks off", frame(HEADERS, WHOLE, 1, &[0, 5, b'a'])),
    ])
    .await;
}

#[tokio::test(flavor = "current_thread")]
async fn fields_that_must_not_be_are_refused() {
    let get = |extra: &[(&str, &str)]| request(1, WHOLE, extra);
    refuses(&[
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
    ])
    .await;
}

/// The head of a request with a body of this length.
fn post(stream: u32, length: &str) -> Vec<u8> {
    let head = [(":method", "POST")].into_iter().chain(GOOD[1..].iter().copied());
    frame(
        HEADERS,
        END_HEADERS,
        stream,
        &fields(&head.chain([("content-length", length)]).collect::<Vec<_>>()),
    )
}

#[tokio::test(flavor = "current_thread")]
async fn bodies_and_streams_out_of_order_are_refused() {
    let data = |flags, text: &[u8]| frame(DATA, flags, 1, text);
    let trailers = |flags, extra: &[(&str, &str)]| frame(HEADERS, flags, 1, &fields(extra));
    let after = |first: Vec<u8>, more: Vec<u8>| [first, more].concat();
    refuses(&[
        ("more data than its length", after(post(1, "5"), data(END_STREAM, b"123456"))),
        ("less data than its length", after(post(1, "5"), data(END_STREAM, b"1234"))),
        ("a length that is no number", after(post(1, "5x"), data(END_STREAM, b"12345"))),
        ("a length with a sign", after(post(1, "+5"), data(END_STREAM, b"12345"))),
        ("no data but a length", after(post(1, "5"), trailers(WHOLE, &[("x", "y")]))),
        ("trailers that do not end", after(post(1, "0"), trailers(END_HEADERS, &[("x", "y")]))),
        ("DATA padded over its end", after(post(1, "5"), data(END_STREAM | 8, &[9, 1, 2]))),
        ("a frame on a stream that was skipped", after(post(3, "5"), data(0, b"x"))),
        ("a stream below the last", after(post(3, "5"), request(1, END_HEADERS, &[]))),
        ("a window over 2^31 on a stream", after(post(1, "5"), frame(WINDOW, 0, 1, &[127, 255, 255, 255]))),
        ("a window that grows by nothing", after(post(1, "5"), frame(WINDOW, 0, 1, &[0; 4]))),
        ("CONTINUATION of another stream", {
            after(request(1, END_STREAM, &[]), frame(CONTINUATION, END_HEADERS, 3, &fields(&[("x", "y")])))
        }),
        ("DATA before the head is whole", after(request(1, 0, &[]), data(END_STREAM, b""))),
    ])
    .await;
}

#[tokio::test(flavor = "current_thread")]
async fn what_may_be_ignored_or_split_is_served() {
    let lab = lab().await;
    let good = fields(GOOD);
    let (head, tail) = good.split_at(7);
    let padded = [&[3], good.as_slice(), &[0; 3]].concat();
    let weighed = [&[0, 0, 0, 0, 15], good.as_slice()].concat();
    let whole = request(1, WHOLE, &[]);
    let before = |first: Vec<u8>| [first, whole.clone()].concat();
    for (what, bytes) in [
        ("a head in parts", {
            [frame(HEADERS, END_STREAM, 1, head), frame(CONTINUATION, END_HEADERS, 1, tail)].concat()
        }),
        ("an empty part", [request(1, END_STREAM, &[]), frame(CONTINUATION, END_HEADERS, 1, &[])].concat()),
        ("padding", frame(HEADERS, WHOLE | 8, 1, &padded)),
        ("a priority in the head", frame(HEADERS, WHOLE | 32, 1, &weighed)),
        ("PRIORITY of an idle stream", before(frame(PRIORITY, 0, 7, &[0, 0, 0, 1, 0]))),
        ("a kind of frame that is not known", before(frame(0xfe, 0xff, 0, b"anything"))),
        ("a setting that is not known", before(frame(SETTINGS, 0, 0, &[0xff, 0, 0, 0, 0, 1]))),
        ("flags that are not known", frame(HEADERS, WHOLE | 0x80, 1, &good)),
        ("a reserved bit", [&whole[..5], &[0x80, 0, 0, 1], &whole[9..]].concat()),
        ("PING", before(frame(PING, 0, 0, &[0; 8]))),
        ("PING acknowledged unasked", before(frame(PING, 1, 0, &[0; 8]))),
        ("a cookie in crumbs", request(1, WHOLE, &[("cookie", "a=1"), ("cookie", "b=2")])),
        ("the same host twice", request(1, WHOLE, &[("host", "lab.azure-api.net")])),
        ("TE: trailers", request(1, WHOLE, &[("te", "trailers")])),
        (
            "the end in an empty frame",
            [request(1, END_HEADERS, &[]), frame(DATA, END_STREAM, 1, &[])].concat(),
        ),
        ("a body as long as it says", [post(1, "5"), frame(DATA, END_STREAM, 1, b"12345")].concat()),
        ("trailers", { [post(1, "0"), frame(HEADERS, WHOLE, 1, &fields(&[("x", "y")]))].concat() }),
        ("a host in place of :authority", changed(":authority", Some(("host", "lab.azure-api.net")))),
    ] {
        assert_eq!(send(&lab, what, &bytes).await, SERVED, "{what}");
    }
}
