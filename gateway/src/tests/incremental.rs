//! What did not change is not compiled again, and what did is seen at once by all that it concerns.

use std::sync::Arc;

use apim::{DataPlane, NamedValue, Secret, Service, Shared, Snapshot};

use super::world::{World, api, fragment, operation, policy, product, service, subscription};
use crate::snapshot;

/// Sets a variable.
fn variable(name: &str, value: &str) -> String {
    format!("<set-variable name='{name}' value='{value}' />")
}

fn inbound(steps: &str) -> String {
    format!("<policies><inbound><base />{steps}</inbound></policies>")
}

fn mark(value: &str) -> apim::Fragment {
    fragment("mark", &format!("<fragment>{}</fragment>", variable("fragment", value)))
}

fn named(value: &str) -> NamedValue {
    NamedValue { name: "value".to_owned(), value: Secret::new(value), secret: false }
}

/// What an API says: what was set at each scope, and what its policy refers to.
fn told(own: &str) -> String {
    let parts = ["global", "product", "fragment", "value"]
        .map(|name| format!("(string)context.Variables[\"{name}\"]"));
    let (value, told) = (variable("value", "{{value}}"), parts.join(" + \" \" + "));
    inbound(&format!(
        "<include-fragment fragment-id='mark' />{value}<set-backend-service backend-id='safety' />\
         <return-response><set-body>@({told} + \" {own}\")</set-body></return-response>"
    ))
}

/// Two APIs with the same scopes around them.
fn telling() -> Service {
    let telling = |name: &str| {
        let mut api = api(name, name);
        api.policy = Some(policy(&format!("/apis/{name}"), &told(name)));
        api.into()
    };
    let mut open = product("open", false, &["a", "b"]);
    open.policy = Some(policy("/products/open", &inbound(&variable("product", "p1"))));
    Service {
        apis: vec![telling("a"), telling("b")],
        products: vec![open],
        policy: Some(policy("/", &inbound(&variable("global", "g1")))),
        fragments: vec![mark("f1")],
        named_values: vec![named("v1")],
        ..service()
    }
}

/// The compiled service.
fn served(world: &World) -> Arc<snapshot::Service> {
    Arc::clone(world.gateway.snapshot.load().service("localhost").expect("a service"))
}

/// Which of the APIs `a` and `b` two forms of the service have in common.
fn in_common(one: &snapshot::Service, other: &snapshot::Service) -> [bool; 2] {
    ["a", "b"].map(|name| {
        let of = |service: &snapshot::Service| Arc::clone(service.api_named(name).expect("an API"));
        Arc::ptr_eq(&of(one), &of(other))
    })
}

/// A change, what the APIs say then, and which of them stay as they were.
type Case = (&'static str, fn(&mut Service), [&'static str; 2], [bool; 2]);

