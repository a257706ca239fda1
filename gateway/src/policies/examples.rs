//! Runs the examples of all rows against a gateway and a backend on real sockets.

use apim::Scope;

use super::{Definition, Example, POLICIES};
use crate::pipeline::{ScopeKind, Section};
use crate::tests::world::{BOUND, Recorder, World, api, graphql_api, policy, product, service, subscription};

#[tokio::test(flavor = "current_thread")]
async fn every_example_does_what_it_says() {
    for row in POLICIES {
        for example in row.examples {
            check(row, example).await;
        }
    }
}

async fn check(row: &Definition, example: &'static Example) {
    let title = format!("{}: {}", row.name, example.title);
    let mut service = service();
    let text = policy("example", &document(example));
    if row.scopes == [ScopeKind::Resolver] {
        service.apis = vec![graphql_api("api", &[("Query", "book", example.fragment)]).into()];
    } else if row.scopes.contains(&ScopeKind::Api) {
        // Preflights are for APIs that have no operation for OPTIONS themselves.
        let mut other = api("preflight", "preflight");
        other.operations.retain(|operation| operation.method != "OPTIONS");
        other.policy = Some(text.clone());
        service.apis[0].policy = Some(text);
        service.apis.push(other.into());
    } else if row.scopes == [ScopeKind::Global] {
        service.policy = Some(text);
    } else {
        let mut holder = product("holder", true, &["api"]);
        holder.policy = Some(text);
        service.products.push(holder);
        service.subscriptions.push(subscription("s", Scope::Product("holder".to_owned()), "product"));
    }
    let backend = Recorder::start(answer(example)).await;
    let world = World::with(service).await;
    world.pods(&[backend.socket]);
    let reply = world.call(example.request).await;
    let (body, lines) = example.response.split_last().expect("an example with a response");
    compare(&title, lines, &reply.head);
    assert_eq!(reply.body, *body, "{title}");
    if !example.seen.is_empty() {
        // What is sent beside the request may get there after the answer.
        let there = async {
            while backend.heads().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(BOUND, there).await.unwrap_or_default();
    }
    let heads = backend.heads();
    match heads.as_slice() {
        [] => assert!(example.seen.is_empty(), "{title}: the backend got nothing"),
        [head] if !example.seen.is_empty() => compare(&title, example.seen, head),
        more => panic!("{title}: the backend got {more:?}"),
    }
}

fn compare(title: &str, expected: &[&str], found: &[String]) {
    let same = |line: &str| found.iter().any(|found| found.eq_ignore_ascii_case(line));
    for line in expected {
        match line.strip_prefix('!') {
            Some(absent) => assert!(!same(absent), "{title}: `{absent}` is in {found:?}"),
            None => assert!(same(line), "{title}: `{line}` is not in {found:?}"),
        }
    }
}

fn document(example: &Example) -> String {
    let sections = Section::ALL.map(|section| {
        let name = section.as_str();
        let inside = if section == example.section { example.fragment } else { "<base />" };
        format!("<{name}>{inside}</{name}>")
    });
    format!("<policies>{}</policies>", sections.concat())
}

fn answer(example: &Example) -> &'static str {
    let lines = example.answer.iter().copied().chain(["Content-Length: 7", "", "backend"]);
    String::leak(lines.collect::<Vec<_>>().join("\r\n"))
}
