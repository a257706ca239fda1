//! Graph's error bodies: `{"error":{"code":…,"message":…,"innerError":{…}}}`, one named constructor per sentence.
//! <https://learn.microsoft.com/graph/errors>

use serde_json::{Map, Value, json};

use crate::DatabaseError;

const BAD_REQUEST: &str = "Request_BadRequest";
const SAME_KEY_VALUE: &str = "Request_MultipleObjectsWithSameKeyValue";

/// What Graph answers when it does not do what was asked.
#[derive(Debug)]
pub(super) struct GraphError {
    pub(super) status: u16,
    code: &'static str,
    message: String,
    /// A more exact code and the property that is meant.
    detail: Option<(&'static str, &'static str)>,
}

impl GraphError {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), detail: None }
    }

    /// The hint is the sandbox's own; Azure says only the first sentence.
    pub(super) fn object_not_found(id: &str, hint: Option<String>) -> Self {
        let hint = hint.map(|hint| format!(" (apimlab: {hint})")).unwrap_or_default();
        let message = format!(
            "Resource '{id}' does not exist or one of its queried reference-property objects are not present.{hint}"
        );
        Self::new(404, "Request_ResourceNotFound", message)
    }

    pub(super) fn no_such_segment(segment: &str) -> Self {
        Self::new(400, "BadRequest", format!("Resource not found for the segment '{segment}'."))
    }

    pub(super) fn invalid_object_id(id: &str) -> Self {
        Self::new(400, BAD_REQUEST, format!("Invalid object identifier '{id}'."))
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(405, BAD_REQUEST, "Specified HTTP method is not allowed for the request target.")
    }

    pub(super) fn empty_payload() -> Self {
        Self::new(400, "BadRequest", "Empty Payload. JSON content expected.")
    }

    pub(super) fn unreadable_payload() -> Self {
        let message = "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.";
        Self::new(400, "BadRequest", message)
    }

    pub(super) fn payload_too_large(limit: usize) -> Self {
        Self::new(413, "BadRequest", format!("The request is larger than {limit} bytes."))
    }

    pub(super) fn required(property: &str, resource: &str) -> Self {
        let message = format!("A value is required for property '{property}' of resource '{resource}'.");
        Self::new(400, BAD_REQUEST, message)
    }

    pub(super) fn invalid_value(property: &str, resource: &str) -> Self {
        let message = format!("Invalid value specified for property '{property}' of resource '{resource}'.");
        Self::new(400, BAD_REQUEST, message)
    }

    pub(super) fn read_only(property: &str, resource: &str) -> Self {
        let message =
            format!("Property '{property}' of resource '{resource}' is read-only and cannot be set.");
        Self::new(400, BAD_REQUEST, message)
    }

    pub(super) fn passwords_have_actions() -> Self {
        let message = "Property 'passwordCredentials' cannot be set here: use the actions addPassword and removePassword.";
        Self::new(400, BAD_REQUEST, message)
    }

    pub(super) fn no_such_password(key_id: &str) -> Self {
        Self::new(400, BAD_REQUEST, format!("No password credential found with keyId '{key_id}'."))
    }

    pub(super) fn no_backing_application(app_id: &str) -> Self {
        let message = format!(
            "The appId '{app_id}' of the service principal does not reference a valid application object."
        );
        Self { detail: Some(("NoBackingApplicationObject", "appId")), ..Self::new(400, BAD_REQUEST, message) }
    }

    pub(super) fn service_principal_exists(app_id: &str) -> Self {
        let message = format!(
            "The service principal cannot be created, updated, or restored because the service principal name {app_id} is already in use."
        );
        Self {
            detail: Some(("ConflictingObjects", "servicePrincipalNames")),
            ..Self::new(409, SAME_KEY_VALUE, message)
        }
    }

    pub(super) fn taken(property: &'static str) -> Self {
        let message = format!("Another object with the same value for property {property} already exists.");
        Self { detail: Some(("ObjectConflict", property)), ..Self::new(400, SAME_KEY_VALUE, message) }
    }

    pub(super) fn reference_exists(property: &str) -> Self {
        let message = format!(
            "One or more added object references already exist for the following modified properties: '{property}'."
        );
        Self::new(400, BAD_REQUEST, message)
    }

    pub(super) fn quota_exceeded(resource: &str) -> Self {
        let message = format!("The directory object quota limit for '{resource}' has been exceeded.");
        Self::new(403, "Directory_QuotaExceeded", message)
    }

    pub(super) fn invalid_filter(reason: &str) -> Self {
        Self::new(400, "BadRequest", format!("Invalid filter clause: {reason}"))
    }

    pub(super) fn unsupported_query(what: &str) -> Self {
        Self::new(400, "Request_UnsupportedQuery", format!("Unsupported Query. {what}"))
    }

    pub(super) fn invalid_page_size(size: &str) -> Self {
        let message = format!("Invalid page size specified: '{size}'. Must be between 1 and 999 inclusive.");
        Self::new(400, BAD_REQUEST, message)
    }

    pub(super) fn delegated_only(segment: &str) -> Self {
        Self::new(
            400,
            "BadRequest",
            format!("/{segment} request is only valid with delegated authentication flow."),
        )
    }

    pub(super) fn not_implemented(what: &str) -> Self {
        let arm::ErrorDetail { message, .. } = arm::ErrorResponse::not_implemented(what).error;
        Self::new(501, "NotImplementedBySandbox", message)
    }

    pub(super) fn storage(error: &DatabaseError) -> Self {
        tracing::error!(%error, "the directory could not be stored");
        Self::new(500, "InternalServerError", "The directory could not be stored.")
    }

    pub(super) fn no_randomness() -> Self {
        Self::new(500, "InternalServerError", "No password could be generated.")
    }

    /// The body, with Graph's particulars of the request.
    pub(super) fn body(&self, inner: Value) -> Value {
        let mut error = Map::new();
        error.insert("code".to_owned(), json!(self.code));
        error.insert("message".to_owned(), json!(self.message));
        if let Some((code, target)) = self.detail {
            error.insert(
                "details".to_owned(),
                json!([{ "code": code, "message": self.message, "target": target }]),
            );
        }
        error.insert("innerError".to_owned(), inner);
        json!({ "error": error })
    }
}
