//! Microsoft.ApiManagement: services and what they publish.
//!
//! <https://learn.microsoft.com/rest/api/apimanagement/>

pub mod all_policies;
pub mod api_diagnostics;
mod api_import;
pub mod api_issue_attachments;
pub mod api_issue_comments;
pub mod api_issues;
pub mod api_operations;
pub mod api_policies;
pub mod api_products;
pub mod api_releases;
pub mod api_resolvers;
pub mod api_revisions;
pub mod api_schemas;
pub mod api_tag_descriptions;
pub mod api_tags;
pub mod api_version_sets;
pub mod api_websocket;
pub mod api_wikis;
pub mod apis;
pub mod authorization_access_policies;
pub mod authorization_providers;
pub mod authorization_servers;
pub mod authorizations;
pub mod backends;
mod backups;
pub mod caches;
pub mod certificates;
pub mod config_connections;
mod configuration_files;
mod connectivity;
mod connectivity_request;
pub mod content_items;
pub mod content_types;
pub mod deleted_services;
pub mod diagnostics;
pub mod documentations;
mod domain_ownership;
mod fragment_references;
pub mod gateway_apis;
pub mod gateway_authorities;
pub mod gateway_hostnames;
pub mod gateways;
pub mod group_users;
pub mod groups;
pub mod identity_providers;
pub mod issues;
mod key_vault;
mod links;
pub mod loggers;
mod name_availability;
mod named_links;
pub mod named_values;
pub mod network_status;
pub mod notification_emails;
pub mod notification_users;
pub mod notifications;
pub mod openid_connect_providers;
pub mod operation_policies;
mod operation_results;
pub mod operation_tags;
pub mod operations_list;
mod outbound_dependencies;
pub mod policies;
mod policy;
mod policy_descriptions;
pub mod policy_fragments;
pub mod policy_link;
pub mod policy_restrictions;
mod policy_text;
mod policy_validation;
pub mod portal_configs;
pub mod portal_revisions;
pub mod portal_settings;
pub mod private_endpoint_connections;
pub mod private_link_resources;
pub mod product_api_links;
pub mod product_apis;
pub mod product_group_links;
pub mod product_groups;
pub mod product_policies;
pub mod product_subscriptions;
pub mod product_tags;
pub mod product_wikis;
pub mod products;
mod quotas;
pub mod regions;
mod report_filter;
mod reports;
pub mod resolver_policies;
pub mod schemas;
pub mod service;
pub mod service_skus;
mod service_view;
pub mod settings;
mod skus;
mod stored;
pub mod subscriptions;
pub mod tag_api_links;
pub mod tag_operation_links;
pub mod tag_product_links;
pub mod tagged;
pub mod tags;
pub mod templates;
pub mod tenant_access;
mod tenant_configuration;
pub mod tracing;
pub mod user_groups;
pub mod user_identities;
pub mod user_subscriptions;
mod user_tokens;
pub mod users;
mod validation;
mod wiki;
pub mod workspace_gateway_skus;
pub mod workspace_gateways;
pub mod workspace_links;
pub mod workspaces;

use arm::ResourceId;
use http::Method;
use serde_json::Value;

use self::reports::Subject;
use crate::engine::{Call, Definition, Endpoint};
use crate::providers::Provider;