const CASES: [Case; 10] = [
    ("a fragment", |new| new.fragments = vec![mark("f2")], ["g1 p1 f2 v1 a", "g1 p1 f2 v1 b"], [false; 2]),
    (
        "a named value",
        |new| new.named_values = vec![named("v2")],
        ["g1 p1 f1 v2 a", "g1 p1 f1 v2 b"],
        [false; 2],
    ),
    (
        "the product's policy",
        |new| new.products[0].policy = Some(policy("/products/open", &inbound(&variable("product", "p2")))),
        ["g1 p2 f1 v1 a", "g1 p2 f1 v1 b"],
        [false; 2],
    ),
    (
        "the global policy",
        |new| new.policy = Some(policy("/", &inbound(&variable("global", "g2")))),
        ["g2 p1 f1 v1 a", "g2 p1 f1 v1 b"],
        [false; 2],
    ),
    ("a backend", |new| drop(new.backends.pop()), ["g1 p1 f1 v1 a", "g1 p1 f1 v1 b"], [false; 2]),
    ("a certificate", |new| new.certificates.clear(), ["g1 p1 f1 v1 a", "g1 p1 f1 v1 b"], [false; 2]),
    (
        "the policy of an API",
        |new| new.apis[0].policy = Some(policy("/apis/a", &told("other"))),
        ["g1 p1 f1 v1 other", "g1 p1 f1 v1 b"],
        [false, true],
    ),
    (
        "the policy of an operation",
        |new| {
            let own = "<policies><inbound><return-response><set-body>own</set-body></return-response></inbound></policies>";
            new.apis[1].operations[0].policy = Some(policy("/apis/b/operations/o", own));
        },
        ["g1 p1 f1 v1 a", "own"],
        [true, false],
    ),
    (
        "what is in a product",
        |new| {
            new.products[0].apis.pop();
            new.apis[1].subscription_required = false;
            new.apis[1].policy = None;
            new.apis[1].operations[0].policy =
                Some(policy("/o", &inbound("<return-response><set-body>alone</set-body></return-response>")));
        },
        // The product is another one then.
        ["g1 p1 f1 v1 a", "alone"],
        [false; 2],
    ),
    (
        "a subscription",
        |new| new.subscriptions.push(subscription("new", apim::Scope::AllApis, "new")),
        ["g1 p1 f1 v1 a", "g1 p1 f1 v1 b"],
        [true; 2],
    ),
];

#[tokio::test(flavor = "current_thread")]
async fn a_change_is_seen_by_all_that_it_concerns_and_the_rest_stays() {
    for (what, change, expected, kept) in CASES {
        let world = World::with(telling()).await;
        let before = served(&world);
        let mut changed = telling();
        change(&mut changed);
        let changed = Shared::from(changed);
        world.gateway.check(&changed).expect(what);
        world.gateway.publish(Snapshot { services: vec![changed] }).expect(what);
        let said =
            [world.call(&["GET /a/ HTTP/1.1"]).await.body, world.call(&["GET /b/ HTTP/1.1"]).await.body];
        assert_eq!(said, expected, "{what}");
        assert_eq!(in_common(&before, &served(&world)), kept, "{what}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn one_more_operation_compiles_no_other_again() {
    let world = World::with(telling()).await;
    let find = |path: &str| {
        let service = served(&world);
        let api = service.api_named("a").expect("an API");
        api.operations.find("GET", path, None).cloned()
    };
    let before = find("/").expect("an operation");
    let mut changed = telling();
    changed.apis[0].operations.push(operation("GET", "/new/one").into());
    world.gateway.publish(Snapshot { services: vec![changed.into()] }).expect("a snapshot");
    assert!(Arc::ptr_eq(&before, &find("/").expect("an operation")));
    assert_eq!(find("/new/one").expect("the new one").url_template, "/new/one");
}

#[tokio::test(flavor = "current_thread")]
async fn what_was_checked_is_what_is_published() {
    let world = World::with(telling()).await;
    let mut wanted = telling();
    wanted.named_values = vec![named("v2")];
    let wanted = Shared::from(wanted);
    world.gateway.check(&wanted).expect("a service");
    let checked = world.gateway.checked.load_full().expect("what was checked");
    world.gateway.publish(Snapshot { services: vec![wanted] }).expect("a snapshot");
    assert!(Arc::ptr_eq(&checked, &served(&world)));
}

#[tokio::test(flavor = "current_thread")]
async fn what_was_only_checked_is_not_served() {
    let world = World::with(telling()).await;
    let mut unwanted = telling();
    unwanted.named_values = vec![named("v2")];
    world.gateway.check(&unwanted.into()).expect("a service");
    let mut wanted = telling();
    wanted.location = "elsewhere".to_owned();
    world.gateway.publish(Snapshot { services: vec![wanted.into()] }).expect("a snapshot");
    assert_eq!(world.call(&["GET /a/ HTTP/1.1"]).await.body, "g1 p1 f1 v1 a");
}
