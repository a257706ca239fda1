//! The messages of `graphql-transport-ws` on one WebSocket connection.
//! <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>

use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::LARGEST;
use super::subscription::Session;

/// How long a client may take to begin.
const BEGINNING: Duration = Duration::from_secs(10);
/// How long a client may take to close.
const CLOSING: Duration = Duration::from_secs(5);
/// How many subscriptions a client may have at a time.
const SUBSCRIPTIONS: usize = 100;
/// How many messages wait for a client that is slow.
const QUEUE: usize = 16;

/// Why the gateway closes a connection: a code of the subprotocol, and words.
struct Closed(u16, String);

/// A connection that is under way.
struct Conversation<S> {
    session: Session,
    socket: WebSocketStream<S>,
    begun: bool,
    running: HashMap<String, AbortHandle>,
    subscriptions: JoinSet<(String, Json)>,
    out: mpsc::Sender<Json>,
}

/// Speaks with a client until one side is done.
pub async fn serve<S: AsyncRead + AsyncWrite + Unpin>(session: Session, stream: S) {
    let most = Some(LARGEST + 1024);
    let config = WebSocketConfig::default().max_message_size(most).max_frame_size(most);
    let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
    let (out, queue) = mpsc::channel(QUEUE);
    let clock = session.clock();
    let (running, subscriptions) = (HashMap::new(), JoinSet::new());
    let mut conversation = Conversation { session, socket, begun: false, running, subscriptions, out };
    let ended = conversation.talk(&clock, queue).await;
    conversation.subscriptions.abort_all();
    let Err(Closed(code, reason)) = ended else { return };
    let close = Some(CloseFrame { code: code.into(), reason: reason.into() });
    let closing = async {
        let _ = conversation.socket.close(close).await;
        while let Some(Ok(_)) = conversation.socket.next().await {}
    };
    tokio::select! {
        () = closing => {}
        () = clock.sleep(CLOSING) => {}
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conversation<S> {
    /// Until the client is gone, or did something that ends it.
    async fn talk(&mut self, clock: &sim::Clock, mut queue: mpsc::Receiver<Json>) -> Result<(), Closed> {
        let mut late = pin!(clock.sleep(BEGINNING));
        loop {
            let sent = tokio::select! {
                message = self.socket.next() => match message {
                    None | Some(Ok(Message::Close(_)) | Err(Error::ConnectionClosed)) => return Ok(()),
                    Some(Ok(Message::Text(text))) => self.heard(&text).await?,
                    Some(Ok(Message::Binary(_))) => return Err(Closed(4400, "Invalid message".to_owned())),
                    Some(Ok(_)) => Ok(()),
                    Some(Err(Error::Capacity(error))) => return Err(Closed(1009, error.to_string())),
                    Some(Err(error)) => Err(error),
                },
                Some(message) = queue.recv() => self.send(&message).await,
                Some(ended) = self.subscriptions.join_next_with_id(), if !self.subscriptions.is_empty() => {
                    self.ended(ended, &mut queue).await
                }
                () = &mut late, if !self.begun => {
                    return Err(Closed(4408, "Connection initialisation timeout".to_owned()));
                }
            };
            if let Err(error) = sent {
                tracing::debug!(%error, "a connection with subscriptions ended");
                return Ok(());
            }
        }
    }

    /// Does what a message says.
    async fn heard(&mut self, text: &str) -> Result<Result<(), Error>, Closed> {
        let invalid = || Closed(4400, "Invalid message".to_owned());
        let message: Json = serde_json::from_str(text).map_err(|_| invalid())?;
        let id = message.get("id").and_then(Json::as_str).filter(|id| !id.is_empty());
        match (message.get("type").and_then(Json::as_str), id) {
            (Some("connection_init"), _) if self.begun => {
                Err(Closed(4429, "Too many initialisation requests".to_owned()))
            }
            (Some("connection_init"), _) => {
                self.begun = true;
                Ok(self.send(&json!({"type": "connection_ack"})).await)
            }
            (Some("ping"), _) => Ok(self.send(&json!({"type": "pong"})).await),
            (Some("pong"), _) => Ok(Ok(())),
            (Some("subscribe"), Some(id)) => {
                let payload = message.get("payload").filter(|payload| payload.is_object());
                self.subscribe(id, payload.ok_or_else(invalid)?).await
            }
            (Some("complete"), Some(id)) => {
                if let Some(subscription) = self.running.remove(id) {
                    subscription.abort();
                }
                Ok(Ok(()))
            }
            _ => Err(invalid()),
        }
    }

    async fn subscribe(&mut self, id: &str, payload: &Json) -> Result<Result<(), Error>, Closed> {
        if !self.begun {
            return Err(Closed(4401, "Unauthorized".to_owned()));
        }
        if self.running.contains_key(id) {
            return Err(Closed(4409, format!("Subscriber for {id} already exists")));
        }
        if self.running.len() >= SUBSCRIPTIONS {
            let message = format!("A connection has at most {SUBSCRIPTIONS} subscriptions.");
            let error = json!({"id": id, "type": "error", "payload": [{ "message": message }]});
            return Ok(self.send(&error).await);
        }
        let (subscription, out, key) = (self.session.subscribe(payload), self.out.clone(), id.to_owned());
        let task = self.subscriptions.spawn(async move {
            let errors = subscription.run(&key, &out).await;
            (key, errors)
        });
        self.running.insert(id.to_owned(), task);
        Ok(Ok(()))
    }

    /// Tells the client that a subscription is over, after what it still had to say.
    async fn ended(
        &mut self,
        ended: Result<(Id, (String, Json)), JoinError>,
        queue: &mut mpsc::Receiver<Json>,
    ) -> Result<(), Error> {
        let (task, id, payload) = match ended {
            Ok((task, (id, errors))) => (task, id, errors),
            // The client ended it, or it fell over, which the log says.
            Err(error) => {
                self.running.retain(|_, running| running.id() != error.id());
                return Ok(());
            }
        };
        if self.running.get(&id).is_none_or(|running| running.id() != task) {
            return Ok(());
        }
        self.running.remove(&id);
        while let Ok(message) = queue.try_recv() {
            self.send(&message).await?;
        }
        let errors = payload.as_array().is_some_and(|errors| !errors.is_empty());
        let last = if errors {
            json!({"id": id, "type": "error", "payload": payload})
        } else {
            json!({"id": id, "type": "complete"})
        };
        self.send(&last).await
    }

    async fn send(&mut self, message: &Json) -> Result<(), Error> {
        self.socket.send(Message::text(message.to_string())).await
    }
}
