//! The resource types, in sorted tables: one file and one line for each.
//!
//! What a type does not say is as for every other type; what is said here is true for all of a provider's types.

pub mod api_management;
pub mod authorization;
pub mod container_service;
pub mod insights;
pub mod managed_identity;
pub mod network;
pub mod resources;

use arm::{ErrorResponse, ResourceId, ResourceType};
use serde_json::Value;

use crate::Config;
use crate::engine::{Call, Definition, Endpoint, Store, Transaction};
use crate::graph::Directory;

/// A resource provider.
pub struct Provider {
    /// The namespace.
    pub namespace: &'static str,
    /// The types that the sandbox has, sorted.
    pub types: &'static [&'static Definition],
    /// Types that Azure has and the sandbox has not, sorted.
    pub missing: &'static [&'static str],
}

/// The providers that the sandbox has, sorted.
pub const PROVIDERS: &[Provider] = &[
    api_management::PROVIDER,
    authorization::PROVIDER,
    container_service::PROVIDER,
    insights::PROVIDER,
    managed_identity::PROVIDER,
    network::PROVIDER,
    resources::PROVIDER,
];

/// Paths that are no resource, no list and no action, by provider.
pub const ENDPOINTS: &[&[Endpoint]] =
    &[api_management::ENDPOINTS, container_service::ENDPOINTS, insights::ENDPOINTS, resources::ENDPOINTS];

/// Providers that Azure has and the sandbox has not, sorted.
pub const MISSING: &[&str] = &[
    "Microsoft.App",
    "Microsoft.Cache",
    "Microsoft.CognitiveServices",
    "Microsoft.Compute",
    "Microsoft.Consumption",
    "Microsoft.ContainerInstance",
    "Microsoft.ContainerRegistry",
    "Microsoft.DocumentDB",
    "Microsoft.EventHub",
    "Microsoft.KeyVault",
    "Microsoft.OperationalInsights",
    "Microsoft.ServiceBus",
    "Microsoft.Sql",
    "Microsoft.Storage",
    "Microsoft.Web",
];

/// All types that the sandbox has.
pub fn definitions() -> impl Iterator<Item = &'static Definition> {
    PROVIDERS.iter().flat_map(|provider| provider.types.iter().copied())
}

/// The type with this name, whatever the letter case.
pub fn definition(kind: &ResourceType) -> Option<&'static Definition> {
    definitions().find(|definition| kind.is(definition.name))
}

/// Why there is no such type.
pub fn unknown(kind: &ResourceType, version: &str) -> ErrorResponse {
    let namespace = kind.namespace();
    if MISSING.iter().any(|missing| namespace.eq_ignore_ascii_case(missing)) {
        return ErrorResponse::not_implemented(&format!("The resource provider {namespace}"));
    }
    match PROVIDERS.iter().find(|provider| namespace.eq_ignore_ascii_case(provider.namespace)) {
        None => ErrorResponse::invalid_resource_namespace(namespace),
        Some(provider) if provider.missing.iter().any(|missing| kind.is(missing)) => {
            ErrorResponse::not_implemented(&format!("The resource type {kind}"))
        }
        Some(_) => ErrorResponse::invalid_resource_type(kind, version),
    }
}

/// The path under which things are stored, where one thing has several.
pub fn canonical_path(store: &Store, path: &str) -> String {
    resources::deployments::with_provider(&api_management::api_revisions::canonical(store, path))
}

/// Refuses to read a resource in a form that there is none of.
pub fn check_read(definition: &Definition, call: &Call) -> Result<(), ErrorResponse> {
    let export = definition == &api_management::apis::DEFINITION
        && call.query("export").is_some_and(|export| export.eq_ignore_ascii_case("true"));
    if export { Err(ErrorResponse::not_implemented("The export of an API as a document")) } else { Ok(()) }
}

/// Makes a shown resource answer to the name that was asked for, where one thing has several.
pub fn adapt(definition: &Definition, call: &Call, id: &ResourceId, body: &mut Value) {
    if definition.namespace() == api_management::PROVIDER.namespace {
        api_management::adapt(definition, call, id, body);
    }
}

/// What exists from the start.
pub fn seed(config: &Config, directory: &Directory, tx: &mut Transaction<'_>) {
    authorization::role_assignments::seed(config, directory, tx);
}
