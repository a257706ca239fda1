//! A service and what it publishes.

use network::Place;
use serde::{Deserialize, Serialize};

use crate::{
    ApiVersion, Authorization, Backend, Certificate, Contract, Fragment, GatewayKind, Group, NamedValue,
    PolicyDocument, Schema, Secret, SelfHostedGateway, Shared, Subscription, User,
};

/// An API Management service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// The ARM id.
    pub id: String,
    /// The globally unique name.
    pub name: String,
    /// The region, as ARM gives it (`westus2`).
    pub location: String,
    /// What kind of gateway serves it.
    pub gateway: GatewayKind,
    /// The host names that its gateway answers on.
    pub host_names: Vec<String>,
    /// From where the gateway reaches backends: a subnet once the service is joined to a virtual network.
    pub place: Place,
    /// The gateway takes requests from the internet; `false` in internal mode.
    pub public: bool,
    /// The APIs, each revision for itself.
    pub apis: Vec<Shared<Api>>,
    /// The products.
    pub products: Vec<Product>,
    /// The subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// The users.
    pub users: Vec<User>,
    /// The policy of the whole service (the global scope).
    pub policy: Option<PolicyDocument>,
    /// The fragments that its policies include.
    pub fragments: Vec<Fragment>,
    /// The values that its policies refer to.
    pub named_values: Vec<NamedValue>,
    /// The schemas that its policies refer to.
    pub schemas: Vec<Schema>,
    /// The certificates that its policies use.
    pub certificates: Vec<Certificate>,
    /// The backends that its policies name.
    pub backends: Vec<Backend>,
    /// The authorizations that its policies get tokens of.
    pub authorizations: Vec<Authorization>,
    /// The gateways that run somewhere else, and which of its APIs they serve.
    #[serde(default)]
    pub gateways: Vec<SelfHostedGateway>,
    /// Where its external cache is, if it has one: what a [`Redis`](crate::Redis) is read from.
    #[serde(default)]
    pub cache: Option<Secret>,
}

impl Service {
    /// A service that has nothing, of a classic tier and open to the internet.
    pub fn empty(name: &str) -> Self {
        Self {
            id: format!("/services/{name}"),
            name: name.to_owned(),
            location: String::new(),
            gateway: GatewayKind::Classic,
            host_names: Vec::new(),
            place: Place::Internet,
            public: true,
            apis: Vec::new(),
            products: Vec::new(),
            subscriptions: Vec::new(),
            users: Vec::new(),
            policy: None,
            fragments: Vec::new(),
            named_values: Vec::new(),
            schemas: Vec::new(),
            certificates: Vec::new(),
            backends: Vec::new(),
            authorizations: Vec::new(),
            gateways: Vec::new(),
            cache: None,
        }
    }
}

/// A revision of an API of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Api {
    /// The identifier in the service.
    pub name: String,
    /// The name that people see.
    pub display_name: String,
    /// What it is called with.
    pub kind: ApiKind,
    /// The first part of its URLs, without slashes at the ends; may be empty.
    pub path: String,
    /// The revision.
    pub revision: String,
    /// Requests that name no revision come to this one.
    pub current: bool,
    /// Which version it is; `None` for an API without versions.
    pub version: Option<ApiVersion>,
    /// The schemes on which the API is called.
    pub schemes: Vec<Scheme>,
    /// Where its requests go unless a policy says otherwise.
    pub service_url: Option<String>,
    /// Requests need a subscription key unless an open product holds the API.
    pub subscription_required: bool,
    /// The header that carries the subscription key.
    pub key_header: String,
    /// The query parameter that carries the subscription key.
    pub key_query: String,
    /// The operations.
    pub operations: Vec<Shared<Operation>>,
    /// The schemas that its operations refer to.
    pub schemas: Vec<Schema>,
    /// What answers fields of its schema, if it is one of GraphQL.
    pub resolvers: Vec<Resolver>,
    /// The policy of the API scope.
    pub policy: Option<PolicyDocument>,
}

/// What an API is called with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ApiKind {
    /// HTTP, operation by operation.
    #[default]
    Http,
    /// GraphQL over HTTP, at the API's path.
    GraphQl,
    /// gRPC: methods of services, over HTTP/2.
    Grpc,
}

/// What answers a field of a GraphQL API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resolver {
    /// The identifier in the API.
    pub name: String,
    /// The type that has the field.
    pub type_name: String,
    /// The field.
    pub field: String,
    /// The data source.
    pub policy: Option<PolicyDocument>,
}

/// An operation of an API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// The identifier in the API.
    pub name: String,
    /// The name that people see.
    pub display_name: String,
    /// The HTTP method, upper case.
    pub method: String,
    /// The template of the URL after the API's path, such as `/orders/{id}?expand={expand}`.
    pub url_template: String,
    /// What it declares of its messages.
    pub contract: Contract,
    /// The policy of the operation scope.
    pub policy: Option<PolicyDocument>,
}

/// A product: APIs that are offered together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// The identifier in the service.
    pub name: String,
    /// The name that people see.
    pub display_name: String,
    /// Requests need a key of a subscription to the product; `false` for an open product.
    pub subscription_required: bool,
    /// The publisher approves of each subscription.
    pub approval_required: bool,
    /// How many subscriptions a user may have.
    pub subscriptions_limit: Option<i32>,
    /// The groups that see it.
    pub groups: Vec<Group>,
    /// The names of its APIs.
    pub apis: Vec<String>,
    /// The policy of the product scope.
    pub policy: Option<PolicyDocument>,
}

/// A scheme on which an API is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
    /// WebSocket.
    Ws,
    /// WebSocket over TLS.
    Wss,
}

impl Scheme {
    /// The scheme called `text`, whatever the letter case.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "http" => Some(Self::Http),
            "https" => Some(Self::Https),
            "ws" => Some(Self::Ws),
            "wss" => Some(Self::Wss),
            _ => None,
        }
    }
}
