//! APIs of GraphQL from a client's request to what the backends saw and what came of it.

use std::net::Ipv4Addr;

use network::{Endpoint, Exposure, Frontend, Port, SubnetId};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::world::{BALANCER, Recorder, Reply, World, graphql_api, policy, reply, service};

/// A world with a GraphQL API at `/api` and backends at the ports 80, 81, … of the load balancer.
async fn world(resolvers: &[(&str, &str, &str)], inbound: &str, backends: &[&Recorder]) -> World {
    let mut service = service();
    let mut api = graphql_api("api", resolvers);
    let text = format!(
        "<policies><inbound><base />{inbound}</inbound><backend><base /></backend><outbound><base /></outbound></policies>"
    );
    api.policy = Some(policy("api", &text));
    service.apis = vec![api];
    let world = World::with(service).await;
    let ports = (80..).zip(backends).map(|(port, backend)| {
        let endpoint = Endpoint {
            pod: format!("default/{port}"),
            address: Ipv4Addr::new(10, 10, 1, 40),
            port: 80,
            socket: backend.socket,
        };
        Port::new(port, vec![endpoint])
    });
    let frontend = Frontend {
        owner: "service default/private-api".to_owned(),
        address: BALANCER,
        exposure: Exposure::Internal(SubnetId::new("/vnets/v/subnets/aks")),
        ports: ports.collect(),
    };
    world.fabric.publish("cluster", vec![frontend]);
    world
}

async fn ask(world: &World, body: &Value) -> Reply {
    let (body, mut stream) = (body.to_string(), world.connect().await);
    let head = format!(
        "POST /api HTTP/1.1\r\nHost: blog-apim.azure-api.net\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).await.expect("a request sent");
    reply(&mut stream).await
}

/// A backend that answers with this JSON.
async fn backend(body: &str) -> Recorder {
    let length = body.len();
    Recorder::start(String::leak(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}"))).await
}

/// A resolver that gets a URL.
fn get(url: &str) -> String {
    format!(
        "<http-data-source><http-request><set-method>GET</set-method><set-url>{url}</set-url></http-request></http-data-source>"
    )
}

fn json_of(reply: &Reply) -> Value {
    serde_json::from_str(&reply.body).unwrap_or_else(|error| panic!("{error}: {reply:?}"))
}

fn lines(backend: &Recorder) -> Vec<String> {
    let mut lines: Vec<String> = backend.heads().iter().map(|head| head[0].clone()).collect();
    lines.sort();
    lines
}

#[tokio::test(flavor = "current_thread")]
async fn resolvers_answer_fields_and_the_rest_is_read_from_their_parents() {
    let books = backend(
        r#"[{"id":1,"title":"A","pages":9,"kind":"NOVEL","price":2,"writer":5},{"id":"2","title":null,"pages":8,"tags":["x"],"writer":6}]"#,
    )
    .await;
    let authors = backend(r#"{"name":"Ann"}"#).await;
    let by_filter = get(
        r#"@("http://10.10.1.5/books?first=" + context.GraphQL.Arguments["first"] + "&kind=" + context.Request.Body.As<JObject>(true)["arguments"]["filter"]["kind"])"#,
    );
    let by_parent = get(r#"@($"http://10.10.1.5:81/authors/{context.GraphQL.Parent["writer"]}")"#);
    let resolvers = [("Query", "books", by_filter.as_str()), ("Book", "author", by_parent.as_str())];
    let world = world(&resolvers, "<validate-graphql-request max-depth=\"3\" />", &[&books, &authors]).await;
    let query = "query Q($n: Int, $f: Filter, $more: Boolean!) { list: books(first: $n, filter: $f) { ...B pages @include(if: $more) tags author { __typename name } } }
                 fragment B on Book { id ... on Node { id } title price kind }";
    let asked = json!({"query": query, "operationName": "Q", "variables": {"n": 3, "f": {}, "more": true}});
    let reply = ask(&world, &asked).await;
    let author = json!({"__typename": "Author", "name": "Ann"});
    let expected = json!({"data": {"list": [
        {"id": "1", "title": "A", "price": 2.0, "kind": "NOVEL", "pages": 9, "tags": null, "author": author},
        {"id": "2", "title": null, "price": null, "kind": null, "pages": 8, "tags": ["x"], "author": author},
    ]}});
    assert_eq!((reply.status(), json_of(&reply)), (200, expected));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(lines(&books), ["GET /books?first=3&kind=NOVEL HTTP/1.1"]);
    assert_eq!(lines(&authors), ["GET /authors/5 HTTP/1.1", "GET /authors/6 HTTP/1.1"]);
    let deep = ask(&world, &json!({"query": "{ books { author { books { id } } } }"})).await;
    assert_eq!(deep.status(), 400, "{deep:?}");
    assert_eq!(books.heads().len(), 1, "a request that a policy refused reaches no resolver");
}
