//! What goes wrong, as a `Status` object.
//! <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/>

use http::StatusCode;
use serde_json::{Value, json};

use crate::embedded::kinds::{Definition, Problem};
use crate::embedded::store::{Expired, StoreError};

/// A refusal, with all that its `Status` tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The HTTP status.
    pub code: StatusCode,
    reason: &'static str,
    message: String,
    details: Option<Value>,
}

impl Failure {
    fn new(code: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: None }
    }

    fn about(mut self, of: &Definition, name: &str) -> Self {
        self.details = Some(details(of, name));
        self
    }

    fn with(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    /// 400: the request is malformed.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// 401: no credentials, or wrong ones.
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized")
    }

    /// 403: nothing may be made in a namespace that goes.
    pub fn terminating(of: &Definition, name: &str, namespace: &str) -> Self {
        let message = format!(
            "{} \"{name}\" is forbidden: unable to create new content in namespace {namespace} because it is being terminated",
            of.resource()
        );
        let mut details = details(of, name);
        details["causes"] = json!([{
            "reason": "NamespaceTerminating",
            "message": format!("namespace {namespace} is being terminated"),
            "field": "metadata.namespace",
        }]);
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message).with(details)
    }

    /// 403: one of the namespaces that every cluster has.
    pub fn protected(of: &Definition, name: &str) -> Self {
        let message = format!("{} \"{name}\" is forbidden: this namespace may not be deleted", of.resource());
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message).about(of, name)
    }

    /// 404: there is no such path.
    pub fn unknown_path() -> Self {
        let message = "the server could not find the requested resource";
        Self::new(StatusCode::NOT_FOUND, "NotFound", message).with(json!({}))
    }

    /// 404: there is no such object.
    pub fn not_found(of: &Definition, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", of.resource());
        Self::new(StatusCode::NOT_FOUND, "NotFound", message).about(of, name)
    }

    /// 404: there is no such cluster.
    pub fn no_cluster(key: &str) -> Self {
        let message =
            format!("no running cluster is served under /clusters/{key}; a kubeconfig names the right path");
        Self::new(StatusCode::NOT_FOUND, "NotFound", message).with(json!({}))
    }

    /// 405.
    pub fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message).with(json!({}))
    }

    /// 406.
    pub fn not_acceptable() -> Self {
        let message = "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml";
        Self::new(StatusCode::NOT_ACCEPTABLE, "NotAcceptable", message).with(json!({}))
    }

    /// 409: the name is taken.
    pub fn already_exists(of: &Definition, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", of.resource());
        Self::new(StatusCode::CONFLICT, "AlreadyExists", message).about(of, name)
    }

    /// 409: somebody else was faster.
    pub fn modified(of: &Definition, name: &str) -> Self {
        let why =
            "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(of, name, why)
    }

    /// 409.
    pub fn conflict(of: &Definition, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", of.resource());
        Self::new(StatusCode::CONFLICT, "Conflict", message).about(of, name)
    }

    /// 409: other managers own fields that were applied with other values.
    pub fn owned(conflicts: &[(String, String)]) -> Self {
        let list = |(manager, field): &(String, String)| format!("conflict with {manager}: {field}");
        let message = match conflicts {
            [one] => format!("Apply failed with 1 conflict: {}", list(one)),
            many => {
                let lines: Vec<String> = many.iter().map(|one| format!("- {}", list(one))).collect();
                format!("Apply failed with {} conflicts:\n{}", many.len(), lines.join("\n"))
            }
        };
        let causes: Vec<Value> = conflicts
            .iter()
            .map(|(manager, field)| {
                json!({
                    "reason": "FieldManagerConflict", "message": format!("conflict with {manager}"), "field": field,
                })
            })
            .collect();
        Self::new(StatusCode::CONFLICT, "Conflict", message).with(json!({ "causes": causes }))
    }

    /// 410: the history does not go back that far.
    pub fn expired(expired: Expired) -> Self {
        Self::new(StatusCode::GONE, "Expired", expired.to_string())
    }

    /// 400: a list cannot be continued.
    pub fn bad_continue() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            "continue key is not valid: start the list again without it",
        )
    }

    /// 413.
    pub fn too_large(limit: usize) -> Self {
        let message = format!("limit is {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", message)
    }

    /// 415.
    pub fn unsupported_media(hint: &str) -> Self {
        let message = if hint.is_empty() {
            "415: Unsupported Media Type".to_owned()
        } else {
            format!("415: Unsupported Media Type: {hint}")
        };
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message).with(json!({}))
    }

    /// 422: the object is not valid.
    pub fn invalid(of: &Definition, name: &str, problems: &[Problem]) -> Self {
        let texts: Vec<String> =
            problems.iter().map(|problem| format!("{}: {}", problem.field, problem.message)).collect();
        let texts = match texts.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let message = format!("{} \"{name}\" is invalid: {texts}", of.qualified_kind());
        let causes: Vec<Value> = problems
            .iter()
            .map(|problem| {
                json!({"reason": problem.reason.as_str(), "message": problem.message, "field": problem.field})
            })
            .collect();
        let mut details = details(of, name);
        details["kind"] = of.kind.into();
        details["causes"] = causes.into();
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message).with(details)
    }

    /// 422: a patch cannot be applied.
    pub fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message).with(json!({}))
    }

    /// 500.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message)
    }

    /// 501: what the sandbox does not do.
    pub fn not_implemented(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message)
    }

    /// The store's refusal of an object of this kind.
    pub fn from_store(error: StoreError, of: &Definition) -> Self {
        match error {
            StoreError::NotFound { name, .. } => Self::not_found(of, &name),
            StoreError::AlreadyExists { name, .. } => Self::already_exists(of, &name),
            StoreError::Conflict { name, reason, .. } => Self::conflict(of, &name, &reason),
            StoreError::Invalid(message) => Self::unprocessable(message),
            StoreError::Storage(error) => Self::internal(error.to_string()),
        }
    }

    /// The `Status` object.
    pub fn status(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason,
        });
        if let Some(details) = &self.details {
            status["details"] = details.clone();
        }
        status["code"] = self.code.as_u16().into();
        status
    }
}

/// The `Status` of a deletion.
pub fn deleted(of: &Definition, name: &str, uid: &Value) -> Value {
    let mut details = details(of, name);
    details["uid"] = uid.clone();
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}

fn details(of: &Definition, name: &str) -> Value {
    let mut details = json!({ "name": name });
    if !of.group.is_empty() {
        details["group"] = of.group.into();
    }
    details["kind"] = of.plural.into();
    details
}
