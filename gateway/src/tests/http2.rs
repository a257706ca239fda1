//! HTTP/2 to backends: one connection for many requests, agreed on or known beforehand, with trailers and both
//! directions at the same time.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, Version};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http2::SendRequest;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::authority::authority;
use super::world::{BOUND, World, policy, service};

type Answer = Response<BoxBody<Bytes, hyper::Error>>;

/// A backend that speaks both versions of HTTP.
struct Both {
    socket: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Both {
    async fn start<F, R>(protocols: Option<&[&[u8]]>, answer: F) -> Self
    where
        F: Fn(Request<Incoming>) -> R + Clone + Send + 'static,
        R: Future<Output = Answer> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let socket = listener.local_addr().expect("an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        let acceptor = protocols.map(|protocols| {
            let mut server = (*authority().server(&["localhost"])).clone();
            server.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
            TlsAcceptor::from(Arc::new(server))
        });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                let (acceptor, answer) = (acceptor.clone(), answer.clone());
                tokio::spawn(async move {
                    let service = service_fn(move |request| {
                        let answered = answer(request);
                        async move { Ok::<_, Infallible>(answered.await) }
                    });
                    let mut builder = Builder::new(TokioExecutor::new());
                    builder.http2().max_concurrent_streams(STREAMS);
                    let _ = match acceptor {
                        None => builder.serve_connection(TokioIo::new(stream), service).await,
                        Some(acceptor) => match acceptor.accept(stream).await {
                            Ok(stream) => builder.serve_connection(TokioIo::new(stream), service).await,
                            Err(_) => return,
                        },
                    };
                });
            }
        });
        Self { socket, connections }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

/// How many requests a backend takes on one connection.
const STREAMS: u32 = 20;

fn says(text: String) -> Answer {
    Response::new(Full::from(text).map_err(|never| match never {}).boxed())
}

/// What of a request shows which version it came with.
async fn describe(request: Request<Incoming>) -> Answer {
    let host = request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or("-").to_owned();
    says(format!("{:?} {} {} host={host}", request.version(), request.method(), request.uri()))
}

async fn through(version: &str, url: Option<&str>) -> World {
    let mut service = service();
    let text = format!(
        "<policies><inbound>{}<base /></inbound><backend><forward-request http-version='{version}' /></backend>\
         </policies>",
        url.map(|url| format!("<set-backend-service base-url='{url}' />")).unwrap_or_default()
    );
    service.apis[0].policy = Some(policy("http2", &text));
    World::with(service).await
}

async fn client<B>(world: &World) -> SendRequest<B>
where
    B: http_body::Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let stream = TokioIo::new(world.connect().await);
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream);
    let (sender, connection) = handshake.await.expect("HTTP/2");
    tokio::spawn(connection);
    sender
}

fn post<B>(body: B) -> Request<B> {
    Request::post("http://blog-apim.azure-api.net/api/x").body(body).expect("a request")
}

#[tokio::test(flavor = "current_thread")]
async fn the_policy_says_which_version_a_backend_without_tls_is_spoken_to() {
    for (version, expected) in [
        ("1", "HTTP/1.1 GET /x?y host=10.10.1.5"),
        ("2or1", "HTTP/1.1 GET /x?y host=10.10.1.5"),
        ("2", "HTTP/2.0 GET http://10.10.1.5/x?y host=-"),
    ] {
        let backend = Both::start(None, describe).await;
        let world = through(version, None).await;
        world.pods(&[backend.socket]);
        assert_eq!(world.call(&["GET /api/x?y HTTP/1.1"]).await.body, expected, "{version}");
    }
}

/// The cookies of a request, field by field.
async fn cookies(request: Request<Incoming>) -> Answer {
    let fields = request.headers().get_all("cookie").iter().filter_map(|field| field.to_str().ok());
    says(fields.collect::<Vec<_>>().join(" | "))
}

#[tokio::test(flavor = "current_thread")]
async fn cookies_that_came_in_several_fields_go_on_in_one() {
    for version in ["1", "2"] {
        let backend = Both::start(None, cookies).await;
        let world = through(version, None).await;
        world.pods(&[backend.socket]);
        for (fields, expected) in
            [(&["a=1", "b=2; c=3", "d=4"][..], "a=1; b=2; c=3; d=4"), (&["a=1"], "a=1"), (&[], "")]
        {
            let mut request = post(Empty::<Bytes>::new());
            for field in fields {
                request.headers_mut().append("cookie", field.parse().expect("a value"));
            }
            let answer = client(&world).await.send_request(request).await.expect("an answer");
            let body = answer.into_body().collect().await.expect("a body").to_bytes();
            assert_eq!(body, expected, "http-version={version} {fields:?}");
        }
    }
}

