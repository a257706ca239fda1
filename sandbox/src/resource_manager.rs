//! The HTTPS side of the control plane: bounded bodies in, the emulator's answers out.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use arm::ErrorResponse;
use bytes::Bytes;
use emulator::Emulator;
use futures_util::FutureExt;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::server;

/// ARM's own limit for request bodies: 4 MB.
/// <https://learn.microsoft.com/azure/azure-resource-manager/templates/best-practices>
const BODY_LIMIT: usize = 4 * 1024 * 1024;
const BODY_TIME: Duration = Duration::from_mins(1);

/// Serves the control plane until `stop` is set.
pub(crate) async fn serve(
    emulator: Arc<Emulator>,
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    stop: watch::Receiver<bool>,
) {
    server::serve(listener, Some(tls), stop, |_| {
        let emulator = Arc::clone(&emulator);
        service_fn(move |request| {
            let emulator = Arc::clone(&emulator);
            async move { Ok::<_, Infallible>(answer(&emulator, request).await) }
        })
    })
    .await;
}

async fn answer(emulator: &Emulator, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let body = match timeout(BODY_TIME, Limited::new(body, BODY_LIMIT).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            let message = format!("The request content size exceeds the maximum size of {BODY_LIMIT} bytes.");
            return refuse(&ErrorResponse::new(413, "RequestContentTooLarge", message));
        }
        Ok(Err(_)) => return refuse(&ErrorResponse::invalid_request_content("the body ended early")),
        Err(_) => {
            return refuse(&ErrorResponse::new(408, "RequestTimeout", "The request body did not arrive."));
        }
    };
    let handled = AssertUnwindSafe(emulator.handle(Request::from_parts(head, body))).catch_unwind().await;
    let Ok(response) = handled else {
        tracing::error!("the control plane failed on a request: this is a bug in apimlab");
        let message = "The sandbox failed on this request; its log says more: apimlab logs.";
        return refuse(&ErrorResponse::new(500, "InternalServerError", message));
    };
    response.map(Full::new)
}

fn refuse(error: &ErrorResponse) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(error.body().to_string())));
    *response.status_mut() = http::StatusCode::from_u16(error.status).unwrap_or_default();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json; charset=utf-8"));
    response
}