/// The provider.
pub const PROVIDER: Provider = Provider {
    namespace: "Microsoft.ApiManagement",
    types: &[
        &workspace_gateways::DEFINITION,
        &config_connections::DEFINITION,
        &workspace_gateway_skus::DEFINITION,
        &deleted_services::DEFINITION,
        &service::DEFINITION,
        &all_policies::DEFINITION,
        &apis::DEFINITION,
        &api_diagnostics::DEFINITION,
        &api_issues::DEFINITION,
        &api_issue_attachments::DEFINITION,
        &api_issue_comments::DEFINITION,
        &api_operations::DEFINITION,
        &operation_policies::DEFINITION,
        &operation_tags::DEFINITION,
        &tagged::OPERATIONS,
        &api_policies::DEFINITION,
        &api_products::DEFINITION,
        &api_releases::DEFINITION,
        &api_resolvers::DEFINITION,
        &resolver_policies::DEFINITION,
        &api_revisions::DEFINITION,
        &api_schemas::DEFINITION,
        &api_tag_descriptions::DEFINITION,
        &api_tags::DEFINITION,
        &api_wikis::DEFINITION,
        &tagged::APIS,
        &api_version_sets::DEFINITION,
        &authorization_providers::DEFINITION,
        &authorizations::DEFINITION,
        &authorization_access_policies::DEFINITION,
        &authorization_servers::DEFINITION,
        &backends::DEFINITION,
        &caches::DEFINITION,
        &certificates::DEFINITION,
        &content_types::DEFINITION,
        &content_items::DEFINITION,
        &diagnostics::DEFINITION,
        &documentations::DEFINITION,
        &gateways::DEFINITION,
        &gateway_apis::DEFINITION,
        &gateway_authorities::DEFINITION,
        &gateway_hostnames::DEFINITION,
        &groups::DEFINITION,
        &group_users::DEFINITION,
        &identity_providers::DEFINITION,
        &issues::DEFINITION,
        &loggers::DEFINITION,
        &named_values::DEFINITION,
        &notifications::DEFINITION,
        &notification_emails::DEFINITION,
        &notification_users::DEFINITION,
        &openid_connect_providers::DEFINITION,
        &policies::DEFINITION,
        &policy_fragments::DEFINITION,
        &policy_restrictions::DEFINITION,
        &portal_configs::DEFINITION,
        &portal_revisions::DEFINITION,
        &portal_settings::DEFINITION,
        &private_endpoint_connections::DEFINITION,
        &private_link_resources::DEFINITION,
        &products::DEFINITION,
        &product_api_links::DEFINITION,
        &product_apis::DEFINITION,
        &product_group_links::DEFINITION,
        &product_groups::DEFINITION,
        &product_policies::DEFINITION,
        &product_subscriptions::DEFINITION,
        &product_tags::DEFINITION,
        &product_wikis::DEFINITION,
        &tagged::PRODUCTS,
        &regions::DEFINITION,
        &schemas::DEFINITION,
        &settings::DEFINITION,
        &service_skus::DEFINITION,
        &subscriptions::DEFINITION,
        &tagged::RESOURCES,
        &tags::DEFINITION,
        &tag_api_links::DEFINITION,
        &tag_operation_links::DEFINITION,
        &tag_product_links::DEFINITION,
        &templates::DEFINITION,
        &tenant_access::DEFINITION,
        &users::DEFINITION,
        &user_groups::DEFINITION,
        &user_identities::DEFINITION,
        &user_subscriptions::DEFINITION,
        &workspace_links::DEFINITION,
        &workspaces::DEFINITION,
    ],
    missing: &[
        "Microsoft.ApiManagement/service/users/confirmations",
        "Microsoft.ApiManagement/service/workspaces/apiVersionSets",
        "Microsoft.ApiManagement/service/workspaces/apis",
        "Microsoft.ApiManagement/service/workspaces/apis/diagnostics",
        "Microsoft.ApiManagement/service/workspaces/apis/operations",
        "Microsoft.ApiManagement/service/workspaces/apis/operations/policies",
        "Microsoft.ApiManagement/service/workspaces/apis/policies",
        "Microsoft.ApiManagement/service/workspaces/apis/releases",
        "Microsoft.ApiManagement/service/workspaces/apis/revisions",
        "Microsoft.ApiManagement/service/workspaces/apis/schemas",
        "Microsoft.ApiManagement/service/workspaces/backends",
        "Microsoft.ApiManagement/service/workspaces/certificates",
        "Microsoft.ApiManagement/service/workspaces/diagnostics",
        "Microsoft.ApiManagement/service/workspaces/groups",
        "Microsoft.ApiManagement/service/workspaces/groups/users",
        "Microsoft.ApiManagement/service/workspaces/loggers",
        "Microsoft.ApiManagement/service/workspaces/namedValues",
        "Microsoft.ApiManagement/service/workspaces/notifications",
        "Microsoft.ApiManagement/service/workspaces/notifications/recipientEmails",
        "Microsoft.ApiManagement/service/workspaces/notifications/recipientUsers",
        "Microsoft.ApiManagement/service/workspaces/policies",
        "Microsoft.ApiManagement/service/workspaces/policyFragments",
        "Microsoft.ApiManagement/service/workspaces/products",
        "Microsoft.ApiManagement/service/workspaces/products/apiLinks",
        "Microsoft.ApiManagement/service/workspaces/products/groupLinks",
        "Microsoft.ApiManagement/service/workspaces/products/policies",
        "Microsoft.ApiManagement/service/workspaces/schemas",
        "Microsoft.ApiManagement/service/workspaces/subscriptions",
        "Microsoft.ApiManagement/service/workspaces/tags",
        "Microsoft.ApiManagement/service/workspaces/tags/apiLinks",
        "Microsoft.ApiManagement/service/workspaces/tags/operationLinks",
        "Microsoft.ApiManagement/service/workspaces/tags/productLinks",
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
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ApiManagement/service/{name}/networkstatus",
        permission: Some("Microsoft.ApiManagement/service/networkStatus/read"),
        run: network_status::all,
    },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ApiManagement/service/{name}/locations/{location}/networkstatus",
        permission: Some("Microsoft.ApiManagement/service/networkStatus/read"),
        run: network_status::of_location,
    },
    Endpoint {
        method: Method::POST,
        path: "/subscriptions/{id}/providers/Microsoft.ApiManagement/getDomainOwnershipIdentifier",
        permission: Some("Microsoft.ApiManagement/getDomainOwnershipIdentifier/action"),
        run: domain_ownership::identifier,
    },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/providers/Microsoft.ApiManagement/skus",
        permission: Some("Microsoft.ApiManagement/skus/read"),
        run: skus::list,
    },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ApiManagement/service/{name}/outboundNetworkDependenciesEndpoints",
        permission: Some("Microsoft.ApiManagement/service/outboundNetworkDependenciesEndpoints/read"),
        run: outbound_dependencies::list,
    },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ApiManagement/service/{name}/tenant/{configuration}/syncState",
        permission: Some("Microsoft.ApiManagement/service/tenant/syncState/read"),
        run: tenant_configuration::sync_state,
    },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ApiManagement/service/{name}/policyDescriptions",
        permission: Some("Microsoft.ApiManagement/service/policyDescriptions/read"),
        run: policy_descriptions::list,
    },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ApiManagement/service/{name}/quotas/{key}",
        permission: Some("Microsoft.ApiManagement/service/quotas/read"),
        run: quotas::list,
    },
    Endpoint {
        method: Method::PATCH,
        path: "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ApiManagement/service/{name}/quotas/{key}",
        permission: Some("Microsoft.ApiManagement/service/quotas/write"),
        run: quotas::set_all,
    },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ApiManagement/service/{name}/quotas/{key}/periods/{period}",
        permission: Some("Microsoft.ApiManagement/service/quotas/read"),
        run: quotas::one,
    },
    Endpoint {
        method: Method::PATCH,
        path: "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ApiManagement/service/{name}/quotas/{key}/periods/{period}",
        permission: Some("Microsoft.ApiManagement/service/quotas/write"),
        run: quotas::set_one,
    },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ApiManagement/service/{name}/reports/byApi",
        permission: Some("Microsoft.ApiManagement/service/reports/read"),
        run: |emulator, call| reports::answer(emulator, call, &Subject::Api),
    },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ApiManagement/service/{name}/reports/byGeo",
        permission: Some("Microsoft.ApiManagement/service/reports/read"),
        run: |emulator, call| reports::answer(emulator, call, &Subject::Geo),
    },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ApiManagement/service/{name}/reports/byOperation",
        permission: Some("Microsoft.ApiManagement/service/reports/read"),
        run: |emulator, call| reports::answer(emulator, call, &Subject::Operation),
    },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ApiManagement/service/{name}/reports/byProduct",
        permission: Some("Microsoft.ApiManagement/service/reports/read"),
        run: |emulator, call| reports::answer(emulator, call, &Subject::Product),
    },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ApiManagement/service/{name}/reports/byRequest",
        permission: Some("Microsoft.ApiManagement/service/reports/read"),
        run: reports::by_request,
    },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ApiManagement/service/{name}/reports/bySubscription",
        permission: Some("Microsoft.ApiManagement/service/reports/read"),
        run: |emulator, call| reports::answer(emulator, call, &Subject::Subscription),
    },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ApiManagement/service/{name}/reports/byTime",
        permission: Some("Microsoft.ApiManagement/service/reports/read"),
        run: |emulator, call| reports::answer(emulator, call, &Subject::Time),
    },
    Endpoint {
        method: Method::GET,
        path: "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ApiManagement/service/{name}/reports/byUser",
        permission: Some("Microsoft.ApiManagement/service/reports/read"),
        run: |emulator, call| reports::answer(emulator, call, &Subject::User),
    },
    Endpoint {
        method: Method::POST,
        path: "/subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ApiManagement/service/{name}/connectivityCheck",
        permission: Some("Microsoft.ApiManagement/service/connectivityCheck/action"),
        run: connectivity::check,
    },
    Endpoint {
        method: Method::GET,
        path: "/providers/Microsoft.ApiManagement/operations",
        permission: None,
        run: operations_list::list,
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
