//! The API server's answers.

use std::time::Duration;

use http::Method;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::world::{World, check};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

fn map(name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

fn deployment(name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {
            "replicas": 0, "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "nginx:1"}]},
            },
        },
    })
}

#[tokio::test]
async fn strangers_are_not_let_in() {
    let world = World::start().await;
    for (authorization, path, code) in [
        ("Bearer wrong", "/api/v1/pods", 401),
        ("Basic abc", "/api", 401),
        ("Bearer wrong", "/version", 200),
        ("Bearer wrong", "/healthz", 200),
    ] {
        let headers = [("authorization", authorization)];
        let answer = world.ask_with(Method::GET, path, &headers, "").await;
        check(&answer, code, &[]);
    }
    assert_eq!(world.get("/version").await.body["gitVersion"], "v1.34.2");
    assert_eq!(world.get("/readyz").await.text, "ok");
}

#[tokio::test]
async fn discovery_tells_the_same_in_both_forms() {
    let world = World::start().await;
    let aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    let all = world.ask_with(Method::GET, "/apis", &[("accept", aggregated)], "").await;
    check(&all, 200, &["\"deployments\"", "\"scale\""]);
    assert_eq!(all.head.headers["content-type"], aggregated);
    let tag = all.head.headers["etag"].to_str().expect("a tag").to_owned();
    let headers = [("accept", aggregated), ("if-none-match", tag.as_str())];
    assert_eq!(world.ask_with(Method::GET, "/apis", &headers, "").await.code, 304);
    let groups = world.get("/apis").await.body;
    let groups = groups["groups"].as_array().expect("groups");
    assert_eq!(groups.len(), all.body["items"].as_array().expect("items").len());
    for group in groups {
        let version = group["versions"][0]["groupVersion"].as_str().expect("a version");
        let resources = world.get(&format!("/apis/{version}")).await;
        check(&resources, 200, &["APIResourceList"]);
    }
    check(&world.get("/api").await, 200, &["APIVersions"]);
    check(&world.get("/api/v1").await, 200, &["\"pods/log\"", "\"svc\""]);
    check(&world.get("/").await, 200, &["/apis/apps/v1"]);
    let index = world.get("/openapi/v3").await;
    let url = index.body["paths"]["apis/apps/v1"]["serverRelativeURL"].as_str().expect("a url");
    // Clients join the URL to the server's base once or twice.
    check(&world.get(url).await, 200, &["x-kubernetes-group-version-kind", "fieldValidation"]);
}

/// Method, path, body, code, and a part of the message.
#[expect(clippy::too_many_lines, reason = "a table")]
fn refusals() -> Vec<(Method, &'static str, Value, u16, &'static str)> {
    let broken = json!({"spec": {"ports": [{"port": 0}]}, "metadata": {"name": "b"}});
    let mut mismatch = deployment("bad");
    mismatch["spec"]["template"] = json!({"metadata": {"labels": {"a": "c"}}, "spec": {"containers": []}});
    let stale = json!({"metadata": {"name": "cm", "resourceVersion": "1"}});
    vec![
        (Method::POST, MAPS, map("cm", &json!({})), 409, "configmaps \\\"cm\\\" already exists"),
        (
            Method::GET,
            "/api/v1/namespaces/default/configmaps/none",
            Value::Null,
            404,
            "configmaps \\\"none\\\" not found",
        ),
        (
            Method::POST,
            "/api/v1/namespaces/none/configmaps",
            map("x", &json!({})),
            404,
            "namespaces \\\"none\\\" not found",
        ),
        (Method::GET, "/api/v1/nothing", Value::Null, 404, "could not find the requested resource"),
        (Method::PUT, MAPS, map("x", &json!({})), 405, "MethodNotAllowed"),
        (Method::POST, MAPS, map("Bad_Name", &json!({})), 422, "a lowercase RFC 1123 subdomain must consist"),
        (
            Method::POST,
            "/api/v1/namespaces/default/services",
            broken,
            422,
            "spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive",
        ),
        (
            Method::POST,
            DEPLOYMENTS,
            mismatch,
            422,
            "`selector` does not match template `labels`, spec.template.spec.containers: Required value]",
        ),
        (
            Method::POST,
            MAPS,
            json!({"apiVersion": "v1", "kind": "Secret"}),
            400,
            "Secret in version \\\"v1\\\" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap)",
        ),
        (Method::PUT, "/api/v1/namespaces/default/configmaps/cm", stale, 409, "the object has been modified"),
        (
            Method::PUT,
            "/api/v1/namespaces/default/configmaps/cm",
            map("other", &json!({})),
            400,
            "does not match the name on the URL (cm)",
        ),
        (
            Method::GET,
            "/api/v1/pods?labelSelector=a%3D%3D%3D",
            Value::Null,
            400,
            "found '=', expected: identifier",
        ),
        (
            Method::GET,
            "/api/v1/pods?fieldSelector=spec.nope%3D1",
            Value::Null,
            400,
            "field label not supported: spec.nope",
        ),
        (
            Method::POST,
            "/apis/batch/v1/namespaces/default/jobs",
            json!({}),
            501,
            "no controller of the sandbox acts on Jobs",
        ),
        (
            Method::GET,
            "/api/v1/namespaces/default/pods/x/exec",
            Value::Null,
            501,
            "not implemented by the sandbox",
        ),
        (
            Method::DELETE,
            "/api/v1/namespaces/kube-system",
            Value::Null,
            403,
            "this namespace may not be deleted",
        ),
        (Method::POST, MAPS, json!([]), 400, "an object is required"),
        (Method::POST, MAPS, json!({"metadata": 3}), 400, "metadata: an object is required"),
    ]
}

