//! Who may ask: <https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site> and the `Host` header
//! keep web pages out, the token keeps other users of the machine out.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::json;

use super::Admin;
use crate::self_hosted::CONFIGURATION_PATH;

/// The only endpoint that answers without a token.
const OPEN: &str = "/healthz";

pub(super) async fn check(State(admin): State<Arc<Admin>>, request: Request, next: Next) -> Response {
    match refusal(&request, &admin.token) {
        None => next.run(request).await,
        Some((status, message)) => problem(status, message),
    }
}

/// An answer that says what is wrong.
pub(super) fn problem(status: StatusCode, message: &str) -> Response {
    (status, axum::Json(json!({ "error": { "message": message } }))).into_response()
}

/// `given` is `Bearer` and this token. Takes the same time wherever the first difference is.
pub(crate) fn bearer_matches(given: &str, token: &str) -> bool {
    let Some((scheme, given)) = given.split_once(' ') else { return false };
    let difference = given.bytes().zip(token.bytes()).fold(0, |all, (one, other)| all | (one ^ other));
    scheme.eq_ignore_ascii_case("bearer") && given.len() == token.len() && difference == 0
}

/// The token of a gateway entity that a request shows.
pub(super) fn gateway_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("GatewayKey").then(|| token.trim())
}

fn refusal<B>(request: &http::Request<B>, token: &str) -> Option<(StatusCode, &'static str)> {
    let headers = request.headers();
    let host =
        text(headers, header::HOST).or_else(|| request.uri().authority().map(http::uri::Authority::as_str));
    if !host.is_some_and(is_local) {
        let message = "this API answers for names of this machine only: use http://127.0.0.1:PORT";
        return Some((StatusCode::MISDIRECTED_REQUEST, message));
    }
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_foreign(headers) && !reads {
        return Some((StatusCode::FORBIDDEN, "pages of other sites may not change the sandbox"));
    }
    if request.uri().path() == OPEN && reads {
        return None;
    }
    // The endpoint looks at the token.
    if request.uri().path() == CONFIGURATION_PATH && reads && gateway_token(headers).is_some() {
        return None;
    }
    let given = text(headers, header::AUTHORIZATION);
    if given.is_some_and(|given| bearer_matches(given, token)) {
        return None;
    }
    Some((
        StatusCode::UNAUTHORIZED,
        "the sandbox's token is missing: Authorization: Bearer TOKEN (see `adminToken` in sandbox.json)",
    ))
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// `host` (with or without a port) is a name of this machine.
fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.to_ascii_lowercase();
    matches!(name.as_str(), "127.0.0.1" | "[::1]" | "localhost") || name.ends_with(".localhost")
}

fn is_foreign(headers: &HeaderMap) -> bool {
    let site = text(headers, header::HeaderName::from_static("sec-fetch-site"));
    if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return true;
    }
    // Browsers name the origin of every write; it must be the very address that the request went to.
    let (origin, host) = (headers.get(header::ORIGIN), text(headers, header::HOST));
    origin.is_some_and(|origin| {
        let origin = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
        origin.is_none() || origin != host
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)], Option<u16>);

    fn check(method: &str, path: &str, headers: &[(&str, &str)]) -> Option<u16> {
        let mut request = http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        refusal(&request.body(()).expect("a request"), "secret").map(|(status, _)| status.as_u16())
    }

    #[test]
    fn only_local_callers_with_the_token_get_in() {
        const AUTH: (&str, &str) = ("authorization", "Bearer secret");
        const KEY: (&str, &str) = ("authorization", "GatewayKey here&202611242332&AAAA");
        const HOST: (&str, &str) = ("host", "127.0.0.1:4784");
        let cases: [Case; 18] = [
            ("GET", "/healthz", &[HOST], None),
            ("GET", "/healthz", &[("host", "evil.example")], Some(421)),
            ("GET", "/healthz", &[], Some(421)),
            ("GET", "/status", &[HOST], Some(401)),
            ("GET", "/status", &[HOST, ("authorization", "Bearer secre")], Some(401)),
            ("GET", "/status", &[HOST, ("authorization", "Basic secret")], Some(401)),
            ("GET", "/status", &[HOST, AUTH], None),
            ("GET", "/status", &[("host", "console.localhost"), AUTH], None),
            ("GET", "/status", &[("host", "127.0.0.1.evil.example"), AUTH], Some(421)),
            ("POST", "/shutdown", &[HOST, AUTH, ("sec-fetch-site", "cross-site")], Some(403)),
            ("POST", "/shutdown", &[HOST, AUTH, ("origin", "http://127.0.0.1:8000")], Some(403)),
            ("POST", "/shutdown", &[HOST, AUTH, ("origin", "http://127.0.0.1:4784")], None),
            ("POST", "/shutdown", &[HOST, AUTH], None),
            ("GET", "/gateway/configuration", &[HOST], Some(401)),
            ("GET", "/gateway/configuration", &[HOST, KEY], None),
            ("GET", "/gateway/configuration", &[("host", "evil.example"), KEY], Some(421)),
            ("GET", "/status", &[HOST, KEY], Some(401)),
            ("POST", "/gateway/configuration", &[HOST, KEY], Some(401)),
        ];
        for (method, path, headers, expected) in cases {
            assert_eq!(check(method, path, headers), expected, "{method} {path} {headers:?}");
        }
    }
}
