//! `apimlab up`: the article's system, deployed, verified and called.

use std::collections::BTreeSet;

use tests::World;

use crate::client::plain;

#[tokio::test]
async fn up_publishes_the_private_service_through_the_gateway() {
    let world = World::new();
    let up = world.ok(&["up"]);
    assert!(up.stderr.contains("virtual network apim-aks-vnet"), "a line per resource: {}", up.stderr);
    let environment = world.environment();
    for name in [
        "APIMLAB_GATEWAY_URL",
        "APIMLAB_GATEWAY_HTTPS_URL",
        "APIMLAB_ARM_URL",
        "APIMLAB_TENANT_ID",
        "APIMLAB_SUBSCRIPTION_ID",
        "APIMLAB_CLIENT_ID",
        "APIMLAB_CLIENT_SECRET",
        "APIMLAB_CA_FILE",
        "APIMLAB_ADMIN_URL",
        "KUBECONFIG",
    ] {
        assert!(environment.contains_key(name), "{name} is missing: {environment:?}");
    }
    let client = plain();
    let url = format!("{}/nginx/", environment["APIMLAB_GATEWAY_URL"]);
    for _ in 0..100 {
        let answer = client.get(&url).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        assert!(answer.text().await.expect("a body").contains("Welcome to nginx!"));
    }
    assert_eq!(pods_that_served(&world).len(), 2, "100 calls are served by both Pods");
}

#[test]
fn up_again_changes_nothing_and_down_leaves_nothing() {
    let world = World::new();
    world.ok(&["up"]);
    let first = world.status();
    world.ok(&["up"]);
    assert_eq!(first["pid"], world.status()["pid"], "a second sandbox was started");
    let plan = world.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "nothing is left to change: {}{}", plan.stdout, plan.stderr);
    world.ok(&["verify"]);
    world.ok(&["down", "--purge"]);
    assert!(!world.state().exists(), "the state folder is still there");
}

#[test]
fn a_restart_finds_everything_again() {
    let world = World::new();
    world.ok(&["up"]);
    world.ok(&["down"]);
    let up = world.ok(&["up"]);
    assert!(up.stderr.contains("unchanged") || !up.stderr.contains("created"), "{}", up.stderr);
    world.ok(&["verify"]);
}

/// The Pods whose access log has an entry.
fn pods_that_served(world: &World) -> BTreeSet<String> {
    let logs = world.ok(&["logs", "private-api"]).stdout;
    let served = logs.lines().filter(|line| line.contains("GET / HTTP/1.1"));
    served.filter_map(|line| line.strip_prefix("[pod/")?.split(']').next()).map(str::to_owned).collect()
}