#[tokio::test]
async fn refusals_have_the_right_code_and_words() {
    let world = World::start().await;
    assert_eq!(world.post(MAPS, &map("cm", &json!({"a": "1"}))).await.code, 201);
    for (method, path, body, code, text) in refusals() {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = world.ask(method.clone(), path, "application/json", &body).await;
        check(&answer, code, &[text]);
        assert_eq!(answer.body["kind"], "Status", "{method} {path}");
        assert_eq!(answer.body["code"], code);
    }
}

#[tokio::test]
async fn bodies_that_are_too_large_or_in_the_wrong_form_are_refused() {
    let world = World::start().await;
    let large = "x".repeat(3 << 20) + "x";
    let protobuf = "application/vnd.kubernetes.protobuf";
    for (kind, body, code, text) in [
        ("application/json", large.as_str(), 413, "limit is 3145728"),
        ("application/json", "{", 400, "unrecognized"),
        (protobuf, "k8s", 415, "kubectl apply -f"),
        ("text/html", "x", 415, "415: Unsupported Media Type"),
        (
            "application/yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: written}\n",
            201,
            "\"written\"",
        ),
    ] {
        check(&world.ask(Method::POST, MAPS, kind, body).await, code, &[text]);
    }
    let deep = "[".repeat(120) + &"]".repeat(120);
    check(&world.ask(Method::POST, MAPS, "application/json", &deep).await, 400, &["nested"]);
    let html = world.ask_with(Method::GET, MAPS, &[("accept", "text/html")], "").await;
    check(&html, 406, &["406: Not Acceptable"]);
}

#[tokio::test]
async fn unknown_fields_are_refused_told_or_dropped() {
    let world = World::start().await;
    let mut object = deployment("d");
    object["spec"]["nope"] = 1.into();
    for (query, code) in [("Strict", 400), ("Warn", 201), ("Ignore", 201)] {
        let path = format!("{DEPLOYMENTS}?dryRun=All&fieldValidation={query}");
        let answer = world.post(&path, &object).await;
        assert_eq!(answer.code, code, "{}", answer.text);
        let warning = answer.head.headers.get("warning").map(|value| value.to_str().unwrap_or_default());
        match query {
            "Strict" => check(
                &answer,
                400,
                &[
                    "Deployment in version \\\"v1\\\" cannot be handled as a Deployment: strict decoding error: unknown field \\\"spec.nope\\\"",
                ],
            ),
            "Warn" => assert_eq!(warning, Some("299 - \"unknown field \\\"spec.nope\\\"\"")),
            _ => assert_eq!(warning, None),
        }
        assert!(answer.body["spec"].get("nope").is_none());
    }
    check(&world.get(&format!("{DEPLOYMENTS}/d")).await, 404, &[]);
}

