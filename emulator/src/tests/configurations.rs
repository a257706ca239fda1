//! The configuration of a service as files: saved, changed by hand, validated, deployed.

use std::fs;

use serde_json::{Value, json};

use super::{ORIGIN, World};

const POLICY: &str = "<policies><inbound><base /><include-fragment fragment-id=\"f\" /></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>";

async fn filled() -> (World, String) {
    let world = World::instant().await;
    world.network().await;
    let service = world.service().await;
    let fragment = "<fragment><set-variable name=\"a\" value=\"@(1 > 0)\" /></fragment>";
    for (path, body) in [
        ("tags/t", json!({"displayName": "T"})),
        ("namedValues/open", json!({"displayName": "open", "value": "v"})),
        ("namedValues/closed", json!({"displayName": "closed", "value": "hidden", "secret": true})),
        ("backends/b", json!({"url": "http://10.10.1.5", "protocol": "http"})),
        ("policyFragments/f", json!({"format": "rawxml", "value": fragment})),
        ("apis/a", json!({"displayName": "A", "path": "a", "protocols": ["https"]})),
        ("apis/a/operations/get", json!({"displayName": "Get", "method": "GET", "urlTemplate": "/x"})),
        ("apis/a/operations/get/policies/policy", json!({"format": "rawxml", "value": POLICY})),
        ("products/p", json!({"displayName": "P", "state": "published"})),
        ("products/p/apis/a", Value::Null),
        ("subscriptions/s", json!({"displayName": "S", "scope": "/products/p"})),
    ] {
        let body = if body.is_null() { body } else { json!({ "properties": body }) };
        let answer = world.put(&format!("{service}/{path}"), body).await;
        assert!(answer.status < 300, "{path}: {}", answer.body);
    }
    (world, service)
}

async fn run(world: &World, service: &str, action: &str, body: Value) -> Value {
    let path = format!("{service}/tenant/configuration/{action}");
    let begun = world.send("POST", &path, body).await.expect(202);
    let location = begun.header("location").strip_prefix(ORIGIN).expect("an address").to_owned();
    world.get(&location).await.expect(200).body["properties"].clone()
}

async fn state(world: &World, service: &str) -> Value {
    let path = format!("{service}/tenant/configuration/syncState");
    world.get(&path).await.expect(200).body["properties"].clone()
}

fn actions(outcome: &Value) -> Vec<String> {
    let rows = outcome["actionLog"].as_array().expect("rows").iter();
    rows.map(|row| format!("{} {}", row["action"], row["objectKey"]).replace('"', "")).collect()
}

#[tokio::test]
async fn what_was_saved_can_be_deployed_and_changes_nothing() {
    let (world, service) = filled().await;
    assert_eq!(state(&world, &service).await, json!({"isGitEnabled": true}));
    let branch = || json!({"properties": {"branch": "main"}});
    let saved = run(&world, &service, "save", branch()).await;
    assert_eq!(saved["status"], "Succeeded", "{saved}");
    let after = state(&world, &service).await;
    assert_eq!((&after["branch"], &after["isExport"]), (&json!("main"), &json!(true)), "{after}");
    assert_eq!(after["isSynced"], true, "{after}");
    let folder = world.configurations().join("apim/main");
    assert!(folder.join("apis/a/operations/get/policies/policy.json").is_file());
    for secret in ["namedValues/closed.json", "subscriptions", "users"] {
        assert!(!folder.join(secret).exists(), "{secret}");
    }
    let before = world.served();
    let deployed = run(&world, &service, "deploy", branch()).await;
    assert_eq!((&deployed["status"], actions(&deployed)), (&json!("Succeeded"), Vec::new()), "{deployed}");
    assert_eq!(world.served(), before);
    assert_eq!(state(&world, &service).await["isExport"], false);
    // A change that is in no file yet shows.
    world.delete(&format!("{service}/tags/t")).await.expect(200);
    assert_eq!(state(&world, &service).await["isSynced"], false);
    let deployed = run(&world, &service, "deploy", branch()).await;
    assert_eq!(actions(&deployed), ["Created tags/t"]);
    assert_eq!(state(&world, &service).await["isSynced"], true);
}

