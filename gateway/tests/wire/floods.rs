//! Peers that cost more than they pay: streams that are reset at once (CVE-2023-44487), resets that the server is
//! made to send (CVE-2025-8671), heads without an end, questions nobody waits to have answered, frames with nothing in
//! them, and heads that grow when they are read. Each ends, or is made to wait; none grows in the gateway's memory.

use std::fs;
use std::io::ErrorKind;
use std::time::Duration;

use sim::Clock;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, PREFACE, RESET, SETTINGS, WHOLE,
    WINDOW, fields, frame, read_frame, request,
};
use crate::lab::Lab;

const BOUND: Duration = Duration::from_mins(1);
/// So often in a row nothing could be written: the gateway has stopped reading.
const PATIENCE: usize = 20_000;
/// What all floods together may add to the process.
const CEILING: u64 = 96 * 1024 * 1024;
const LAST: &[u8; 8] = b"the last";

/// What comes of a flood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The gateway closes the connection.
    Closed,
    /// It reads no more before the client reads the answers.
    Waits,
    /// It takes everything and goes on serving.
    Endured,
}

struct Flood {
    what: &'static str,
    /// What comes once, before all else.
    opening: Vec<u8>,
    /// What comes again and again, with the number of the stream.
    again: fn(u32) -> Vec<u8>,
    times: u32,
    end: End,
    /// How many requests may reach the backend.
    most: usize,
}

fn floods() -> Vec<Flood> {
    let flood = |what, again, times, end| Flood { what, opening: Vec::new(), again, times, end, most: 0 };
    vec![
        Flood {
            most: 1_000,
            ..flood("rapid reset", |id| [request(id, WHOLE, &[]), reset(id)].concat(), 20_000, End::Closed)
        },
        Flood {
            most: 2_000,
            ..flood("made to reset", |id| [request(id, WHOLE, &[]), stall(id)].concat(), 20_000, End::Closed)
        },
        Flood {
            opening: request(1, END_STREAM, &[]),
            ..flood("CONTINUATION", |_| frame(CONTINUATION, 0, 1, &filler()), 5_000, End::Closed)
        },
        Flood {
            opening: request(1, END_STREAM, &[]),
            ..flood("empty CONTINUATION", |_| frame(CONTINUATION, 0, 1, &[]), 100_000, End::Closed)
        },
        Flood {
            opening: request(1, END_HEADERS, &[]),
            ..flood("empty DATA", |_| frame(DATA, 0, 1, &[]), 1_000_000, End::Closed)
        },
        flood("PING", |_| frame(PING, 0, 0, &[0; 8]).repeat(100), 40_000, End::Waits),
        flood("SETTINGS", |_| frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 255, 255]).repeat(100), 40_000, End::Waits),
        flood("heads of 160,000 bytes", |id| bomb(id, 40), 400, End::Endured),
        flood("an HPACK bomb", |id| bomb(id, 12_000), 40, End::Closed),
    ]
}

fn reset(id: u32) -> Vec<u8> {
    frame(RESET, 0, id, &[0, 0, 0, 8])
}

/// A window that grows by nothing is an error of the stream.
fn stall(id: u32) -> Vec<u8> {
    frame(WINDOW, 0, id, &[0; 4])
}

fn filler() -> Vec<u8> {
    fields(&[("x", "0123456789012345678901234567890123456789")]).repeat(200)
}

/// One long value goes into the table of HPACK, and is then named so many times.
fn bomb(id: u32, times: usize) -> Vec<u8> {
    let mut block = fields(crate::frames::GOOD);
    block.extend([0x40, 1, b'x', 0x7f, 0x81, 0x1e]);
    block.extend([b'y'; 127 + 0x1e * 128 + 1]);
    block.extend(vec![0x80 | 0x3e; times]);
    frame(HEADERS, WHOLE, id, &block)
}

async fn connect(lab: &Lab) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    // What the gateway answers has no place to pile up at.
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    socket.connect(lab.address).await.expect("a connection")
}

/// Writes without reading; `None` when all is written.
async fn pour(stream: &TcpStream, mut bytes: &[u8]) -> Option<End> {
    let mut refusals = 0;
    while !bytes.is_empty() {
        match stream.try_write(bytes) {
            Ok(written) => {
                bytes = bytes.get(written..).unwrap_or_default();
                refusals = 0;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock && refusals < PATIENCE => {
                refusals += 1;
                yield_now().await;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Some(End::Waits),
            Err(_) => return Some(End::Closed),
        }
    }
    None
}

async fn run(lab: &Lab, flood: &Flood) -> End {
    let mut stream = connect(lab).await;
    let opening = [PREFACE, &frame(SETTINGS, 0, 0, &[]), &flood.opening].concat();
    if let Some(end) = pour(&stream, &opening).await {
        return end;
    }
    let first = if flood.opening.is_empty() { 1 } else { 3 };
    for number in 0..flood.times {
        if let Some(end) = pour(&stream, &(flood.again)(first + 2 * number)).await {
            return end;
        }
    }
    if let Some(end) = pour(&stream, &frame(PING, 0, 0, LAST)).await {
        return end;
    }
    loop {
        match read_frame(&mut stream).await {
            None | Some((GOAWAY, _)) => return End::Closed,
            Some((PING, payload)) if payload == LAST => return End::Endured,
            Some(_) => {}
        }
    }
}

/// The most memory that the process has had, where the system tells.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

#[tokio::test(flavor = "current_thread")]
async fn floods_end_or_wait_and_take_no_memory() {
    let lab = Lab::start(&["api a a open".to_owned()], Clock::system()).await.expect("a gateway");
    let before = peak();
    let mut failures = Vec::new();
    for flood in floods() {
        let served = lab.backend.seen().len();
        let end = timeout(BOUND, run(&lab, &flood)).await.ok();
        let seen = lab.backend.seen().len() - served;
        eprintln!("{}: {end:?}, the backend saw {seen}, peak {:?}", flood.what, peak());
        if end != Some(flood.end) || seen > flood.most {
            failures.push(format!("{}: {end:?}, the backend saw {seen}", flood.what));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    if let (Some(before), Some(after)) = (before, peak()) {
        assert!(after - before < CEILING, "{before} bytes became {after}");
    }
}
