//! The cases under `tests/conformance`, over HTTP/1.1 and HTTP/2, and the count of what they cover.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use sim::{Clock, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::backend::{self, Request};
use crate::case::{Case, Exchange, Seen, parse};
use crate::lab::Lab;

/// No case waits longer for anything.
const BOUND: Duration = Duration::from_secs(20);
const HOST: &str = "lab.azure-api.net";

/// A response: its status, its header lines, its body.
#[derive(Debug)]
struct Response {
    status: u16,
    headers: Vec<String>,
    body: String,
}

/// A connection to the gateway.
enum Wire {
    One(Box<BufReader<TcpStream>>),
    Two(http2::SendRequest<Full<bytes::Bytes>>),
}

#[tokio::test(flavor = "current_thread")]
async fn the_gateway_behaves_on_the_wire_as_the_cases_say() {
    let mut failures = Vec::new();
    let mut counts = [0, 0];
    for (file, case) in cases() {
        for version in [1, 2] {
            let one_only = case.exchanges.iter().any(|exchange| exchange.raw.is_some());
            if case.over.is_some_and(|only| only != version) || (version == 2 && one_only) {
                continue;
            }
            counts[usize::from(version) - 1] += 1;
            if let Err(problem) = run(&case, version).await {
                failures.push(format!("{file}: {} (HTTP/{version}): {problem}", case.name));
            }
        }
    }
    eprintln!("{} cases over HTTP/1.1, {} over HTTP/2", counts[0], counts[1]);
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_line_is_covered_or_says_why_it_cannot_be() {
    let mut lines = BTreeMap::new();
    for line in fs::read_to_string(folder().join("lines.txt")).expect("the lines").lines() {
        if let Some((number, text)) =
            line.split_once(' ').filter(|_| line.starts_with(|c: char| c.is_ascii_digit()))
        {
            lines.insert(number.to_owned(), text.to_owned());
        }
    }
    let covered: BTreeSet<String> = cases().into_iter().flat_map(|(_, case)| case.covers).collect();
    let unknown: Vec<_> = covered.iter().filter(|number| !lines.contains_key(*number)).collect();
    assert!(unknown.is_empty(), "lines that do not exist: {unknown:?}");
    let excused = |text: &str| text.contains("(not on the wire: ");
    let open: Vec<_> =
        lines.iter().filter(|(number, text)| !covered.contains(*number) && !excused(text)).collect();
    assert!(open.is_empty(), "not covered: {open:#?}");
    let both: Vec<_> =
        lines.iter().filter(|(number, text)| covered.contains(*number) && excused(text)).collect();
    assert!(both.is_empty(), "covered after all: {both:#?}");
    eprintln!("{} lines, {} of them covered by cases", lines.len(), covered.len());
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

fn cases() -> Vec<(String, Case)> {
    let mut files: Vec<_> =
        fs::read_dir(folder()).expect("the cases").flatten().map(|entry| entry.path()).collect();
    files.sort();
    let mut found = Vec::new();
    for file in files.iter().filter(|file| !file.ends_with("lines.txt")) {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(file).expect("a readable file");
        found.extend(parse(&text).cases.into_iter().map(|case| (name.clone(), case)));
    }
    assert!(!found.is_empty(), "no cases");
    found
}

async fn run(case: &Case, version: u8) -> Result<(), String> {
    let clock = Clock::manual(Timestamp::from_unix_seconds(1_700_000_000));
    let lab = Lab::start(&case.configuration, clock).await?;
    let mut wire = None;
    for (at, exchange) in case.exchanges.iter().enumerate() {
        let number = at + 1;
        let outcome = timeout(BOUND, round(&lab, &mut wire, exchange, version)).await;
        outcome
            .map_err(|_| format!("request {number}: no end in time"))?
            .map_err(|why| format!("request {number}: {why}"))?;
    }
    Ok(())
}

async fn round(lab: &Lab, wire: &mut Option<Wire>, exchange: &Exchange, version: u8) -> Result<(), String> {
    if let Some(answer) = &exchange.answer {
        lab.backend.answers(answer);
    }
    lab.clock.advance(Duration::from_secs(exchange.advance));
    let before = lab.backend.seen().len();
    let connection = match wire.take() {
        Some(connection) => connection,
        None => connect(lab, version).await,
    };
    let passing = async {
        if let Some(seconds) = exchange.meanwhile {
            lab.backend.sees(before + 1).await;
            // The gateway begins to wait once the request is with the backend.
            tokio::task::yield_now().await;
            lab.clock.advance(Duration::from_secs(seconds));
        }
    };
    let (answered, ()) = tokio::join!(connection.call(exchange), passing);
    let (connection, response) = answered?;
    *wire = connection;
    if let Some(response) = response {
        compare(&response, exchange)?;
    }
    let seen = lab.backend.seen();
    exchange.seen.as_ref().map_or(Ok(()), |expected| compare_seen(expected, &seen[before..]))
}

async fn connect(lab: &Lab, version: u8) -> Wire {
    let stream = lab.connect().await;
    if version == 1 {
        return Wire::One(Box::new(BufReader::new(stream)));
    }
    let (sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
    tokio::spawn(connection);
    Wire::Two(sender)
}

impl Wire {
    /// The answer, and the connection if it goes on.
    async fn call(self, exchange: &Exchange) -> Result<(Option<Self>, Option<Response>), String> {
        match self {
            Self::One(mut stream) => {
                // What is refused early may be reset before it is all sent.
                let _ = stream.write_all(&request_bytes(exchange)).await;
                let response =
                    if exchange.status == 0 { None } else { Some(response(&mut stream, exchange).await?) };
                if !exchange.closes {
                    return Ok((Some(Self::One(stream)), response));
                }
                let mut rest = Vec::new();
                let _ = stream.read_to_end(&mut rest).await;
                if rest.is_empty() {
                    Ok((None, response))
                } else {
                    Err(format!("and then {:?}", String::from_utf8_lossy(&rest)))
                }
            }
            Self::Two(mut sender) => {
                let response =
                    sender.send_request(request(exchange)?).await.map_err(|error| error.to_string())?;
                let (parts, body) = response.into_parts();
                let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
                    format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))
                };
                let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
                let response = Response {
                    status: parts.status.as_u16(),
                    headers: parts.headers.iter().map(line).collect(),
                    body: String::from_utf8_lossy(&body).into_owned(),
                };
                Ok((Some(Self::Two(sender)), Some(response)))
            }
        }
    }
}

