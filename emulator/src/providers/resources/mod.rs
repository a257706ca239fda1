//! Microsoft.Resources: subscriptions, tenants, locations, providers, resource groups, deployments,
//! and lists of everything.
//!
//! <https://learn.microsoft.com/rest/api/resources/>

mod deployment_operations;
mod deployment_trials;
pub mod deployments;
mod everything;
mod export;
mod provider_registrations;
pub mod resource_groups;
mod subscriptions;

use http::Method;

use crate::engine::Endpoint;
use crate::providers::Provider;

/// The provider.
pub const PROVIDER: Provider = Provider {
    namespace: "Microsoft.Resources",
    types: &[&deployments::DEFINITION, &deployment_operations::DEFINITION, &resource_groups::DEFINITION],
    missing: &[
        "Microsoft.Resources/deploymentScripts",
        "Microsoft.Resources/deploymentStacks",
        "Microsoft.Resources/tags",
        "Microsoft.Resources/templateSpecs",
    ],
};

/// Its other paths.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint { method: Method::GET, path: "/providers", permission: None, run: provider_registrations::list },
    Endpoint { method: Method::GET, path: "/subscriptions", permission: None, run: subscriptions::list },
    Endpoint { method: Method::GET, path: "/subscriptions/{id}", permission: None, run: subscriptions::get },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/locations",
        permission: None,
        run: subscriptions::locations,
    },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/providers",
        permission: None,
        run: provider_registrations::list,
    },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/providers/{namespace}",
        permission: None,
        run: provider_registrations::get,
    },
    Endpoint {
        method: Method::POST,
        path: "/subscriptions/{id}/providers/{namespace}/register",
        permission: Some("*/register/action"),
        run: provider_registrations::get,
    },
    Endpoint {
        method: Method::POST,
        path: "/subscriptions/{id}/resourceGroups/{group}/exportTemplate",
        permission: None,
        run: export::group,
    },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/resourceGroups/{group}/resources",
        permission: None,
        run: everything::list,
    },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/resources",
        permission: None,
        run: everything::list,
    },
    Endpoint {
        method: Method::POST,
        path: "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.Resources/deployments/{name}/validate",
        permission: None,
        run: deployment_trials::validate,
    },
    Endpoint {
        method: Method::POST,
        path: "/subscriptions/{id}/providers/Microsoft.Resources/deployments/{name}/validate",
        permission: None,
        run: deployment_trials::validate,
    },
    Endpoint {
        method: Method::POST,
        path: "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.Resources/deployments/{name}/whatIf",
        permission: None,
        run: deployment_trials::what_if,
    },
    Endpoint {
        method: Method::POST,
        path: "/subscriptions/{id}/providers/Microsoft.Resources/deployments/{name}/whatIf",
        permission: None,
        run: deployment_trials::what_if,
    },
    Endpoint { method: Method::GET, path: "/tenants", permission: None, run: subscriptions::tenants },
];
