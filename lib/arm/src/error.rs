//! ARM error bodies: `{"error":{"code":…,"message":…,"target":…,"details":[…]}}`.
//!
//! One named constructor per code that Azure documents or that recorded exchanges show:
//! <https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors>.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{ResourceId, ResourceType};

/// What ARM answers when it does not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorResponse {
    /// HTTP status code.
    pub status: u16,
    /// What went wrong, first the whole, then the parts.
    pub error: ErrorDetail,
}

/// One problem, with the problems it is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ErrorDetail {
    /// Azure's code, which programs decide by.
    pub code: String,
    /// Azure's sentence, which people read.
    pub message: String,
    /// The part of the request that is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The parts of the problem.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<ErrorDetail>,
}

impl ErrorResponse {
    /// An error that has no constructor of its own.
    pub fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, error: ErrorDetail::new(code, message) }
    }

    /// Says which part of the request is meant.
    #[must_use]
    pub fn target(mut self, target: impl Into<String>) -> Self {
        self.error.target = Some(target.into());
        self
    }

    /// Adds the parts of the problem.
    #[must_use]
    pub fn details(mut self, details: Vec<ErrorDetail>) -> Self {
        self.error.details = details;
        self
    }

    /// The body that is sent.
    pub fn body(&self) -> Value {
        json!({ "error": self.error })
    }

    /// 400: no `api-version` in the query.
    pub fn missing_api_version() -> Self {
        Self::new(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    }

    /// 400: an `api-version` that is no date.
    pub fn invalid_api_version(version: &str) -> Self {
        let message = format!(
            "The api-version '{version}' is invalid. The api-version must be a date in the format 'yyyy-MM-dd', optionally followed by a suffix such as '-preview'."
        );
        Self::new(400, "InvalidApiVersionParameter", message)
    }

    /// 401: no token, or one that this tenant did not issue.
    pub fn authentication_failed(reason: &str) -> Self {
        Self::new(401, "AuthenticationFailed", format!("Authentication failed. {reason}"))
    }

    /// 403: the caller's roles do not allow the action.
    pub fn authorization_failed(client_id: &str, object_id: &str, action: &str, scope: &str) -> Self {
        let message = format!(
            "The client '{client_id}' with object id '{object_id}' does not have authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials."
        );
        Self::new(403, "AuthorizationFailed", message)
    }

    /// 404: the subscription does not exist.
    pub fn subscription_not_found(subscription: &str) -> Self {
        Self::new(
            404,
            "SubscriptionNotFound",
            format!("The subscription '{subscription}' could not be found."),
        )
    }

    /// 404: the resource group does not exist.
    pub fn resource_group_not_found(group: &str) -> Self {
        Self::new(404, "ResourceGroupNotFound", format!("Resource group '{group}' could not be found."))
    }

    /// 404: a resource in a resource group does not exist.
    pub fn resource_not_found(id: &ResourceId) -> Self {
        let message = format!(
            "The Resource '{}/{}' under resource group '{}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
            id.resource_type(),
            id.name(),
            id.resource_group().unwrap_or_default(),
        );
        Self::new(404, "ResourceNotFound", message)
    }

    /// 404: the parent of a child resource does not exist.
    pub fn parent_resource_not_found(child: &ResourceId, parent: &ResourceId) -> Self {
        let message = format!(
            "Can not perform requested operation on nested resource. Parent resource '{}' not found.",
            parent.name()
        );
        Self::new(404, "ParentResourceNotFound", message).target(child.as_str())
    }

    /// 404: the provider has no such resource type.
    pub fn invalid_resource_type(kind: &ResourceType, version: &str) -> Self {
        let message = format!(
            "The resource type '{kind}' could not be found in the namespace '{}' for api version '{version}'.",
            kind.namespace()
        );
        Self::new(404, "InvalidResourceType", message)
    }

    /// 404: no such provider namespace.
    pub fn invalid_resource_namespace(namespace: &str) -> Self {
        Self::new(
            404,
            "InvalidResourceNamespace",
            format!("The resource namespace '{namespace}' is invalid."),
        )
    }

    /// 400: the body is not JSON, or not of the right shape.
    pub fn invalid_request_content(reason: &str) -> Self {
        let message = format!("The request content was invalid and could not be deserialized: '{reason}'.");
        Self::new(400, "InvalidRequestContent", message)
    }

    /// 400: the path is no resource id.
    pub fn invalid_resource_id(path: &str) -> Self {
        Self::new(
            400,
            "LinkedInvalidPropertyId",
            format!("Property id '{path}' is invalid. Expect fully qualified resource Id."),
        )
    }

    /// 405: the resource type has no such verb.
    pub fn method_not_allowed(method: &str, kind: &ResourceType) -> Self {
        Self::new(
            405,
            "MethodNotAllowed",
            format!("The HTTP method '{method}' is not supported on resource type '{kind}'."),
        )
    }

    /// 409: the resource is in the middle of another operation.
    pub fn another_operation_in_progress(id: &ResourceId, state: &str) -> Self {
        let message = format!(
            "The resource '{id}' is in state '{state}': another operation on it is in progress. Wait for it and try again."
        );
        Self::new(409, "AnotherOperationInProgress", message)
    }

    /// 412: `If-Match` does not name the current ETag.
    pub fn precondition_failed() -> Self {
        Self::new(
            412,
            "PreconditionFailed",
            "The condition specified in the request was not met: the resource's ETag is another one.",
        )
    }

    /// 501: this laboratory does not do that (yet); Azure does.
    pub fn not_implemented(what: &str) -> Self {
        let message = format!(
            "{what} is not implemented by the sandbox. What is and is not implemented: docs/coverage.md"
        );
        Self::new(501, "NotImplementedBySandbox", message)
    }

    /// 500: our fault.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "InternalServerError", message)
    }
}

impl ErrorDetail {
    /// A problem without parts.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), target: None, details: Vec::new() }
    }
}

impl std::fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.status, self.error.code, self.error.message)
    }
}

impl std::error::Error for ErrorResponse {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_has_azures_shape() {
        let id: ResourceId =
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v"
                .parse()
                .expect("an id");
        let error = ErrorResponse::resource_not_found(&id);
        assert_eq!(
            error.body(),
            json!({"error": {
                "code": "ResourceNotFound",
                "message": "The Resource 'Microsoft.Network/virtualNetworks/v' under resource group 'g' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
            }})
        );
    }
}
