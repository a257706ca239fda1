//! Microsoft.ApiManagement: services and what they publish.
//!
//! <https://learn.microsoft.com/rest/api/apimanagement/>

pub mod api_operations;
pub mod api_policies;
pub mod apis;
pub mod deleted_services;
mod name_availability;
pub mod operation_policies;
pub mod policies;
mod policy;
mod policy_text;
pub mod portal_settings;
pub mod product_apis;
pub mod product_policies;
pub mod products;
pub mod service;
mod service_view;
pub mod subscriptions;
pub mod tenant_access;
mod validation;

use arm::ResourceId;
use http::Method;
use serde_json::Value;

use crate::engine::{Call, Definition, Endpoint};
use crate::providers::Provider;

/// The provider.
pub const PROVIDER: Provider = Provider {
    namespace: "Microsoft.ApiManagement",
    types: &[
        &deleted_services::DEFINITION,
        &service::DEFINITION,
        &apis::DEFINITION,
        &api_operations::DEFINITION,
        &operation_policies::DEFINITION,
        &api_policies::DEFINITION,
        &policies::DEFINITION,
        &portal_settings::DEFINITION,
        &products::DEFINITION,
        &product_apis::DEFINITION,
        &product_policies::DEFINITION,
        &subscriptions::DEFINITION,
        &tenant_access::DEFINITION,
    ],
    missing: &[
        "Microsoft.ApiManagement/gateways",
        "Microsoft.ApiManagement/service/apiVersionSets",
        "Microsoft.ApiManagement/service/apis/diagnostics",
        "Microsoft.ApiManagement/service/apis/issues",
        "Microsoft.ApiManagement/service/apis/operations/tags",
        "Microsoft.ApiManagement/service/apis/products",
        "Microsoft.ApiManagement/service/apis/releases",
        "Microsoft.ApiManagement/service/apis/resolvers",
        "Microsoft.ApiManagement/service/apis/revisions",
        "Microsoft.ApiManagement/service/apis/schemas",
        "Microsoft.ApiManagement/service/apis/tagDescriptions",
        "Microsoft.ApiManagement/service/apis/tags",
        "Microsoft.ApiManagement/service/apis/wikis",
        "Microsoft.ApiManagement/service/authorizationProviders",
        "Microsoft.ApiManagement/service/authorizationServers",
        "Microsoft.ApiManagement/service/backends",
        "Microsoft.ApiManagement/service/caches",
        "Microsoft.ApiManagement/service/certificates",
        "Microsoft.ApiManagement/service/contentTypes",
        "Microsoft.ApiManagement/service/diagnostics",
        "Microsoft.ApiManagement/service/documentations",
        "Microsoft.ApiManagement/service/gateways",
        "Microsoft.ApiManagement/service/groups",
        "Microsoft.ApiManagement/service/groups/users",
        "Microsoft.ApiManagement/service/identityProviders",
        "Microsoft.ApiManagement/service/issues",
        "Microsoft.ApiManagement/service/loggers",
        "Microsoft.ApiManagement/service/namedValues",
        "Microsoft.ApiManagement/service/networkstatus",
        "Microsoft.ApiManagement/service/notifications",
        "Microsoft.ApiManagement/service/openidConnectProviders",
        "Microsoft.ApiManagement/service/policyDescriptions",
        "Microsoft.ApiManagement/service/policyFragments",
        "Microsoft.ApiManagement/service/policyRestrictions",
        "Microsoft.ApiManagement/service/portalRevisions",
        "Microsoft.ApiManagement/service/portalconfigs",
        "Microsoft.ApiManagement/service/privateEndpointConnections",
        "Microsoft.ApiManagement/service/products/apiLinks",
        "Microsoft.ApiManagement/service/products/groups",
        "Microsoft.ApiManagement/service/products/subscriptions",
        "Microsoft.ApiManagement/service/products/tags",
        "Microsoft.ApiManagement/service/quotas",
        "Microsoft.ApiManagement/service/regions",
        "Microsoft.ApiManagement/service/reports",
        "Microsoft.ApiManagement/service/schemas",
        "Microsoft.ApiManagement/service/settings",
        "Microsoft.ApiManagement/service/skus",
        "Microsoft.ApiManagement/service/tags",
        "Microsoft.ApiManagement/service/templates",
        "Microsoft.ApiManagement/service/users",
        "Microsoft.ApiManagement/service/workspaces",
    ],
};

/// Its other paths.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: Method::POST,
        path: "/subscriptions/{id}/providers/Microsoft.ApiManagement/checkNameAvailability",
        permission: Some("Microsoft.ApiManagement/checkNameAvailability/action"),
        run: name_availability::check,
    },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/providers/Microsoft.ApiManagement/deletedservices",
        permission: Some("Microsoft.ApiManagement/deletedservices/read"),
        run: deleted_services::list,
    },
];

/// Makes a shown resource answer in the format and under the name that was asked for.
pub fn adapt(definition: &Definition, call: &Call, id: &ResourceId, body: &mut Value) {
    if definition.segment() == "policies" {
        policy::in_format(call, body);
    }
    if definition == &apis::DEFINITION {
        apis::under_asked_name(call, id, body);
    }
}
