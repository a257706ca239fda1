//! The same requests as a real Kubernetes 1.34.9 was sent, and its answers.

use http::Method;
use serde_json::{Value, json};

use super::world::World;

const RECORDING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/kubernetes/api-1.34.jsonl");

/// What is compared, in the order of the recording.
const COMPARED: &[&str] = &[
    "create namespace",
    "create deployment (defaults)",
    "create service (defaults)",
    "create pod (defaults)",
    "create configmap",
    "create secret stringData",
    "create ingress",
    "already exists",
    "not found",
    "namespace not found",
    "path not found",
    "method not allowed",
    "invalid deployment (422)",
    "invalid name (422)",
    "invalid service port (422)",
    "immutable selector (422)",
    "strict unknown field (400)",
    "wrong kind (400)",
    "unsupported media (415)",
    "conflict (409)",
    "name mismatch",
    "bad selector (400)",
    "bad field selector (400)",
    "merge patch",
    "json patch",
    "apply creates",
    "apply by another manager conflicts",
    "apply forced takes ownership",
    "apply removes owned field",
    "log of unknown container",
];

/// Removes what is drawn or given by the clock, and what the documentation says that it differs.
fn comparable(answer: &Value) -> Value {
    let mut answer = answer.clone();
    for (place, fields) in [
        ("/metadata", &["uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"][..]),
        ("/spec", &["clusterIP", "clusterIPs", "volumes", "tolerations"]),
        ("/spec/ports/0", &["nodePort"]),
        ("/spec/containers/0", &["volumeMounts"]),
        ("/spec/template/spec/containers/0", &["resources"]),
        ("/metadata/managedFields/0", &["time"]),
    ] {
        if let Some(place) = answer.pointer_mut(place).and_then(Value::as_object_mut) {
            place.retain(|field, _| !fields.contains(&field.as_str()));
        }
    }
    answer
}

/// What a refusal says.
fn code_and_words(answer: &Value) -> Value {
    json!([answer["code"], answer["reason"], answer["message"], answer["details"]])
}

#[tokio::test]
async fn answers_are_those_of_a_real_server() {
    let Ok(recording) = std::fs::read_to_string(RECORDING) else {
        eprintln!("skipped: there is no recording of a real server");
        return;
    };
    let world = World::start().await;
    let mut wrong = Vec::new();
    for line in recording.lines() {
        let exchange: Value = serde_json::from_str(line).expect("JSON");
        let name = exchange["name"].as_str().unwrap_or_default();
        if !COMPARED.contains(&name) {
            continue;
        }
        let method: Method = exchange["method"].as_str().unwrap_or_default().parse().expect("a method");
        let body = match &exchange["body"] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            body => body.to_string(),
        };
        let kind = exchange["contentType"].as_str().unwrap_or_default();
        let path = exchange["path"].as_str().unwrap_or_default();
        let answer = world.ask(method, path, kind, &body).await;
        let theirs = match &exchange["response"] {
            Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
            response => response.clone(),
        };
        let (ours, theirs) = if theirs["kind"] == "Status" {
            (code_and_words(&answer.body), code_and_words(&theirs))
        } else {
            (comparable(&answer.body), comparable(&theirs))
        };
        if json!(answer.code) != exchange["status"] || ours != theirs {
            wrong.push(format!("{name}: {}\n  ours   {ours}\n  theirs {theirs}", answer.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
