//! The manifests that a node image brings along, with what they leave open filled in.
//! <https://github.com/kubernetes-sigs/kind/tree/main/pkg/cluster/internal/create/actions/installcni>

use serde_json::{Value, json};

use super::Settings;
use crate::kind::Error;

/// What a manifest says that wants the Pod subnet.
const TEMPLATE: &str = "would you kindly template this file";
/// What a manifest says that wants the control plane's address.
const PATCH: &str = "would you kindly patch this file";
/// The field that stands for the Pod subnet in a template.
const FIELD: &str = ".PodSubnet";

/// For images without a storage class of their own.
pub const HOST_PATH_STORAGE: &str = "apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: standard
  annotations:
    storageclass.kubernetes.io/is-default-class: \"true\"
provisioner: kubernetes.io/host-path
";

/// The Pod network's manifest for this cluster.
pub fn pod_network(manifest: &str, settings: &Settings) -> Result<String, Error> {
    let filled = if manifest.contains(TEMPLATE) {
        fill(manifest, &settings.pods.to_string())?
    } else {
        manifest.to_owned()
    };
    if !manifest.contains(PATCH) {
        return Ok(filled);
    }
    let broken =
        |error: String| Error::Model(format!("the node image's Pod network cannot be read: {error}"));
    let mut documents: Vec<Value> =
        serde_saphyr::from_multiple(&filled).map_err(|error| broken(error.to_string()))?;
    documents.retain(|document| !document.is_null());
    let endpoint = format!("{}:6443", settings.control_plane);
    for document in documents.iter_mut().filter(|document| document["kind"] == "DaemonSet") {
        let container = &mut document["spec"]["template"]["spec"]["containers"][0];
        if !container.is_object() {
            return Err(broken("its DaemonSet has no container".to_owned()));
        }
        let variable = json!({ "name": "CONTROL_PLANE_ENDPOINT", "value": endpoint });
        match container["env"].as_array_mut() {
            Some(variables) => variables.push(variable),
            None => container["env"] = json!([variable]),
        }
    }
    serde_saphyr::to_string_multiple(&documents).map_err(|error| broken(error.to_string()))
}

/// Replaces the one field of the Go template.
fn fill(template: &str, pods: &str) -> Result<String, Error> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((action, after)) = behind.split_once("}}") else { break };
        let action = action.trim_matches('-').trim();
        if action != FIELD {
            return Err(Error::Model(format!(
                "the node image's Pod network wants `{action}`, which this back end does not know; give another node image"
            )));
        }
        filled.push_str(before);
        filled.push_str(pods);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}
