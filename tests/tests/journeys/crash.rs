//! `kill -9` at any time: every acknowledged write is there afterwards, `up` converges again, no process is left.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use reqwest::Method;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::json;
use tests::World;

use crate::client::{Azure, plain};

/// How many times the sandbox is killed; `make crash` asks for 100.
#[expect(clippy::disallowed_methods, reason = "the lane chooses the number of rounds")]
fn rounds() -> u64 {
    std::env::var("APIMLAB_TEST_CRASHES").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(8)
}

#[tokio::test(flavor = "multi_thread")]
async fn crash_during_deployment_loses_nothing_acknowledged() {
    let world = World::new();
    world.ok(&["up", "--no-deploy"]);
    let mut acknowledged = BTreeSet::new();
    for round in 0..rounds() {
        let environment = world.environment();
        let azure = Azure::login(&environment).await;
        let pid = pid(&world);
        // One deployment by the command line, one writer beside it, and the end in the middle of both.
        let mut deployment = world
            .command(&["apply", "--yes"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let writer = tokio::spawn(write_groups(azure, round));
        tokio::time::sleep(Duration::from_millis((round * 37) % 400)).await;
        kill_process(pid, Signal::KILL).expect("the sandbox runs");
        acknowledged.extend(writer.await.expect("the writer ends"));
        drop(deployment.kill());
        deployment.wait().expect("the deployment ends");
        world.ok(&["up", "--no-deploy"]);
        assert!(!runs(pid), "process {pid:?} is still there");
        let azure = Azure::login(&world.environment()).await;
        let groups = azure.list("/resourcegroups?api-version=2024-03-01").await;
        let found: BTreeSet<&str> = groups.iter().filter_map(|group| group["name"].as_str()).collect();
        let missing: Vec<_> = acknowledged.iter().filter(|group| !found.contains(group.as_str())).collect();
        assert!(missing.is_empty(), "{missing:?} were acknowledged and are lost (round {round})");
    }
    assert!(!acknowledged.is_empty(), "nothing was acknowledged before a kill: the test shows nothing");
    world.ok(&["up"]);
    let url = format!("{}/nginx/", world.environment()["APIMLAB_GATEWAY_URL"]);
    assert_eq!(plain().get(url).send().await.expect("an answer").status(), 200);
}

/// Makes resource groups until the connection breaks; returns the acknowledged ones.
async fn write_groups(azure: Azure, round: u64) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0..10_000 {
        let group = format!("group-{round}-{number}");
        let path = format!("/resourcegroups/{group}?api-version=2024-03-01");
        match azure.try_send(Method::PUT, &path, Some(&json!({"location": "westus2"}))).await {
            Ok(answer) if answer.status().is_success() => acknowledged.push(group),
            _ => break,
        }
    }
    acknowledged
}

/// The process is there, and not only because nobody has asked how it ended.
fn runs(pid: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    let ended = stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z'));
    test_kill_process(pid).is_ok() && !ended
}

fn pid(world: &World) -> Pid {
    let pid = world.status()["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok());
    pid.and_then(Pid::from_raw).expect("status names the process")
}
