//! `azure_core`'s HTTP transport over this crate's HTTP client.

use azure_core::Error;
use azure_core::error::ErrorKind;
use azure_core::http::headers::{HeaderName, HeaderValue, Headers};
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Method, Request};

/// An HTTP client that `azure_core` may use.
#[derive(Debug)]
pub(super) struct Http(pub(super) reqwest::Client);

#[async_trait::async_trait]
impl HttpClient for Http {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let mut outgoing = self.0.request(method(request.method())?, request.url().clone());
        for (name, value) in request.headers().iter() {
            outgoing = outgoing.header(name.as_str(), value.as_str());
        }
        let Body::Bytes(body) = request.body() else {
            return Err(Error::with_message(ErrorKind::Io, "token requests have no streamed bodies"));
        };
        let answer = outgoing.body(body.clone()).send().await.map_err(failed)?;
        let status = answer.status().as_u16().into();
        let mut headers = Headers::new();
        for (name, value) in answer.headers() {
            if let Ok(value) = value.to_str() {
                headers
                    .insert(HeaderName::from(name.as_str().to_owned()), HeaderValue::from(value.to_owned()));
            }
        }
        let body = answer.bytes().await.map_err(failed)?;
        Ok(AsyncRawResponse::from_bytes(status, headers, body))
    }
}

fn failed(error: reqwest::Error) -> Error {
    let kind = if error.is_connect() { ErrorKind::Connection } else { ErrorKind::Io };
    let reason = crate::retry::reason(&error);
    Error::with_error(kind, error, reason)
}

/// The method by its name, as the enumeration may grow.
fn method(method: Method) -> azure_core::Result<http::Method> {
    let unknown = |_| Error::with_message(ErrorKind::Io, "a method that HTTP does not know");
    http::Method::from_bytes(method.as_ref().as_bytes()).map_err(unknown)
}
