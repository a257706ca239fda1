//! The policies: one file per element, and this table of them.
//!
//! A row says how an element is written, where it may appear, how faithful it is, and how it is compiled. Validation,
//! the reference and the tests of the examples come from the rows.
//! <https://learn.microsoft.com/azure/api-management/api-management-policies>

mod ask;
mod authentication_basic;
mod authentication_certificate;
mod authentication_managed_identity;
mod authentication_token;
mod authentication_token_store;
mod azure_openai_emit_token_metric;
mod azure_openai_semantic_cache_lookup;
mod azure_openai_semantic_cache_store;
mod azure_openai_token_limit;
pub mod backend_id;
mod base;
mod block;
mod cache_lookup;
mod cache_lookup_value;
mod cache_remove_value;
mod cache_store;
mod cache_store_value;
mod cache_value;
mod check_header;
mod choose;
mod content_safety;
mod cors;
mod cosmos;
mod cosmosdb_data_source;
mod cross_domain;
mod dapr;
mod emit_metric;
mod find_and_replace;
mod forward_request;
mod get_authorization_context;
mod graphql_data_source;
mod http_data_source;
mod include_fragment;
mod invoke_dapr_binding;
mod invoke_request;
mod ip_filter;
mod json_to_xml;
mod jsonp;
mod limit_concurrency;
mod llm_content_safety;
mod llm_emit_token_metric;
mod llm_semantic_cache_lookup;
mod llm_semantic_cache_store;
mod llm_token_limit;
mod log_to_eventhub;
mod mock_response;
mod proxy;
mod publish_event;
mod publish_to_dapr;
mod quota;
mod quota_by_key;
mod rate_limit;
mod rate_limit_by_key;
mod redirect_content_urls;
pub mod refused;
mod retry;
mod return_response;
mod rewrite_uri;
mod row;
mod send_one_way_request;
mod send_request;
mod send_service_bus_message;
mod set_backend_service;
mod set_body;
mod set_header;
mod set_method;
mod set_query_parameter;
mod set_request_metric_dimension_value;
mod set_status;
mod set_variable;
mod shapes;
pub mod skipped;
mod sql_data_source;
mod trace;
mod validate_azure_ad_token;
mod validate_client_certificate;
mod validate_content;
mod validate_graphql_request;
mod validate_headers;
mod validate_jwt;
mod validate_odata_request;
mod validate_parameters;
mod validate_status_code;
mod wait;
mod xml_to_json;
mod xsl_transform;

use apim::PolicyScope;

use crate::pipeline::ScopeKind;

pub(crate) use authentication_certificate::thumbprint_of;
pub(crate) use set_status::status_code;
#[cfg(test)]
pub mod examples;

pub use cross_domain::is_asked as asks_for_cross_domain;
pub use proxy::Proxy;
pub use quota_by_key::counter as quota_counter;
pub use row::{
    Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, Form, GatewayKind,
    ID, NOT_IN_CONSUMPTION, NOT_IN_WORKSPACE_GATEWAYS, NOT_IN_WORKSPACES, Occurs, Presence, ValueKind,
};

/// The policy with this name keeps answers, so that after one that was kept only what follows the policy runs.
pub fn stores_answers(name: &str) -> bool {
    matches!(name, "cache-store" | "llm-semantic-cache-store" | "azure-openai-semantic-cache-store")
}

