//! APIs of GraphQL from a client's request to what the backends saw and what came of it.

use std::net::Ipv4Addr;

use network::{Endpoint, Exposure, Frontend, Port, SubnetId};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::document::examine::{Around, Kind, examine};
use crate::document::{Library, Setting};
use crate::pipeline::ScopeKind;

use super::world::{BALANCER, Recorder, Reply, World, graphql_api, policy, reply, service};

/// A world with a GraphQL API at `/api` and backends at the ports 80, 81, … of the load balancer.
async fn world(resolvers: &[(&str, &str, &str)], inbound: &str, backends: &[&Recorder]) -> World {
    let mut service = service();
    let mut api = graphql_api("api", resolvers);
    let text = format!(
        "<policies><inbound><base />{inbound}</inbound><backend><base /></backend><outbound><base /><set-header name=\"X-Length\"><value>@(context.Response.StatusCode + \"/\" + context.Response.Body.As<string>(true).Length)</value></set-header></outbound></policies>"
    );
    api.policy = Some(policy("api", &text));
    service.apis = vec![api.into()];
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
    assert_eq!(
        reply.header("x-length"),
        Some(format!("200/{}", reply.body.len()).as_str()),
        "outbound sees it"
    );
    assert_eq!(lines(&books), ["GET /books?first=3&kind=NOVEL HTTP/1.1"]);
    assert_eq!(lines(&authors), ["GET /authors/5 HTTP/1.1", "GET /authors/6 HTTP/1.1"]);
    let deep = ask(&world, &json!({"query": "{ books { author { books { id } } } }"})).await;
    assert_eq!(deep.status(), 400, "{deep:?}");
    assert_eq!(books.heads().len(), 1, "a request that a policy refused reaches no resolver");
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_wrong_with_a_request_is_said_and_reaches_nobody() {
    let books = backend("[]").await;
    let by = get("http://10.10.1.5/");
    let world = world(&[("Query", "books", &by), ("Mutation", "add", &by)], "", &[&books]).await;
    let nested = format!("{}{}", "{ node { id ".repeat(90), "}".repeat(180));
    let fragment = |at: i32| format!(" fragment F{at} on Query {{ ...F{n} ...F{n} }}", n = at + 1);
    let fragments = (0..30).map(fragment).collect::<Vec<_>>().concat();
    let bomb = format!("{{ ...F0 }}{fragments} fragment F30 on Query {{ any {{ __typename }} }}");
    for (query, variables, message) in [
        ("{ books", json!({}), "found the end"),
        ("{ nothing }", json!({}), "nothing"),
        ("{ books }", json!({}), "subselection"),
        ("query($n: Int!) { books(first: $n) { id } }", json!({}), "n"),
        ("query($n: Int!) { books(first: $n) { id } }", json!({"n": "x"}), "Int"),
        ("query A { books { id } } query B { books { id } }", json!({}), "multiple operations"),
        (nested.as_str(), json!({}), "nested deeper"),
        (bomb.as_str(), json!({}), "too many fields"),
    ] {
        let reply = ask(&world, &json!({"query": query, "variables": variables})).await;
        let errors = json_of(&reply)["errors"].to_string();
        assert_eq!(reply.status(), 400, "{query}: {errors}");
        assert!(errors.contains(message), "{query}: {errors}");
    }
    for (lines, status, message) in [
        (["GET /api HTTP/1.1"], 400, "no query"),
        (["GET /api?query=mutation%7Badd(title:%22a%22)%7Bid%7D%7D HTTP/1.1"], 405, "POST"),
        (["GET /api?query=subscription%7Badded%7Bid%7D%7D HTTP/1.1"], 400, "over WebSocket"),
        (["GET /api/more?query=%7Bany%7B__typename%7D%7D HTTP/1.1"], 404, "not found"),
        (["PUT /api HTTP/1.1"], 404, "not found"),
    ] {
        let reply = world.call(&lines).await;
        assert_eq!(reply.status(), status, "{lines:?} {reply:?}");
        assert!(reply.body.contains(message), "{lines:?} {reply:?}");
    }
    let long =
        ask(&world, &json!({"query": format!("{{ books {{ id }} }} # {}", "x".repeat(102_400))})).await;
    assert_eq!(long.status(), 400, "{}", long.body);
    assert!(books.heads().is_empty());
}

#[tokio::test(flavor = "current_thread")]
async fn failures_of_resolvers_are_errors_with_a_path_and_null_where_it_is_allowed() {
    let books = backend(
        r#"[{"id": 1, "pages": 2}, {"id": 2, "pages": null}, {"id": 3, "pages": 1, "kind": "SONG"}]"#,
    )
    .await;
    let wrong = Recorder::start("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}").await;
    let (list, missing) = (get("http://10.10.1.5/"), get("http://10.10.1.5:81/"));
    let unready = missing.replace("</http-data-source>", "<http-response><set-body>@(context.Response.StatusCode == 404 ? \"null\" : \"1\")</set-body></http-response></http-data-source>");
    let resolvers = [
        ("Query", "books", list.as_str()),
        ("Query", "book", missing.as_str()),
        ("Query", "node", unready.as_str()),
        (
            "Query",
            "search",
            "<http-data-source><http-request><set-method>GET</set-method><set-url>@(((string)null).Trim())</set-url></http-request></http-data-source>",
        ),
    ];
    let world = world(&resolvers, "", &[&books, &wrong]).await;
    let check = async |query: &str, expected: Value| {
        let reply = ask(&world, &json!({"query": query})).await;
        assert_eq!((reply.status(), json_of(&reply)), (200, expected), "{query}");
    };
    // A book must have pages, the list must have books, and the query must have the list.
    let at = |column: u32| json!([{"line": 1, "column": column}]);
    let message = "non-null type Int! resolved to null";
    check("{ books { pages } }", json!({"errors": [{"message": message, "locations": at(11), "path": ["books", 1, "pages"]}], "data": null})).await;
    let message = r#"resolver returned "SONG", expected enum Kind"#;
    check("{ books { id kind } }", json!({"errors": [{"message": message, "locations": at(14), "path": ["books", 2, "kind"]}],
        "data": {"books": [{"id": "1", "kind": null}, {"id": "2", "kind": null}, {"id": "3", "kind": null}]}})).await;
    let message = "The data source answered with status code 404.";
    check(
        "{ book(id: 1) { id } a: books { id } }",
        json!({"errors": [{"message": message, "locations": at(3), "path": ["book"]}],
        "data": {"book": null, "a": [{"id": "1"}, {"id": "2"}, {"id": "3"}]}}),
    )
    .await;
    check("{ node { id } }", json!({"data": {"node": null}})).await;
    let message = "Expression evaluation failed. Object reference not set to an instance of an object.";
    check("{ search { __typename } }", json!({"errors": [{"message": message, "locations": at(3), "path": ["search"]}], "data": {"search": null}})).await;
}

#[tokio::test(flavor = "current_thread")]
async fn mutations_run_one_after_the_other_and_send_what_the_document_says() {
    let added = backend(r#"{"id": "7", "pages": 1, "author": {"name": "Ann"}}"#).await;
    let add = "<http-data-source><http-request><set-backend-service base-url=\"http://10.10.1.5/base\" /><set-method>POST</set-method><set-url>/add</set-url>\
        <set-header name=\"Content-Type\" exists-action=\"override\"><value>application/json</value></set-header>\
        <set-body>@(new JObject(new JProperty(\"t\", context.Request.Body.As<JObject>(true)[\"arguments\"][\"title\"])).ToString(Newtonsoft.Json.Formatting.None))</set-body></http-request>\
        <backend><forward-request timeout=\"5\" /></backend></http-data-source>";
    let drop = get(
        "@(\"http://10.10.1.5/drop/\" + context.GraphQL.Arguments[\"id\"] + (context.GraphQL.Parent == null ? \"\" : \"!\"))",
    );
    let drop = drop.replace(
        "</http-data-source>",
        "<http-response><set-body>true</set-body></http-response></http-data-source>",
    );
    let world = world(&[("Mutation", "add", add), ("Mutation", "drop", &drop)], "", &[&added]).await;
    let query = "mutation { one: add(title: \"a\") { id author { name } } drop(id: 1) two: add(title: \"b\") { id } }";
    let reply = ask(&world, &json!({"query": query})).await;
    let expected =
        json!({"data": {"one": {"id": "7", "author": {"name": "Ann"}}, "drop": true, "two": {"id": "7"}}});
    assert_eq!(json_of(&reply), expected);
    // The backend reads heads only, so a body stands before the next one.
    let heads = added.heads();
    let seen: Vec<&str> = heads.iter().map(|head| head[0].as_str()).collect();
    assert_eq!(
        seen,
        ["POST /base/add HTTP/1.1", "{\"t\":\"a\"}GET /drop/1 HTTP/1.1", "POST /base/add HTTP/1.1"]
    );
    assert!(heads[0].contains(&"content-length: 9".to_owned()), "{heads:?}");
    assert!(!heads[1].iter().any(|line| line.starts_with("content-length")), "{heads:?}");
}

#[tokio::test(flavor = "current_thread")]
async fn introspection_and_abstract_types_are_answered() {
    let found = backend(
        r#"[{"__typename": "Book", "title": "A"}, {"__typename": "Author", "name": "Ann"}, {"name": "?"}]"#,
    )
    .await;
    let by = get("http://10.10.1.5/");
    let world = world(&[("Query", "search", &by)], "", &[&found]).await;
    let reply = ask(&world, &json!({"query": "{ __schema { queryType { name } mutationType { name } } __type(name: \"Kind\") { kind enumValues { name } } }"})).await;
    let kind = json!({"kind": "ENUM", "enumValues": [{"name": "NOVEL"}, {"name": "POEM"}]});
    let expected = json!({"data": {"__schema": {"queryType": {"name": "Query"}, "mutationType": {"name": "Mutation"}}, "__type": kind}});
    assert_eq!(json_of(&reply), expected);
    let reply = ask(
        &world,
        &json!({"query": "{ search { __typename ... on Book { title } ... on Author { name } } }"}),
    )
    .await;
    let told = json_of(&reply);
    assert!(
        told["errors"][0]["message"].as_str().is_some_and(|text| text.contains("`__typename`")),
        "{told}"
    );
    let reply = ask(&world, &json!({"query": "{ node { id } any { __typename } }"})).await;
    assert_eq!(json_of(&reply), json!({"data": {"node": null, "any": null}}));
}

#[tokio::test(flavor = "current_thread")]
async fn without_resolvers_the_backend_answers_and_what_is_not_executed_is_said() {
    let own = backend(r#"{"data":{"own":1}}"#).await;
    let mut service = service();
    let mut through = graphql_api("through", &[]);
    through.service_url = Some("http://10.10.1.5/graphql".to_owned());
    let mut bare = graphql_api("bare", &[("Query", "book", &get("http://10.10.1.5/"))]);
    bare.schemas.clear();
    let sql = "<sql-data-source><connection-info><connection-string>x</connection-string></connection-info><request><sql-statement>SELECT 1</sql-statement></request></sql-data-source>";
    let refused = graphql_api("refused", &[("Query", "any", sql)]);
    service.apis = [through, bare, refused].map(Into::into).to_vec();
    let world = World::with(service).await;
    world.pods(&[own.socket]);
    let key = "Ocp-Apim-Subscription-Key: primary";
    let reply = world.call(&["GET /through?query=%7Bown%7D HTTP/1.1", key]).await;
    assert_eq!((reply.status(), reply.body.as_str()), (200, r#"{"data":{"own":1}}"#));
    assert_eq!(lines(&own), ["GET /graphql?query=%7Bown%7D HTTP/1.1"]);
    let denied = world.call(&["GET /through?query=%7Bown%7D HTTP/1.1"]).await;
    assert_eq!(denied.status(), 401, "{denied:?}");
    let bare = world.call(&["GET /bare?query=%7Bbook(id:1)%7Bid%7D%7D HTTP/1.1", key]).await;
    assert_eq!(bare.status(), 500, "{bare:?}");
    for (query, named) in [("any%7B__typename%7D", "sql-data-source")] {
        let line = format!("GET /refused?query=%7B{query}%7D HTTP/1.1");
        let reply = world.call(&[&line, key]).await;
        assert_eq!(reply.status(), 500, "{named}: {reply:?}");
        assert!(
            reply.body.contains(named) && reply.body.contains("is not implemented by the sandbox: "),
            "{reply:?}"
        );
    }
}

#[test]
fn schemas_and_data_sources_that_are_wrong_are_refused_with_their_place() {
    for (schema, document, expected) in [
        ("type Query { a: Missing }", get("http://a/"), "the schema is not valid on line 1, column 17"),
        ("type Query {", get("http://a/"), "the schema is not valid"),
        (
            "type Query { a: Int }",
            "<policies />".to_owned(),
            "The 'policies' element is not a data source of resolvers.",
        ),
        ("type Query { a: Int }", "<set-body>1</set-body>".to_owned(), "is not a data source of resolvers."),
        ("type Query { a: Int }", get("@(context.GraphQL.Nothing)"), "Error in element 'set-url' on line 1"),
        (
            "type Query { a: Int }",
            get("http://a/").replace("<set-url>", "<bogus /><set-url>"),
            "The element 'http-request' has invalid child element 'bogus'.",
        ),
    ] {
        let mut service = service();
        let mut api = graphql_api("api", &[("Query", "a", &document)]);
        api.schemas[0].document = schema.to_owned();
        service.apis = vec![api.into()];
        let problems = crate::snapshot::Service::compile(&service.into(), &[]).err().unwrap_or_default();
        assert!(
            problems.iter().any(|problem| problem.message.contains(expected)),
            "{expected}: {problems:?}"
        );
    }
}

#[test]
fn an_author_sees_what_is_wrong_in_a_data_source() {
    let library = Library::default();
    let setting = Setting { scope: ScopeKind::Api, url_template: None, library };
    for (document, expected) in [
        (get("@((string)context.GraphQL.Arguments[\"id\"] + context.GraphQL.Parent)"), None),
        (get("@(context.GraphQL.Nope)"), Some("'IGraphQL' does not contain a definition for 'Nope'")),
        ("<http-data-source />".to_owned(), Some("has incomplete content")),
    ] {
        let examined = examine(&policy("resolver", &document), setting, Around::Strict);
        assert_eq!(examined.kind, Some(Kind::DataSource), "{document}");
        let found: Vec<&str> = examined.found.iter().map(|problem| problem.message.as_str()).collect();
        match expected {
            None => assert!(found.is_empty(), "{document}: {found:?}"),
            Some(expected) => {
                assert!(found.iter().any(|text| text.contains(expected)), "{document}: {found:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_deepest_query_is_executed() {
    let levels = 98;
    let json = (0..levels).fold("{\"id\":1}".to_owned(), |inner, _| format!("{{\"id\":1,\"next\":{inner}}}"));
    let book = backend(&json).await;
    let by = get("http://10.10.1.5/");
    let world = world(&[("Query", "book", &by)], "", &[&book]).await;
    let query = (0..levels).fold("id".to_owned(), |inner, _| format!("next {{ {inner} }}"));
    let reply = ask(&world, &json!({"query": format!("{{ book(id: 1) {{ {query} }} }}")})).await;
    assert_eq!(reply.status(), 200, "{}", reply.body);
    assert_eq!(reply.body.matches("next").count(), levels, "{}", reply.body);
}

#[tokio::test(flavor = "current_thread")]
async fn a_request_does_not_ask_resolvers_without_end() {
    let books = backend(&format!("[{}]", vec!["{\"id\":1}"; 2_000].join(","))).await;
    let authors = backend("{}").await;
    let (list, one) = (get("http://10.10.1.5/"), get("http://10.10.1.5:81/"));
    let world = world(&[("Query", "books", &list), ("Book", "author", &one)], "", &[&books, &authors]).await;
    let reply = ask(&world, &json!({"query": "{ books { author { name } } }"})).await;
    assert_eq!(reply.status(), 400, "{reply:?}");
    assert!(reply.body.contains("more than 1000 times"), "{reply:?}");
    assert!(authors.heads().is_empty());
}

#[tokio::test(flavor = "current_thread")]
async fn a_trace_says_what_resolvers_did() {
    let book = backend(r#"{"id": 7}"#).await;
    let by = get("@(\"http://10.10.1.5/\" + context.GraphQL.Arguments[\"id\"])");
    let world = world(&[("Query", "book", &by)], "", &[&book]).await;
    world.gateway.sample(1);
    let reply = ask(&world, &json!({"query": "{ book(id: 7) { id } }"})).await;
    assert_eq!(reply.body, r#"{"data":{"book":{"id":"7"}}}"#);
    let trace = format!("{:?}", world.gateway.traces());
    for told in ["http-data-source", "http://10.10.1.5/7", "/resolvers/Query/book"] {
        assert!(trace.contains(told), "{told}: {trace}");
    }
}
