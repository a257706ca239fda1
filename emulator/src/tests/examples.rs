//! Requests of API Management 2024-05-01 in the shape of the official examples: each operation as its page shows it,
//! with the answer's status and the properties that the page shows. The answers' types are checked as all are.

mod access;
mod apis;
mod delivery;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Answer, GROUP, World};

/// A request below a service, and what is answered.
struct Example {
    /// What it shows.
    title: &'static str,
    /// Such as `PUT apis/a`.
    request: &'static str,
    /// JSON, or nothing.
    body: &'static str,
    status: u16,
    /// What the answer's body has, among other things; JSON, or nothing.
    shows: &'static str,
}

/// Makes an example; `{service}` in it is the service's id.
const fn example(
    title: &'static str,
    request: &'static str,
    body: &'static str,
    status: u16,
    shows: &'static str,
) -> Example {
    Example { title, request, body, status, shows }
}

/// All that `expected` has is in `found`; lists have as many items.
fn shows(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            expected.iter().all(|(name, value)| found.get(name).is_some_and(|found| shows(found, value)))
        }
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(one, other)| shows(one, other))
        }
        _ => found == expected,
    }
}

fn filled(text: &str, service: &str) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(&text.replace("{service}", service))
        .unwrap_or_else(|error| panic!("{error}: {text}"))
}

async fn asked(world: &World, service: &str, example: &Example) -> Answer {
    let (method, path) = example.request.split_once(' ').unwrap_or((example.request, ""));
    let path = if path.is_empty() { service.to_owned() } else { format!("{service}/{path}") };
    let separator = if path.contains('?') { '&' } else { '?' };
    let path = format!("{path}{separator}api-version=2024-05-01");
    world.send(method, &path, filled(example.body, service)).await
}

/// In one service, in order: later examples use what earlier ones made.
async fn check(examples: &[Example]) {
    let world = World::instant().await;
    world.put(GROUP, json!({"location": "westus2"})).await.expect(201);
    let service = world.service().await;
    let mut wrong = Vec::new();
    for example in examples {
        let answer = asked(&world, &service, example).await;
        let expected = filled(example.shows, &service);
        let is_right = expected.is_null() || shows(&answer.body, &expected);
        if answer.status != example.status || !is_right {
            let told = format!("{} ({}): {} {}", example.title, example.request, answer.status, answer.body);
            wrong.push(told);
        }
    }
    assert!(wrong.is_empty(), "{} are answered differently:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn apis_and_what_belongs_to_them_are_answered_as_in_the_examples() {
    check(apis::EXAMPLES).await;
}

#[tokio::test]
async fn products_users_and_subscriptions_are_answered_as_in_the_examples() {
    check(access::EXAMPLES).await;
}

#[tokio::test]
async fn backends_secrets_and_settings_are_answered_as_in_the_examples() {
    check(delivery::EXAMPLES).await;
}

#[test]
fn the_examples_are_many_and_each_has_a_title_of_its_own() {
    let all = || apis::EXAMPLES.iter().chain(access::EXAMPLES).chain(delivery::EXAMPLES);
    let titles: BTreeSet<&str> = all().map(|example| example.title).collect();
    assert_eq!(titles.len(), all().count());
    assert!(titles.len() >= 60, "{}", titles.len());
}
