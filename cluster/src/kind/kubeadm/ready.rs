//! Nodes as the API server sees them: made schedulable, waited for, described when they do not become Ready.
//! <https://kubernetes.io/docs/concepts/architecture/nodes/#condition>

use std::time::Duration;

use k8s_openapi::api::core::v1::{Event, Node};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use kube::runtime::wait::{Condition, await_condition};
use kube::{Api, Client};
use serde_json::json;
use sim::Clock;

use crate::kind::Error;

/// How long a node may take.
const PATIENCE: Duration = Duration::from_mins(3);
/// How long an API server may take to come back.
const API_PATIENCE: Duration = Duration::from_secs(90);
/// How often an API server that does not answer is asked again.
const INTERVAL: Duration = Duration::from_millis(500);
/// How many events are shown of one that takes longer.
const EVENTS: usize = 5;
const TAINT: &str = "node-role.kubernetes.io/control-plane";
const EXCLUDED: &str = "node.kubernetes.io/exclude-from-external-load-balancers";

/// Returns when the API server answers: after a restart of its node it takes a while.
pub async fn answers(client: &Client, cluster: &str, clock: &Clock) -> Result<(), Error> {
    let until = clock.elapsed() + API_PATIENCE;
    loop {
        match client.apiserver_version().await {
            Ok(_) => return Ok(()),
            Err(error) if clock.elapsed() >= until => return Err(answer(cluster)(error)),
            Err(_) => clock.sleep(INTERVAL).await,
        }
    }
}

/// The names of all nodes, and whether each is Ready.
pub async fn nodes(client: &Client, cluster: &str) -> Result<Vec<(String, bool)>, Error> {
    let nodes = Api::<Node>::all(client.clone()).list(&ListParams::default()).await;
    let nodes = nodes.map_err(answer(cluster))?;
    Ok(nodes
        .items
        .iter()
        .map(|node| (node.metadata.name.clone().unwrap_or_default(), is_ready(node)))
        .collect())
}

/// Lets the control plane run Pods and take part in load balancing, as every node of AKS does.
pub async fn make_schedulable(client: &Client, node: &str, cluster: &str) -> Result<(), Error> {
    let api = Api::<Node>::all(client.clone());
    let present = api.get(node).await.map_err(answer(cluster))?;
    let taints = present.spec.and_then(|spec| spec.taints).unwrap_or_default();
    let kept: Vec<_> = taints.iter().filter(|taint| taint.key != TAINT).collect();
    let excluded = present.metadata.labels.is_some_and(|labels| labels.contains_key(EXCLUDED));
    if kept.len() == taints.len() && !excluded {
        return Ok(());
    }
    let patch = json!({ "metadata": { "labels": { EXCLUDED: null } }, "spec": { "taints": kept } });
    let patched = api.patch(node, &PatchParams::default(), &Patch::Merge(patch)).await;
    patched.map(drop).map_err(answer(cluster))
}

/// Removes a node from the cluster's books. That it is not in there is fine.
async fn forget(client: &Client, node: &str, cluster: &str) -> Result<(), Error> {
    match Api::<Node>::all(client.clone()).delete(node, &DeleteParams::default()).await {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        answered => answered.map(drop).map_err(answer(cluster)),
    }
}

/// Removes all nodes from the cluster's books but these: a container that is gone or new leaves its entry behind, and a
/// node of the same name could not join.
pub async fn keep(client: &Client, kept: &[&String], cluster: &str) -> Result<(), Error> {
    for (node, _) in nodes(client, cluster).await? {
        if !kept.contains(&&node) {
            forget(client, &node, cluster).await?;
        }
    }
    Ok(())
}

/// Returns when the node is Ready.
pub async fn wait(client: &Client, node: &str, clock: &Clock) -> Result<(), Error> {
    let api = Api::<Node>::all(client.clone());
    let ready = await_condition(api.clone(), node, ready());
    tokio::select! {
        seen = ready => seen.map(drop).map_err(|error| Error::ApiServer {
            cluster: node.to_owned(),
            reason: error.to_string(),
        }),
        () = clock.sleep(PATIENCE) => Err(Error::NotReady {
            node: node.to_owned(),
            waited: PATIENCE,
            conditions: conditions(api.get_opt(node).await.ok().flatten().as_ref()),
            events: events(client, node).await,
        }),
    }
}

fn ready() -> impl Condition<Node> {
    |node: Option<&Node>| node.is_some_and(is_ready)
}

fn is_ready(node: &Node) -> bool {
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions.into_iter().flatten().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// What a node says about itself, as a phrase.
fn conditions(node: Option<&Node>) -> String {
    let Some(node) = node else { return "it has not registered itself".to_owned() };
    let conditions = node.status.as_ref().and_then(|status| status.conditions.as_ref());
    let said: Vec<String> = conditions
        .into_iter()
        .flatten()
        .filter(|condition| (condition.type_ == "Ready") != (condition.status == "True"))
        .map(|condition| {
            let message = condition.message.as_deref().unwrap_or_default();
            format!("{}={} ({message})", condition.type_, condition.status)
        })
        .collect();
    if said.is_empty() { "it reports no condition".to_owned() } else { said.join(", ") }
}

/// The last events about a node, each on a line of its own behind a line break.
async fn events(client: &Client, node: &str) -> String {
    let about = ListParams::default().fields(&format!("involvedObject.kind=Node,involvedObject.name={node}"));
    let Ok(list) = Api::<Event>::all(client.clone()).list(&about).await else { return String::new() };
    let lines: Vec<String> = list
        .items
        .into_iter()
        .map(|event| format!("\n{}: {}", event.reason.unwrap_or_default(), event.message.unwrap_or_default()))
        .collect();
    lines.get(lines.len().saturating_sub(EVENTS)..).unwrap_or_default().concat()
}

fn answer(cluster: &str) -> impl FnOnce(kube::Error) -> Error {
    move |error| Error::ApiServer { cluster: cluster.to_owned(), reason: whole(&error) }
}

/// An error with what it comes from: what a client says itself is often only that there is one.
fn whole(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_told = cause.to_string();
        if !told.contains(&cause_told) {
            told = format!("{told}: {cause_told}");
        }
        next = cause.source();
    }
    told
}
