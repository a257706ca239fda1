//! A plain HTTP server on loopback that answers with a function.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A request.
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) uri: Uri,
    pub(crate) body: Value,
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Value>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }
}

/// A running server; it ends when it is dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers every request with `answer`, which gets the server's own URL as well.
pub(crate) async fn start(answer: impl Fn(&str, &Asked) -> Reply + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (origin, answer) = (url.clone(), Arc::new(answer));
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (origin, answer) = (origin.clone(), answer.clone());
            let service = service_fn(move |request| {
                let (origin, answer) = (origin.clone(), answer.clone());
                async move { Ok::<_, Infallible>(respond(answer(&origin, &read(request).await))) }
            });
            // A client that goes away ends the connection with an error.
            tokio::spawn(async move {
                Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await.ok();
            });
        }
    });
    Server { url, task }
}

async fn read(request: Request<Incoming>) -> Asked {
    let (parts, body) = request.into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    let body = serde_json::from_slice(&bytes).unwrap_or_default();
    Asked { method: parts.method.to_string(), uri: parts.uri, body }
}

fn respond(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    let body = match reply.body {
        Value::Null => Bytes::new(),
        Value::String(text) => text.into(),
        body => body.to_string().into(),
    };
    response.body(Full::new(body)).expect("a response")
}
