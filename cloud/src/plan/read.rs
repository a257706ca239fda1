//! What is there now.
//!
//! Reads go eight at a time. What cannot be there is not asked for: nothing in a resource group that does not
//! exist, no service principal of an application that does not exist, no object in a missing cluster.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use http::Method;
use serde_json::{Value, json};

use super::order::{Graph, service_alias};
use crate::kubernetes::clusters::Clusters;
use crate::node::{Node, NodeKind};
use crate::{Answer, Client, Error, Outputs, ownership};

pub(crate) const PARALLEL: usize = 8;

/// What is there of each node, and what is known by that.
pub(crate) struct Observed {
    /// By position; none if it is not there.
    pub(crate) live: BTreeMap<usize, Value>,
    pub(crate) outputs: Outputs,
}

/// The rounds of reading: a later one needs what an earlier one found.
const ROUNDS: [fn(&Node) -> bool; 4] = [
    |node| is_group(node) || matches!(node.kind, NodeKind::Application { .. }),
    |node| {
        matches!(node.kind, NodeKind::Arm { .. }) && !is_group(node)
            || matches!(node.kind, NodeKind::ServicePrincipal { .. })
    },
    |node| matches!(node.kind, NodeKind::Password { .. }),
    |node| matches!(node.kind, NodeKind::KubernetesObject { .. }),
];

/// Reads every node.
pub(crate) async fn read(client: &Client, graph: &Graph<'_>, clusters: &Clusters) -> Result<Observed, Error> {
    let mut observed = Observed { live: BTreeMap::new(), outputs: Outputs::default() };
    for belongs in ROUNDS {
        let round: Vec<usize> =
            graph.order.iter().copied().filter(|at| graph.nodes.get(*at).is_some_and(belongs)).collect();
        let reader = Reader { client, graph, clusters, observed: &observed };
        let mut found = futures_util::stream::iter(round)
            .map(|position| async move { (position, reader.read(position).await) })
            .buffer_unordered(PARALLEL);
        let mut answers = Vec::new();
        while let Some((position, live)) = found.next().await {
            if let Some(live) = live? {
                answers.push((position, live));
            }
        }
        drop(found);
        for (position, live) in answers {
            if let Some(node) = graph.nodes.get(position) {
                learn(&mut observed.outputs, node, &live);
            }
            observed.live.insert(position, live);
        }
    }
    Ok(observed)
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    client: &'a Client,
    graph: &'a Graph<'a>,
    clusters: &'a Clusters,
    observed: &'a Observed,
}

impl Reader<'_> {
    async fn read(&self, position: usize) -> Result<Option<Value>, Error> {
        let Some(node) = self.graph.nodes.get(position) else { return Ok(None) };
        match &node.kind {
            NodeKind::Arm { .. } if self.enclosed_in_nothing(position) => Ok(None),
            NodeKind::Arm { .. } => arm(self.client, &node.kind).await,
            NodeKind::Application { display_name } => {
                application(self.client, display_name, ownership::scenario(self.graph.nodes)).await
            }
            NodeKind::ServicePrincipal { application } => match self.live(application) {
                Some(application) => service_principal(self.client, application).await,
                None => Ok(None),
            },
            NodeKind::Password { owner, display_name } => {
                Ok(self.live(owner).and_then(|owner| password(owner, display_name)).cloned())
            }
            NodeKind::KubernetesObject { cluster, object } => {
                let (Some(live), Some(node)) = (self.live(cluster), self.node(cluster)) else {
                    return Ok(None);
                };
                if !super::is_settled(live) {
                    return Ok(None);
                }
                let kubernetes = self.clusters.of(self.client, node).await?;
                let path = kubernetes.path(object).await?;
                kubernetes.get(&path).await
            }
        }
    }

    fn live(&self, key: &str) -> Option<&Value> {
        self.observed.live.get(&self.graph.position(key)?)
    }

    fn node(&self, key: &str) -> Option<&Node> {
        self.graph.nodes.get(self.graph.position(key)?)
    }

    /// The resource group of the node is one of ours and does not exist, or soon will not.
    fn enclosed_in_nothing(&self, position: usize) -> bool {
        let needs = self.graph.needs.get(position);
        needs.into_iter().flatten().any(|need| {
            self.graph.nodes.get(*need).is_some_and(is_group)
                && self.observed.live.get(need).is_none_or(super::is_vanishing)
        })
    }
}

fn is_group(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Arm { id, .. } if ownership::is_resource_group(id))
}

/// An ARM resource. A link without properties is only asked whether it is there, as Azure has no other answer.
pub(crate) async fn arm(client: &Client, kind: &NodeKind) -> Result<Option<Value>, Error> {
    let NodeKind::Arm { id, body, .. } = kind else { return Ok(None) };
    let path = path(kind);
    if is_link(body) {
        let answer = client.arm(Method::HEAD, &path, None, &[]).await?;
        match answer.status {
            404 => return Ok(None),
            200..=299 => return Ok(Some(json!({"id": id}))),
            // Not every service has the question; the other one is as good.
            405 | 501 => {}
            _ => return Err(answer.refusal()),
        }
    }
    let answer = client.arm(Method::GET, &reading_path(kind), None, &[]).await?;
    if is_absent(&answer) { Ok(None) } else { Ok(Some(answer.success()?.body)) }
}

