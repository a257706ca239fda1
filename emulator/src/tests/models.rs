//! What a write changes in the model of a service, and what stays the same object.

use apim::{Service, Shared, VersioningScheme};
use serde_json::{Value, json};

use super::World;

async fn example() -> (World, String) {
    let world = World::instant().await;
    world.network().await;
    let service = world.service().await;
    let set = json!({"properties": {"displayName": "S", "versioningScheme": "Segment"}});
    world.put(&format!("{service}/apiVersionSets/s"), set).await.expect(201);
    for name in ["a", "b"] {
        let api = json!({"properties": {"displayName": name, "path": name, "apiVersion": "v1",
            "apiVersionSetId": format!("{service}/apiVersionSets/s"), "serviceUrl": "http://10.10.1.5"}});
        world.put(&format!("{service}/apis/{name}"), api).await.expect(201);
        world.put(&format!("{service}/apis/{name}/operations/one"), operation("/one")).await.expect(201);
    }
    (world, service)
}

fn operation(template: &str) -> Value {
    json!({"properties": {"displayName": "o", "method": "GET", "urlTemplate": template}})
}

fn policy(text: &str) -> Value {
    json!({"properties": {"format": "rawxml", "value": format!("<policies><inbound>{text}</inbound></policies>")}})
}

fn served(world: &World) -> Shared<Service> {
    let told = world.data_plane.0.lock().expect("a lock");
    told.last().and_then(|snapshot| snapshot.services.first().cloned()).expect("served")
}

/// Which of the APIs `a` and `b` are the same objects as before.
fn kept(before: &Service, after: &Service) -> [bool; 2] {
    [0, 1].map(|at| before.apis[at].is(&after.apis[at]))
}

#[tokio::test]
async fn a_write_makes_only_what_it_lies_in_anew() {
    let (world, service) = example().await;
    for (path, body, expected) in [
        ("apis/a/operations/two", operation("/two"), [false, true]),
        ("apis/b/policies/policy", policy("<base />"), [true, false]),
        ("apis/a/operations/one/policies/policy", policy("<base />"), [false, true]),
        ("policies/policy", policy(""), [true, true]),
        ("products/p", json!({"properties": {"displayName": "P"}}), [true, true]),
        // A version set says how its APIs are called.
        (
            "apiVersionSets/s",
            json!({"properties": {"displayName": "S", "versioningScheme": "Query", "versionQueryName": "v"}}),
            [false, false],
        ),
    ] {
        let before = served(&world);
        let status = world.put(&format!("{service}/{path}"), body).await.status;
        assert!(status < 300, "{path}: {status}");
        let after = served(&world);
        assert!(!before.is(&after), "{path}");
        assert_eq!(kept(&before, &after), expected, "{path}");
        if path == "apis/a/operations/two" {
            assert!(
                before.apis[0].operations[0].is(&after.apis[0].operations[0]),
                "the other operation stays"
            );
        }
    }
    let after = served(&world);
    assert_eq!(after.apis[0].operations.len(), 2);
    assert!(after.apis[0].operations[0].policy.is_some() && after.apis[1].policy.is_some());
    let schemes = after.apis.iter().map(|api| api.version.as_ref().map(|version| &version.scheme));
    assert!(schemes.eq([Some(&VersioningScheme::Query("v".to_owned())); 2]));
    world.delete(&format!("{service}/apis/a/operations/one")).await.expect(200);
    assert_eq!(kept(&after, &served(&world)), [false, true]);
    assert_eq!(served(&world).apis[0].operations[0].url_template, "/two");
}

#[tokio::test]
async fn a_refused_write_leaves_no_trace_in_the_model() {
    let (world, service) = example().await;
    let bad = world.put(&format!("{service}/apis/a/policies/policy"), policy("<bad />")).await;
    bad.expect_error(400, "ValidationError");
    world.put(&format!("{service}/apis/b/operations/two"), operation("/two")).await.expect(201);
    let model = served(&world);
    assert_eq!((&model.apis[0].policy, model.apis[1].operations.len()), (&None, 2));
}
