//! Pods: images, local commands, probes, restarts, namespaces.

use std::collections::BTreeSet;

use aks::Workload;
use serde_json::{Value, json};

use super::world::{Memory, World, deployment, pod};
use crate::embedded::controllers::object::{name, text};

fn state(pod: &Value) -> &Value {
    &pod["status"]["containerStatuses"][0]["state"]
}

fn shell(image: &str, script: &str) -> Workload {
    Workload { image: image.to_owned(), command: ["sh", "-c", script].map(str::to_owned).to_vec() }
}

fn log(world: &World, pod: &Value) -> Vec<String> {
    let reader = world.runtime.logs(text(&pod["metadata"]["uid"]), "main");
    reader.map(|mut log| log.read().iter().map(|line| line.text.to_string()).collect()).unwrap_or_default()
}

#[tokio::test]
async fn an_unknown_image_waits_for_an_entry_and_starts_when_it_is_there() {
    let world = World::start();
    world.apply([pod("cart", "shop/cart:v2", |_| {})]);
    let event = world.until("an event", |world| world.events("Failed").pop()).await;
    assert!(
        world.events("Failed").iter().any(|event| text(&event["message"]).contains("`workloads:`")),
        "{event}"
    );
    world
        .until("the reason", |world| {
            world.get("pods", "cart").filter(|pod| state(pod)["waiting"]["reason"] == "ErrImagePull")
        })
        .await;
    assert_eq!(world.get("pods", "cart").expect("it is there")["status"]["phase"], "Pending");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_local_command_gets_its_environment_and_its_output_is_the_log() {
    let script = "echo $POD_NAME $POD_NAMESPACE $POD_IP $GREETING $1 >&2; test $PORT -gt 0 && exec sleep 600";
    let world = World::start_with(Memory::default(), vec![shell("local", script)], |_| {});
    world.apply([
        ("configmaps", json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "words", "namespace": "default" }, "data": { "hello": "hello" } })),
        pod("one", "local", |pod| {
            pod["spec"]["containers"][0]["args"] = json!(["x", "$(GREETING)!"]);
            pod["spec"]["containers"][0]["env"] =
                json!([{ "name": "GREETING", "valueFrom": { "configMapKeyRef": { "name": "words", "key": "hello" } } }]);
        }),
    ]);
    let lines = world
        .until("output", |world| Some(log(world, &*world.get("pods", "one")?)).filter(|l| !l.is_empty()))
        .await;
    assert_eq!(lines, ["one default 10.244.0.2 hello hello!"]);
    assert!(world.ready_pods().is_empty(), "nothing listens on the port");
    world.store.delete("pods", "default", "one").expect("it is there");
    world.until("its end", |world| world.get("pods", "one").is_none().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crashing_command_is_restarted_and_backs_off() {
    let world = World::start_with(Memory::default(), vec![shell("crash", "echo bye; exit 3")], |_| {});
    world.apply([pod("crash", "crash", |_| {})]);
    let pod = world
        .until("the back-off", |world| {
            world.get("pods", "crash").filter(|pod| state(pod)["waiting"]["reason"] == "CrashLoopBackOff")
        })
        .await;
    let status = &pod["status"]["containerStatuses"][0];
    assert_eq!(status["restartCount"], 1, "the first restart is immediate");
    assert_eq!(status["lastState"]["terminated"]["exitCode"], 3);
    assert_eq!(pod["status"]["phase"], "Running");
    assert_eq!(log(&world, &pod), ["bye"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probes_decide_about_readiness_and_life() {
    let world = World::start();
    let probe = |path: &str, port: u16| json!({ "httpGet": { "path": path, "port": port }, "periodSeconds": 1, "failureThreshold": 1 });
    world.apply([
        pod("good", "nginx", |pod| pod["spec"]["containers"][0]["readinessProbe"] = probe("/", 80)),
        pod("bad", "nginx", |pod| pod["spec"]["containers"][0]["readinessProbe"] = probe("/missing", 80)),
        pod("closed", "nginx", |pod| pod["spec"]["containers"][0]["readinessProbe"] = probe("/", 8080)),
        pod("dying", "nginx", |pod| pod["spec"]["containers"][0]["livenessProbe"] = probe("/missing", 80)),
    ]);
    world.until("a ready Pod", |world| world.ready_pods().into_iter().find(|pod| name(pod) == "good")).await;
    for (pod, text_of) in
        [("bad", "HTTP probe failed with statuscode: 404"), ("closed", "connection refused")]
    {
        world
            .until("a reason", |world| {
                let about = |event: &std::sync::Arc<Value>| {
                    event["involvedObject"]["name"] == pod && text(&event["message"]).contains(text_of)
                };
                world.events("Unhealthy").into_iter().find(about)
            })
            .await;
        assert!(!world.ready_pods().iter().any(|ready| name(ready) == pod));
    }
    world
        .until("a restart", |world| {
            let pod = world.get("pods", "dying")?;
            (pod["status"]["containerStatuses"][0]["restartCount"].as_u64()? > 0).then_some(())
        })
        .await;
}

#[tokio::test]
async fn a_missing_config_map_holds_a_pod_back_until_it_is_there() {
    let world = World::start();
    world.apply([pod("needy", "nginx", |pod| {
        pod["spec"]["containers"][0]["envFrom"] = json!([{ "configMapRef": { "name": "late" } }]);
    })]);
    world
        .until("the reason", |world| {
            world
                .get("pods", "needy")
                .filter(|pod| state(pod)["waiting"]["reason"] == "CreateContainerConfigError")
        })
        .await;
    assert_eq!(world.events("Failed").len(), 1);
    let map = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "late", "namespace": "default" } });
    world.apply([("configmaps", map)]);
    world.until("a ready Pod", |world| (world.ready_pods().len() == 1).then_some(())).await;
}

#[tokio::test]
async fn a_command_that_a_built_in_workload_cannot_run_is_refused() {
    let world = World::start();
    world.apply([pod("bash", "nginx", |pod| pod["spec"]["containers"][0]["command"] = json!(["bash"]))]);
    let pod = world
        .until("the reason", |world| {
            world.get("pods", "bash").filter(|pod| state(pod)["waiting"]["reason"] == "RunContainerError")
        })
        .await;
    assert!(text(&state(&pod)["waiting"]["message"]).contains("cannot run the command `bash`"), "{pod}");
    assert!(log(&world, &pod).join("").contains("`workloads:`"));
}

#[tokio::test]
async fn after_a_restart_the_same_pods_run_again() {
    let world = World::start();
    world.apply([deployment("api", "nginx", 3)]);
    world.until("three", |world| (world.ready_pods().len() == 3).then_some(())).await;
    let names = |world: &World| -> BTreeSet<(String, String)> {
        let of = |pod: &Value| (name(pod).to_owned(), text(&pod["status"]["podIP"]).to_owned());
        world.pods().iter().map(|pod| of(pod)).collect()
    };
    let before = names(&world);
    let memory = world.stop().await;

    let world = World::start_with(memory, Vec::new(), |_| {});
    world
        .until("three again", |world| {
            let restarted =
                |pod: &std::sync::Arc<Value>| pod["status"]["containerStatuses"][0]["restartCount"] == 1;
            let pods = world.ready_pods();
            (pods.len() == 3 && pods.iter().all(restarted)).then_some(())
        })
        .await;
    assert_eq!(names(&world), before);
    assert_eq!(world.store.list("replicasets", None).0.len(), 1);
    assert_eq!(world.store.list("nodes", None).0.len(), 1);
}

#[tokio::test]
async fn a_deleted_namespace_goes_with_everything_in_it() {
    let world = World::start();
    let namespace = json!({
        "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "shop" }, "spec": { "finalizers": ["kubernetes"] },
    });
    let (resource, mut object) = deployment("api", "nginx", 2);
    object["metadata"]["namespace"] = "shop".into();
    world.apply([("namespaces", namespace), (resource, object)]);
    world.until("two", |world| (world.ready_pods().len() == 2).then_some(())).await;
    world.store.delete("namespaces", "", "shop").expect("it is there");
    world
        .until("nothing", |world| {
            let left = world
                .store
                .resources()
                .iter()
                .map(|one| world.store.list(one, Some("shop")).0.len())
                .sum::<usize>();
            (left == 0 && world.store.get("namespaces", "", "shop").is_none()).then_some(())
        })
        .await;
}

#[tokio::test]
async fn a_smaller_pool_takes_its_pods_elsewhere() {
    let world = World::start_with(Memory::default(), Vec::new(), |cluster| cluster.pools[0].count = 2);
    world.until("two nodes", |world| (world.store.list("nodes", None).0.len() == 2).then_some(())).await;
    world.apply([deployment("api", "nginx", 2)]);
    world.until("two", |world| (world.ready_pods().len() == 2).then_some(())).await;
    let nodes: BTreeSet<String> =
        world.pods().iter().map(|pod| text(&pod["spec"]["nodeName"]).to_owned()).collect();
    assert_eq!(nodes.len(), 2, "one on each");
    world.cluster.send_modify(|cluster| {
        let mut smaller = (**cluster).clone();
        smaller.pools[0].count = 1;
        *cluster = std::sync::Arc::new(smaller);
    });
    world
        .until("two on one node", |world| {
            let ready = world.ready_pods();
            let nodes: BTreeSet<String> =
                ready.iter().map(|pod| text(&pod["spec"]["nodeName"]).to_owned()).collect();
            (ready.len() == 2 && nodes.len() == 1).then_some(())
        })
        .await;
}
