//! Microsoft.ApiManagement: services and what they publish.
//!
//! <https://learn.microsoft.com/rest/api/apimanagement/>

pub mod api_diagnostics;
mod api_import;
pub mod api_operations;
pub mod api_policies;
pub mod api_releases;
pub mod api_resolvers;
pub mod api_revisions;
pub mod api_schemas;
pub mod api_tags;
pub mod api_version_sets;
pub mod api_websocket;
pub mod apis;
pub mod authorization_access_policies;
pub mod authorization_providers;
pub mod authorizations;
pub mod backends;
pub mod certificates;
pub mod deleted_services;
pub mod diagnostics;
pub mod gateways;
pub mod group_users;
pub mod groups;
mod links;
pub mod loggers;
mod name_availability;
pub mod named_values;
pub mod operation_policies;
pub mod operation_tags;
pub mod policies;
mod policy;
pub mod policy_fragments;
pub mod policy_link;
mod policy_text;
pub mod portal_settings;
pub mod product_apis;
pub mod product_groups;
pub mod product_policies;
pub mod product_tags;
pub mod products;
pub mod resolver_policies;
pub mod schemas;
pub mod service;
mod service_view;
pub mod subscriptions;
pub mod tags;
pub mod tenant_access;
pub mod tracing;
pub mod users;
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
        &api_version_sets::DEFINITION,
        &apis::DEFINITION,
        &api_diagnostics::DEFINITION,
        &api_operations::DEFINITION,
        &operation_policies::DEFINITION,
        &operation_tags::DEFINITION,
        &api_policies::DEFINITION,
        &api_releases::DEFINITION,
        &api_revisions::DEFINITION,
        &api_resolvers::DEFINITION,
        &resolver_policies::DEFINITION,
        &api_schemas::DEFINITION,
        &api_tags::DEFINITION,
        &authorization_providers::DEFINITION,
        &authorizations::DEFINITION,
        &authorization_access_policies::DEFINITION,
        &backends::DEFINITION,
        &certificates::DEFINITION,
        &diagnostics::DEFINITION,
        &gateways::DEFINITION,
        &groups::DEFINITION,
        &group_users::DEFINITION,
        &loggers::DEFINITION,
        &named_values::DEFINITION,
        &policies::DEFINITION,
        &policy_fragments::DEFINITION,
        &portal_settings::DEFINITION,
        &products::DEFINITION,
        &product_apis::DEFINITION,
        &product_groups::DEFINITION,
        &product_policies::DEFINITION,
        &product_tags::DEFINITION,
        &schemas::DEFINITION,
        &subscriptions::DEFINITION,
        &tags::DEFINITION,
        &tenant_access::DEFINITION,
        &users::DEFINITION,
    ],
    missing: &[
        "Microsoft.ApiManagement/gateways",
        "Microsoft.ApiManagement/service/apis/issues",
        "Microsoft.ApiManagement/service/apis/products",
        "Microsoft.ApiManagement/service/apis/tagDescriptions",
        "Microsoft.ApiManagement/service/apis/wikis",
        "Microsoft.ApiManagement/service/authorizationServers",
        "Microsoft.ApiManagement/service/caches",
        "Microsoft.ApiManagement/service/contentTypes",
        "Microsoft.ApiManagement/service/documentations",
        "Microsoft.ApiManagement/service/identityProviders",
        "Microsoft.ApiManagement/service/issues",
        "Microsoft.ApiManagement/service/networkstatus",
        "Microsoft.ApiManagement/service/notifications",
        "Microsoft.ApiManagement/service/openidConnectProviders",
        "Microsoft.ApiManagement/service/policyDescriptions",
        "Microsoft.ApiManagement/service/policyRestrictions",
        "Microsoft.ApiManagement/service/portalRevisions",
        "Microsoft.ApiManagement/service/portalconfigs",
        "Microsoft.ApiManagement/service/privateEndpointConnections",
        "Microsoft.ApiManagement/service/products/apiLinks",
        "Microsoft.ApiManagement/service/products/subscriptions",
        "Microsoft.ApiManagement/service/quotas",
        "Microsoft.ApiManagement/service/regions",
        "Microsoft.ApiManagement/service/reports",
        "Microsoft.ApiManagement/service/settings",
        "Microsoft.ApiManagement/service/skus",
        "Microsoft.ApiManagement/service/templates",
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
    if matches!(definition.segment(), "policies" | "policyFragments") {
        policy::in_format(call, body);
    }
    if definition == &apis::DEFINITION {
        api_revisions::under_asked_name(call, id, body);
    }
}
