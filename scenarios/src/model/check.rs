//! The `checks` block: what must be true once the scenario is deployed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::Text;
use crate::located::Located;

/// Something that must be true.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Check {
    /// Short name, shown in reports.
    pub id: Text,
    /// What is checked, as a sentence.
    pub title: String,
    /// How it is checked.
    pub probe: Probe,
    /// How long it may take to become true.
    #[serde(default = "ten_seconds")]
    pub within_seconds: u32,
}

/// How something is observed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Probe {
    /// Calls a URL.
    Http(HttpCheck),
    /// Reads a Kubernetes object.
    Kubernetes(KubernetesCheck),
    /// Looks for an event about a Kubernetes object.
    Event(EventCheck),
    /// Reads an Azure resource of the scenario.
    Arm(ArmCheck),
}

/// Calls a URL from somewhere and looks at the answer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpCheck {
    /// Where the call comes from.
    #[serde(default)]
    pub from: Vantage,
    /// What is called. `{service/NAMESPACE/NAME}` stands for the load balancer's address of a Kubernetes Service.
    pub url: Text,
    /// HTTP method.
    pub method: Option<String>,
    /// Headers to send.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How many calls are made; each must be answered as expected.
    #[serde(default = "once")]
    #[schemars(range(min = 1, max = 10_000))]
    pub repeat: Located<u32>,
    /// What the answer must be.
    pub expect: ExpectedResponse,
}

/// Where a call comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Vantage {
    /// Anywhere outside the virtual network.
    #[default]
    Internet,
    /// A Pod of the cluster.
    Cluster,
    /// The subnet of the cluster's nodes, through a Pod on one of them.
    AksSubnet,
}

impl Vantage {
    /// The name in a scenario file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Internet => "internet",
            Self::Cluster => "cluster",
            Self::AksSubnet => "aks-subnet",
        }
    }
}

/// What an HTTP answer must be.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExpectedResponse {
    /// Status code.
    pub status: Option<u16>,
    /// Text that the body must contain.
    pub body_contains: Option<String>,
    /// Headers and the values they must have, compared without letter case of the name.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// There must be no answer at all: nothing that listens there can be reached.
    #[serde(default)]
    pub unreachable: bool,
}

/// Reads a Kubernetes object and looks at one of its fields.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KubernetesCheck {
    /// The object.
    pub get: ObjectReference,
    /// What it must say.
    pub expect: ExpectedField,
}

/// Names a Kubernetes object.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ObjectReference {
    /// API version, `v1` unless said otherwise.
    #[serde(default = "core")]
    pub api_version: String,
    /// Kind, such as `Service`.
    pub kind: Text,
    /// Namespace.
    #[serde(default = "default_namespace")]
    pub namespace: String,
    /// Name.
    pub name: Text,
}

/// Looks for an event about a Kubernetes object.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventCheck {
    /// The object that the event is about.
    pub about: ObjectReference,
    /// `Normal` or `Warning`.
    #[serde(rename = "type")]
    pub event_type: Option<String>,
    /// Text that the event's message must contain.
    pub message_contains: String,
}

/// Reads an Azure resource of the scenario and looks at one of its fields.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ArmCheck {
    /// Key of the resource, such as `apim` or `api/example-api`.
    pub get: Text,
    /// What it must say.
    pub expect: ExpectedField,
}

/// What a field must be.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExpectedField {
    /// Which field: names joined by dots, positions of lists in brackets, such as `status.loadBalancer.ingress[0].ip`.
    pub path: Text,
    /// The value it must have.
    pub equals: Option<Value>,
    /// A text that its value must contain.
    pub contains: Option<String>,
    /// The field must not be there, or be empty.
    #[serde(default)]
    pub absent: bool,
}

fn once() -> Located<u32> {
    Located::unplaced(1)
}

const fn ten_seconds() -> u32 {
    10
}

fn core() -> String {
    "v1".to_owned()
}

fn default_namespace() -> String {
    "default".to_owned()
}
