//! What a scenario file says: one type per block of the file, in the file's order.
//!
//! The types are the file's documentation: the JSON Schema that editors complete and check with is generated from
//! them. They only say what may be written; what it must mean is checked by `validate`, and what becomes of it is
//! `compile`.

mod api_management;
mod check;
mod cluster;
mod identity;
mod lesson;
mod network;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::located::Located;
pub use api_management::{
    Api, ApiManagement, Gateway, Operation, Product, Protocol, Sku, Subscription, VirtualNetworkJoin,
    VirtualNetworkType,
};
pub use check::{
    ArmCheck, Check, EventCheck, ExpectedField, ExpectedResponse, HttpCheck, KubernetesCheck,
    ObjectReference, Probe, Vantage,
};
pub use cluster::{Cluster, Pool, RoleAssignment, Scope};
pub use identity::Identity;
pub use lesson::{
    AssignRole, Expectation, ExpectedError, Lesson, LessonStep, Load, PatchResource, PrincipalId, ReplacePod,
};
pub use network::{Network, SecurityGroup, SecurityRule, Subnet};

/// A text whose place in the file is known.
pub type Text = Located<String>;

/// A system of Azure and Kubernetes resources that can be deployed, explained, checked and taken apart.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "apimlab scenario")]
pub struct Document {
    /// Short name: lower-case letters, digits and hyphens. Becomes the tag `apimlab-scenario` of what is deployed.
    pub name: Text,
    /// What the scenario is called in lists.
    pub title: String,
    /// One or two sentences: what it builds and what can be learned from it.
    pub summary: String,
    /// Azure region of everything in the scenario.
    pub location: Text,
    /// Resource group that holds everything, made and removed with the scenario.
    pub resource_group: Text,
    /// The virtual network.
    pub network: Option<Network>,
    /// An application with a service principal and a password, for a cluster to run as.
    pub identity: Option<Identity>,
    /// The Kubernetes cluster.
    pub cluster: Option<Cluster>,
    /// Who may do what where.
    #[serde(default)]
    pub role_assignments: Vec<RoleAssignment>,
    /// Kubernetes YAML files beside the scenario file, applied to the cluster.
    #[serde(default)]
    pub kubernetes: Vec<Text>,
    /// The API Management service and what it publishes.
    pub api_management: Option<ApiManagement>,
    /// Local commands that stand in for container images in the sandbox: an image name, which may end in `*`, and
    /// the command with its arguments. It gets `PORT`, `POD_NAME` and `POD_IP` in its environment.
    #[serde(default)]
    pub workloads: BTreeMap<String, Vec<String>>,
    /// How the scenario is built, told step by step.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// What must be true once it is deployed.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// Failures to bring about, see and repair; run with `verify --teach`.
    #[serde(default)]
    pub lessons: Vec<Lesson>,
}

/// One step of the story: what is made, and why.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// What the step is called.
    pub title: String,
    /// What a student should understand here.
    pub narration: String,
    /// Keys of the resources that the step makes, such as `vnet` or `api/example-api`. A key that ends in `/*`
    /// stands for all resources that begin so.
    #[serde(default)]
    pub deploys: Vec<Text>,
}
