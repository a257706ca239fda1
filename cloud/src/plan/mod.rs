//! What would be done: every node compared with what is there.

mod compare;
pub(crate) mod difference;
pub(crate) mod order;
pub(crate) mod read;
mod types;

use arm::ProvisioningState;
use serde_json::Value;
use uuid::Uuid;

pub use types::{Action, Change, FieldChange, Plan, RequestPreview};

use crate::kubernetes::clusters::Clusters;
use crate::{Client, Error, Node, operation};

/// Reads everything and says what would be done; changes nothing.
pub async fn plan(client: &Client, nodes: &[Node]) -> Result<Plan, Error> {
    let graph = order::Graph::new(nodes)?;
    let observed = read::read(client, &graph, &Clusters::default()).await?;
    Ok(compose(client, &graph, &observed))
}

/// The plan from what was read.
pub(crate) fn compose(client: &Client, graph: &order::Graph<'_>, observed: &read::Observed) -> Plan {
    let mut verdicts: Vec<Option<difference::Verdict>> =
        difference::verdicts(graph, observed).into_iter().map(Some).collect();
    let changes: Vec<Change> = graph
        .order
        .iter()
        .filter_map(|position| {
            let verdict = verdicts.get_mut(*position)?.take()?;
            difference::change(client, graph, *position, (verdict, &observed.outputs))
        })
        .collect();
    let environment = client.environment();
    let identity = serde_json::to_string(&changes).unwrap_or_default();
    let identity = format!("{} {} {identity}", environment.name, environment.subscription_id);
    Plan {
        plan_id: Uuid::new_v5(&Uuid::NAMESPACE_URL, identity.as_bytes()).to_string(),
        environment: environment.name.clone(),
        changes,
    }
}

/// Nobody is at work on the resource.
pub(crate) fn is_settled(resource: &Value) -> bool {
    operation::provisioning_state(resource).is_none_or(|state| ProvisioningState::parse(state).is_terminal())
}

/// The resource is being deleted.
pub(crate) fn is_vanishing(resource: &Value) -> bool {
    let state = operation::provisioning_state(resource).map(ProvisioningState::parse);
    state == Some(ProvisioningState::Deleting)
}
