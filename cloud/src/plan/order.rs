//! The nodes as a graph: who needs whom.
//!
//! Beside what a node names, it needs what its body refers to, the resource that its id lies in, the cluster that
//! its object lives in, and the resource that it changes.

use std::collections::{BTreeSet, HashMap};

use arm::ResourceId;
use serde_json::Value;

use crate::node::{ArmMethod, Node, NodeKind};
use crate::{Error, reference};

/// Nodes in an order in which they can be made.
pub(crate) struct Graph<'a> {
    pub(crate) nodes: &'a [Node],
    /// What each node needs, by position.
    pub(crate) needs: Vec<BTreeSet<usize>>,
    /// Positions in an order that respects the needs.
    pub(crate) order: Vec<usize>,
    positions: HashMap<String, usize>,
}

impl<'a> Graph<'a> {
    pub(crate) fn new(nodes: &'a [Node]) -> Result<Self, Error> {
        let mut positions = HashMap::new();
        for (position, node) in nodes.iter().enumerate() {
            if positions.insert(node.key.clone(), position).is_some() {
                return Err(Error::Graph(format!("two nodes have the key `{}`", node.key)));
            }
        }
        for (position, node) in nodes.iter().enumerate() {
            if let Some(alias) = service_alias(&node.kind) {
                positions.entry(alias).or_insert(position);
            }
        }
        let mut graph = Self { nodes, needs: Vec::new(), order: Vec::new(), positions };
        graph.needs = nodes.iter().map(|node| graph.needs_of(node)).collect::<Result<_, _>>()?;
        graph.add_enclosing();
        graph.order = graph.sorted()?;
        Ok(graph)
    }

    /// The position of the node with this key.
    pub(crate) fn position(&self, key: &str) -> Option<usize> {
        self.positions.get(key).copied()
    }

    /// The position of the node that a reference is about.
    pub(crate) fn referred(&self, reference: &str) -> Option<usize> {
        reference.rmatch_indices('.').find_map(|(at, _)| self.position(&reference[..at]))
    }

    /// The nodes whose bodies hold a secret of the node at `position`.
    pub(crate) fn consumers(&self, position: usize) -> Vec<usize> {
        let uses = |node: &Node| {
            let secrets = body(&node.kind).map(reference::secret_references).unwrap_or_default();
            secrets.into_iter().any(|secret| self.referred(secret) == Some(position))
        };
        (0..self.nodes.len()).filter(|other| self.nodes.get(*other).is_some_and(uses)).collect()
    }

    fn needs_of(&self, node: &Node) -> Result<BTreeSet<usize>, Error> {
        let unknown =
            |what: &str| Error::Graph(format!("`{}` needs `{what}`, and there is no such node", node.key));
        let named: Vec<&str> = match &node.kind {
            NodeKind::Arm { .. } | NodeKind::Application { .. } => Vec::new(),
            NodeKind::ServicePrincipal { application } => vec![application],
            NodeKind::Password { owner, .. } => vec![owner],
            NodeKind::KubernetesObject { cluster, .. } => vec![cluster],
        };
        let mut needs = BTreeSet::new();
        for key in node.depends.iter().map(String::as_str).chain(named) {
            needs.insert(self.position(key).ok_or_else(|| unknown(key))?);
        }
        for text in body(&node.kind).map(reference::references).unwrap_or_default() {
            needs.insert(self.referred(text).ok_or_else(|| unknown(text))?);
        }
        Ok(needs)
    }

    /// Adds what follows from the ids: parents first, and the whole before its changes.
    fn add_enclosing(&mut self) {
        let ids: Vec<Option<(ResourceId, ArmMethod)>> = self
            .nodes
            .iter()
            .map(|node| match &node.kind {
                NodeKind::Arm { id, method, .. } => id.parse().ok().map(|id| (id, *method)),
                _ => None,
            })
            .collect();
        for (needs, child) in self.needs.iter_mut().zip(&ids) {
            let Some((child, child_method)) = child else { continue };
            for (position, parent) in ids.iter().enumerate() {
                let Some((parent, ArmMethod::Put)) = parent else { continue };
                let same = child == parent;
                if (same && *child_method == ArmMethod::Patch) || (!same && child.is_within(parent)) {
                    needs.insert(position);
                }
            }
        }
    }

    /// Kahn's algorithm; among the possible nodes the first one comes first.
    fn sorted(&self) -> Result<Vec<usize>, Error> {
        let mut order = Vec::with_capacity(self.nodes.len());
        let mut left: BTreeSet<usize> = (0..self.nodes.len()).collect();
        while !left.is_empty() {
            let free =
                |position: &&usize| self.needs.get(**position).is_some_and(|needs| needs.is_disjoint(&left));
            let Some(next) = left.iter().find(free).copied() else {
                let keys: Vec<&str> =
                    left.iter().filter_map(|at| self.nodes.get(*at)).map(|node| node.key.as_str()).collect();
                return Err(Error::Graph(format!("these nodes need each other: {}", keys.join(", "))));
            };
            left.remove(&next);
            order.push(next);
        }
        Ok(order)
    }
}

/// The body that may hold references.
pub(crate) fn body(kind: &NodeKind) -> Option<&Value> {
    match kind {
        NodeKind::Arm { body, .. } => Some(body),
        NodeKind::KubernetesObject { object, .. } => Some(object),
        _ => None,
    }
}

/// The short key of a Service: `service/{namespace}/{name}`.
pub(crate) fn service_alias(kind: &NodeKind) -> Option<String> {
    let NodeKind::KubernetesObject { object, .. } = kind else { return None };
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
    if text("/kind") != Some("Service") {
        return None;
    }
    Some(format!("service/{}/{}", text("/metadata/namespace").unwrap_or("default"), text("/metadata/name")?))
}
