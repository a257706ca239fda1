//! `apimlab/faulty`: a back end that is slow, answers with errors or breaks connections when it is told to.
//!
//! Per request, as query parameters or as headers `X-Fault-Delay`, `X-Fault-Status`, `X-Fault-Abort`:
//! `delay` in milliseconds (at most 300000), `status` to answer with, `abort=true` to break the connection. For all
//! requests, as environment: `DELAY_MS`, `FAIL_EVERY` (every n-th request fails) or `FAIL_RATE` (a share from 0 to
//! 1, spread evenly, the same each time), with `FAIL_STATUS` (503).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use serde_json::json;

use super::{Builtin, Run, port_variable};
use crate::embedded::workloads::container::Instance;
use crate::embedded::workloads::server::{Aborted, Body, BoxFuture, Handler};

pub const BUILTIN: Builtin =
    Builtin { name: "faulty", images: &["apimlab/faulty"], commands: &[], run: Run::Serve { port, handler } };

const LONGEST: u64 = 300_000;

struct Faulty {
    instance: Instance,
    delay: u64,
    /// Failures per million requests.
    rate: u64,
    status: StatusCode,
    count: AtomicU64,
}

struct Fault {
    delay: u64,
    status: StatusCode,
    abort: bool,
}

fn port(instance: &Instance) -> u16 {
    port_variable(instance, 80)
}

fn handler(instance: Instance) -> Result<Arc<dyn Handler>, String> {
    let number = |name: &str, default: f64| match instance.spec.variable(name) {
        None => Ok(default),
        Some(text) => text
            .parse::<f64>()
            .ok()
            .filter(|number| (0.0..=1e9).contains(number))
            .ok_or_else(|| format!("{name} is `{text}`: expected a number that is not negative")),
    };
    let every = number("FAIL_EVERY", 0.0)?;
    let share = if every >= 1.0 { 1.0 / every } else { number("FAIL_RATE", 0.0)?.min(1.0) };
    let status = StatusCode::from_u16(whole(number("FAIL_STATUS", 503.0)?).try_into().unwrap_or(0))
        .map_err(|_| "FAIL_STATUS is not a status code".to_owned())?;
    let delay = whole(number("DELAY_MS", 0.0)?).min(LONGEST);
    Ok(Arc::new(Faulty {
        delay,
        rate: whole((share * 1e6).ceil()),
        status,
        count: AtomicU64::new(0),
        instance,
    }))
}

impl Handler for Faulty {
    fn respond(&self, request: Request<Incoming>) -> BoxFuture<'_, Result<Response<Body>, Aborted>> {
        Box::pin(async move {
            let fault = self.fault(&request);
            self.instance.world.clock.sleep(Duration::from_millis(fault.delay)).await;
            let outcome = if fault.abort { "aborted" } else { fault.status.as_str() };
            self.instance.log.write(&format!("{} {} {outcome}", request.method(), request.uri()));
            if fault.abort { Err(Aborted) } else { Ok(self.answer(&fault)) }
        })
    }
}

impl Faulty {
    fn fault(&self, request: &Request<Incoming>) -> Fault {
        let query = request.uri().query().unwrap_or_default();
        let asked = |name: &str| {
            let header =
                request.headers().get(format!("x-fault-{name}")).and_then(|value| value.to_str().ok());
            let found = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
            header.map(str::to_owned).or(found.map(|(_, value)| value.into_owned()))
        };
        let fails = fails(self.count.fetch_add(1, Ordering::Relaxed), self.rate);
        let wanted = asked("status").and_then(|code| code.parse().ok());
        let wanted =
            wanted.and_then(|code| StatusCode::from_u16(code).ok()).filter(|code| code.as_u16() >= 200);
        Fault {
            delay: asked("delay").and_then(|delay| delay.parse().ok()).unwrap_or(self.delay).min(LONGEST),
            status: wanted.unwrap_or(if fails { self.status } else { StatusCode::OK }),
            abort: asked("abort").is_some_and(|abort| abort == "true" || abort == "1"),
        }
    }

    fn answer(&self, fault: &Fault) -> Response<Body> {
        let body =
            json!({ "status": fault.status.as_u16(), "delay": fault.delay, "pod": self.instance.pod.name });
        let mut response = Response::new(Full::new(Bytes::from(format!("{body}\n"))).boxed_unsync());
        *response.status_mut() = fault.status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

/// The request with this index fails, if `rate` of a million do and they are spread evenly.
fn fails(index: u64, rate: u64) -> bool {
    let until = |count: u64| count.saturating_mul(rate) / 1_000_000;
    until(index.saturating_add(1)) > until(index)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "was checked to lie in 0 to 1e9")]
const fn whole(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_spread_evenly_and_repeat() {
        for (rate, expected) in [(0, 0), (333_334, 3), (500_000, 5), (1_000_000, 10)] {
            assert_eq!((0..10).filter(|index| fails(*index, rate)).count(), expected, "{rate}");
        }
        let third: Vec<u64> = (0..9).filter(|index| fails(*index, 333_334)).collect();
        assert_eq!(third, [2, 5, 8], "every third request");
    }
}
