//! Kinds that a cluster gets while it runs.

use http::Method;
use serde_json::{Value, json};

use super::world::{World, check};

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const WIDGETS: &str = "/apis/shop.example/v1/namespaces/default/services";

/// What is wrong, how it comes to be, and what the answer says.
type Case = (&'static str, fn(&mut Value), &'static str);

/// The plural is that of a kind that is built in, on purpose.
fn definition() -> Value {
    let schema =
        json!({ "openAPIV3Schema": { "type": "object", "x-kubernetes-preserve-unknown-fields": true } });
    let version = |name: &str, storage: bool| {
        json!({
            "name": name, "served": true, "storage": storage, "schema": schema, "subresources": { "status": {} },
        })
    };
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": "services.shop.example" },
        "spec": {
            "group": "shop.example", "scope": "Namespaced",
            "names": { "kind": "Widget", "plural": "services", "shortNames": ["wd"] },
            "versions": [version("v1alpha1", false), version("v1", true)],
        },
    })
}

fn widget(size: u64) -> Value {
    json!({
        "apiVersion": "shop.example/v1", "kind": "Widget", "metadata": { "name": "a" }, "spec": { "size": size },
        "status": { "told": "by nobody" },
    })
}

async fn with_widgets() -> World {
    let world = World::start().await;
    check(&world.post(DEFINITIONS, &definition()).await, 201, &["\"listKind\":\"WidgetList\""]);
    world
        .until(&format!("{DEFINITIONS}/services.shop.example"), "is established", |answer| {
            answer.text.contains("Established")
        })
        .await;
    world
}

#[tokio::test]
async fn a_custom_kind_is_discovered_stored_applied_and_watched() {
    let world = with_widgets().await;
    check(&world.get("/apis/shop.example/v1").await, 200, &["\"Widget\"", "services/status", "\"wd\""]);
    check(&world.get("/apis/shop.example").await, 200, &["shop.example/v1"]);
    check(&world.get("/openapi/v3").await, 200, &["apis/shop.example/v1"]);
    let aggregated = [("accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")];
    let discovered = world.ask_with(Method::GET, "/apis", &aggregated, "").await;
    check(&discovered, 200, &["shop.example", "\"Widget\""]);

    check(&world.post(WIDGETS, &widget(1)).await, 201, &["\"generation\":1"]);
    let path = format!("{WIDGETS}/a");
    let apply = format!("{path}?fieldManager=me&force=true");
    let kind = "application/apply-patch+yaml";
    let applied = world.ask(Method::PATCH, &apply, kind, &widget(2).to_string()).await;
    check(&applied, 200, &["\"generation\":2", "\"size\":2"]);
    assert!(!applied.text.contains("by nobody"), "the status is a subresource: {}", applied.text);
    let status = json!({ "status": { "ready": true } });
    check(
        &world.patch(&format!("{path}/status"), "merge-patch+json", &status).await,
        200,
        &["\"ready\":true"],
    );
    let listed = world.get(WIDGETS).await;
    check(&listed, 200, &["\"WidgetList\"", "\"size\":2"]);
    assert_eq!(listed.body["items"].as_array().map(Vec::len), Some(1), "Services are something else");
    let watched = world.get(&format!("{WIDGETS}?watch=true&timeoutSeconds=1")).await;
    check(&watched, 200, &["\"ADDED\"", "\"Widget\""]);
    check(&world.get("/api/v1/namespaces/default/services/a").await, 404, &["services \\\"a\\\" not found"]);
    check(&world.get("/apis/shop.example/v1alpha1/namespaces/default/services").await, 404, &[]);
}

#[tokio::test]
async fn a_definition_takes_its_objects_along_and_can_come_back_empty() {
    let world = with_widgets().await;
    check(&world.post(WIDGETS, &widget(1)).await, 201, &[]);
    let path = format!("{DEFINITIONS}/services.shop.example");
    check(&world.ask(Method::DELETE, &path, "", "").await, 200, &[]);
    world.until(&path, "goes", |answer| answer.code == 404).await;
    check(&world.get(WIDGETS).await, 404, &["could not find the requested resource"]);
    check(&world.post(DEFINITIONS, &definition()).await, 201, &[]);
    check(&world.get(WIDGETS).await, 200, &["\"items\":[]"]);
}

#[tokio::test]
async fn definitions_that_contradict_themselves_are_refused() {
    let world = World::start().await;
    let cases: [Case; 6] = [
        ("name", |of| of["metadata"]["name"] = "widgets".into(), "must be spec.names.plural"),
        ("storage", |of| of["spec"]["versions"][1]["storage"] = false.into(), "exactly one version"),
        ("schema", |of| of["spec"]["versions"][0]["schema"] = json!({}), "schemas are required"),
        ("scope", |of| of["spec"]["scope"] = "Galaxy".into(), "supported values"),
        ("kind", |of| of["spec"]["names"]["kind"] = Value::Null, "spec.names.kind"),
        (
            "group",
            |of| {
                of["spec"]["group"] = "apps".into();
                of["metadata"]["name"] = "services.apps".into();
            },
            "built in",
        ),
    ];
    for (what, change, why) in cases {
        let mut wrong = definition();
        change(&mut wrong);
        let answer = world.post(DEFINITIONS, &wrong).await;
        assert_eq!(answer.code, 422, "{what}: {}", answer.text);
        assert!(answer.text.contains(why), "{what}: {}", answer.text);
    }
    for odd in [json!({}), json!({ "spec": [] }), json!({ "spec": { "names": 1, "versions": {} } })] {
        let mut object = json!({ "metadata": { "name": "a.b" } });
        object["spec"] = odd["spec"].clone();
        assert_eq!(world.post(DEFINITIONS, &object).await.code, 422);
    }
}

#[tokio::test]
async fn metallbs_objects_are_accepted_as_they_are() {
    let world = World::start().await;
    for object in crate::metallb::objects() {
        let (kind, name) = (&object["kind"], &object["metadata"]["name"]);
        let (version, plural) = (object["apiVersion"].as_str().expect("a version"), plural(&object));
        let group = if version == "v1" { "/api/v1".to_owned() } else { format!("/apis/{version}") };
        let place = object["metadata"]["namespace"].as_str().map(|of| format!("/namespaces/{of}"));
        let path = format!(
            "{group}{}/{plural}/{}?fieldManager=apimlab&force=true&fieldValidation=Strict",
            place.unwrap_or_default(),
            name.as_str().expect("a name").replace(':', "%3A")
        );
        let answer =
            world.ask(Method::PATCH, &path, "application/apply-patch+yaml", &object.to_string()).await;
        assert!(matches!(answer.code, 200 | 201), "{kind} {name}: {}", answer.text);
    }
    let pools = "/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools";
    check(&world.get(pools).await, 200, &["\"IPAddressPoolList\""]);
    world
        .until("/api/v1/namespaces/metallb-system/pods", "has two Pods without an image", |answer| {
            answer.text.matches("\"ImagePullBackOff\"").count() == 2
        })
        .await;
}

fn plural(object: &Value) -> String {
    format!("{}s", object["kind"].as_str().expect("a kind").to_lowercase())
}
