//! The `apiManagement` block.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Text;
use crate::located::Located;

/// An API Management service and what it publishes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApiManagement {
    /// Name of the service; its gateway answers at `NAME.azure-api.net`.
    pub name: Text,
    /// Tier. Of the classic ones only Developer and Premium can join a virtual network.
    pub sku: Located<Sku>,
    /// Number of units.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 12))]
    pub capacity: u32,
    /// The kind of gateway that the sandbox serves it with, when it is to be another than the tier's. Azure keeps the
    /// tag that says so and makes nothing of it.
    pub gateway: Option<Gateway>,
    /// Publisher shown in the developer portal.
    pub publisher_name: String,
    /// Address that notifications go to.
    pub publisher_email: Text,
    /// The virtual network that the service joins once everything else exists.
    pub join: Option<VirtualNetworkJoin>,
    /// The APIs.
    #[serde(default)]
    pub apis: Vec<Api>,
    /// The products.
    #[serde(default)]
    pub products: Vec<Product>,
    /// Subscriptions to products.
    #[serde(default)]
    pub subscriptions: Vec<Subscription>,
}

/// Pricing tier of an API Management service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names of Azure's tiers")]
pub enum Sku {
    Developer,
    Basic,
    Standard,
    Premium,
}

impl Sku {
    /// The tier's name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Developer => "Developer",
            Self::Basic => "Basic",
            Self::Standard => "Standard",
            Self::Premium => "Premium",
        }
    }
}

/// A kind of gateway.
/// <https://learn.microsoft.com/azure/api-management/api-management-gateways-overview>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Gateway {
    /// The managed gateway of the tiers Developer to Premium.
    Classic,
    /// The managed gateway of the v2 tiers.
    V2,
    /// The managed gateway of the Consumption tier.
    Consumption,
    /// The self-hosted gateway: it skips policies that it does not have.
    SelfHosted,
    /// The gateway of a workspace.
    Workspace,
}

impl Gateway {
    /// The name in scenario files and in the tag.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::V2 => "v2",
            Self::Consumption => "consumption",
            Self::SelfHosted => "self-hosted",
            Self::Workspace => "workspace",
        }
    }
}

/// How the service joins a virtual network.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VirtualNetworkJoin {
    /// Subnet that the gateway gets its addresses from.
    pub subnet: Text,
    /// Whether the gateway is still reached from the internet.
    #[serde(rename = "type", default)]
    pub network_type: VirtualNetworkType,
}

/// Whether a service in a virtual network is reached from the internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
pub enum VirtualNetworkType {
    /// The gateway keeps its public address and reaches into the network.
    #[default]
    External,
    /// The gateway is reached only from within the network.
    Internal,
}

impl VirtualNetworkType {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::External => "External",
            Self::Internal => "Internal",
        }
    }
}

/// An API: a path of the gateway and the service behind it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Api {
    /// Identifier of the API.
    pub name: Text,
    /// Name shown to people.
    pub display_name: String,
    /// Path below the gateway's host; empty for the root.
    pub path: Text,
    /// How callers may call.
    pub protocols: Vec<Protocol>,
    /// Address of the back end. `{service/NAMESPACE/NAME}` stands for the load balancer's address of a Kubernetes
    /// Service of the scenario.
    pub service_url: Text,
    /// Whether a call needs a subscription key; an open product that holds the API still lets callers in without.
    #[serde(default = "yes")]
    pub subscription_required: bool,
    /// The operations.
    pub operations: Vec<Operation>,
    /// Policy document beside the scenario file.
    pub policy: Option<Text>,
}

/// A protocol that callers may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names of the protocols")]
pub enum Protocol {
    Http,
    Https,
}

impl Protocol {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// One call of an API.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Operation {
    /// Identifier of the operation.
    pub name: Text,
    /// Name shown to people.
    pub display_name: String,
    /// HTTP method.
    pub method: Text,
    /// Path below the API's path, such as `/` or `/orders/{id}`.
    pub url_template: Text,
    /// Status codes it documents.
    #[serde(default)]
    pub responses: Vec<u16>,
    /// Policy document beside the scenario file.
    pub policy: Option<Text>,
}

/// A product: APIs that are offered together.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Product {
    /// Identifier of the product.
    pub name: Text,
    /// Name shown to people.
    pub display_name: String,
    /// Whether developers see it.
    #[serde(default = "yes")]
    pub published: bool,
    /// Whether calls need a subscription to the product.
    #[serde(default = "yes")]
    pub subscription_required: bool,
    /// Names of the APIs that the product holds.
    #[serde(default)]
    pub apis: Vec<Text>,
    /// Policy document beside the scenario file.
    pub policy: Option<Text>,
}

/// A subscription: a pair of keys that opens a product.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Subscription {
    /// Identifier of the subscription.
    pub name: Text,
    /// Name shown to people.
    pub display_name: String,
    /// Name of the product it opens.
    pub product: Text,
}

const fn one() -> u32 {
    1
}

const fn yes() -> bool {
    true
}