/// All policies, sorted by name.
pub static POLICIES: &[&Definition] = &[
    &authentication_basic::DEFINITION,
    &authentication_certificate::DEFINITION,
    &authentication_managed_identity::DEFINITION,
    &authentication_token::DEFINITION,
    &authentication_token_store::DEFINITION,
    &azure_openai_emit_token_metric::DEFINITION,
    &azure_openai_semantic_cache_lookup::DEFINITION,
    &azure_openai_semantic_cache_store::DEFINITION,
    &azure_openai_token_limit::DEFINITION,
    &base::DEFINITION,
    &block::DEFINITION,
    &cache_lookup::DEFINITION,
    &cache_lookup_value::DEFINITION,
    &cache_remove_value::DEFINITION,
    &cache_store::DEFINITION,
    &cache_store_value::DEFINITION,
    &cache_value::DEFINITION,
    &check_header::DEFINITION,
    &choose::DEFINITION,
    &cors::DEFINITION,
    &cosmosdb_data_source::DEFINITION,
    &cross_domain::DEFINITION,
    &emit_metric::DEFINITION,
    &find_and_replace::DEFINITION,
    &forward_request::DEFINITION,
    &get_authorization_context::DEFINITION,
    &graphql_data_source::DEFINITION,
    &http_data_source::DEFINITION,
    &include_fragment::DEFINITION,
    &invoke_dapr_binding::DEFINITION,
    &invoke_request::DEFINITION,
    &ip_filter::DEFINITION,
    &json_to_xml::DEFINITION,
    &jsonp::DEFINITION,
    &limit_concurrency::DEFINITION,
    &llm_content_safety::DEFINITION,
    &llm_emit_token_metric::DEFINITION,
    &llm_semantic_cache_lookup::DEFINITION,
    &llm_semantic_cache_store::DEFINITION,
    &llm_token_limit::DEFINITION,
    &log_to_eventhub::DEFINITION,
    &mock_response::DEFINITION,
    &proxy::DEFINITION,
    &publish_event::DEFINITION,
    &publish_to_dapr::DEFINITION,
    &quota::DEFINITION,
    &quota_by_key::DEFINITION,
    &rate_limit::DEFINITION,
    &rate_limit_by_key::DEFINITION,
    &redirect_content_urls::DEFINITION,
    &retry::DEFINITION,
    &return_response::DEFINITION,
    &rewrite_uri::DEFINITION,
    &send_one_way_request::DEFINITION,
    &send_request::DEFINITION,
    &send_service_bus_message::DEFINITION,
    &set_backend_service::DEFINITION,
    &set_body::DEFINITION,
    &set_header::DEFINITION,
    &set_method::DEFINITION,
    &set_query_parameter::DEFINITION,
    &set_request_metric_dimension_value::DEFINITION,
    &set_status::DEFINITION,
    &set_variable::DEFINITION,
    &sql_data_source::DEFINITION,
    &trace::DEFINITION,
    &validate_azure_ad_token::DEFINITION,
    &validate_client_certificate::DEFINITION,
    &validate_content::DEFINITION,
    &validate_graphql_request::DEFINITION,
    &validate_headers::DEFINITION,
    &validate_jwt::DEFINITION,
    &validate_odata_request::DEFINITION,
    &validate_parameters::DEFINITION,
    &validate_status_code::DEFINITION,
    &wait::DEFINITION,
    &xml_to_json::DEFINITION,
    &xsl_transform::DEFINITION,
];

/// The row of the policy called `name`.
pub fn find(name: &str) -> Option<&'static Definition> {
    POLICIES.binary_search_by(|row| row.name.cmp(name)).ok().and_then(|at| POLICIES.get(at).copied())
}

/// What the control plane lists of the policies that may stand in a section.
pub fn descriptions() -> Vec<apim::PolicyDescription> {
    let scope = |scope: &ScopeKind| match scope {
        ScopeKind::Global => Some(PolicyScope::Tenant),
        ScopeKind::Product => Some(PolicyScope::Product),
        ScopeKind::Api => Some(PolicyScope::Api),
        ScopeKind::Operation => Some(PolicyScope::Operation),
        ScopeKind::Workspace | ScopeKind::Resolver => None,
    };
    let rows = POLICIES.iter().filter(|row| !row.sections.is_empty());
    rows.map(|row| apim::PolicyDescription {
        name: row.name,
        summary: row.summary,
        scopes: row.scopes.iter().filter_map(scope).collect(),
    })
    .collect()
}

/// The names of all policies that may stand in a section, for messages.
pub fn names() -> String {
    let names: Vec<&str> =
        POLICIES.iter().filter(|row| !row.sections.is_empty()).map(|row| row.name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_complete() {
        assert!(POLICIES.is_sorted_by_key(|row| row.name));
        for row in POLICIES {
            assert!(!row.scopes.is_empty() && !row.gateways.is_empty(), "{}", row.name);
            assert_eq!(row.examples.is_empty(), !row.is_executed(), "examples of {}", row.name);
            assert!(row.summary.ends_with('.'), "{}", row.name);
        }
    }
}
