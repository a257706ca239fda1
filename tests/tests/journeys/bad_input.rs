//! Bad input: a clear error, its own exit code, and nothing changed.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use reqwest::Method;
use serde_json::{Value, json};
use tests::World;

use crate::client::Azure;

#[test]
fn a_broken_scenario_file_is_named_with_line_and_column() {
    let world = World::new();
    let file = world.files().join("scenario.yaml");
    fs::write(&file, "name: broken\ntitle: Broken\nlocaton: westus2\n").expect("written");
    let run = world.run(&["up", file.to_str().expect("a path")]);
    assert_eq!(run.code, 65, "{}", run.stderr);
    assert!(run.stderr.contains("scenario.yaml:3:1"), "file, line and column: {}", run.stderr);
    assert!(run.stderr.contains("location"), "a hint: {}", run.stderr);
    assert!(!world.state().join("state.db").exists(), "nothing was started");
}

#[test]
fn an_unknown_scenario_and_a_wrong_argument_are_refused() {
    let world = World::new();
    let run = world.run(&["up", "getting-started/private-apo"]);
    assert_ne!(run.code, 0);
    assert!(run.stderr.contains("getting-started/private-api"), "the near miss is suggested: {}", run.stderr);
    assert_eq!(world.run(&["up", "--no-such-flag"]).code, 64);
    assert_eq!(world.run(&["no-such-command"]).code, 64);
}

#[test]
fn a_taken_port_is_named_and_nothing_is_left() {
    let world = World::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let base = port.to_string();
    let mut command = std::process::Command::new(world.command(&[]).get_program());
    command.arg("--state-dir").arg(world.state()).args(["--ports", &base, "up"]);
    let run = tests::Run::from(command.output().expect("the binary starts"));
    assert_eq!(run.code, 69, "{}", run.stderr);
    assert!(run.stderr.contains(&base), "the port is named: {}", run.stderr);
    assert!(run.stderr.contains("--ports"), "a next step: {}", run.stderr);
}

#[test]
fn a_state_folder_without_permission_is_named() {
    if rustix::process::geteuid().is_root() {
        eprintln!("skipped: root may write everywhere; a file in the folder's place is used instead");
        let world = World::new();
        fs::write(world.state(), "a file, not a folder").expect("written");
        let run = world.run(&["up"]);
        assert_ne!(run.code, 0);
        assert!(run.stderr.contains(&world.state().display().to_string()), "{}", run.stderr);
        assert_eq!(fs::read_to_string(world.state()).expect("still there"), "a file, not a folder");
        return;
    }
    let world = World::new();
    fs::create_dir(world.state()).expect("a folder");
    fs::set_permissions(world.state(), fs::Permissions::from_mode(0o500)).expect("read only");
    let run = world.run(&["up"]);
    assert_ne!(run.code, 0);
    assert!(run.stderr.contains(&world.state().display().to_string()), "{}", run.stderr);
    fs::set_permissions(world.state(), fs::Permissions::from_mode(0o700)).expect("writable again");
}

#[tokio::test]
async fn arm_refuses_what_it_does_not_know_and_changes_nothing() {
    let world = World::new();
    world.ok(&["up", "--no-deploy"]);
    let azure = Azure::login(&world.environment()).await;
    let group = "/resourceGroups/g?api-version=2024-03-01";
    assert_eq!(azure.send(Method::PUT, group, Some(&json!({"location": "westus2"}))).await.status(), 201);
    let in_group = "/resourceGroups/g/providers";
    let cases: [(Method, String, Value, u16, &str); 5] = [
        (
            Method::PUT,
            format!("{in_group}/Microsoft.Network/noSuchType/x?api-version=2024-05-01"),
            json!({}),
            404,
            "InvalidResourceType",
        ),
        (
            Method::PUT,
            format!("{in_group}/Microsoft.NoSuch/things/x?api-version=2024-05-01"),
            json!({}),
            404,
            "InvalidResourceNamespace",
        ),
        (
            Method::PUT,
            format!("{in_group}/Microsoft.Network/virtualNetworks/vnet"),
            json!({}),
            400,
            "MissingApiVersionParameter",
        ),
        (
            Method::GET,
            format!("{in_group}/Microsoft.Network/virtualNetworks/vnet?api-version=2024-05-01"),
            Value::Null,
            404,
            "ResourceNotFound",
        ),
        (
            Method::PUT,
            "/resourceGroups/none/providers/Microsoft.Network/virtualNetworks/vnet?api-version=2024-05-01"
                .to_owned(),
            json!({"location": "westus2"}),
            404,
            "ResourceGroupNotFound",
        ),
    ];
    for (method, path, body, status, code) in cases {
        let answer = azure.send(method, &path, (!body.is_null()).then_some(&body)).await;
        assert_eq!(answer.status().as_u16(), status, "{path}");
        let answer: Value = answer.json().await.expect("an error body");
        assert_eq!(answer["error"]["code"], code, "{path}: {answer}");
    }
    let (_, resources) = azure.get("/resources?api-version=2022-09-01").await;
    assert_eq!(resources["value"].as_array().map(Vec::len), Some(0), "{resources}");
}
