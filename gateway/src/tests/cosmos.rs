//! Resolvers that ask Azure Cosmos DB, against a stand-in that speaks its REST protocol: it checks the signature of each
//! call, as the documentation says how, and answers as the database does.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::world::{Reply, World, graphql_api, read_head, reply, service};

const KEY: &str = "a2V5";

/// A container `c` in a database `d`, which answers what it is told to, call after call.
struct Database {
    socket: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

#[derive(Debug, Clone)]
struct Seen {
    head: Vec<String>,
    body: Value,
}

impl Seen {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// What the call may be let in with, if it is the key.
    fn signature(&self) -> String {
        let mut words = self.head[0].split(' ');
        let (method, path) = (words.next().expect("a method"), words.next().expect("a path"));
        let path = path.trim_start_matches('/').replace("%20", " ");
        let link = path.strip_suffix("/docs").unwrap_or(&path);
        let date = self.header("x-ms-date").expect("a date");
        let text = format!("{}\ndocs\n{link}\n{}\n\n", method.to_lowercase(), date.to_lowercase());
        let key = hmac::Key::new(hmac::HMAC_SHA256, &STANDARD.decode(KEY).expect("a key"));
        let signed = STANDARD.encode(hmac::sign(&key, text.as_bytes()));
        percent(&format!("type=master&ver=1.0&sig={signed}"))
    }
}

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' => out.push(char::from(byte)),
            _ => write!(out, "%{byte:02X}").expect("a text"),
        }
        out
    })
}

