//! HTTP/2, TLS, and the end of a server.

use std::sync::Arc;

use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use tokio::io::AsyncReadExt;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::world::{BOUND, Recorder, World, read_head, send, service};
use crate::body::Body;

const OK: &str = "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nContent-Length: 2\r\n\r\nok";

async fn over_http2<S>(stream: S, uri: &str) -> (u16, String)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.expect("HTTP/2");
    tokio::spawn(connection);
    let request = Request::get(uri).body(Empty::<bytes::Bytes>::new()).expect("a request");
    let response = timeout(BOUND, sender.send_request(request)).await.expect("in time").expect("a response");
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test(flavor = "current_thread")]
async fn http2_without_tls_is_understood() {
    let backend = Recorder::start(OK).await;
    let world = World::with(service()).await;
    world.pods(&[backend.socket]);
    let answer = over_http2(world.connect().await, "http://blog-apim.azure-api.net/api").await;
    assert_eq!(answer, (200, "ok".to_owned()));
    assert!(backend.heads()[0].contains(&"host: 10.10.1.5".to_owned()));
}

#[tokio::test(flavor = "current_thread")]
async fn tls_offers_http2() {
    let key = rcgen::generate_simple_self_signed(vec!["blog-apim.azure-api.net".to_owned()])
        .expect("a certificate");
    let certificate = key.cert.der().clone();
    let secret = PrivateKeyDer::try_from(key.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut server = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], secret)
        .expect("a server configuration");
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).expect("a root");
    let mut client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.alpn_protocols = vec![b"h2".to_vec()];
    let backend = Recorder::start(OK).await;
    let world = World::start(service(), sim::Clock::system(), Some(Arc::new(server))).await;
    world.pods(&[backend.socket]);
    let name = ServerName::try_from("blog-apim.azure-api.net").expect("a name");
    let stream =
        TlsConnector::from(Arc::new(client)).connect(name, world.connect().await).await.expect("TLS");
    let answer = over_http2(stream, "https://blog-apim.azure-api.net/api").await;
    assert_eq!(answer, (200, "ok".to_owned()));
}

#[tokio::test(flavor = "current_thread")]
async fn a_stopped_server_finishes_requests_and_closes_idle_connections() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let world = World::with(service()).await;
    world.pods(&[listener.local_addr().expect("an address")]);
    let mut idle = world.connect().await;
    send(&mut idle, &["GET /nothing HTTP/1.1"]).await;
    assert_eq!(super::world::reply(&mut idle).await.status(), 404);
    let mut busy = world.connect().await;
    send(&mut busy, &["GET /api HTTP/1.1"]).await;
    let (mut backend, _) = listener.accept().await.expect("a connection");
    read_head(&mut backend).await.expect("a request");
    world.stop.send_replace(true);
    let mut rest = Vec::new();
    timeout(BOUND, idle.read_to_end(&mut rest)).await.expect("in time").expect("a closed connection");
    tokio::io::AsyncWriteExt::write_all(&mut backend, OK.as_bytes()).await.expect("sent");
    assert_eq!(super::world::reply(&mut busy).await.body, "ok");
    timeout(BOUND, world.served).await.expect("a drained server").expect("no panic");
}

#[test]
fn bodies_of_our_own_can_be_had_twice() {
    let mut body = Body::full(bytes::Bytes::from_static(b"a"));
    assert!(body.take().is_some() && body.take().is_some());
    assert!(Body::default().is_empty());
}
