//! `nginx`: the welcome page and its error pages, with an access log.
//! <https://nginx.org/en/docs/>
//!
//! **Differs from nginx:** no configuration and no files are read; other paths are answered with 404. The client's
//! address in the log is that of the Pod network's gateway.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;

use super::{Builtin, Run};
use crate::embedded::workloads::container::Instance;
use crate::embedded::workloads::server::{Aborted, Body, BoxFuture, Handler};

pub const BUILTIN: Builtin = Builtin {
    name: "nginx",
    images: &["nginx", "nginxinc/nginx-unprivileged"],
    commands: &["nginx"],
    run: Run::Serve { port, handler },
};

const NEWEST: &str = "1.29.3";
const ENTITY_TAG: &str = "\"692496d0-267\"";
const MODIFIED: &str = "Mon, 24 Nov 2025 17:33:36 GMT";
const WELCOME: &str = "<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto; font-family: sans-serif; }
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>This page comes from a Pod of the sandbox that stands for the image <code>nginx</code>. It answers, so the way to
it is open.</p>
<p>To run a server of your own in its place, name the image and a local command under <code>workloads:</code> in the
scenario.</p>
</body>
</html>
";

struct Nginx {
    instance: Instance,
    server: String,
}

fn port(instance: &Instance) -> u16 {
    if instance.image.repository.ends_with("unprivileged") { 8080 } else { 80 }
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of the table")]
fn handler(instance: Instance) -> Result<Arc<dyn Handler>, String> {
    let server = format!("nginx/{}", version(&instance.image.tag));
    Ok(Arc::new(Nginx { instance, server }))
}

impl Handler for Nginx {
    fn respond(&self, request: Request<Incoming>) -> BoxFuture<'_, Result<Response<Body>, Aborted>> {
        let (status, body) = self.content(&request);
        let mut response = Response::new(Full::new(Bytes::from(body)).boxed_unsync());
        *response.status_mut() = status;
        self.head(response.headers_mut(), status);
        self.log(&request, &response);
        Box::pin(async { Ok(response) })
    }
}

impl Nginx {
    fn content(&self, request: &Request<Incoming>) -> (StatusCode, String) {
        let known = matches!(request.uri().path(), "/" | "/index.html");
        let fresh = request.headers().get(header::IF_NONE_MATCH).is_some_and(|tag| tag == ENTITY_TAG);
        match *request.method() {
            Method::GET | Method::HEAD if !known => self.error_page(StatusCode::NOT_FOUND),
            Method::GET | Method::HEAD if fresh => (StatusCode::NOT_MODIFIED, String::new()),
            Method::GET | Method::HEAD => (StatusCode::OK, WELCOME.to_owned()),
            _ => self.error_page(StatusCode::METHOD_NOT_ALLOWED),
        }
    }

    fn error_page(&self, status: StatusCode) -> (StatusCode, String) {
        let reason = match status {
            StatusCode::METHOD_NOT_ALLOWED => "Not Allowed",
            other => other.canonical_reason().unwrap_or_default(),
        };
        let title = format!("{} {reason}", status.as_u16());
        let page = format!(
            "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
             <hr><center>{}</center>\r\n</body>\r\n</html>\r\n",
            self.server
        );
        (status, page)
    }

    fn head(&self, headers: &mut HeaderMap, status: StatusCode) {
        let mut set = |name: header::HeaderName, value: &str| {
            if let Ok(value) = value.parse() {
                headers.insert(name, value);
            }
        };
        set(header::SERVER, &self.server);
        if status != StatusCode::NOT_MODIFIED {
            set(header::CONTENT_TYPE, "text/html");
        }
        if status == StatusCode::OK || status == StatusCode::NOT_MODIFIED {
            set(header::ETAG, ENTITY_TAG);
            set(header::LAST_MODIFIED, MODIFIED);
        }
        if status == StatusCode::OK {
            set(header::ACCEPT_RANGES, "bytes");
        }
    }

    fn log(&self, request: &Request<Incoming>, response: &Response<Body>) {
        let field = |name: header::HeaderName| {
            let value = request.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or("-").replace('"', "\\x22")
        };
        let length = http_body::Body::size_hint(response.body()).exact().unwrap_or(0);
        let [a, b, c, _] = self.instance.pod.address.octets();
        self.instance.log.write(&format!(
            "{a}.{b}.{c}.1 - - [{}] \"{} {} {:?}\" {} {} \"{}\" \"{}\" \"{}\"",
            common_log_time(&self.instance.world.clock.now().rfc3339()),
            request.method(),
            request.uri().path_and_query().map_or("/", |path| path.as_str()),
            request.version(),
            response.status().as_u16(),
            if request.method() == Method::HEAD { 0 } else { length },
            field(header::REFERER),
            field(header::USER_AGENT),
            field(header::HeaderName::from_static("x-forwarded-for")),
        ));
    }
}

/// `2026-11-24T23:32:31Z` as `24/Nov/2026:23:32:31 +0000`.
fn common_log_time(rfc3339: &str) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let part = |range: std::ops::Range<usize>| rfc3339.get(range).unwrap_or_default();
    let month = part(5..7).parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?));
    format!("{}/{}/{}:{} +0000", part(8..10), month.unwrap_or(&"Jan"), part(0..4), part(11..19))
}

fn version(tag: &str) -> &str {
    let number = tag.split('-').next().unwrap_or_default();
    let is_number = number.contains('.') && number.chars().all(|c| c.is_ascii_digit() || c == '.');
    if is_number { number } else { NEWEST }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_header_follows_the_tag() {
        for (tag, expected) in
            [("1.7.8", "1.7.8"), ("1.27-alpine", "1.27"), ("latest", NEWEST), ("alpine", NEWEST)]
        {
            assert_eq!(version(tag), expected);
        }
    }

    #[test]
    fn access_log_times_are_in_the_common_log_format() {
        assert_eq!(common_log_time("2026-11-24T23:32:31Z"), "24/Nov/2026:23:32:31 +0000");
    }
}
