//! From a Deployment and a Service to an answer.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use network::Place;
use serde_json::json;

use super::world::{BALANCER, World, deployment, gateway, internal_service, pod};
use crate::embedded::controllers::object::{name, text};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_and_an_internal_service_answer_from_the_virtual_network() {
    let world = World::start();
    world.apply([deployment("private-api", "nginx:1.7.8", 2), internal_service("private-api")]);
    world.until("two ready Pods", |world| (world.ready_pods().len() == 2).then_some(())).await;
    let address = world.until("an address", |world| world.address("private-api")).await;
    assert_eq!(address, BALANCER, "the node has .4");

    let place = gateway();
    world
        .until("two endpoints", |world| {
            let route = world.fabric.route(&place, BALANCER, 80).ok()?;
            (route.port.endpoints.len() == 2).then_some(())
        })
        .await;
    for _ in 0..4 {
        let answer = world.http(&place, BALANCER, "/").await.expect("an answer");
        assert!(
            answer.starts_with("HTTP/1.1 200 OK") && answer.contains("<h1>Welcome to nginx!</h1>"),
            "{answer}"
        );
        assert!(answer.contains("server: nginx/1.7.8"), "{answer}");
    }
    for pod in world.pods() {
        let mut log = world.runtime.logs(text(&pod["metadata"]["uid"]), "private-api").expect("a log");
        assert_eq!(log.read().len(), 2, "both Pods have served");
    }
    let error = world.http(&Place::Internet, BALANCER, "/").await.expect_err("unreachable");
    assert!(error.contains("private address"), "{error}");
    let missing = world.http(&place, BALANCER, "/x").await.expect("an answer");
    assert!(missing.starts_with("HTTP/1.1 404 Not Found"), "{missing}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_is_ready_and_published_within_a_moment() {
    let world = World::start();
    world.until("a node", |world| (!world.store.list("nodes", None).0.is_empty()).then_some(())).await;
    let clock = sim::Clock::system();
    let began = clock.elapsed();
    world.apply([deployment("private-api", "nginx", 2), internal_service("private-api")]);
    world
        .until("two endpoints", |world| {
            let route = world.fabric.route(&gateway(), world.address("private-api")?, 80).ok()?;
            (route.port.endpoints.len() == 2).then_some(())
        })
        .await;
    let took = clock.elapsed().saturating_sub(began);
    eprintln!("two ready Pods and an address after {took:?}");
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_pod_comes_back_with_another_address_and_no_request_fails() {
    let world = Arc::new(World::start());
    world.apply([deployment("private-api", "nginx", 2), internal_service("private-api")]);
    world
        .until("an answer", |world| {
            let route = world.fabric.route(&gateway(), BALANCER, 80).ok()?;
            (route.port.endpoints.len() == 2).then_some(())
        })
        .await;
    let (done, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (world, done, sent) = (world.clone(), done.clone(), sent.clone());
            tokio::spawn(async move {
                while !done.load(Ordering::Relaxed) {
                    let answer = world.http(&gateway(), BALANCER, "/").await.expect("no request fails");
                    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("</html>\n"), "{answer}");
                    sent.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for _ in 0..3 {
        let before: HashSet<String> = addresses(&world);
        let victim = world.ready_pods().first().map(|pod| name(pod).to_owned()).expect("a Pod");
        world.store.delete("pods", "default", &victim).expect("a Pod");
        world
            .until("another Pod", |world| {
                let gone = world.get("pods", &victim).is_none();
                (gone && world.ready_pods().len() == 2).then_some(())
            })
            .await;
        assert_eq!(addresses(&world).difference(&before).count(), 1, "one new address");
    }
    done.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.expect("no request failed");
    }
    assert!(sent.load(Ordering::Relaxed) > 100, "only {sent:?} requests");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn curl_in_a_pod_reaches_services_by_name() {
    let world = World::start();
    world.apply([deployment("private-api", "nginx", 1), internal_service("private-api")]);
    world.until("a ready Pod", |world| (world.ready_pods().len() == 1).then_some(())).await;
    for (name, args, code, expected) in [
        ("by-name", json!(["-s", "-o", "/dev/null", "-w", "%{http_code}", "http://private-api"]), 0, "200"),
        ("by-address", json!(["curl", "-sI", "http://10.10.1.5/"]), 0, "HTTP/1.1 200 OK"),
        ("by-cluster-address", json!(["-fsS", "10.0.0.20/missing"]), 22, "curl: (22)"),
        ("nobody", json!(["http://nobody.default.svc"]), 6, "curl: (6) Could not resolve host"),
        ("closed", json!(["http://private-api:81"]), 7, "curl: (7) Failed to connect"),
        ("elsewhere", json!(["-v", "http://10.99.0.1"]), 7, "10.99.0.1"),
    ] {
        world.apply([pod(name, "curlimages/curl:8.10.1", |pod| {
            pod["spec"]["restartPolicy"] = "Never".into();
            pod["spec"]["containers"][0]["args"] = args;
        })]);
        let phase = if code == 0 { "Succeeded" } else { "Failed" };
        let ended = world
            .until(phase, |world| world.get("pods", name).filter(|pod| pod["status"]["phase"] == phase))
            .await;
        let state = &ended["status"]["containerStatuses"][0]["state"]["terminated"];
        let mut log = world.runtime.logs(text(&ended["metadata"]["uid"]), "main").expect("a log");
        let log: Vec<String> = log.read().iter().map(|line| line.text.to_string()).collect();
        assert_eq!(state["exitCode"], code, "{name}: {log:?}");
        assert!(log.join("\n").contains(expected), "{name}: {log:?}");
    }
}

fn addresses(world: &World) -> HashSet<String> {
    world.ready_pods().iter().map(|pod| text(&pod["status"]["podIP"]).to_owned()).collect()
}
