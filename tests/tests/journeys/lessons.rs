//! The article's lesson: its failures, each shown and repaired.

use tests::World;

#[test]
fn verify_teach_shows_the_four_failures_and_their_repair() {
    let world = World::new();
    world.ok(&["up"]);
    let run = world.run(&["verify", "--teach", "-o", "json"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let report = run.json();
    let checks = report["data"]["checks"].as_array().expect("checks").clone();
    for lesson in ["role-missing", "before-join", "pod-replacement", "private-address"] {
        let of_lesson: Vec<_> = checks
            .iter()
            .filter(|check| check["id"].as_str().is_some_and(|id| id.starts_with(lesson)))
            .collect();
        assert!(!of_lesson.is_empty(), "no check of lesson {lesson}: {report}");
        for check in of_lesson {
            assert_eq!(check["ok"], true, "{check}");
        }
    }
    // Each lesson restores what it changed.
    let plan = world.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{}{}", plan.stdout, plan.stderr);
}

#[test]
fn the_load_balancer_is_reached_from_inside_the_virtual_network_only() {
    let world = World::new();
    world.ok(&["up"]);
    let inside = world.ok(&["curl", "--from", "aks-subnet", "http://10.10.1.5/"]);
    assert!(inside.stdout.contains("Welcome to nginx!"), "{}", inside.stdout);
    let outside = world.run(&["curl", "--from", "internet", "http://10.10.1.5/"]);
    assert_eq!(outside.code, 1, "{}{}", outside.stdout, outside.stderr);
    assert!(outside.stderr.contains("private address"), "{}", outside.stderr);
}
