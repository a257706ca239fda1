//! Subscriptions of GraphQL APIs from a client's handshake to the events that reach it.

use std::net::SocketAddr;

use apim::{Scheme, Service};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::world::{BOUND, Recorder, World, graphql_api, policy, read_head, service};

const ADD: &str = "<http-data-source><http-request><set-method>POST</set-method><set-url>http://10.10.1.5/add</set-url></http-request>\
    <http-response><set-body>@(context.Response.StatusCode == 200 ? context.Response.Body.As<string>(true) : \"!\")</set-body>\
    <publish-event><targets><graphql-subscription id=\"added\" /></targets></publish-event></http-response></http-data-source>";
const AUTHOR: &str = "<http-data-source><http-request><set-method>GET</set-method>\
    <set-url>@(\"http://10.10.1.5/authors/\" + context.GraphQL.Parent[\"writer\"])</set-url></http-request></http-data-source>";

/// A client that speaks the subprotocol.
struct Client(WebSocketStream<TcpStream>);

/// A service with one GraphQL API at `/api`, over HTTP and WebSocket.
fn books(inbound: &str) -> Service {
    let mut service = service();
    let mut api = graphql_api("api", &[("Mutation", "add", ADD), ("Book", "author", AUTHOR)]);
    api.schemes = vec![Scheme::Http, Scheme::Ws];
    let text = format!("<policies><inbound><base />{inbound}</inbound></policies>");
    api.policy = Some(policy("api", &text));
    service.apis = vec![api.into()];
    service
}

