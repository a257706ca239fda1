//! Operations whose result is a document about them: what was done, and why not more.
//! <https://learn.microsoft.com/rest/api/apimanagement/tenant-configuration/deploy#operationresultcontract>

use arm::ErrorDetail;
use serde_json::{Value, json};

use crate::engine::{ActionCall, Answer, Kind, Operation, Timing, operation_headers};

/// Begins an operation that has done its work already, with what it did and why it failed, if it did.
pub fn begin(
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
            "resultInfo": if error.is_some() { "The operation failed." } else { "The operation completed." },
            "error": error, "actionLog": log,
        },
    }));
    call.tx.put_operation(operation.clone());
    operation_headers(Answer::empty(202), &operation, service, request)
}
