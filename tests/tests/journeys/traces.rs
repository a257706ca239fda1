//! `apimlab trace`, `apimlab traces` and `apimlab policy test`.

use tests::World;

#[test]
fn a_request_is_traced_and_found_again() {
    let world = World::new();
    world.ok(&["up"]);
    let trace = world.ok(&["trace", "/nginx/", "-o", "json"]).json();
    let trace = &trace["data"];
    assert_eq!((&trace["status"], &trace["api"]), (&200.into(), &"example-api".into()), "{trace}");
    let ran: Vec<&str> = trace["policies"]
        .as_array()
        .expect("policies")
        .iter()
        .filter(|policy| policy["outcome"] != "skipped")
        .filter_map(|policy| policy["policy"].as_str())
        .collect();
    assert_eq!(ran, ["forward-request"], "{trace}");
    let id = trace["id"].as_str().expect("an identifier");
    assert!(world.ok(&["traces"]).stdout.contains(id));
    let shown = world.ok(&["trace", "--id", id]).stdout;
    assert!(shown.contains("✓ forward-request") && shown.contains("→ 200 OK"), "{shown}");
    let unknown = world.run(&["trace", "--id", "nobody"]);
    assert_ne!(unknown.code, 0, "{}", unknown.stdout);
    let elsewhere = world.run(&["trace", "http://nobody.example/"]);
    assert_ne!(elsewhere.code, 0, "{}", elsewhere.stdout);
}

#[test]
fn tests_beside_a_policy_pass_and_fail() {
    let world = World::new();
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/examples/policy-test");
    let passed = world.ok(&["policy", "test", examples]);
    assert!(passed.stderr.contains("2 tests, 0 failed; 2 of 2 branches taken"), "{}", passed.stderr);

    let folder = tempfile::tempdir().expect("a folder");
    for file in ["tiers.xml", "tiers.policy-test.yaml"] {
        let text = std::fs::read_to_string(format!("{examples}/{file}")).expect("readable");
        std::fs::write(folder.path().join(file), text.replace("402", "403")).expect("written");
    }
    std::fs::copy(format!("{examples}/tiers.xml"), folder.path().join("tiers.xml")).expect("copied");
    let failed = world.run(&["policy", "test", &folder.path().to_string_lossy()]);
    let said = failed.stdout + &failed.stderr;
    assert_eq!(failed.code, 1, "{said}");
    assert!(said.contains('✗') && said.contains("2 tests, 1 failed"), "{said}");
}
