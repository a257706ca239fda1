//! All policies of a service against its restrictions:
//! <https://learn.microsoft.com/rest/api/apimanagement/policy-restriction-validations/by-service>.
//!
//! **Differs from Azure:** what the log of such an operation says is not documented: here it has a row for each policy
//! that does not comply.

use std::time::Duration;

use arm::ErrorResponse;
use serde_json::{Value, json};

use super::{all_policies, operation_results, policy_restrictions, validation};
use crate::engine::{ActionCall, Answer, Timing};
use crate::projections;

/// How long it takes.
const CHECKING: Timing = Timing { azure: Duration::from_secs(30), state: "InProgress" };

/// `POST …/validatePolicies`
#[expect(clippy::unnecessary_wraps, reason = "the signature that actions share")]
pub fn validate(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let service = &call.resource;
    let policies = all_policies::KINDS.iter().flat_map(|kind| call.tx.of_type(kind.name, Some(&service.id)));
    let log: Vec<Value> = policies
        .filter(|policy| !policy_restrictions::complies(call.tx, policy))
        .map(|policy| json!({"objectType": "Policy", "action": "NonCompliant", "objectKey": policy.id.as_str()}))
        .collect();
    let compiled = projections::api_management_service(call.tx, service)
        .map_or(Ok(()), |model| call.world.config.data_plane.check(&model));
    let error = compiled.err().map(|problems| validation::problems(&problems).error);
    Ok(operation_results::begin(call, CHECKING, (log, error)))
}
