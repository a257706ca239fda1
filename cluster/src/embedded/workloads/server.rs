//! Serves a built-in workload on a socket, and stops it so that no client sees a broken request.
//!
//! A stopping workload goes through the [`Phase`]s: while it drains it still accepts, but answers with
//! `Connection: close`; then it closes its socket and answers what it has begun. Connections on which nothing is
//! going on stay open for a while, because a client may be about to use one.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, pending, poll_fn};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body::{Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use sim::Clock;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What a workload answers with.
pub type Body = UnsyncBoxBody<Bytes, Infallible>;
/// A future that a table can hold.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How many connections a workload has at most.
const CONNECTIONS: usize = 1024;
/// How long a connection may stay without a request, as nginx has it.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long quiet connections outlive their workload.
const LINGER: Duration = Duration::from_secs(30);

/// How far a Pod is on its way to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Phase {
    /// It runs.
    #[default]
    Run,
    /// It has left its Services and still accepts.
    Drain,
    /// It finishes what it has begun.
    Quit,
    /// It ends now.
    Kill,
}

/// Answers requests.
pub trait Handler: Send + Sync + 'static {
    /// The answer, or [`Aborted`] to break the connection.
    fn respond(&self, request: Request<Incoming>) -> BoxFuture<'_, Result<Response<Body>, Aborted>>;
}

/// The workload breaks the connection instead of answering.
#[derive(Debug)]
pub struct Aborted;

/// The number of requests that are being answered.
#[derive(Clone, Default)]
struct InFlight(Arc<watch::Sender<usize>>);

/// One of them; ends with the last byte of the answer.
struct Guard(InFlight);

/// A body that holds a [`Guard`].
struct Guarded {
    body: Body,
    _guard: Guard,
}

/// Serves until the Pod stops. Dropping the future breaks all connections.
pub async fn serve(
    listener: TcpListener,
    handler: Arc<dyn Handler>,
    mut phase: watch::Receiver<Phase>,
    clock: Clock,
) {
    let in_flight = InFlight::default();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = reached(&mut phase, Phase::Quit) => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept(), if connections.len() < CONNECTIONS => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(connection(stream, handler.clone(), phase.clone(), in_flight.clone()));
                }
            }
        }
    }
    // What the machine has accepted on our behalf would be reset when the socket closes.
    while let Some(stream) = waiting(&listener).await {
        connections.spawn(connection(stream, handler.clone(), phase.clone(), in_flight.clone()));
    }
    drop(listener);
    tokio::select! {
        () = in_flight.none() => {}
        () = reached(&mut phase, Phase::Kill) => return,
    }
    tokio::spawn(linger(connections, phase, clock));
}

/// Completes when the phase is `wanted` or a later one.
pub async fn reached(phase: &mut watch::Receiver<Phase>, wanted: Phase) {
    if phase.wait_for(|now| *now >= wanted).await.is_err() {
        pending::<()>().await;
    }
}

async fn waiting(listener: &TcpListener) -> Option<TcpStream> {
    let next: Option<std::io::Result<(TcpStream, SocketAddr)>> =
        poll_fn(|context| match listener.poll_accept(context) {
            Poll::Ready(accepted) => Poll::Ready(Some(accepted)),
            Poll::Pending => Poll::Ready(None),
        })
        .await;
    next?.ok().map(|(stream, _)| stream)
}

async fn linger(mut connections: JoinSet<()>, mut phase: watch::Receiver<Phase>, clock: Clock) {
    tokio::select! {
        () = async { while connections.join_next().await.is_some() {} } => {}
        () = reached(&mut phase, Phase::Kill) => {}
        () = clock.sleep(LINGER) => {}
    }
}

async fn connection(
    stream: TcpStream,
    handler: Arc<dyn Handler>,
    phase: watch::Receiver<Phase>,
    in_flight: InFlight,
) {
    // A delayed small answer is worse than a lost optimisation.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let (handler, phase, guard) = (&handler, &phase, in_flight.enter());
        async move {
            let response = handler.respond(request).await?;
            Ok::<_, Aborted>(finish(response, guard, *phase.borrow()))
        }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(KEEP_ALIVE).max_buf_size(64 << 10);
    // An error here is the client's doing, or an `Aborted` on purpose.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

fn finish(response: Response<Body>, guard: Guard, phase: Phase) -> Response<Guarded> {
    let mut response = response.map(|body| Guarded { body, _guard: guard });
    if phase > Phase::Run {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

impl InFlight {
    fn enter(&self) -> Guard {
        self.0.send_modify(|count| *count += 1);
        Guard(self.clone())
    }

    async fn none(&self) {
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

impl http_body::Body for Guarded {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let frame = ready!(http_body::Body::poll_frame(Pin::new(&mut self.body), context));
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl fmt::Display for Aborted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the workload breaks the connection")
    }
}

impl std::error::Error for Aborted {}
