//! Following a backend's redirects, as .NET's HTTP client does.
//! <https://learn.microsoft.com/dotnet/api/system.net.http.httpclienthandler.allowautoredirect>

use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, LOCATION, TRANSFER_ENCODING};
use http::{Method, Request};

use super::forward::{Answer, Outgoing};
use super::{Backend, BackendUrl, Call};
use crate::body::Body;
use crate::error::LastError;

/// How many redirects are followed.
const REDIRECTS: usize = 50;

impl Backend {
    /// Sends `request`, whose body is collected, and goes where the answers lead.
    ///
    /// # Errors
    /// A backend cannot be reached, breaks off, or the last does not answer in time.
    pub async fn follow(
        &self,
        call: Call<'_>,
        mut request: Outgoing,
        timeout: std::time::Duration,
    ) -> Result<Answer, LastError> {
        let until = self.clock.elapsed() + timeout;
        let mut to = call.to.clone();
        for _ in 0..REDIRECTS {
            let copy = copy(&mut request);
            let left = until.saturating_sub(self.clock.elapsed());
            let answer = self.forward(Call { to: &to, ..call }, request, left).await?;
            let Some((next, again)) = redirected(&to, copy, &answer) else { return Ok(answer) };
            (to, request) = (next, again);
        }
        self.forward(Call { to: &to, ..call }, request, until.saturating_sub(self.clock.elapsed())).await
    }
}

fn copy(request: &mut Outgoing) -> Outgoing {
    let mut copy = Request::new(request.body_mut().take().unwrap_or_default());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}

/// Where an answer leads, and the request to send there; `None` if it is the last.
fn redirected(from: &BackendUrl, mut request: Outgoing, answer: &Answer) -> Option<(BackendUrl, Outgoing)> {
    let status = answer.status().as_u16();
    if !matches!(status, 300..=303 | 307 | 308) {
        return None;
    }
    let location = answer.headers().get(LOCATION)?.to_str().ok()?;
    let (to, target) = BackendUrl::destination(&absolute(from, request.uri().path(), location)).ok()?;
    if from.tls && !to.tls {
        return None;
    }
    let to_get = match status {
        303 => *request.method() != Method::HEAD,
        300..=302 => *request.method() == Method::POST,
        _ => false,
    };
    if to_get {
        *request.method_mut() = Method::GET;
        *request.body_mut() = Body::Empty;
        for name in [CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING] {
            request.headers_mut().remove(name);
        }
    }
    request.headers_mut().remove(AUTHORIZATION);
    request.headers_mut().insert(HOST, to.host_header.clone());
    *request.uri_mut() = target;
    Some((to, request))
}

/// A location as a whole URL.
fn absolute(from: &BackendUrl, path: &str, location: &str) -> String {
    let location = location.split('#').next().unwrap_or_default();
    let scheme = if from.tls { "https" } else { "http" };
    let host = from.host_header.to_str().unwrap_or_default();
    if location.contains("://") {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{host}{location}")
    } else {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{host}{folder}/{location}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_resolved_and_methods_become_get_where_dotnet_does_so() {
        for (status, method, location, expected) in [
            (302, "POST", "/b?c=d", Some("GET /b?c=d a.example:81")),
            (303, "PUT", "b", Some("GET /x/b a.example:81")),
            (301, "GET", "http://b.example/", Some("GET / b.example")),
            (307, "POST", "//b.example/y", Some("POST /y b.example")),
            (308, "HEAD", "#f", Some("HEAD /x/ a.example:81")),
            (304, "GET", "/b", None),
            (200, "GET", "/b", None),
        ] {
            let from = BackendUrl::parse("http://a.example:81").expect("a URL");
            let request = Request::builder().method(method).uri("/x/y").body(Body::Empty).expect("a request");
            let answer = http::Response::builder().status(status).header("location", location);
            let answer = answer.body(Body::Empty).expect("an answer");
            let found = redirected(&from, request, &answer).map(|(to, request)| {
                let host = to.host_header.to_str().expect("text").to_owned();
                format!("{} {} {host}", request.method(), request.uri())
            });
            assert_eq!(found.as_deref(), expected, "{status} {method} {location}");
        }
    }
}