/// The resource is not there; that its subscription or its type is not there is an error.
fn is_absent(answer: &Answer) -> bool {
    const ERRORS: [&str; 3] = ["SubscriptionNotFound", "InvalidResourceType", "InvalidResourceNamespace"];
    answer.status == 404 && !ERRORS.contains(&answer.error().0.as_str())
}

/// The path of every request about an ARM node.
pub(crate) fn path(kind: &NodeKind) -> String {
    let NodeKind::Arm { id, api_version, .. } = kind else { return String::new() };
    format!("{id}?api-version={api_version}")
}

/// The path to read it by: a policy comes back as it was written only if asked for.
fn reading_path(kind: &NodeKind) -> String {
    let path = path(kind);
    let NodeKind::Arm { body, .. } = kind else { return path };
    match body.pointer("/properties/format").and_then(Value::as_str) {
        Some("rawxml") => format!("{path}&format=rawxml"),
        _ => path,
    }
}

fn is_link(body: &Value) -> bool {
    body.as_object().is_some_and(serde_json::Map::is_empty)
}

/// Our application with this name.
pub(crate) async fn application(
    client: &Client,
    display_name: &str,
    scenario: Option<&str>,
) -> Result<Option<Value>, Error> {
    let name = display_name.replace('\'', "''");
    let found = list(client, "applications", &format!("displayName eq '{name}'")).await?;
    let tag = ownership::application_tag(scenario.unwrap_or_default());
    let is_ours = |application: &Value| {
        let tags = application.get("tags").and_then(Value::as_array);
        tags.into_iter().flatten().filter_map(Value::as_str).any(|text| text == tag)
    };
    Ok(found.into_iter().find(is_ours))
}

/// The service principal of an application.
pub(crate) async fn service_principal(client: &Client, application: &Value) -> Result<Option<Value>, Error> {
    let Some(app_id) = application.get("appId").and_then(Value::as_str) else { return Ok(None) };
    Ok(list(client, "servicePrincipals", &format!("appId eq '{app_id}'")).await?.into_iter().next())
}

/// The password with this name among those of its owner.
pub(crate) fn password<'v>(owner: &'v Value, display_name: &str) -> Option<&'v Value> {
    let passwords = owner.get("passwordCredentials")?.as_array()?;
    passwords
        .iter()
        .find(|password| password.get("displayName").and_then(Value::as_str) == Some(display_name))
}

async fn list(client: &Client, collection: &str, filter: &str) -> Result<Vec<Value>, Error> {
    let filter = percent_encoding::utf8_percent_encode(filter, percent_encoding::NON_ALPHANUMERIC);
    let path = format!("/v1.0/{collection}?$filter={filter}");
    let mut body = client.graph(Method::GET, &path, None).await?.success()?.body;
    match body.get_mut("value").map(Value::take) {
        Some(Value::Array(found)) => Ok(found),
        _ => Err(Error::Unexpected { path, reason: "it has no `value`".to_owned() }),
    }
}

/// Notes what a node's present state makes known.
pub(crate) fn learn(outputs: &mut Outputs, node: &Node, live: &Value) {
    let mut open = live.clone();
    let copy = |open: &mut Value, from: &str, to: &str| {
        if let (Some(value), Some(fields)) = (live.get(from).cloned(), open.as_object_mut()) {
            fields.insert(to.to_owned(), value);
        }
    };
    match &node.kind {
        NodeKind::Arm { id, .. } => {
            if let Some(fields) = open.as_object_mut() {
                fields.entry("id").or_insert_with(|| id.as_str().into());
            }
        }
        NodeKind::Application { .. } | NodeKind::ServicePrincipal { .. } => {
            copy(&mut open, "id", "objectId");
            copy(&mut open, "appId", "clientId");
        }
        NodeKind::Password { .. } => {
            if let Some(secret) = open.as_object_mut().and_then(|fields| fields.remove("secretText"))
                && !secret.is_null()
            {
                outputs.set_secret(&node.key, "secretText", secret);
            }
        }
        NodeKind::KubernetesObject { object, .. } => {
            if object.get("kind").and_then(Value::as_str) == Some("Secret") {
                open = json!({"metadata": live.get("metadata")});
            }
            if let (Some(address), Some(fields)) = (address(live), open.as_object_mut()) {
                fields.insert("address".to_owned(), address.into());
            }
            if let Some(alias) = service_alias(&node.kind) {
                outputs.set(&alias, open.clone());
            }
        }
    }
    outputs.set(&node.key, open);
}

/// The address of a Service's load balancer.
pub(crate) fn address(service: &Value) -> Option<&str> {
    let ingress = service.pointer("/status/loadBalancer/ingress/0")?;
    ingress.get("ip").or_else(|| ingress.get("hostname"))?.as_str()
}
