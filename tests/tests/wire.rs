//! The short forms of the lanes in `tests/wire`, on the built binary.
#![allow(clippy::expect_used, clippy::panic, reason = "a test ends that way")]
#![expect(clippy::print_stderr, reason = "a lane that cannot run says why")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The last line of a lane that has to succeed, with binaries that `cargo build` made; `None` without Python.
fn lane(name: &str, binaries: &[&str], arguments: &[&str]) -> Option<String> {
    let python = Command::new("python3").arg("--version").stdout(Stdio::null()).status();
    if !python.is_ok_and(|status| status.success()) {
        eprintln!("skipped: python3 is not installed");
        return None;
    }
    let lane = Path::new(env!("CARGO_MANIFEST_DIR")).join("wire").join(name);
    let run = Command::new("python3")
        .arg("-B")
        .arg(lane)
        .args(binaries.iter().map(|name| program(name)))
        .args(arguments)
        .output();
    let run = run.expect("the lane starts");
    let (stdout, stderr) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{name} {arguments:?}\n{stdout}\n{stderr}");
    Some(stdout.trim_end().lines().last().unwrap_or_default().to_owned())
}

/// A binary that `cargo build` put beside the folder of this test's own binary.
fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("the path of the test binary");
    own.parent().and_then(Path::parent).expect("target/<profile>").join(name)
}

#[test]
fn no_request_is_smuggled_past_a_gateway_or_two() {
    if let Some(last) = lane("smuggling", &["apimlab"], &["--short"]) {
        assert!(last.ends_with(" passed, 0 failed"), "{last}");
        let passed: usize = last.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or_default();
        assert!(passed >= 600, "{last}");
    }
}

#[test]
fn slow_clients_are_cut_off_and_live_traffic_goes_on() {
    let binaries = ["apimlab", "bench-backend"];
    // How long requests take says nothing while other tests run.
    if let Some(last) = lane("slow", &binaries, &["--seconds", "20", "--idle", "1000", "--untimed"]) {
        assert!(last.ends_with(" passed, 0 failed"), "{last}");
    }
}

#[test]
fn gateways_that_are_killed_lose_what_is_under_way_and_let_no_more_through() {
    let binaries = ["apimlab", "bench-backend"];
    if let Some(last) = lane("redis", &binaries, &["--requests", "20000"]) {
        assert!(last.ends_with(" passed, 0 failed"), "{last}");
    }
}
