//! All policies of a service against its restrictions:
//! <https://learn.microsoft.com/rest/api/apimanagement/policy-restriction-validations/by-service>.
//!
//! **Differs from Azure:** what the log of such an operation says is not documented: here it has a row for each policy
//! that does not comply.

use std::time::Duration;

use arm::{ErrorDetail, ErrorResponse};
use serde_json::{Value, json};

use super::{all_policies, policy_restrictions, validation};
use crate::engine::{ActionCall, Answer, Kind, Operation, Timing, operation_headers};
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
    Ok(begin_with_result(call, CHECKING, (log, error)))
}

/// Begins an operation that leaves the service as it is, and whose outcome is a document about it.
pub fn begin_with_result(
    call: &mut ActionCall<'_, '_>,
    timing: Timing,
    (log, error): (Vec<Value>, Option<ErrorDetail>),
) -> Answer {
    let (service, request) = (&call.resource, call.world.call);
    let id = call.world.config.ids.uuid();
    let mut operation = Operation::begin(id.clone(), Kind::Action, service, timing, request);
    let ends = request.now.after(request.pace.duration(timing.azure));
    let name = format!("{}/tenant/operationResults/{id}", service.id);
    operation.outcome = Some(json!({
        "id": name, "name": id, "type": "Microsoft.ApiManagement/service/tenant/operationResults",
        "properties": {
            "id": id, "status": if error.is_some() { "Failed" } else { "Succeeded" },
            "started": request.now.rfc3339(), "updated": ends.rfc3339(),
            "resultInfo": if error.is_some() { "The validation failed." } else { "The operation completed." },
            "error": error, "actionLog": log,
        },
    }));
    call.tx.put_operation(operation.clone());
    operation_headers(Answer::empty(202), &operation, service, request)
}
