//! The policies that there are: <https://learn.microsoft.com/rest/api/apimanagement/policy-description>.
//!
//! **Differs from Azure:** descriptions are the sandbox's own words. Which bit stands for which scope is not documented:
//! here 1 is the tenant, 2 a product, 4 an API, 8 an operation.

use apim::{PolicyDescription, PolicyScope};
use arm::ErrorResponse;
use serde_json::{Value, json};

use super::validation;
use crate::emulator::Emulator;
use crate::engine::{Answer, Call, Store};

/// The scopes, by the names that queries have for them, and their bits.
const SCOPES: [(&str, PolicyScope, u32); 4] = [
    ("Tenant", PolicyScope::Tenant, 1),
    ("Product", PolicyScope::Product, 2),
    ("Api", PolicyScope::Api, 4),
    ("Operation", PolicyScope::Operation, 8),
];

/// `GET …/policyDescriptions`
pub fn list(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let store = Store::read(&emulator.store);
    let service = call.holder(&store)?;
    let wanted = wanted(call.query("scope"))?;
    let policies = emulator.config.data_plane.policies();
    if policies.is_empty() {
        return Err(ErrorResponse::not_implemented("policies of this data plane"));
    }
    let rows = policies.iter().map(|policy| (policy, bits(policy))).filter(|(_, bits)| bits & wanted != 0);
    let rows: Vec<Value> = rows
        .map(|(policy, bits)| {
            let id = service.id.child("policyDescriptions", policy.name);
            json!({
                "id": id.as_str(), "name": policy.name,
                "type": "Microsoft.ApiManagement/service/policyDescriptions",
                "properties": {"description": policy.summary, "scope": bits},
            })
        })
        .collect();
    Ok(Answer::json(200, json!({"count": rows.len(), "value": rows})))
}

/// The bits of the scope that is asked for.
fn wanted(scope: Option<&str>) -> Result<u32, ErrorResponse> {
    match scope {
        None => Ok(u32::MAX),
        Some(all) if all.eq_ignore_ascii_case("All") => Ok(u32::MAX),
        Some(scope) => {
            let found = SCOPES.iter().find(|(name, ..)| name.eq_ignore_ascii_case(scope));
            found
                .map(|(.., bit)| *bit)
                .ok_or_else(|| validation::field("scope", format!("The scope '{scope}' is not valid.")))
        }
    }
}

fn bits(policy: &PolicyDescription) -> u32 {
    let own = SCOPES.iter().filter(|(_, scope, _)| policy.scopes.contains(scope));
    own.map(|(.., bit)| bit).sum()
}
