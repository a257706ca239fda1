//! What is to be done about one node.

use serde_json::Value;

use super::compare::{Comparison, Dialect};
use super::order::{Graph, body};
use super::read::{Observed, path};
use super::types::{Action, Change, FieldChange, RequestPreview};
use crate::node::{ArmMethod, Node, NodeKind};
use crate::ownership::{SCENARIO_TAG, is_resource_group, scenario, tag};
use crate::reference::{partial, preview};
use crate::{Client, Outputs, operation};
use arm::ProvisioningState;

/// What is to be done, why, and what differs.
pub(crate) struct Verdict {
    pub(crate) action: Action,
    pub(crate) reason: Option<String>,
    pub(crate) fields: Vec<FieldChange>,
}

impl Verdict {
    fn plain(action: Action) -> Self {
        Self { action, reason: None, fields: Vec::new() }
    }

    fn because(action: Action, reason: impl Into<String>) -> Self {
        Self { action, reason: Some(reason.into()), fields: Vec::new() }
    }

    fn of(fields: Vec<FieldChange>) -> Self {
        let action = if fields.is_empty() { Action::Unchanged } else { Action::Update };
        Self { action, reason: None, fields }
    }
}

/// One verdict per node, by position.
pub(crate) fn verdicts(graph: &Graph<'_>, observed: &Observed) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = graph
        .nodes
        .iter()
        .enumerate()
        .map(|(position, node)| match &node.kind {
            NodeKind::Password { .. } => Verdict::plain(Action::Unchanged),
            _ => verdict(graph, node, observed.live.get(&position), &observed.outputs),
        })
        .collect();
    for (position, node) in graph.nodes.iter().enumerate() {
        if matches!(node.kind, NodeKind::Password { .. }) {
            let is_new = |consumer: &usize| {
                verdicts.get(*consumer).is_some_and(|verdict| verdict.action == Action::Create)
                    || observed.live.get(consumer).is_some_and(has_failed)
            };
            let verdict = match observed.live.contains_key(&position) {
                false => Verdict::plain(Action::Create),
                true if graph.consumers(position).iter().any(is_new) => Verdict::because(
                    Action::Create,
                    "the old one was shown only once, and something needs it",
                ),
                true => Verdict::plain(Action::Unchanged),
            };
            if let Some(slot) = verdicts.get_mut(position) {
                *slot = verdict;
            }
        }
    }
    verdicts
}

/// The verdict about a node whose present state is `live`.
pub(crate) fn verdict(graph: &Graph<'_>, node: &Node, live: Option<&Value>, outputs: &Outputs) -> Verdict {
    match (&node.kind, live) {
        (NodeKind::Arm { method: ArmMethod::Patch, .. }, None) => {
            Verdict::because(Action::Update, "once it is made")
        }
        (_, None) => Verdict::plain(Action::Create),
        (NodeKind::Arm { id, body, read_only, method, .. }, Some(live)) => {
            if is_resource_group(id)
                && let Some(reason) = foreign(scenario(graph.nodes), live)
            {
                return Verdict::because(Action::Blocked, reason);
            }
            let mut ignored = read_only.clone();
            if *method == ArmMethod::Put {
                ignored.extend(joined_paths(graph, id));
            }
            let fields = Comparison::new(Dialect::Arm, &ignored).run(&partial(body, outputs), live);
            with_state(Verdict::of(fields), live)
        }
        (NodeKind::KubernetesObject { object, .. }, Some(live)) => {
            let ignored = ["stringData".to_owned()];
            let mut fields =
                Comparison::new(Dialect::Kubernetes, &ignored).run(&partial(object, outputs), live);
            if object.get("kind").and_then(Value::as_str) == Some("Secret") {
                for field in fields.iter_mut().filter(|field| field.path.starts_with("data")) {
                    (field.from, field.to, field.sensitive) = (None, None, true);
                }
            }
            Verdict::of(fields)
        }
        (_, Some(_)) => Verdict::plain(Action::Unchanged),
    }
}

/// A resource that another request is at work on, or whose last one failed.
fn with_state(mut verdict: Verdict, live: &Value) -> Verdict {
    let Some(state) = operation::provisioning_state(live) else { return verdict };
    match ProvisioningState::parse(state) {
        ProvisioningState::Succeeded => {}
        ProvisioningState::Failed | ProvisioningState::Canceled => {
            verdict.action = Action::Update;
            verdict.reason = Some(format!("the last request about it ended in state {state}"));
        }
        ProvisioningState::Deleting => {
            verdict = Verdict::because(Action::Create, "it is being deleted, which is waited for");
        }
        _ => verdict.reason = Some(format!("it is in state {state}, which is waited for")),
    }
    verdict
}

