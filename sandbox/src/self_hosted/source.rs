//! Where configurations come from: the control plane's endpoint, which answers when there is a newer one, or a file.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use apim::Configuration;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use reqwest::{Client, Response};

use super::Error;

/// The path of the endpoint.
pub const CONFIGURATION_PATH: &str = "/gateway/configuration";
/// How long the control plane may wait for something new before it says that there is nothing: as often as a
/// self-hosted gateway asks.
const WAIT: Duration = Duration::from_secs(10);
/// How long it may take beyond that.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most that a configuration may be long.
const LENGTH: usize = 256 * 1024 * 1024;

/// Where configurations come from.
pub enum Source {
    /// A file, read once.
    File(PathBuf),
    /// A control plane.
    Endpoint(Endpoint),
}

/// The endpoint of a control plane.
pub struct Endpoint {
    client: Client,
    url: String,
    authorization: HeaderValue,
}

impl Source {
    /// The control plane at this address, which is shown this token: one of a gateway, as `generateToken` gives it, or
    /// the sandbox's own.
    ///
    /// # Errors
    /// The token cannot be sent.
    pub fn endpoint(address: &str, token: &str) -> Result<Self, Error> {
        let token = token.trim();
        let is_whole = token.starts_with("GatewayKey ") || token.starts_with("Bearer ");
        let scheme = if token.contains('&') { "GatewayKey" } else { "Bearer" };
        let text = if is_whole { token.to_owned() } else { format!("{scheme} {token}") };
        let mut authorization = HeaderValue::try_from(text).map_err(|_| Error::Token)?;
        authorization.set_sensitive(true);
        // The control plane speaks plain HTTP on this machine: neither proxies nor authorities are of interest.
        let client = Client::builder().no_proxy().tls_certs_only([]).build();
        let client = client.map_err(|error| Error::Away(error.to_string()))?;
        let url = format!("{}{CONFIGURATION_PATH}", address.trim_end_matches('/'));
        Ok(Self::Endpoint(Endpoint { client, url, authorization }))
    }

    /// The configuration, as soon as it is another than the known one; `None` if that took too long.
    pub(super) async fn next(&self, known: Option<&str>) -> Result<Option<Configuration>, Error> {
        match self {
            Self::File(_) if known.is_some() => std::future::pending().await,
            Self::File(path) => {
                let text =
                    std::fs::read(path).map_err(|reason| Error::File { path: path.clone(), reason })?;
                read(&text).map(Some)
            }
            Self::Endpoint(endpoint) => endpoint.next(known).await,
        }
    }
}

impl Endpoint {
    async fn next(&self, known: Option<&str>) -> Result<Option<Configuration>, Error> {
        let mut headers = HeaderMap::from_iter([(header::AUTHORIZATION, self.authorization.clone())]);
        if let Some(known) = known.and_then(|known| HeaderValue::try_from(format!("\"{known}\"")).ok()) {
            headers.insert(header::IF_NONE_MATCH, known);
            let wait = HeaderValue::try_from(format!("wait={}", WAIT.as_secs()));
            headers.extend(wait.ok().map(|wait| (header::HeaderName::from_static("prefer"), wait)));
        }
        let answer = self.client.get(&self.url).headers(headers).timeout(WAIT + PATIENCE).send().await;
        let answer = answer.map_err(away)?;
        match answer.status() {
            StatusCode::OK => read(&body(answer).await?).map(Some),
            StatusCode::NOT_MODIFIED => Ok(None),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Error::Token),
            status if status.is_server_error() => Err(Error::Away(format!("it answered {status}"))),
            status => Err(Error::NoConfiguration(status.as_u16())),
        }
    }
}

async fn body(mut answer: Response) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(away)? {
        if body.len() + piece.len() > LENGTH {
            return Err(Error::Unreadable("it is longer than 256 MiB".to_owned()));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// Reads a configuration.
pub(super) fn read(text: &[u8]) -> Result<Configuration, Error> {
    serde_json::from_slice(text).map_err(|error| Error::Unreadable(error.to_string()))
}

/// The innermost reason says most.
fn away(error: reqwest::Error) -> Error {
    let error = error.without_url();
    let reasons = std::iter::successors(std::error::Error::source(&error), |error| error.source());
    Error::Away(reasons.last().map_or_else(|| error.to_string(), ToString::to_string))
}

/// Tokens must not show.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Endpoint(endpoint) => f.debug_tuple("Endpoint").field(&endpoint.url).finish(),
        }
    }
}
