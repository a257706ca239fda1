//! Desired state: what a scenario wants to exist, as a graph of nodes.
//!
//! A body may hold typed references to what other nodes will make known:
//!
//! - `{"$ref": "sp.objectId"}`: a field of another node;
//! - `{"$secret": "password.secretText"}`: the same for a secret, which is neither printed nor compared;
//! - `{"$format": "http://{}", "args": [{"$ref": "service/default/private-api.address"}]}`: a text around values.
//!
//! A reference is a node's key, a dot, and a field. Fields of the kinds: an ARM resource has `id`, `name` and every
//! path of its body (`properties.gatewayUrl`, or without `properties.`); an application has `appId` and `objectId`;
//! a service principal has `objectId` and `appId`; a password has `secretText` and `keyId`; a Kubernetes object has
//! every path of itself, and a Service also `address`, under the short key `service/{namespace}/{name}` as well.
//! A reference is a dependency; it needs no entry in [`Node::depends`].

use serde_json::Value;

/// Something that shall exist.
#[derive(Debug, Clone)]
pub struct Node {
    /// The scenario's name for it: `vnet`, `api/example-api`, `kubernetes/Deployment/default/private-api`.
    pub key: String,
    /// What a person calls it: `virtual network apim-aks-vnet`.
    pub title: String,
    /// What it is and how it is made.
    pub kind: NodeKind,
    /// Keys of nodes that must be there before.
    pub depends: Vec<String>,
    /// How long it takes in Azure.
    pub minutes: u32,
    /// What it costs in Azure in a month of 730 hours, where that is known.
    pub monthly_usd: Option<f32>,
    /// What the price depends on.
    pub cost_note: Option<String>,
}

/// The kinds of things that can be made.
#[derive(Debug, Clone)]
pub enum NodeKind {
    /// A resource behind Azure Resource Manager. The resource group's body carries the ownership tags.
    Arm {
        /// The resource's id, beginning with `/subscriptions/`.
        id: String,
        /// The api-version of every request about it.
        api_version: String,
        /// The request body.
        body: Value,
        /// How it is written.
        method: ArmMethod,
        /// Writes carry `If-Match: *`, as children of API Management need.
        if_match_any: bool,
        /// Paths of the body (`properties.value`) that Azure does not give back, so that they are not compared.
        read_only: Vec<String>,
    },
    /// An application in the directory (Microsoft Graph), found by display name and ownership tag.
    Application {
        /// The name that people see.
        display_name: String,
    },
    /// The service principal of an application.
    ServicePrincipal {
        /// Key of the application's node.
        application: String,
    },
    /// A password of an application or of a service principal.
    Password {
        /// Key of the node whose password it is.
        owner: String,
        /// The password's name, by which it is found again.
        display_name: String,
    },
    /// An object in a cluster, written by server-side apply.
    KubernetesObject {
        /// Key of the managed cluster's node.
        cluster: String,
        /// The whole object.
        object: Value,
    },
}

/// How an ARM resource is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArmMethod {
    /// Create or replace.
    Put,
    /// Change what the body names; the resource is made by another node.
    Patch,
}