/// The last request about the resource came to nothing, so that the next one must be complete again.
fn has_failed(live: &Value) -> bool {
    let state = operation::provisioning_state(live).map(ProvisioningState::parse);
    matches!(state, Some(ProvisioningState::Failed | ProvisioningState::Canceled))
}

/// Why an existing resource group is not ours.
fn foreign(scenario: Option<&str>, live: &Value) -> Option<String> {
    match (tag(live, SCENARIO_TAG), scenario) {
        (Some(there), Some(wanted)) if there == wanted => None,
        (Some(_), None) => None,
        (Some(there), Some(_)) => Some(format!(
            "exists and belongs to the scenario `{there}`; choose another name, or destroy that scenario first"
        )),
        (None, wanted) => Some(format!(
            "exists and was not made by apimlab; choose another name, or tag it `{SCENARIO_TAG}={}`",
            wanted.unwrap_or_default()
        )),
    }
}

/// The paths that a second node (a PATCH) of the same resource decides about.
pub(crate) fn joined_paths(graph: &Graph<'_>, id: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for node in graph.nodes {
        if let NodeKind::Arm { id: other, body, method: ArmMethod::Patch, .. } = &node.kind
            && other.eq_ignore_ascii_case(id)
        {
            leaves("", body, &mut paths);
        }
    }
    paths
}

fn leaves(prefix: &str, value: &Value, paths: &mut Vec<String>) {
    match value {
        Value::Object(fields) if !fields.keys().any(|key| key.starts_with('$')) => {
            for (key, value) in fields {
                let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                leaves(&path, value, paths);
            }
        }
        _ => paths.push(prefix.to_owned()),
    }
}

/// A verdict as a line of the plan.
pub(crate) fn change(
    client: &Client,
    graph: &Graph<'_>,
    position: usize,
    found: (Verdict, &Outputs),
) -> Option<Change> {
    let node = graph.nodes.get(position)?;
    let (verdict, outputs) = found;
    let needs = graph.needs.get(position).into_iter().flatten();
    let writes = matches!(verdict.action, Action::Create | Action::Update);
    Some(Change {
        key: node.key.clone(),
        title: node.title.clone(),
        action: verdict.action,
        reason: verdict.reason,
        fields: verdict.fields,
        depends: needs.filter_map(|need| graph.nodes.get(*need)).map(|node| node.key.clone()).collect(),
        minutes: node.minutes,
        monthly_usd: node.monthly_usd,
        cost_note: node.cost_note.clone(),
        request: writes.then(|| request(client, graph, node, outputs)),
    })
}

fn request(client: &Client, graph: &Graph<'_>, node: &Node, outputs: &Outputs) -> RequestPreview {
    let environment = client.environment();
    let shown = body(&node.kind).map(|body| preview(body, outputs));
    let graph_url = |path: &str| format!("{}/v1.0/{path}", environment.graph.trim_end_matches('/'));
    let (method, url, body) = match &node.kind {
        NodeKind::Arm { method, .. } => {
            let method = if *method == ArmMethod::Put { "PUT" } else { "PATCH" };
            (
                method,
                format!("{}{}", environment.resource_manager.trim_end_matches('/'), path(&node.kind)),
                shown,
            )
        }
        NodeKind::Application { display_name } => {
            let body = crate::apply::directory::application_body(display_name, scenario(graph.nodes));
            ("POST", graph_url("applications"), Some(body))
        }
        NodeKind::ServicePrincipal { application } => {
            let body = serde_json::json!({"appId": {"$ref": format!("{application}.appId")}});
            ("POST", graph_url("servicePrincipals"), Some(preview(&body, outputs)))
        }
        NodeKind::Password { owner, display_name } => {
            let collection = crate::apply::directory::collection(graph, owner);
            let id = outputs.text(&format!("{owner}.objectId")).unwrap_or_else(|| "{id}".to_owned());
            let body = crate::apply::directory::password_body(display_name);
            ("POST", graph_url(&format!("{collection}/{id}/addPassword")), Some(body))
        }
        NodeKind::KubernetesObject { object, .. } => {
            let named = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let url = format!(
                "{} {}/{}",
                named("/kind"),
                object.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or("default"),
                named("/metadata/name")
            );
            ("APPLY", url, shown.map(without_secret_data))
        }
    };
    RequestPreview { method: method.to_owned(), url, body }
}

/// A Kubernetes Secret without what it keeps.
fn without_secret_data(mut object: Value) -> Value {
    if object.get("kind").and_then(Value::as_str) == Some("Secret") {
        for key in ["data", "stringData"] {
            for (_, value) in object.get_mut(key).and_then(Value::as_object_mut).into_iter().flatten() {
                *value = crate::reference::SECRET.into();
            }
        }
    }
    object
}
