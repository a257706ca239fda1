//! What Terraform's providers sent to a stand-in, sent here: each answer must have a status that the client took.
//!
//! The recordings are not part of the project; without them the test passes and says so.

use std::path::Path;

use serde_json::{Value, json};

use super::{CLIENT, SECRET, World};

/// Complete sequences: each begins with an empty subscription.
const RECORDINGS: [&str; 2] = ["terraform-create.jsonl", "terraform-seed-and-more-apply-plan-destroy.jsonl"];

#[tokio::test]
async fn recorded_terraform_requests_get_the_statuses_that_terraform_takes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/azure");
    for name in RECORDINGS {
        let Ok(text) = std::fs::read_to_string(folder.join(name)) else {
            eprintln!("skipped: {name} is not here");
            continue;
        };
        let (compared, wrong) = replay(&text).await;
        assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
        assert!(compared > 60, "{name}: only {compared} requests compared");
    }
}

async fn replay(recording: &str) -> (usize, Vec<String>) {
    let world = World::instant().await;
    let owner = world.emulator.directory.service_principal_by_app_id(CLIENT).expect("the seed").object_id;
    let (mut compared, mut wrong) = (0, Vec::new());
    for line in recording.lines() {
        let record: Value = serde_json::from_str(line).expect("JSON");
        let path = record["p"].as_str().unwrap_or_default();
        // Graph has tests of its own, and a new service has no samples here.
        let sample = ["echo-api", "starter", "unlimited"].iter().any(|sample| path.ends_with(sample));
        if !path.starts_with("/subscriptions") || sample {
            continue;
        }
        // The recorded principals are the stand-in's.
        let mut body = record["b"].clone();
        if let Some(id) = body.pointer_mut("/properties/principalId") {
            *id = json!(owner);
        }
        if let Some(profile) = body.pointer_mut("/properties/servicePrincipalProfile") {
            *profile = json!({"clientId": CLIENT, "secret": SECRET});
        }
        let method = record["m"].as_str().expect("a method");
        let url = format!("{path}?{}", record["q"].as_str().unwrap_or_default());
        let answer = world.send(method, &url, body).await;
        compared += 1;
        let taken = record["s"].as_u64().expect("a status");
        // Where a client takes 200 or 202, the stand-in chose one of them.
        let class = |status: u64| if status == 202 { 200 } else { status };
        if class(u64::from(answer.status)) != class(taken) {
            wrong.push(format!("{method} {url}: {} instead of {taken}: {}", answer.status, answer.body));
        }
    }
    (compared, wrong)
}
