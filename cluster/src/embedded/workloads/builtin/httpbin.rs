//! `httpbin`: answers with what it was asked, as JSON, and a few endpoints that behave on demand.
//! <https://httpbin.org>
//!
//! `/status/{code}`, `/delay/{seconds}` (at most 10), `/bytes/{n}` and `/stream/{n}` (at most 102400 and 100) are
//! those of httpbin; every other path echoes.
//!
//! **Differs from httpbin:** every path echoes where httpbin answers 404; the echo names the method, the path and
//! the Pod; bytes are a fixed pattern, not random.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody};
use hyper::body::Incoming;
use serde_json::{Map, Value, json};

use super::{Builtin, Run, port_variable};
use crate::embedded::workloads::container::Instance;
use crate::embedded::workloads::server::{Aborted, Body, BoxFuture, Handler};

pub const BUILTIN: Builtin = Builtin {
    name: "httpbin",
    images: &["kennethreitz/httpbin", "mccutchen/go-httpbin", "*/mccutchen/go-httpbin", "ealen/echo-server"],
    commands: &[],
    run: Run::Serve { port, handler },
};

const BODY: usize = 10 << 20;
const DELAY: f64 = 10.0;
const BYTES: usize = 100 << 10;
const LINES: usize = 100;

struct Httpbin(Instance);

fn port(instance: &Instance) -> u16 {
    port_variable(instance, if instance.image.repository.ends_with("go-httpbin") { 8080 } else { 80 })
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of the table")]
fn handler(instance: Instance) -> Result<Arc<dyn Handler>, String> {
    Ok(Arc::new(Httpbin(instance)))
}

impl Handler for Httpbin {
    fn respond(&self, request: Request<Incoming>) -> BoxFuture<'_, Result<Response<Body>, Aborted>> {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let response = self.answer(&head, body).await;
            self.0.log.write(&format!("{} {} {}", head.method, head.uri, response.status().as_u16()));
            Ok(response)
        })
    }
}

impl Httpbin {
    async fn answer(&self, head: &Parts, body: Incoming) -> Response<Body> {
        let Ok(body) = Limited::new(body, BODY).collect().await.map(http_body_util::Collected::to_bytes)
        else {
            return text(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large or broke off\n");
        };
        let mut segments = head.uri.path().trim_matches('/').splitn(2, '/');
        let (first, rest) = (segments.next().unwrap_or_default(), segments.next().unwrap_or_default());
        match first {
            "status" => status(rest),
            "bytes" => rest.parse().map_or_else(|_| bad(rest), bytes),
            "stream" => match rest.parse::<usize>() {
                Ok(lines) => self.stream(head, lines.min(LINES)),
                Err(_) => bad(rest),
            },
            "delay" => match rest.parse::<f64>() {
                Ok(seconds) if seconds >= 0.0 => {
                    self.0.world.clock.sleep(Duration::from_secs_f64(seconds.min(DELAY))).await;
                    json_response(&self.echo(head, &body))
                }
                _ => bad(rest),
            },
            _ => json_response(&self.echo(head, &body)),
        }
    }

    fn echo(&self, head: &Parts, body: &Bytes) -> Value {
        let host = head.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let text = String::from_utf8_lossy(body);
        json!({
            "method": head.method.as_str(),
            "path": head.uri.path(),
            "args": arguments(head.uri.query().unwrap_or_default()),
            "headers": headers(head),
            "data": text,
            "json": serde_json::from_slice::<Value>(body).ok(),
            "url": format!("http://{host}{}", head.uri),
            "pod": self.0.pod.name,
        })
    }

    fn stream(&self, head: &Parts, lines: usize) -> Response<Body> {
        let mut echo = self.echo(head, &Bytes::new());
        let lines: Vec<Result<Frame<Bytes>, Infallible>> = (0..lines)
            .map(|id| {
                if let Some(object) = echo.as_object_mut() {
                    object.insert("id".to_owned(), json!(id));
                }
                Ok(Frame::data(Bytes::from(format!("{echo}\n"))))
            })
            .collect();
        with_type(Response::new(StreamBody::new(stream::iter(lines)).boxed_unsync()), "application/json")
    }
}

/// `name: value`, or a list of the values if a name comes more than once.
fn arguments(query: &str) -> Value {
    let pairs = form_urlencoded::parse(query.as_bytes());
    collect(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())))
}

fn headers(head: &Parts) -> Value {
    let named = head.headers.iter();
    collect(
        named.map(|(name, value)| {
            (title_case(name.as_str()), String::from_utf8_lossy(value.as_bytes()).into())
        }),
    )
}

fn collect(pairs: impl Iterator<Item = (String, String)>) -> Value {
    let mut collected = Map::new();
    for (name, value) in pairs {
        match collected.get_mut(&name) {
            None => drop(collected.insert(name, json!(value))),
            Some(Value::Array(values)) => values.push(json!(value)),
            Some(first) => *first = json!([first.take(), value]),
        }
    }
    Value::Object(collected)
}

/// `content-type` as `Content-Type`.
fn title_case(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        first.to_ascii_uppercase() + rest
    });
    words.collect::<Vec<_>>().join("-")
}

fn status(code: &str) -> Response<Body> {
    match code.parse::<u16>().ok().and_then(|code| StatusCode::from_u16(code).ok()) {
        Some(code) if code.as_u16() >= 200 => text(code, ""),
        _ => bad(code),
    }
}

fn bytes(count: usize) -> Response<Body> {
    let pattern: Vec<u8> = (0..=u8::MAX).cycle().take(count.min(BYTES)).collect();
    with_type(Response::new(Full::new(Bytes::from(pattern)).boxed_unsync()), "application/octet-stream")
}

fn bad(segment: &str) -> Response<Body> {
    text(StatusCode::BAD_REQUEST, &format!("`{segment}` is not a number that can be used here\n"))
}

fn json_response(value: &Value) -> Response<Body> {
    let body = Full::new(Bytes::from(format!("{value:#}\n"))).boxed_unsync();
    with_type(Response::new(body), "application/json")
}

fn text(status: StatusCode, body: &str) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from(body.to_owned())).boxed_unsync());
    *response.status_mut() = status;
    with_type(response, "text/html; charset=utf-8")
}

fn with_type(mut response: Response<Body>, content_type: &'static str) -> Response<Body> {
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_arguments_become_a_list() {
        assert_eq!(arguments("a=1&b=x%20y&a=2&a=3"), json!({ "a": ["1", "2", "3"], "b": "x y" }));
        assert_eq!(title_case("x-forwarded-for"), "X-Forwarded-For");
    }
}