#[tokio::test]
async fn defaults_are_those_of_kubernetes() {
    let world = World::start().await;
    let made = world.post(DEPLOYMENTS, &deployment("d")).await.body;
    let spec = &made["spec"];
    assert_eq!(
        spec["strategy"],
        json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}})
    );
    assert_eq!((&spec["revisionHistoryLimit"], &spec["progressDeadlineSeconds"]), (&json!(10), &json!(600)));
    assert_eq!(spec["template"]["spec"]["containers"][0]["imagePullPolicy"], "IfNotPresent");
    assert_eq!(spec["template"]["spec"]["restartPolicy"], "Always");
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"},
        "spec": {"type": "NodePort", "selector": {"app": "d"}, "ports": [{"port": 80}]},
    });
    let service = world.post("/api/v1/namespaces/default/services", &service).await.body;
    let spec = &service["spec"];
    assert_eq!(spec["ports"][0]["targetPort"], 80);
    let port = spec["ports"][0]["nodePort"].as_u64().expect("a node port");
    assert!((30_000..=32_767).contains(&port));
    assert!(spec["clusterIP"].as_str().is_some_and(|address| address.starts_with("10.0.")));
    assert_eq!(spec["clusterIPs"][0], spec["clusterIP"]);
    let api = world.get("/api/v1/namespaces/default/services/kubernetes").await.body;
    assert_eq!(api["spec"]["clusterIP"], "10.0.0.1");
    let path = "/api/v1/namespaces/default/services/s";
    let kept = world.patch(path, "merge-patch+json", &json!({"spec": {"clusterIP": "10.0.0.77"}})).await;
    check(&kept, 422, &["may not change once set"]);
    let taken = json!({"metadata": {"name": "t"}, "spec": {"clusterIP": "10.0.0.1", "ports": [{"port": 1}]}});
    check(&world.post("/api/v1/namespaces/default/services", &taken).await, 422, &["already allocated"]);
    let secret = json!({"metadata": {"name": "x"}, "stringData": {"a": "1"}});
    let secret = world.post("/api/v1/namespaces/default/secrets", &secret).await.body;
    assert_eq!((&secret["data"], &secret["type"]), (&json!({"a": "MQ=="}), &json!("Opaque")));
}

#[tokio::test]
async fn all_patches_work_and_say_who_owns_what() {
    let world = World::start().await;
    world.post(DEPLOYMENTS, &deployment("d")).await;
    let path = format!("{DEPLOYMENTS}/d");
    let env = json!({"spec": {"template": {"spec": {"containers": [{"name": "c", "env": [{"name": "A", "value": "1"}]}]}}}});
    let patched = world.patch(&path, "strategic-merge-patch+json", &env).await;
    check(&patched, 200, &["\"nginx:1\"", "\"A\""]);
    assert_eq!(patched.body["metadata"]["generation"], 2);
    let test = json!([{"op": "test", "path": "/spec/replicas", "value": 9}]);
    check(&world.patch(&path, "json-patch+json", &test).await, 422, &["Invalid"]);
    let scale =
        world.patch(&format!("{path}/scale"), "merge-patch+json", &json!({"spec": {"replicas": 0}})).await;
    check(&scale, 200, &["autoscaling/v1", "app=d"]);
    let selector = json!({"spec": {"selector": {"matchLabels": {"app": "x"}}}});
    check(&world.patch(&path, "merge-patch+json", &selector).await, 422, &["field is immutable"]);
    let one = map("applied", &json!({"k": "1"}));
    let path = format!("{MAPS}/applied");
    let made = world.patch(&format!("{path}?fieldManager=one"), "apply-patch+yaml", &one).await;
    check(&made, 201, &["\"f:k\""]);
    assert_eq!(made.body["metadata"]["managedFields"][0]["operation"], "Apply");
    let two = map("applied", &json!({"k": "2"}));
    let refused = world.patch(&format!("{path}?fieldManager=two"), "apply-patch+yaml", &two).await;
    check(&refused, 409, &["Apply failed with 1 conflict: conflict with \\\"one\\\": .data.k"]);
    let forced = world.patch(&format!("{path}?fieldManager=two&force=true"), "apply-patch+yaml", &two).await;
    assert_eq!(forced.body["metadata"]["managedFields"].as_array().map(Vec::len), Some(1));
    let other = map("applied", &json!({"z": "1"}));
    let dropped = world.patch(&format!("{path}?fieldManager=two"), "apply-patch+yaml", &other).await;
    assert_eq!(dropped.body["data"], json!({"z": "1"}));
    let again = world.patch(&format!("{path}?fieldManager=two"), "apply-patch+yaml", &other).await;
    assert_eq!(
        again.body["metadata"]["resourceVersion"], dropped.body["metadata"]["resourceVersion"],
        "nothing is written for nothing"
    );
}

