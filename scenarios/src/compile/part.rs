//! A part of the desired state: a few nodes and what their bodies cannot do without.

use std::collections::BTreeSet;

use cloud::{Node, NodeKind};
use serde_json::Value;

use super::key;

/// The nodes with these keys and those they take values from. The resource group comes along: its tags say whose
/// everything is. What the nodes only wait for in a whole deployment is there already.
pub(crate) fn part(nodes: &[Node], keys: &[&str]) -> Vec<Node> {
    let mut wanted: BTreeSet<String> = BTreeSet::from([key::GROUP.to_owned()]);
    let mut open: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    while let Some(next) = open.pop() {
        let Some(node) = nodes.iter().find(|node| is(node, &next)) else { continue };
        if wanted.insert(node.key.clone()) {
            open.extend(needs(node));
        }
    }
    let chosen = nodes.iter().filter(|node| wanted.contains(&node.key));
    chosen
        .cloned()
        .map(|mut node| {
            node.depends.retain(|key| wanted.contains(key));
            node
        })
        .collect()
}

/// The node has this key; a Service is also known by its short one.
fn is(node: &Node, wanted: &str) -> bool {
    node.key == wanted
        || wanted
            .strip_prefix("service/")
            .is_some_and(|name| node.key.strip_prefix("kubernetes/Service/") == Some(name))
}

/// Keys of the nodes that `node` takes values from.
fn needs(node: &Node) -> Vec<String> {
    match &node.kind {
        NodeKind::Arm { body, .. } => {
            let mut found = Vec::new();
            references(body, &mut found);
            found
        }
        NodeKind::Application { .. } => Vec::new(),
        NodeKind::ServicePrincipal { application } => vec![application.clone()],
        NodeKind::Password { owner, .. } => vec![owner.clone()],
        NodeKind::KubernetesObject { cluster, .. } => vec![cluster.clone()],
    }
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_str() {
                    Some(reference) if name == "$ref" || name == "$secret" => {
                        found.extend(reference.rsplit_once('.').map(|(key, _)| key.to_owned()));
                    }
                    _ => references(field, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}
