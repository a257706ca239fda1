//! Whether a service name is free:
//! <https://learn.microsoft.com/rest/api/apimanagement/api-management-service/check-name-availability>.
//!
//! **Differs from Azure:** names are unique in the sandbox, not in the world.

use arm::ErrorResponse;
use serde_json::json;

use super::{deleted_services, service};
use crate::emulator::Emulator;
use crate::engine::{Answer, Call, Store, text};

/// Says whether the name in the body is free.
pub fn check(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let body = call.json()?;
    let Some(name) = text(&body, &["name"]) else {
        return Err(super::validation::field("name", "Name is required."));
    };
    if let Err(invalid) = service::DEFINITION.check_name(name) {
        let answer = json!({"nameAvailable": false, "reason": "Invalid", "message": invalid.error.message});
        return Ok(Answer::json(200, answer));
    }
    let store = Store::read(&emulator.store);
    let taken = deleted_services::named(&store, name).is_some()
        || store
            .of_type(service::DEFINITION.name, None)
            .any(|other| other.id.name().eq_ignore_ascii_case(name));
    Ok(Answer::json(
        200,
        if taken {
            let message = format!("{name} is already in use. Please select a different name.");
            json!({"nameAvailable": false, "reason": "AlreadyExists", "message": message})
        } else {
            json!({"nameAvailable": true, "reason": "Valid", "message": ""})
        },
    ))
}