#[tokio::test(flavor = "current_thread")]
async fn tls_agrees_on_the_version() {
    let (one, two): (&[&[u8]], &[&[u8]]) = (&[b"http/1.1"], &[b"h2", b"http/1.1"]);
    for (version, protocols, expected) in [
        ("1", two, Some("HTTP/1.1")),
        ("2or1", two, Some("HTTP/2.0")),
        ("2or1", one, Some("HTTP/1.1")),
        ("2or1", &[][..], Some("HTTP/1.1")),
        ("2", two, Some("HTTP/2.0")),
        ("2", one, None),
        ("2", &[][..], None),
    ] {
        let backend = Both::start(Some(protocols), describe).await;
        let world = through(version, Some(&format!("https://localhost:{}", backend.socket.port()))).await;
        for _ in 0..2 {
            let reply = world.call(&["GET /api/x HTTP/1.1"]).await;
            let found = (reply.status() == 200).then(|| reply.body.split(' ').next().unwrap_or_default());
            assert_eq!(found, expected, "{version} {protocols:?}: {}", reply.body);
        }
        assert!(expected.is_none() || backend.connections() == 1, "{version} {protocols:?}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn many_requests_share_a_connection_as_far_as_the_backend_lets_them() {
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let waiting = Arc::clone(&gate);
    let backend = Both::start(None, move |request| {
        let waiting = Arc::clone(&waiting);
        async move {
            let _permit = waiting.acquire().await;
            describe(request).await
        }
    })
    .await;
    let world = through("2", None).await;
    world.pods(&[backend.socket]);
    let mut sender = client(&world).await;
    sender.ready().await.expect("ready");
    let calls = |many: usize| {
        let sender = sender.clone();
        (0..many).map(move |_| tokio::spawn(sender.clone().send_request(post(Empty::<Bytes>::new()))))
    };
    gate.add_permits(100);
    // The second request is sent when it is known how many the backend takes.
    for many in [15, 1] {
        for call in calls(many).collect::<Vec<_>>() {
            let answer = timeout(BOUND, call).await.expect("in time").expect("no panic").expect("an answer");
            assert_eq!(answer.status(), 200);
        }
        assert_eq!(backend.connections(), 1);
    }
    gate.forget_permits(100);
    let most = usize::try_from(STREAMS).expect("a number");
    let calls: Vec<_> = calls(most + 5).collect();
    let second = async {
        while backend.connections() < 2 {
            tokio::task::yield_now().await;
        }
    };
    timeout(BOUND, second).await.expect("a second connection");
    gate.add_permits(100);
    for call in calls {
        let answer = timeout(BOUND, call).await.expect("in time").expect("no panic").expect("an answer");
        assert_eq!(answer.status(), 200);
    }
    assert_eq!(backend.connections(), 2);
}

/// A backend that refuses the first request of its first connection, or says goodbye to it.
async fn unwilling(goodbye: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let socket = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let mut first = true;
        while let Ok((stream, _)) = listener.accept().await {
            let mut connection = h2::server::handshake(stream).await.expect("HTTP/2");
            while let Some(Ok((request, mut answer))) = connection.accept().await {
                if std::mem::take(&mut first) && !goodbye {
                    answer.send_reset(h2::Reason::REFUSED_STREAM);
                    continue;
                }
                let method = request.method().to_string();
                let mut body = answer.send_response(Response::new(()), false).expect("a stream");
                body.send_data(Bytes::from(method), true).expect("a stream");
                if goodbye {
                    connection.graceful_shutdown();
                }
            }
        }
    });
    socket
}

#[tokio::test(flavor = "current_thread")]
async fn what_a_backend_did_not_look_at_is_sent_again_and_a_goodbye_fails_nothing() {
    for goodbye in [false, true] {
        let backend = unwilling(goodbye).await;
        let world = through("2", None).await;
        world.pods(&[backend]);
        for _ in 0..3 {
            let reply = world.call(&["POST /api/x HTTP/1.1", "Content-Length: 0"]).await;
            assert_eq!((reply.status(), reply.body.as_str()), (200, "POST"), "goodbye: {goodbye}");
        }
    }
}

fn channel() -> (mpsc::Sender<Frame<Bytes>>, BoxBody<Bytes, Infallible>) {
    let (sender, mut receiver) = mpsc::channel::<Frame<Bytes>>(1);
    let frames =
        futures_util::stream::poll_fn(move |context| receiver.poll_recv(context).map(|frame| frame.map(Ok)));
    (sender, BodyExt::boxed(StreamBody::new(frames)))
}

fn trailers(value: &'static str) -> Frame<Bytes> {
    let mut map = HeaderMap::new();
    map.insert("x-sum", value.parse().expect("a value"));
    Frame::trailers(map)
}

/// Sends back what comes, frame by frame, with a trailer that holds the request's.
async fn echo(request: Request<Incoming>) -> Answer {
    let mut body = request.into_body();
    let frames = futures_util::stream::poll_fn(move |context| {
        http_body::Body::poll_frame(std::pin::Pin::new(&mut body), context)
    });
    Response::new(BodyExt::boxed(StreamBody::new(frames)))
}

#[tokio::test(flavor = "current_thread")]
async fn both_directions_stream_at_the_same_time_and_end_with_trailers() {
    let backend = Both::start(None, echo).await;
    let world = through("2", None).await;
    world.pods(&[backend.socket]);
    let (sender, body) = channel();
    let answer = client(&world).await.send_request(post(body));
    let answer = timeout(BOUND, answer).await.expect("in time").expect("an answer before the body");
    assert_eq!((answer.status(), answer.version()), (StatusCode::OK, Version::HTTP_2));
    let mut answer = answer.into_body();
    for part in ["one", "two", "three"] {
        sender.send(Frame::data(Bytes::from(part))).await.expect("sent");
        let frame =
            timeout(BOUND, answer.frame()).await.expect("in time").expect("a frame").expect("a frame");
        assert_eq!(frame.into_data().ok(), Some(Bytes::from(part)));
    }
    sender.send(trailers("42")).await.expect("sent");
    drop(sender);
    let frame = timeout(BOUND, answer.frame()).await.expect("in time").expect("a frame").expect("a frame");
    assert_eq!(frame.into_trailers().expect("trailers").get("x-sum").expect("the trailer"), "42");
}
