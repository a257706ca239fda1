//! The container images that a scenario's Pods are made of, and the one that its checks use: what a cluster without a
//! registry has to be given beforehand.

use serde_json::Value;

use crate::Scenario;
use crate::verify::CURL_IMAGE;

/// Where Pods are described: by themselves, or in what makes them.
const PODS: [&str; 3] = ["/spec", "/spec/template/spec", "/spec/jobTemplate/spec/template/spec"];

impl Scenario {
    /// The images, each once, in the order of the files' names.
    pub fn images(&self) -> Vec<String> {
        let objects = self.assets.manifests.values().flatten();
        let mut images: Vec<String> = Vec::new();
        // A check from within the network is a Pod of its own.
        let checks = self.cluster().map(|_| CURL_IMAGE.to_owned());
        for image in objects.flat_map(of_object).chain(checks) {
            if !images.contains(&image) {
                images.push(image);
            }
        }
        images
    }
}

fn of_object(object: &Value) -> Vec<String> {
    let pods = PODS.iter().filter_map(|pod| object.pointer(pod));
    let lists = pods.flat_map(|pod| [pod.get("initContainers"), pod.get("containers")]).flatten();
    let containers = lists.filter_map(Value::as_array).flatten();
    containers.filter_map(|container| container.get("image")?.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn images_are_found_wherever_pods_are_described() {
        let pod = json!({ "initContainers": [{ "image": "a" }], "containers": [{ "image": "b" }, {}] });
        for object in [
            json!({ "kind": "Pod", "spec": pod }),
            json!({ "kind": "Deployment", "spec": { "template": { "spec": pod } } }),
            json!({ "kind": "CronJob", "spec": { "jobTemplate": { "spec": { "template": { "spec": pod } } } } }),
        ] {
            assert_eq!(of_object(&object), ["a", "b"], "{object}");
        }
        assert!(of_object(&json!({ "kind": "Service", "spec": {} })).is_empty());
    }

    #[test]
    fn the_first_scenario_needs_its_server_and_the_checks_client() {
        let scenario = crate::load("getting-started/private-api").expect("a scenario");
        let images = scenario.images();
        assert!(images.iter().any(|image| image.starts_with("nginx")), "{images:?}");
        assert_eq!(images.last().map(String::as_str), Some(CURL_IMAGE));
    }
}
