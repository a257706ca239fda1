//! Whatever a request holds: never a 500, never a panic, and what is refused changes nothing.
//!
//! Requests are made from the rows' examples and from the published operations, each with some mistakes; a seed makes
//! them the same each time. `APIMLAB_TEST_REQUESTS` and `APIMLAB_TEST_SEED` choose how many and which.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use super::odd::{self, Dice};
use super::rows::{Case, cases};
use super::{SUBSCRIPTION, TENANT, World};
use crate::engine::{Resource, Store};
use crate::providers;
use arm::ResourceId;

/// After so many requests the world is made anew.
const ROUND: u64 = 500;

#[expect(clippy::disallowed_methods, reason = "the lane chooses how much is tried")]
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(default)
}

/// A request that is tried.
struct Attempt {
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// Everything that there is, by id.
fn everything(world: &World) -> BTreeMap<String, Arc<Resource>> {
    let store = Store::read(&world.emulator.store);
    let subscription = ResourceId::subscription(SUBSCRIPTION);
    let all = store.below(&subscription);
    all.map(|resource| (resource.id.key().to_owned(), resource.clone())).collect()
}

fn is_same(before: &BTreeMap<String, Arc<Resource>>, after: &BTreeMap<String, Arc<Resource>>) -> bool {
    before.len() == after.len()
        && before
            .iter()
            .zip(after)
            .all(|((key, resource), (other, found))| key == other && Arc::ptr_eq(resource, found))
}

/// A world with an example of nearly everything in it.
async fn full() -> (World, Vec<Case>) {
    let world = World::instant().await;
    let all = cases(&world);
    // Twice, as some need what comes later.
    for case in all.iter().chain(&all) {
        if world.get(&case.id).await.status == 404 {
            world.put(&case.id, case.body.clone()).await;
        }
    }
    (world, all)
}

/// The path of one of the published operations, with names of things that exist where there are some.
fn operation(dice: &mut Dice, all: &[Case]) -> (&'static str, String) {
    let line = *dice.pick(&crate::operations::lines());
    let (method, path) = line.split_once(' ').expect("a method and a path");
    let sample = dice.pick(all).id.clone();
    let names: Vec<&str> = sample.split('/').filter(|name| !name.is_empty()).collect();
    let path = path.split('/').map(|segment| match segment {
        "{subscription}" => SUBSCRIPTION,
        "{resourceGroupName}" => "example",
        parameter if parameter.starts_with('{') => dice.pick(&names),
        fixed => fixed,
    });
    (method, path.collect::<Vec<_>>().join("/"))
}

fn attempt(dice: &mut Dice, all: &[Case], token: &str) -> Attempt {
    let case = dice.pick(all);
    let methods =
        ["GET", "PUT", "PUT", "PUT", "PATCH", "PATCH", "POST", "DELETE", "HEAD", "OPTIONS", "TRACE"];
    let (mut method, mut path) = (*dice.pick(&methods), case.id.clone());
    let mut body = case.body.clone();
    match dice.below(10) {
        0 | 1 => (method, path) = operation(dice, all),
        2 if !case.definition.actions.is_empty() => {
            (method, path) = ("POST", format!("{path}/{}", dice.pick(case.definition.actions).name));
        }
        3 => {
            let endpoints: Vec<_> = providers::ENDPOINTS.iter().copied().flatten().collect();
            let endpoint = dice.pick(&endpoints);
            path = endpoint.path.replace("{id}", SUBSCRIPTION).replace("{group}", "example");
            method = if endpoint.method == http::Method::GET { "GET" } else { "POST" };
        }
        4 => path = path.rsplit_once('/').map_or(path.clone(), |(list, _)| list.to_owned()),
        5 => body = dice.pick(all).body.clone(),
        6 => (method, path, body) = directory(dice),
        _ => {}
    }
    for _ in 0..dice.below(4) {
        odd::spoil(dice, &mut body);
    }
    let mut bytes = if dice.one_in(8) { Vec::new() } else { body.to_string().into_bytes() };
    if dice.one_in(6) {
        odd::spoil_bytes(dice, &mut bytes);
    }
    if dice.one_in(4) {
        path = odd::path(dice, &path);
    }
    let query = odd::query(dice);
    let mut headers = odd::headers(dice);
    let mistake = if dice.one_in(50) { "x" } else { "" };
    headers.push(("authorization", format!("Bearer {token}{mistake}")));
    Attempt { method, path: format!("{}?{query}", odd::encode(&path)), headers, body: bytes }
}

/// Graph and the token endpoint.
fn directory(dice: &mut Dice) -> (&'static str, String, Value) {
    let token = format!("/{TENANT}/oauth2/v2.0/token");
    let paths = [
        "/v1.0/applications",
        "/v1.0/servicePrincipals",
        "/v1.0/directoryObjects/getByIds",
        "/v1.0/servicePrincipals/x/addPassword",
        "/v1.0/applications(appId='x')",
        "/metadata/endpoints",
        token.as_str(),
    ];
    let body =
        json!({"displayName": "x", "appId": "x", "ids": ["x"], "passwordCredential": {"endDateTime": "x"}});
    (*dice.pick(&["GET", "POST", "PATCH", "DELETE"]), (*dice.pick(&paths)).to_owned(), body)
}

/// Sends it; the status, and what is wrong with the answer. `None` is what HTTP itself refuses.
async fn send(world: &World, attempt: &Attempt) -> Option<(u16, Option<String>)> {
    let mut request = Request::builder().method(attempt.method).uri(&attempt.path);
    for (name, value) in &attempt.headers {
        request = request.header(*name, value);
    }
    let request = request.body(Bytes::from(attempt.body.clone())).ok()?;
    let before = everything(world);
    let response = world.emulator.handle(request).await;
    let (status, body) = (response.status().as_u16(), response.into_body());
    Some((status, failure(attempt.method, (status, &body), || is_same(&before, &everything(world)))))
}

fn failure(method: &str, (status, body): (u16, &Bytes), is_same: impl Fn() -> bool) -> Option<String> {
    if status >= 500 && status != 501 {
        return Some(format!("{status}: {}", String::from_utf8_lossy(body)));
    }
    let refused = status >= 400;
    let code = serde_json::from_slice::<Value>(body).ok().map(|body| body["error"].clone());
    if refused && method != "HEAD" && !body.is_empty() && code.is_none_or(|code| code.is_null()) {
        return Some(format!("{status} without an error: {}", String::from_utf8_lossy(body)));
    }
    let reads = matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE");
    ((refused || reads) && !is_same()).then(|| format!("{status} changed something"))
}

#[tokio::test]
async fn no_request_brings_a_500_and_what_is_refused_changes_nothing() {
    let (requests, seed) = (setting("APIMLAB_TEST_REQUESTS", 1_500), setting("APIMLAB_TEST_SEED", 1));
    let mut dice = Dice::new(seed);
    let (mut world, mut all) = full().await;
    assert!(everything(&world).len() > all.len() / 2, "the examples are there");
    let (mut failures, mut answered) = (BTreeSet::new(), BTreeMap::<u16, u64>::new());
    for at in 0..requests {
        if at % ROUND == ROUND - 1 {
            (world, all) = full().await;
        }
        let attempt = attempt(&mut dice, &all, &world.token);
        let Some((status, why)) = send(&world, &attempt).await else { continue };
        *answered.entry(status).or_default() += 1;
        if let Some(why) = why {
            let body: String = String::from_utf8_lossy(&attempt.body).chars().take(600).collect();
            let path: String = attempt.path.chars().take(300).collect();
            let headers = attempt.headers.iter().filter(|(name, _)| *name != "authorization");
            let headers: Vec<_> = headers.collect();
            failures.insert(format!("{} {path}\n  {headers:?}\n  {body}\n  gives {why}", attempt.method));
        }
    }
    let shown: Vec<&str> = failures.iter().take(15).map(String::as_str).collect();
    assert!(failures.is_empty(), "{} of {requests} (seed {seed}):\n{}", failures.len(), shown.join("\n\n"));
    for status in [200, 201, 204, 400, 401, 404, 405, 409, 412] {
        assert!(requests < ROUND || answered.contains_key(&status), "no {status} among {answered:?}");
    }
    eprintln!("{requests} requests with seed {seed}: {answered:?}");
}
