//! The objects of the Kubernetes YAML files, written by server-side apply.

use cloud::{Node, NodeKind};
use serde_json::Value;

use super::{Context, key, other};

pub(super) fn nodes(context: &Context) -> Vec<Node> {
    if context.document.cluster.is_none() {
        return Vec::new();
    }
    let namespaces: Vec<&str> = context
        .assets
        .objects(context.document)
        .filter(|object| object["kind"] == "Namespace")
        .filter_map(|object| object["metadata"]["name"].as_str())
        .collect();
    context.assets.objects(context.document).map(|object| node(object, &namespaces)).collect()
}

fn node(object: &Value, namespaces: &[&str]) -> Node {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (kind, name) = (text(&object["kind"]), text(&object["metadata"]["name"]));
    let namespace = object["metadata"]["namespace"].as_str();
    let title = match namespace {
        None | Some("default") => format!("{kind} {name}"),
        Some(namespace) => format!("{kind} {namespace}/{name}"),
    };
    let own_namespace = namespace
        .filter(|namespace| namespaces.contains(namespace))
        .map(|name| format!("kubernetes/Namespace/{name}"));
    other(
        object_key(object),
        title,
        NodeKind::KubernetesObject { cluster: key::CLUSTER.to_owned(), object: object.clone() },
    )
    .depends([key::CLUSTER])
    .depends(own_namespace)
    // In Azure a balancer's address takes a minute or two, all else is a matter of seconds.
    .minutes(if object["spec"]["type"] == "LoadBalancer" { 2 } else { 0 })
    .done()
}

/// `kubernetes/Deployment/default/private-api`; without a namespace for kinds that have none.
pub(super) fn object_key(object: &Value) -> String {
    let parts = [&object["kind"], &object["metadata"]["namespace"], &object["metadata"]["name"]];
    let path: Vec<&str> = parts.into_iter().filter_map(Value::as_str).collect();
    format!("kubernetes/{}", path.join("/"))
}