#[tokio::test]
async fn files_that_were_changed_take_effect_when_they_are_deployed() {
    let (world, service) = filled().await;
    run(&world, &service, "save", Value::Null).await;
    let folder = world.configurations().join("apim/master");
    let api = folder.join("apis/a.json");
    let text = fs::read_to_string(&api).expect("a file").replace("\"path\": \"a\"", "\"path\": \"b\"");
    fs::write(&api, text).expect("a file");
    fs::remove_file(folder.join("backends/b.json")).expect("a file");
    fs::write(folder.join("tags/new.json"), r#"{"properties": {"displayName": "New"}}"#).expect("a file");
    let valid = run(&world, &service, "validate", Value::Null).await;
    assert_eq!(valid["status"], "Succeeded", "{valid}");
    assert_eq!(world.served().expect("a service").apis[0].path, "a", "nothing is changed by that");
    let deployed = run(&world, &service, "deploy", Value::Null).await;
    let rows = actions(&deployed);
    assert_eq!(rows, actions(&valid));
    for row in ["Updated apis/a", "Created tags/new"] {
        assert!(rows.iter().any(|known| known == row), "{rows:?}");
    }
    assert_eq!(world.served().expect("a service").apis[0].path, "b");
    world.get(&format!("{service}/backends/b")).await.expect(404);
    world.get(&format!("{service}/namedValues/closed")).await.expect(200);
}

#[tokio::test]
async fn files_that_are_wrong_change_nothing_and_are_named() {
    let (world, service) = filled().await;
    let deploy = format!("{service}/tenant/configuration/deploy");
    world.send("POST", &deploy, Value::Null).await.expect_error(400, "BranchNotFound");
    run(&world, &service, "save", Value::Null).await;
    let folder = world.configurations().join("apim/master");
    let before = world.served();
    for (name, text) in [
        ("apis/bad.json", "{"),
        ("tags/bad.json", "{}"),
        ("policies/policy.json", r#"{"properties": {"value": "<bad"}}"#),
        ("nothing/x.json", "{}"),
        ("users/u.json", "{}"),
        ("apis.json", "{}"),
    ] {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("a file");
        for action in ["validate", "deploy"] {
            let outcome = run(&world, &service, action, Value::Null).await;
            assert_eq!(outcome["status"], "Failed", "{name}: {outcome}");
            assert!(outcome["error"]["message"].to_string().contains(name), "{name}: {outcome}");
        }
        assert_eq!(world.served(), before, "{name}");
        fs::remove_file(path).expect("a file");
    }
    for branch in ["", "..", "a/b", "a.new"] {
        let path = format!("{service}/tenant/configuration/save");
        let body = json!({"properties": {"branch": branch}});
        let refused = world.send("POST", &path, body).await;
        assert!(branch.is_empty() || refused.code() == "ValidationError", "{branch}: {}", refused.body);
    }
    world.send("POST", &format!("{service}/tenant/access/save"), Value::Null).await.expect(404);
    world.put(&format!("{service}/tenant/configuration"), json!({})).await.expect(404);
}

#[tokio::test]
async fn products_with_subscriptions_go_only_by_force() {
    let (world, service) = filled().await;
    run(&world, &service, "save", Value::Null).await;
    let folder = world.configurations().join("apim/master");
    fs::remove_dir_all(folder.join("products")).expect("a folder");
    let kept = run(&world, &service, "deploy", json!({"properties": {"force": false}})).await;
    assert_eq!(kept["status"], "Failed", "{kept}");
    world.get(&format!("{service}/products/p")).await.expect(200);
    let gone = run(&world, &service, "deploy", json!({"properties": {"force": true}})).await;
    assert_eq!(gone["status"], "Succeeded", "{gone}");
    world.get(&format!("{service}/products/p")).await.expect(404);
    world.get(&format!("{service}/subscriptions/s")).await.expect(404);
}
