//! One request: which rule takes it, and on to a member of its pool.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri, Version, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use network::{HostHeader, Place, PoolBackend};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::{Rules, World};
use crate::internet::strip;

/// What Azure's gateway calls itself.
const SERVER: &str = "Microsoft-Azure-Application-Gateway/v2";

type Answer = Response<BoxBody<Bytes, hyper::Error>>;

/// What answers at one address and port.
pub(super) struct Front {
    world: Arc<World>,
    rules: watch::Receiver<Rules>,
    turn: AtomicUsize,
}

/// What a backend is told besides the request itself.
struct Told {
    authority: String,
    uri: Uri,
}

impl Front {
    pub(super) fn new(world: Arc<World>, rules: watch::Receiver<Rules>) -> Self {
        Self { world, rules, turn: AtomicUsize::new(0) }
    }

    pub(super) async fn answer(&self, request: Request<Incoming>) -> Answer {
        let rules = Arc::clone(&self.rules.borrow());
        let asked = authority(&request).unwrap_or_default();
        let host = asked.rsplit_once(':').map_or(asked.as_str(), |(host, _)| host).to_ascii_lowercase();
        let Some(rule) = rules.iter().find(|rule| rule.listener.takes(&host)) else {
            return page(StatusCode::NOT_FOUND);
        };
        let Some(backend) = rule.listener.backend_of(request.uri().path()) else {
            tracing::warn!(gateway = rule.gateway, "a rule does something that is not done here");
            return page(StatusCode::BAD_GATEWAY);
        };
        let from = Place::Subnet(rule.subnet.clone());
        match timeout(backend.timeout, self.send(&from, backend, &asked, request)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(reason)) => {
                tracing::warn!(gateway = rule.gateway, reason, "no member of a pool answers");
                page(StatusCode::BAD_GATEWAY)
            }
            Err(_) => page(StatusCode::GATEWAY_TIMEOUT),
        }
    }

    /// Sends a request to the member whose turn it is, or to the next one that takes a connection.
    async fn send(
        &self,
        from: &Place,
        backend: &PoolBackend,
        asked: &str,
        request: Request<Incoming>,
    ) -> Result<Answer, String> {
        let count = backend.members.len();
        let first = self.turn.fetch_add(1, Ordering::Relaxed).checked_rem(count);
        let first = first.ok_or("the pool is empty")?;
        let mut reason = String::new();
        for at in 0..count {
            let Some(member) = backend.members.get((first + at) % count) else { continue };
            match self.connect(from, member, backend.port).await {
                Ok(stream) => return self.converse(stream, backend, (member, asked), request).await,
                Err(why) => reason = why,
            }
        }
        Err(reason)
    }

    async fn connect(&self, from: &Place, member: &str, port: u16) -> Result<TcpStream, String> {
        let found = self.world.internet.resolve(from, member, port);
        let socket = found.map_err(|refusal| format!("{member}:{port}: {}", refusal.reason()))?;
        TcpStream::connect(socket).await.map_err(|error| format!("{member}:{port} does not answer: {error}"))
    }

    async fn converse(
        &self,
        stream: TcpStream,
        backend: &PoolBackend,
        (member, asked): (&str, &str),
        request: Request<Incoming>,
    ) -> Result<Answer, String> {
        let told = Told {
            authority: match &backend.host {
                HostHeader::Kept => asked.to_owned(),
                HostHeader::Member => member.to_owned(),
                HostHeader::Fixed(name) => name.clone(),
            },
            uri: target(request.uri(), backend.path.as_deref())?,
        };
        let request = forwarded(request, &told, asked)?;
        if !backend.tls {
            return exchange(stream, request).await;
        }
        let host = told.authority.rsplit_once(':').map_or(told.authority.as_str(), |(host, _)| host);
        let name = ServerName::try_from(host.to_owned()).map_err(|_| format!("{host} is no server name"))?;
        let connector = TlsConnector::from(Arc::clone(&self.world.tls));
        let stream = connector.connect(name, stream).await;
        exchange(stream.map_err(|error| format!("{member} is not trusted: {error}"))?, request).await
    }
}

async fn exchange<S>(stream: S, request: Request<Incoming>) -> Result<Answer, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let failed = |error: hyper::Error| format!("the backend gave no answer: {error}");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a backend's connection ended early");
        }
    });
    let mut answer = sender.send_request(request).await.map_err(failed)?;
    strip(answer.headers_mut());
    Ok(answer.map(BodyExt::boxed))
}

fn authority(request: &Request<Incoming>) -> Option<String> {
    let header = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = header.or_else(|| request.uri().authority().map(http::uri::Authority::as_str));
    host.map(str::to_owned)
}

/// The path at the backend: a setting's path stands in front of it.
fn target(uri: &Uri, path: Option<&str>) -> Result<Uri, String> {
    let own = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let front = path.unwrap_or_default().trim_end_matches('/');
    let whole = PathAndQuery::try_from(format!("{front}{own}"));
    whole.map(Uri::from).map_err(|error| format!("the path cannot be sent on: {error}"))
}

/// The request as the backend gets it: <https://learn.microsoft.com/azure/application-gateway/rewrite-http-headers-url>.
fn forwarded(mut request: Request<Incoming>, told: &Told, asked: &str) -> Result<Request<Incoming>, String> {
    let value =
        |text: &str| HeaderValue::from_str(text).map_err(|_| "the host is no header value".to_owned());
    *request.uri_mut() = told.uri.clone();
    *request.version_mut() = Version::HTTP_11;
    strip(request.headers_mut());
    let headers = request.headers_mut();
    headers.insert(header::HOST, value(&told.authority)?);
    headers.insert("x-original-host", value(asked)?);
    headers.insert("x-forwarded-proto", HeaderValue::from_static("http"));
    let port = asked.rsplit_once(':').map_or("80", |(_, port)| port);
    headers.insert("x-forwarded-port", value(port)?);
    append_client(headers)?;
    Ok(request)
}

/// All clients of the sandbox are on this machine.
fn append_client(headers: &mut HeaderMap) -> Result<(), String> {
    let name = HeaderName::from_static("x-forwarded-for");
    let before = headers.get(&name).and_then(|value| value.to_str().ok());
    let all = before.map_or_else(|| "127.0.0.1".to_owned(), |before| format!("{before}, 127.0.0.1"));
    headers.insert(name, HeaderValue::from_str(&all).map_err(|error| error.to_string())?);
    Ok(())
}

/// A page of the gateway's own.
fn page(status: StatusCode) -> Answer {
    let title = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default());
    let text = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n<hr><center>{SERVER}</center>\r\n</body>\r\n</html>\r\n"
    );
    let mut answer = Response::new(Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed());
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    headers.insert(header::SERVER, HeaderValue::from_static(SERVER));
    answer
}