#[tokio::test]
async fn lists_are_selected_chunked_and_shown_as_tables() {
    let world = World::start().await;
    for name in ["a", "b", "c"] {
        let mut object = map(name, &json!({"k": name}));
        object["metadata"]["labels"] = json!({"app": name, "set": "x"});
        world.post(MAPS, &object).await;
    }
    let chosen = world.get(&format!("{MAPS}?labelSelector=set%3Dx,app%20in%20(a,b)")).await.body;
    assert_eq!(chosen["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(chosen["kind"], "ConfigMapList");
    let mut names = Vec::new();
    let mut token = String::new();
    loop {
        let page = world.get(&format!("{MAPS}?labelSelector=set&limit=2&continue={token}")).await.body;
        names.extend(
            page["items"].as_array().expect("items").iter().map(|one| one["metadata"]["name"].clone()),
        );
        match page["metadata"]["continue"].as_str() {
            Some(next) => next.clone_into(&mut token),
            None => break,
        }
    }
    assert_eq!(names, ["a", "b", "c"]);
    check(&world.get(&format!("{MAPS}?continue=zz")).await, 400, &["continue"]);
    let accept = [("accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json")];
    let table =
        world.ask_with(Method::GET, &format!("{MAPS}?fieldSelector=metadata.name%3Da"), &accept, "").await;
    assert_eq!(table.body["kind"], "Table");
    assert_eq!(table.body["rows"][0]["cells"][1], 1);
    assert_eq!(table.body["rows"][0]["object"]["kind"], "PartialObjectMetadata");
    assert_eq!(table.body["columnDefinitions"][0]["format"], "name");
}

#[tokio::test]
async fn watches_tell_what_there_was_and_what_happens() {
    let world = World::start().await;
    world.post(MAPS, &map("old", &json!({}))).await;
    let query = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=!no&fieldSelector=metadata.namespace%3Ddefault";
    let response = world.send(Method::GET, &format!("{MAPS}?{query}"), &[], "").await;
    let mut body = response.into_body();
    let mut text = String::new();
    let mut lines = async |count: usize| {
        while text.lines().count() < count {
            let frame = tokio::time::timeout(Duration::from_secs(5), body.frame()).await;
            let frame = frame.expect("in time").expect("a frame").expect("data");
            text.push_str(&String::from_utf8_lossy(frame.data_ref().expect("data")));
        }
        let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        events
            .iter()
            .map(|event| {
                let name = event["object"]["metadata"]["name"].as_str().unwrap_or_default();
                format!("{} {name}", event["type"].as_str().unwrap_or_default())
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(lines(3).await, ["ADDED kube-root-ca.crt", "ADDED old", "BOOKMARK "]);
    world.post(MAPS, &map("new", &json!({}))).await;
    let label = json!({"metadata": {"labels": {"no": "1"}}});
    world.patch(&format!("{MAPS}/new"), "merge-patch+json", &label).await;
    world.ask(Method::DELETE, &format!("{MAPS}/old"), "", "").await;
    assert_eq!(lines(6).await[3..], ["ADDED new", "DELETED new", "DELETED old"]);
    let ended = world.get(&format!("{MAPS}?watch=1&timeoutSeconds=0")).await;
    check(&ended, 200, &["kube-root-ca.crt"]);
}

#[tokio::test]
async fn a_watch_from_too_far_back_expires() {
    let storage = World::start().await.storage;
    let world = World::on(storage).await;
    let answer = world.get(&format!("{MAPS}?watch=true&resourceVersion=1&timeoutSeconds=1")).await;
    check(&answer, 200, &["\"ERROR\"", "too old resource version: 1", "\"Expired\"", "410"]);
}

#[tokio::test]
async fn deletions_honour_preconditions_finalizers_and_dry_runs() {
    let world = World::start().await;
    let mut object = map("f", &json!({}));
    object["metadata"]["finalizers"] = json!(["example.com/hold"]);
    world.post(MAPS, &object).await;
    let path = format!("{MAPS}/f");
    let wrong = json!({"preconditions": {"uid": "00000000-0000-0000-0000-000000000000"}}).to_string();
    let kind = "application/json";
    check(&world.ask(Method::DELETE, &path, kind, &wrong).await, 409, &["the UID in the precondition"]);
    check(&world.ask(Method::DELETE, &format!("{path}?dryRun=All"), kind, "").await, 200, &["Success"]);
    check(&world.ask(Method::DELETE, &path, kind, "").await, 200, &["deletionTimestamp"]);
    let free = json!({"metadata": {"finalizers": null}});
    check(&world.patch(&path, "merge-patch+json", &free).await, 200, &[]);
    check(&world.get(&path).await, 404, &[]);
    world.post(MAPS, &map("g", &json!({}))).await;
    check(&world.ask(Method::DELETE, &format!("{MAPS}/g"), kind, "").await, 200, &["\"Success\"", "uid"]);
    for name in ["h", "i"] {
        world.post(MAPS, &map(name, &json!({}))).await;
    }
    let many = world.ask(Method::DELETE, &format!("{MAPS}?fieldSelector=metadata.name%3Dh"), kind, "").await;
    check(&many, 200, &["ConfigMapList", "\"h\""]);
    check(&world.get(&format!("{MAPS}/i")).await, 200, &[]);
}

#[tokio::test]
async fn a_write_that_does_not_reach_the_disk_is_not_acknowledged() {
    let world = World::start().await;
    world.break_storage();
    check(&world.post(MAPS, &map("lost", &json!({}))).await, 500, &["InternalError", "disk full"]);
}
