//! `kill -9` at any time, under concurrent writers: every acknowledged write is there afterwards, `up` converges again,
//! no process is left.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use reqwest::Method;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::json;
use tests::World;

use crate::client::{Azure, plain};

/// How many write at the same time, and how many groups each writes.
const WRITERS: u64 = 4;
const SLOTS: u64 = 10;

/// How many times the sandbox is killed; `make crash` asks for 1,000.
#[expect(clippy::disallowed_methods, reason = "the lane chooses the number of rounds")]
fn rounds() -> u64 {
    std::env::var("APIMLAB_TEST_CRASHES").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(8)
}

/// The numbers that were written into groups: the last that was acknowledged, and the last that was sent.
type Written = BTreeMap<String, (u64, u64)>;

#[tokio::test(flavor = "multi_thread")]
async fn crash_during_deployment_loses_nothing_acknowledged() {
    let world = World::new();
    world.ok(&["up", "--no-deploy"]);
    let (rounds, mut written, mut restarts) = (rounds(), Written::new(), Vec::new());
    for round in 0..rounds {
        let azure = Azure::login(&world.environment()).await;
        let pid = pid(&world);
        // Deployments by the command line, writers beside them, and the end in the middle of all.
        let mut deployment = (round < 8 || round % 25 == 0).then(|| {
            let mut apply = world.command(&["apply", "--yes"]);
            apply.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts")
        });
        let azure = std::sync::Arc::new(azure);
        let before = std::sync::Arc::new(written.clone());
        let writers = (0..WRITERS).map(|writer| tokio::spawn(write(azure.clone(), writer, before.clone())));
        let writers: Vec<_> = writers.collect();
        tokio::time::sleep(Duration::from_millis(5 + (round * 37) % 250)).await;
        kill_process(pid, Signal::KILL).expect("the sandbox runs");
        for writer in writers {
            written.extend(writer.await.expect("the writer ends"));
        }
        if let Some(deployment) = &mut deployment {
            drop(deployment.kill());
            deployment.wait().expect("the deployment ends");
        }
        let began = tokio::time::Instant::now();
        world.ok(&["up", "--no-deploy"]);
        restarts.push(began.elapsed());
        assert!(!runs(pid), "process {pid:?} is still there");
        check(&world, &mut written, round).await;
    }
    assert!(!written.is_empty(), "nothing was acknowledged before a kill: the test shows nothing");
    restarts.sort_unstable();
    let acknowledged: u64 = written.values().map(|(acknowledged, _)| acknowledged).sum();
    let at = |part: usize| restarts[(restarts.len() - 1) * part / 100];
    eprintln!(
        "{rounds} kills, {acknowledged} acknowledged writes, none lost; restart: half within {:?}, 99 of 100 within {:?}, all within {:?}",
        at(50),
        at(99),
        at(100)
    );
    world.ok(&["up"]);
    let url = format!("{}/nginx/", world.environment()["APIMLAB_GATEWAY_URL"]);
    assert_eq!(plain().get(url).send().await.expect("an answer").status(), 200);
}

/// What is there is what was acknowledged last, or what was sent after it.
async fn check(world: &World, written: &mut Written, round: u64) {
    let azure = Azure::login(&world.environment()).await;
    let groups = azure.list("/resourcegroups?api-version=2024-03-01").await;
    let found: BTreeMap<&str, u64> = groups
        .iter()
        .filter_map(|group| Some((group["name"].as_str()?, group["tags"]["number"].as_str()?.parse().ok()?)))
        .collect();
    for (group, (acknowledged, sent)) in written {
        let found = found.get(group.as_str()).copied().unwrap_or_default();
        let fits = found == *acknowledged || found == *sent;
        assert!(fits, "{group} holds {found}; {acknowledged} was acknowledged, {sent} sent (round {round})");
        (*acknowledged, *sent) = (found, found);
    }
}

/// Counts up in its groups until the connection breaks; returns how far it came.
async fn write(azure: std::sync::Arc<Azure>, writer: u64, before: std::sync::Arc<Written>) -> Written {
    let mut written = Written::new();
    for at in 0..100_000 {
        let group = format!("group-{writer}-{}", at % SLOTS);
        let last =
            written.get(&group).or_else(|| before.get(&group)).map_or(0, |(acknowledged, _)| *acknowledged);
        let path = format!("/resourcegroups/{group}?api-version=2024-03-01");
        let body = json!({"location": "westus2", "tags": {"number": (last + 1).to_string()}});
        written.insert(group.clone(), (last, last + 1));
        match azure.try_send(Method::PUT, &path, Some(&body)).await {
            Ok(answer) if answer.status().is_success() => written.insert(group, (last + 1, last + 1)),
            _ => break,
        };
    }
    written
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
