//! The manifests in `deploy/` are what Kubernetes understands, to the last field, and they fit together.
#![allow(clippy::expect_used, clippy::panic, reason = "a test ends that way")]

use std::path::Path;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Service, ServiceAccount};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The one document of this kind. A field that the type does not know is missing when it is written again.
fn read<T: DeserializeOwned + Serialize>(kind: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/gateway.yaml");
    let text = std::fs::read_to_string(path).expect("the manifests");
    let documents = text.split("\n---\n").map(|text| serde_saphyr::from_str::<Value>(text).expect("YAML"));
    let found: Vec<Value> = documents.filter(|document| document["kind"] == kind).collect();
    let [written] = found.as_slice() else { panic!("one {kind}") };
    let object: T = serde_json::from_value(written.clone()).expect(kind);
    assert_eq!(&serde_json::to_value(&object).expect("JSON"), written, "{kind} has fields of no meaning");
    object
}

#[test]
fn gateways_run_in_three_replicas_that_are_probed_and_end_in_peace() {
    let deployment: Deployment = read("Deployment");
    let service: Service = read("Service");
    let budget: PodDisruptionBudget = read("PodDisruptionBudget");
    let account: ServiceAccount = read("ServiceAccount");

    let spec = deployment.spec.expect("a specification");
    assert_eq!(spec.replicas, Some(3));
    let labels = spec.template.metadata.expect("metadata").labels;
    assert_eq!(spec.selector.match_labels, labels);
    assert_eq!(service.spec.expect("a specification").selector, labels);
    let budget = budget.spec.expect("a specification");
    assert_eq!(budget.selector.expect("a selector").match_labels, labels);
    assert_eq!(budget.max_unavailable, Some(IntOrString::String("25%".to_owned())));

    let pod = spec.template.spec.expect("a Pod");
    assert_eq!(pod.service_account_name, account.metadata.name);
    assert_eq!(pod.termination_grace_period_seconds, Some(60));
    let [container] = pod.containers.as_slice() else { panic!("one container") };
    for probe in [&container.readiness_probe, &container.liveness_probe] {
        let get = probe.as_ref().and_then(|probe| probe.http_get.as_ref()).expect("a probe");
        assert_eq!(get.path.as_deref(), Some("/status-0123456789abcdef"));
        assert_eq!(get.port, IntOrString::String("http".to_owned()));
    }
    let volumes = pod.volumes.expect("volumes");
    let mount = container.volume_mounts.as_ref().and_then(|mounts| mounts.first()).expect("a mount");
    assert_eq!(volumes[0].name, mount.name);
    let file = format!("{}/configuration.json", mount.mount_path);
    assert!(container.args.as_ref().expect("arguments").contains(&file));
}