impl Database {
    async fn start(answers: &'static [(&'static str, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let socket = listener.local_addr().expect("an address");
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let calls = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, answers, Arc::clone(&calls)));
            }
        });
        Self { socket, seen }
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(mut stream: TcpStream, answers: &[(&str, &str)], calls: Arc<Mutex<Vec<Seen>>>) {
    while let Some(head) = read_head(&mut stream).await {
        let mut call = Seen { head, body: Value::Null };
        let length = call.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        if stream.read_exact(&mut body).await.is_err() {
            return;
        }
        call.body = serde_json::from_slice(&body).unwrap_or_default();
        let shown = call.header("authorization").unwrap_or_default();
        let known = shown == call.signature() || shown == percent("type=aad&ver=1.0&sig=c@http://10.10.1.5");
        let at = {
            let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
            calls.push(call);
            calls.len() - 1
        };
        let (head, body) = answers.get(at).copied().unwrap_or(("500 Too Many Calls", ""));
        let (head, body) = if known { (head, body) } else { ("401 Unauthorized", "{}") };
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {head}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// A world in which the resolver of a field asks the database.
async fn world(database: &Database, (ty, field): (&str, &str), managed: bool, inside: &str) -> World {
    let connection = if managed {
        "<connection-string use-managed-identity=\"true\" client-id=\"c\">AccountEndpoint=http://10.10.1.5/;</connection-string>".to_owned()
    } else {
        format!("<connection-string>AccountEndpoint=http://10.10.1.5/;AccountKey={KEY};</connection-string>")
    };
    let text = format!(
        "<cosmosdb-data-source><connection-info>{connection}<database-name>d</database-name><container-name>c</container-name></connection-info>{inside}</cosmosdb-data-source>"
    );
    let mut service = service();
    service.apis = vec![graphql_api("api", &[(ty, field, &text)]).into()];
    let world = World::with(service).await;
    world.pods(&[database.socket]);
    world
}

async fn ask(world: &World, query: &str) -> Value {
    let (body, mut stream) = (json!({ "query": query }).to_string(), world.connect().await);
    let head = format!(
        "POST /api HTTP/1.1\r\nHost: blog-apim.azure-api.net\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).await.expect("a request sent");
    let reply: Reply = reply(&mut stream).await;
    serde_json::from_str(&reply.body).unwrap_or_else(|error| panic!("{error}: {reply:?}"))
}

const BOOK: &str = r#"{"id":"a b","title":"T","_etag":"\"1\""}"#;
const ID: &str = "<id>@(context.GraphQL.Arguments[\"id\"].ToString())</id>";

#[tokio::test(flavor = "current_thread")]
async fn items_are_read_written_and_deleted_with_the_key() {
    let read =
        format!("<read-request>{ID}<partition-key data-type=\"number\">5</partition-key></read-request>");
    let delete = format!(
        "<delete-request consistency-level=\"bounded-staleness\" pre-trigger=\"p\">{ID}<partition-key>ä</partition-key><etag>\"1\"</etag></delete-request><response><set-body>true</set-body></response>"
    );
    let book = json!({"id": "a b", "title": "T"});
    for (field, inside, query, answer, line, headers, body, expected) in [
        (
            ("Query", "book"),
            read.as_str(),
            "{ book(id: \"a b\") { id title } }",
            ("200 OK", BOOK),
            "GET /dbs/d/colls/c/docs/a%20b HTTP/1.1",
            [("x-ms-documentdb-partitionkey", "[5]"), ("x-ms-version", "2018-12-31")],
            json!(null),
            json!({"book": book}),
        ),
        (
            ("Mutation", "add"),
            "<write-request><partition-key data-type=\"null\" /></write-request>",
            "mutation { add(title: \"T\") { id title } }",
            ("201 Created", BOOK),
            "POST /dbs/d/colls/c/docs HTTP/1.1",
            [("x-ms-documentdb-is-upsert", "True"), ("x-ms-documentdb-partitionkey", "[null]")],
            json!({"title": "T"}),
            json!({"add": book}),
        ),
        (
            ("Mutation", "add"),
            "<write-request type=\"replace\"><etag type=\"no-match\">x</etag><set-body template=\"liquid\">{\"id\": \"7\", \"t\": \"{{body.arguments.title}}\"}</set-body></write-request>",
            "mutation { add(title: \"T\") { id title } }",
            ("200 OK", BOOK),
            "PUT /dbs/d/colls/c/docs/7 HTTP/1.1",
            [("if-none-match", "x"), ("x-ms-documentdb-partitionkey", "[{}]")],
            json!({"id": "7", "t": "T"}),
            json!({"add": book}),
        ),
        (
            ("Mutation", "drop"),
            delete.as_str(),
            "mutation { drop(id: \"7\") }",
            ("204 No Content", ""),
            "DELETE /dbs/d/colls/c/docs/7 HTTP/1.1",
            [
                ("x-ms-consistency-level", "BoundedStaleness"),
                ("x-ms-documentdb-partitionkey", "[\"\\u00e4\"]"),
            ],
            json!(null),
            json!({"drop": true}),
        ),
    ] {
        let database = Database::start(Vec::leak(vec![answer])).await;
        let answered = ask(&world(&database, field, false, inside).await, query).await;
        let seen = database.seen();
        assert_eq!(answered, json!({ "data": expected }), "{query} {seen:?}");
        assert_eq!((seen.len(), seen[0].head[0].as_str(), &seen[0].body), (1, line, &body), "{query}");
        for (name, value) in headers {
            assert_eq!(seen[0].header(name), Some(value), "{query} {name}");
        }
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_query_has_parameters_and_is_asked_for_page_after_page_or_for_one_page() {
    const PAGES: &[(&str, &str)] = &[
        (
            "200 OK\r\nx-ms-continuation: more",
            r#"{"_rid":"r","Documents":[{"id":"1","pages":3}],"_count":1}"#,
        ),
        ("200 OK", r#"{"_rid":"r","Documents":[{"id":"2","pages":4}],"_count":1}"#),
    ];
    const QUERY: &str = "<query-request><sql-statement> SELECT * FROM c WHERE c.n = @n </sql-statement><parameters>\
        <parameter name=\"@n\">@(context.GraphQL.Arguments[\"first\"])</parameter>\
        <parameter name=\"@f\">@(context.GraphQL.Arguments[\"filter\"])</parameter>\
        <parameter name=\"@s\">@(\"5\")</parameter><parameter name=\"@t\" type=\"bool\">true</parameter></parameters>";
    const ITEMS: &str = "<response><set-body>@(context.Response.Body.As&lt;JObject&gt;()[\"items\"].ToString())</set-body></response>";
    let asked = "{ books(first: 9, filter: {titles: [\"x\"]}) { id pages } }";
    let (one, two) = (json!({"id": "1", "pages": 3}), json!({"id": "2", "pages": 4}));
    let database = Database::start(PAGES).await;
    let all = world(&database, ("Query", "books"), true, &format!("{QUERY}</query-request>{ITEMS}")).await;
    assert_eq!(ask(&all, asked).await, json!({"data": {"books": [one, two]}}), "{:?}", database.seen());
    let seen = database.seen();
    let parameters = json!([
        {"name": "@n", "value": 9}, {"name": "@f", "value": {"kind": "NOVEL", "titles": ["x"]}},
        {"name": "@s", "value": "5"}, {"name": "@t", "value": true}]);
    let body = json!({"query": "SELECT * FROM c WHERE c.n = @n", "parameters": parameters});
    assert_eq!(seen.len(), 2);
    for (call, continuation) in seen.iter().zip([None, Some("more")]) {
        assert_eq!((&call.body, call.header("x-ms-continuation")), (&body, continuation));
        assert_eq!(call.header("content-type"), Some("application/query+json"));
        assert_eq!(call.header("x-ms-documentdb-query-enablecrosspartition"), Some("True"));
    }
    let database = Database::start(PAGES).await;
    let paging = "<paging><max-item-count>1</max-item-count><continuation-token template=\"liquid\">{{ body.arguments.none }}t{{ body.arguments.first }}</continuation-token></paging>";
    let page =
        world(&database, ("Query", "books"), false, &format!("{QUERY}{paging}</query-request>{ITEMS}")).await;
    assert_eq!(ask(&page, asked).await, json!({"data": {"books": [one]}}));
    let seen = database.seen();
    let said = (seen[0].header("x-ms-max-item-count"), seen[0].header("x-ms-continuation"));
    assert_eq!((seen.len(), said), (1, (Some("1"), Some("t9"))));
}

#[tokio::test(flavor = "current_thread")]
async fn what_goes_wrong_is_an_error_of_the_field() {
    let read = "<read-request><id>1</id></read-request>";
    let strange =
        "<read-request><id>1</id><partition-key data-type=\"number\">x</partition-key></read-request>";
    for (inside, message) in [
        (read, "The data source answered with status code 404."),
        (strange, "`x` is no value of the type `number`"),
        ("", "one of query-request, read-request"),
    ] {
        let database = Database::start(&[("404 Not Found", r#"{"code":"NotFound"}"#)]).await;
        let world = world(&database, ("Query", "book"), false, inside).await;
        let answered = ask(&world, "{ book(id: 1) { id } }").await;
        assert_eq!(answered["data"], json!({"book": null}), "{inside}");
        let said = answered["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(said.contains(message), "{inside}: {said}");
    }
}
