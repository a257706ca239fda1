//! Every policy of a service, and whether it complies: <https://learn.microsoft.com/rest/api/apimanagement/all-policies>.

use std::sync::Arc;

use serde_json::{Value, json};

use super::stored::STORED;
use super::{api_policies, operation_policies, policies, policy_restrictions, product_policies};
use crate::engine::{Definition, Listing, Resource, Verb};

/// What has documents.
pub const KINDS: [&Definition; 4] = [
    &policies::DEFINITION,
    &product_policies::DEFINITION,
    &api_policies::DEFINITION,
    &operation_policies::DEFINITION,
];

/// The type: a row for each policy, made when it is asked for.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/allPolicies",
    summary: "Whether each policy lets those above it run.",
    verbs: &[Verb::List],
    select: |store, definition, service| {
        let Some(service) = service else { return Vec::new() };
        let found = KINDS.iter().flat_map(|kind| store.of_type(kind.name, Some(service)));
        let row = |(at, policy): (usize, &Arc<Resource>)| {
            let compliant = policy_restrictions::complies(store, policy);
            let body: Value = json!({"properties": {
                "referencePolicyId": policy.id.as_str(),
                "complianceState": if compliant { "Compliant" } else { "NonCompliant" },
            }});
            Arc::new(Resource::new(service.child("allPolicies", &(at + 1).to_string()), definition, body))
        };
        found.enumerate().map(row).collect()
    },
    listing: Listing::Plain,
    ..STORED
};
