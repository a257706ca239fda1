//! Passing bytes on, in both directions at once.

use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, Version, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{Answer, FROM, Refusal};

/// Headers that are about one connection (RFC 9110, 7.6.1) or about this proxy.
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Joins the client and `stream` once the client has the answer to its `CONNECT`.
pub(super) fn tunnel(request: Request<Incoming>, mut stream: TcpStream) {
    tokio::spawn(async move {
        match hyper::upgrade::on(request).await {
            Ok(client) => {
                // How a tunnel ends is between the two sides.
                drop(tokio::io::copy_bidirectional(&mut TokioIo::new(client), &mut stream).await);
            }
            Err(error) => tracing::debug!(%error, "a tunnel was not opened"),
        }
    });
}

/// Sends a request over `stream` and passes the answer back.
pub(super) async fn request(
    mut request: Request<Incoming>,
    stream: TcpStream,
    host: &str,
) -> Result<Answer, Refusal> {
    let failed = |error: hyper::Error| Refusal::Unreachable(format!("{host} gave no answer: {error}"));
    let authority = request.uri().authority().map(ToString::to_string).unwrap_or_default();
    *request.uri_mut() = origin_form(request.uri());
    *request.version_mut() = Version::HTTP_11;
    strip(request.headers_mut());
    request.headers_mut().remove(FROM);
    let authority = HeaderValue::from_str(&authority)
        .map_err(|_| Refusal::BadRequest("the host name is not usable as a header".to_owned()))?;
    request.headers_mut().insert(header::HOST, authority);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a proxied connection ended early");
        }
    });
    let mut answer = sender.send_request(request).await.map_err(failed)?;
    strip(answer.headers_mut());
    Ok(answer.map(BodyExt::boxed))
}

fn origin_form(uri: &Uri) -> Uri {
    let path = uri.path_and_query().cloned();
    path.map_or_else(|| Uri::from_static("/"), Uri::from)
}

/// Removes what is about one connection only.
pub(crate) fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_about_one_connection_is_not_passed_on() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Once"),
            ("x-once", "1"),
            ("te", "trailers"),
            ("proxy-authorization", "Bearer x"),
            ("accept", "*/*"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        strip(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["accept"]);
    }
}