async fn shaken(address: SocketAddr, lines: &str) -> (TcpStream, Vec<String>) {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let head = format!(
        "GET /api HTTP/1.1\r\nHost: blog-apim.azure-api.net\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{lines}\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    let head = timeout(BOUND, read_head(&mut stream)).await.expect("in time").expect("an answer");
    (stream, head)
}

impl Client {
    async fn shaken(world: &World) -> Self {
        let lines = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: other, graphql-transport-ws\r\n";
        let (stream, head) = shaken(world.address, lines).await;
        assert_eq!(head[0], "HTTP/1.1 101 Switching Protocols");
        for line in [
            "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "sec-websocket-protocol: graphql-transport-ws",
            "upgrade: websocket",
        ] {
            assert!(head.iter().any(|found| found == line), "{line}: {head:?}");
        }
        Self(WebSocketStream::from_raw_socket(stream, Role::Client, None).await)
    }

    async fn begun(world: &World) -> Self {
        let mut client = Self::shaken(world).await;
        client.say(&json!({"type": "connection_init", "payload": {}})).await;
        assert_eq!(client.hear().await, json!({"type": "connection_ack"}));
        client
    }

    async fn say(&mut self, message: &Value) {
        self.0.send(Message::text(message.to_string())).await.expect("sent");
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(&json!({"id": id, "type": "subscribe", "payload": {"query": query}})).await;
        // What is answered behind it shows that it was taken.
        self.say(&json!({"type": "ping"})).await;
    }

    /// The next message; what closed the connection as `{"closed": code}`.
    async fn hear(&mut self) -> Value {
        match timeout(BOUND, self.0.next()).await.expect("in time") {
            Some(Ok(Message::Text(text))) => serde_json::from_str(&text).expect("JSON"),
            Some(Ok(Message::Close(Some(frame)))) => json!({"closed": u16::from(frame.code)}),
            other => panic!("{other:?}"),
        }
    }
}

async fn backend() -> Recorder {
    let body = r#"{"id":7,"title":"A","pages":1,"writer":5,"name":"Ann"}"#;
    let length = body.len();
    Recorder::start(String::leak(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}"))).await
}

async fn add(world: &World) {
    let body = json!({"query": "mutation { add(title: \"A\") { id } }"}).to_string();
    let mut stream = world.connect().await;
    let head = format!(
        "POST /api HTTP/1.1\r\nHost: blog-apim.azure-api.net\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    let reply = super::world::reply(&mut stream).await;
    assert_eq!(reply.body, r#"{"data":{"add":{"id":"7"}}}"#);
}

/// Waits until so many listen.
async fn listening(world: &World, many: usize) {
    let there = async {
        while world.gateway.events.listeners() != many {
            tokio::task::yield_now().await;
        }
    };
    timeout(BOUND, there).await.expect("listeners");
}

#[tokio::test(flavor = "current_thread")]
async fn an_event_reaches_who_subscribed_with_the_fields_that_they_want() {
    let books_backend = backend().await;
    let world = World::with(books("")).await;
    world.pods(&[books_backend.socket]);
    let (mut one, mut two) = (Client::begun(&world).await, Client::begun(&world).await);
    one.subscribe("1", "subscription { new: added { title ...A } } fragment A on Book { author { name } }")
        .await;
    assert_eq!(one.hear().await, json!({"type": "pong"}));
    two.subscribe("x", "subscription S { added { id } }").await;
    assert_eq!(two.hear().await, json!({"type": "pong"}));
    listening(&world, 2).await;
    add(&world).await;
    let expected = json!({"data": {"new": {"title": "A", "author": {"name": "Ann"}}}});
    assert_eq!(one.hear().await, json!({"id": "1", "type": "next", "payload": expected}));
    let second = json!({"id": "x", "type": "next", "payload": {"data": {"added": {"id": "7"}}}});
    assert_eq!(two.hear().await, second);
    one.say(&json!({"id": "1", "type": "complete"})).await;
    listening(&world, 1).await;
    add(&world).await;
    assert_eq!(two.hear().await, second);
    drop(two);
    listening(&world, 0).await;
    let authors = books_backend.heads().iter().filter(|head| head[0] == "GET /authors/5 HTTP/1.1").count();
    assert_eq!(authors, 1, "only who asks for it makes its resolver run");
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_no_subscription_is_an_error_of_that_subscription() {
    let inbound = "<validate-graphql-request><authorize><rule path=\"/Book/price\" action=\"reject\" /></authorize></validate-graphql-request>";
    let world = World::with(books(inbound)).await;
    let mut client = Client::begun(&world).await;
    for (query, message) in [
        ("{ book(id: 1) { id } }", "Only subscriptions are taken over WebSocket."),
        ("mutation { add(title: \"A\") { id } }", "Only subscriptions are taken over WebSocket."),
        ("subscription { nothing }", "Cannot query field 'nothing'"),
        ("subscription { added { id", "found the end"),
        (
            "subscription { added { price } }",
            "Access to the field 'price' of the type 'Book' is not allowed.",
        ),
    ] {
        client.say(&json!({"id": "1", "type": "subscribe", "payload": {"query": query}})).await;
        let heard = client.hear().await;
        assert_eq!((&heard["id"], &heard["type"]), (&json!("1"), &json!("error")), "{query}: {heard}");
        assert!(heard["payload"].to_string().contains(message), "{query}: {heard}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn what_breaks_the_protocol_closes_the_connection() {
    let world = World::with(books("")).await;
    let subscribe =
        json!({"id": "1", "type": "subscribe", "payload": {"query": "subscription { added { id } }"}});
    let init = json!({"type": "connection_init"});
    for (messages, code) in [
        (vec![subscribe.clone()], 4401),
        (vec![init.clone(), init.clone()], 4429),
        (vec![json!({"type": "start", "id": "1"})], 4400),
        (vec![json!([1])], 4400),
        (vec![init.clone(), json!({"type": "subscribe", "id": "1"})], 4400),
        (vec![init.clone(), subscribe.clone(), subscribe], 4409),
        (vec![json!({"type": "ping", "payload": {"x": "x".repeat(110_000)}})], 1009),
    ] {
        let mut client = Client::shaken(&world).await;
        for message in &messages {
            client.say(message).await;
        }
        let mut heard = client.hear().await;
        while heard.get("closed").is_none() {
            heard = client.hear().await;
        }
        assert_eq!(heard, json!({"closed": code}), "{messages:?}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_handshake_that_is_wrong_stays_http() {
    let world = World::with(books("")).await;
    let protocol = "Sec-WebSocket-Protocol: graphql-transport-ws\r\n";
    for (lines, status) in [
        (protocol.to_owned(), 426),
        ("Sec-WebSocket-Version: 13\r\n".to_owned(), 400),
        ("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-ws\r\n".to_owned(), 400),
    ] {
        let (_, head) = shaken(world.address, &lines).await;
        assert!(head[0].contains(&status.to_string()), "{lines}: {head:?}");
    }
    let mut service = books("");
    service.apis[0].schemes = vec![Scheme::Ws];
    let sockets = World::with(service).await;
    assert_eq!(sockets.call(&["GET /api?query=%7B__typename%7D HTTP/1.1"]).await.status(), 404);
}

#[tokio::test(flavor = "current_thread")]
async fn without_resolvers_the_backend_serves_subscriptions() {
    let answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n";
    let own = Recorder::start(answer).await;
    let mut service = books("");
    let mut through = graphql_api("api", &[]);
    through.schemes = vec![Scheme::Http, Scheme::Ws];
    through.service_url = Some("http://10.10.1.5/graphql".to_owned());
    service.apis = vec![through.into()];
    service.products[0].apis = vec!["api".to_owned()];
    let world = World::with(service).await;
    world.pods(&[own.socket]);
    Client::shaken(&world).await;
    let heads = own.heads();
    assert_eq!(heads[0][0], "GET /graphql HTTP/1.1");
    assert!(heads[0].contains(&"upgrade: websocket".to_owned()), "{heads:?}");
}
