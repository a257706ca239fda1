//! `If-Match` and `If-None-Match`.
//!
//! The rules are those of RFC 9110, section 13, with one exception of Azure's that clients rely on: `If-Match: *` is
//! also accepted when the resource does not exist yet.

use arm::ErrorResponse;

use crate::engine::{Call, Resource};

/// Refuses a write whose conditions do not hold.
pub fn check(call: &Call, existing: Option<&Resource>) -> Result<(), ErrorResponse> {
    if let Some(condition) = call.header("if-match") {
        let holds = names(condition)
            .any(|name| name == "*" || existing.is_some_and(|resource| resource.etag == name));
        if !holds {
            return Err(ErrorResponse::precondition_failed());
        }
    }
    let Some(condition) = call.header("if-none-match") else { return Ok(()) };
    let Some(resource) = existing else { return Ok(()) };
    if names(condition).any(|name| name == "*" || name == resource.etag) {
        return Err(ErrorResponse::precondition_failed());
    }
    Ok(())
}

fn names(condition: &str) -> impl Iterator<Item = &str> {
    condition.split(',').map(|name| name.trim().trim_start_matches("W/").trim_matches('"'))
}
