//! Subscriptions of GraphQL APIs with resolvers: WebSocket with the subprotocol `graphql-transport-ws`.
//! <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>
//! <https://learn.microsoft.com/azure/api-management/graphql-apis-overview#operation-types>
//!
//! The handshake is a request like any other. An event is what the field of the root is; the fields below it are read
//! from it, or asked of their resolvers. As in Azure, queries and mutations are not taken here.
//!
//! **Differs from Azure:** bounds are those of the sandbox: 100 subscriptions a connection, 10 seconds for
//! `connection_init`. `validate-graphql-request` looks at each subscription.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

use super::answer::{Refusal, asked, completed, operation, parsed, refusal, wrong};
use super::connection;
use super::rounds::{Known, Rounds};
use super::{Endpoint, Topic};
use crate::body::{Body, Far};
use crate::context::{Exchange, Response};
use crate::pipeline::{self, Section};

/// The subprotocol.
const PROTOCOL: HeaderValue = HeaderValue::from_static("graphql-transport-ws");
/// The only version of WebSocket.
const VERSION: HeaderValue = HeaderValue::from_static("13");
/// What RFC 6455 appends to the client's key.
const KEY: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// The policy that looks at each subscription.
const VALIDATION: &str = "validate-graphql-request";

/// A client that may subscribe, once the protocol is switched.
#[derive(Debug)]
pub struct Session {
    /// Its handshake.
    handshake: Exchange,
}

/// Answers a handshake.
pub fn accept(exchange: &Exchange) -> Response {
    let headers = &exchange.request.headers;
    let refused = |status: StatusCode, why: &'static str| {
        let mut response = Response::new(status);
        response.headers.insert(SEC_WEBSOCKET_VERSION, VERSION);
        response.body = Body::full(Bytes::from_static(why.as_bytes()));
        response
    };
    if headers.get(SEC_WEBSOCKET_VERSION) != Some(&VERSION) {
        return refused(StatusCode::UPGRADE_REQUIRED, "The version of WebSocket is 13.");
    }
    let Some(key) = headers.get(SEC_WEBSOCKET_KEY).filter(|key| key.len() == 24) else {
        return refused(StatusCode::BAD_REQUEST, "The handshake has no key.");
    };
    if !offers(headers) {
        return refused(StatusCode::BAD_REQUEST, "Subscriptions need the subprotocol graphql-transport-ws.");
    }
    let mut response = Response::new(StatusCode::SWITCHING_PROTOCOLS);
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, &[key.as_bytes(), KEY].concat());
    if let Ok(accept) = HeaderValue::try_from(STANDARD.encode(hash)) {
        response.headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    response.headers.insert(SEC_WEBSOCKET_PROTOCOL, PROTOCOL);
    let mut handshake = exchange.fork();
    handshake.recorder = None;
    response.body = Body::Switched(Far::Subscriptions(Box::new(Session { handshake })));
    response
}

fn offers(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .any(|name| name.trim_ascii() == PROTOCOL.as_bytes())
}

impl Session {
    /// Serves the client until it goes.
    pub async fn run(self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        connection::serve(self, stream).await;
    }

    /// The clock of its gateway.
    pub fn clock(&self) -> sim::Clock {
        self.handshake.gateway.clock.clone()
    }

    /// One subscription, with a request of its own.
    pub fn subscribe(&self, payload: &Json) -> Subscription {
        let mut exchange = self.handshake.fork();
        exchange.recorder = None;
        exchange.request.method = Method::POST;
        exchange.request.headers.remove(http::header::UPGRADE);
        exchange.request.body = Body::full(Bytes::from(payload.to_string()));
        Subscription { exchange }
    }
}

/// What a client subscribed to.
#[derive(Debug)]
pub struct Subscription {
    exchange: Exchange,
}

impl Subscription {
    /// Sends events until the client ends it; the errors that end it.
    pub async fn run(mut self, id: &str, out: &mpsc::Sender<Json>) -> Json {
        match self.events(id, out).await {
            Ok(()) => json!([]),
            Err(Refusal::Request(_, errors)) => json!(errors),
            Err(Refusal::Failure(error)) => json!([{ "message": error.message }]),
        }
    }

    async fn events(&mut self, id: &str, out: &mpsc::Sender<Json>) -> Result<(), Refusal> {
        let exchange = &mut self.exchange;
        let bad = |message: &str| refusal(StatusCode::BAD_REQUEST, message);
        let Some(api) = exchange.matched.api.clone() else { return Ok(()) };
        let Some(Endpoint::Resolvers(Some(graph))) = &api.graphql else { return Ok(()) };
        validate(exchange).await?;
        let request = asked(exchange).await?;
        let document = parsed(graph, &request)?;
        let operation = operation(&document, &request)?;
        if !operation.is_subscription() {
            return Err(bad("Only subscriptions are taken over WebSocket."));
        }
        let rounds = Rounds::new(graph, &document, operation, request.variables)
            .map_err(|error| wrong(&document, &error))?;
        let (_, roots) = rounds.round(&Known::new()).map_err(|error| wrong(&document, &error))?;
        let root = roots.into_iter().next().ok_or_else(|| bad("The subscription asks for nothing."))?;
        let topic = Topic::of(exchange, &root.field);
        let listener = topic.and_then(|topic| exchange.gateway.events.listen(topic));
        let mut listener = listener.ok_or_else(|| bad("There are too many subscriptions."))?;
        loop {
            let event = listener.next().await.map_err(|_| bad("The client is too slow for its events."))?;
            let known = Known::from([(root.place.clone(), Ok(Json::clone(&event)))]);
            let payload = completed(&rounds, exchange, known).await?;
            let sent = out.send(json!({"id": id, "type": "next", "payload": payload})).await;
            if sent.is_err() {
                return Ok(());
            }
        }
    }
}

/// What the policy for it says of a subscription.
async fn validate(exchange: &mut Exchange) -> Result<(), Refusal> {
    let policy = exchange.policy();
    for placed in policy.section(Section::Inbound).iter().filter(|placed| placed.policy == VALIDATION) {
        let run = pipeline::run(std::slice::from_ref(placed), exchange).await;
        run.map_err(|error| Refusal::Failure(Box::new(error)))?;
        if let Some(response) = exchange.response.take() {
            let Body::Full(body) = &response.body else { continue };
            let told: Json = serde_json::from_slice(body).unwrap_or_default();
            let message = told.pointer("/errors/0/message").and_then(Json::as_str).unwrap_or("refused");
            return Err(refusal(response.status, message));
        }
    }
    Ok(())
}
