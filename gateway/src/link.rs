//! Documents at links: fetched from this machine or a virtual network's public addresses, and from nowhere else.

use std::time::Duration;

use http::Request;
use http::header::{ACCEPT, HOST};
use network::Place;

use crate::Gateway;
use crate::backend::{BackendUrl, Call, HttpVersion, Session};
use crate::body::Body;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The text at a link. Redirects are not followed.
///
/// # Errors
/// A sentence that says why it cannot be had.
pub async fn read(gateway: &Gateway, url: &str, most: usize) -> Result<String, String> {
    let (to, target) = BackendUrl::destination(url.trim())?;
    let mut request = Request::new(Body::Empty);
    *request.uri_mut() = target;
    request.headers_mut().insert(HOST, to.host_header.clone());
    request.headers_mut().insert(ACCEPT, http::HeaderValue::from_static("*/*"));
    let session = Session::default();
    let call = Call { from: &Place::Internet, to: &to, session: &session, version: HttpVersion::One };
    let fetched = async {
        let answer = gateway.backend.forward(call, request, TIMEOUT).await;
        let (parts, mut body) = answer.map_err(|error| error.message)?.into_parts();
        if !parts.status.is_success() {
            return Err(format!("it answers with {}", parts.status));
        }
        body.collect(most).await.map_err(|error| error.to_string())?;
        Ok(body)
    };
    let body = tokio::select! {
        body = fetched => body?,
        () = gateway.clock.sleep(TIMEOUT) => return Err(format!("it takes longer than {} s", TIMEOUT.as_secs())),
    };
    match body {
        Body::Full(bytes) => {
            let text = String::from_utf8(bytes.to_vec()).map_err(|_| "it is not UTF-8".to_owned())?;
            Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
        }
        _ => Err("it is empty".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use apim::DataPlane;

    use crate::tests::world::{Recorder, World, service};

    #[tokio::test(flavor = "current_thread")]
    async fn a_text_is_read_from_this_machine_and_from_nowhere_else() {
        let world = World::with(service()).await;
        let good = Recorder::start("HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n<a></a>").await;
        let moved =
            Recorder::start("HTTP/1.1 302 Found\r\nlocation: http://a.test/\r\ncontent-length: 0\r\n\r\n")
                .await;
        let at = |backend: &Recorder| format!("http://{}/p.xml?a=b", backend.socket);
        assert_eq!(world.gateway.read(&at(&good), 7).await, Ok("<a></a>".to_owned()));
        let wrong = |result: Result<String, String>| result.expect_err("no text");
        assert!(wrong(world.gateway.read(&at(&good), 6).await).contains('6'));
        assert_eq!(wrong(world.gateway.read(&at(&moved), 99).await), "it answers with 302 Found");
        for (url, why) in [
            ("http://example.com/a", "outside the virtual networks and this machine"),
            ("http://192.0.2.1/a", "outside the virtual networks and this machine"),
            ("file:///etc/passwd", "file:///etc/passwd"),
            ("", "not a URL"),
        ] {
            let said = wrong(world.gateway.read(url, 99).await);
            assert!(said.contains(why), "{url}: {said}");
        }
    }
}
