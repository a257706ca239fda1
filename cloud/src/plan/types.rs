//! The words of a plan. It serializes into what `apimlab plan -o json` prints.

use serde::Serialize;
use serde_json::Value;

/// Everything that would be done, in an order in which it can be done.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// The same for the same desired state, observed state and environment.
    pub plan_id: String,
    /// The environment's name.
    pub environment: String,
    /// One per node.
    pub changes: Vec<Change>,
}

/// What would be done about one node.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// The node.
    pub key: String,
    /// What a person calls it.
    pub title: String,
    /// What would be done.
    pub action: Action,
    /// Why, where that is not obvious.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What differs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
    /// Nodes that come before.
    pub depends: Vec<String>,
    /// How long it takes in Azure.
    pub minutes: u32,
    /// What it costs in Azure in a month of 730 hours, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_usd: Option<f32>,
    /// What the price depends on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_note: Option<String>,
    /// The request that would be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestPreview>,
}

/// What is done about a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// It is not there.
    Create,
    /// It is there and differs.
    Update,
    /// It is as wanted.
    Unchanged,
    /// It shall no longer be there.
    Delete,
    /// It cannot be done; the reason says why.
    Blocked,
}

/// One value that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldChange {
    /// Where: `properties.serviceUrl`, `properties.subnets[aks-subnet].properties.addressPrefix`.
    pub path: String,
    /// What is there.
    pub from: Option<Value>,
    /// What is wanted.
    pub to: Option<Value>,
    /// The values are secret and not given here.
    pub sensitive: bool,
    /// What is wanted will be known only when other nodes are there.
    pub known_after: bool,
}

/// A request as it would be sent, without its secrets.
#[derive(Debug, Clone, Serialize)]
pub struct RequestPreview {
    /// The method.
    pub method: String,
    /// The whole URL; of a Kubernetes object the path.
    pub url: String,
    /// The body; secrets are `(secret)`, values that are not known yet `(known after apply)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

impl Plan {
    /// Something would be done.
    pub fn has_changes(&self) -> bool {
        self.changes.iter().any(|change| change.action != Action::Unchanged)
    }

    /// How many nodes have this action.
    pub fn count(&self, action: Action) -> usize {
        self.changes.iter().filter(|change| change.action == action).count()
    }
}