fn request_bytes(exchange: &Exchange) -> Vec<u8> {
    if let Some(raw) = &exchange.raw {
        return raw.clone();
    }
    let mut text = exchange.head.join("\r\n");
    let named = text.to_ascii_lowercase();
    if !named.contains("\r\nhost:") {
        text.extend(["\r\nHost: ", HOST]);
    }
    if !exchange.body.is_empty() {
        text.extend(["\r\nContent-Length: ", &exchange.body.len().to_string()]);
    }
    text.push_str("\r\n\r\n");
    text.push_str(&exchange.body);
    text.into_bytes()
}

fn request(exchange: &Exchange) -> Result<http::Request<Full<bytes::Bytes>>, String> {
    let mut lines = exchange.head.iter();
    let mut first = lines.next().ok_or("no request line")?.split(' ');
    let (method, target) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
    let host =
        headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host")).map_or(HOST, |(_, value)| value);
    let uri = if target.starts_with('/') { format!("http://{host}{target}") } else { target.to_owned() };
    let mut builder = http::Request::builder().method(method).uri(uri);
    for (name, value) in headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("host")) {
        builder = builder.header(*name, *value);
    }
    builder.body(Full::from(exchange.body.clone())).map_err(|error| error.to_string())
}

async fn response(stream: &mut BufReader<TcpStream>, exchange: &Exchange) -> Result<Response, String> {
    let mut head = backend::read_head(stream).await.ok_or("no answer")?;
    if head[0].starts_with("HTTP/1.1 100") != exchange.continues {
        return Err(format!("100 Continue: {}", head[0]));
    }
    if exchange.continues {
        head = backend::read_head(stream).await.ok_or("no answer after 100")?;
    }
    let status = head[0].split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or("no status")?;
    let mut message = Request { head, body: Vec::new() };
    let method = exchange.head.first().map_or("", |line| line.split(' ').next().unwrap_or_default());
    if method != "HEAD" && status != 204 && status != 304 {
        message.body = backend::read_body(stream, &message).await.ok_or("no whole body")?;
    }
    let headers = message.head.into_iter().skip(1).collect();
    Ok(Response { status, headers, body: String::from_utf8_lossy(&message.body).into_owned() })
}

fn compare(response: &Response, exchange: &Exchange) -> Result<(), String> {
    let missing = exchange.headers.iter().find(|line| !response.headers.contains(line));
    let unwanted = exchange
        .absent
        .iter()
        .find(|name| response.headers.iter().any(|line| line.starts_with(&format!("{name}:"))));
    let part = exchange.parts.iter().find(|part| !response.body.contains(*part));
    let body = exchange.text.as_ref().is_none_or(|text| *text == response.body);
    if response.status == exchange.status && missing.is_none() && unwanted.is_none() && part.is_none() && body
    {
        return Ok(());
    }
    Err(format!("missing {missing:?} {part:?}, unwanted {unwanted:?}: {response:?}"))
}

fn compare_seen(expected: &Seen, seen: &[Request]) -> Result<(), String> {
    if expected.lines.is_empty() && expected.absent.is_empty() && expected.body.is_none() {
        return if seen.is_empty() { Ok(()) } else { Err(format!("the backend saw {seen:?}")) };
    }
    let [request] = seen else { return Err(format!("the backend saw {} requests: {seen:?}", seen.len())) };
    let missing = expected.lines.iter().find(|line| !request.head.contains(line));
    let unwanted = expected
        .absent
        .iter()
        .find(|name| request.head.iter().any(|line| line.starts_with(&format!("{name}:"))));
    let body = expected.body.as_ref().is_none_or(|body| body.as_bytes() == request.body);
    if missing.is_none() && unwanted.is_none() && body {
        return Ok(());
    }
    Err(format!("the backend: missing {missing:?}, unwanted {unwanted:?}, body {body}: {request:?}"))
}
