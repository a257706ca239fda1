//! What the authority answers when it does not do what was asked: OAuth's `error` with Entra's `AADSTS` code and
//! sentence. <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, PRAGMA};
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::Entra;

/// One refusal.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OAuthError {
    status: u16,
    error: &'static str,
    /// Entra's number; `None` for what only a sandbox says.
    code: Option<u32>,
    message: String,
}

impl OAuthError {
    fn new(status: u16, error: &'static str, code: u32, message: impl Into<String>) -> Self {
        Self { status, error, code: Some(code), message: message.into() }
    }

    /// The sentence alone.
    pub(super) fn into_message(self) -> String {
        self.message
    }

    pub(super) fn missing_parameter(name: &str) -> Self {
        let message = format!("The request body must contain the following parameter: '{name}'.");
        Self::new(400, "invalid_request", 900_144, message)
    }

    pub(super) fn only_accepts(accepted: &str, method: &Method) -> Self {
        let message = format!("The endpoint only accepts {accepted} requests. Received a {method} request.");
        Self::new(400, "invalid_request", 900_561, message)
    }

    pub(super) fn too_large() -> Self {
        Self::new(413, "invalid_request", 90_015, "Requested query string is too long.")
    }

    pub(super) fn unknown_tenant(tenant: &str) -> Self {
        let message = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."
        );
        Self::new(400, "invalid_tenant", 90_002, message)
    }

    /// `common` and `organizations` serve no application of a single tenant.
    pub(super) fn single_tenant(client_id: &str, tenant: &str) -> Self {
        let message = format!(
            "Application '{client_id}' is not configured as a multi-tenant application. Usage of the /{tenant} endpoint is not supported for such apps. Use a tenant-specific endpoint or configure the application to be multi-tenant."
        );
        Self::new(400, "invalid_request", 50_194, message)
    }

    pub(super) fn unsupported_grant(grant: &str) -> Self {
        let message = format!(
            "The app requested an unsupported grant type '{grant}'. The sandbox supports: {}.",
            super::GRANTS.map(|grant| grant.name).join(", ")
        );
        Self::new(400, "unsupported_grant_type", 70_003, message)
    }

    pub(super) fn unknown_application(client_id: &str, tenant: &str) -> Self {
        let message = format!(
            "Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."
        );
        Self::new(400, "unauthorized_client", 700_016, message)
    }

    pub(super) fn missing_service_principal(client_id: &str, tenant: &str) -> Self {
        let message = format!(
            "The client application {client_id} is missing service principal in the tenant {tenant}. See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119"
        );
        Self::new(400, "unauthorized_client", 7_000_229, message)
    }

    pub(super) fn disabled(client_id: &str, name: &str) -> Self {
        Self::new(
            400,
            "unauthorized_client",
            7_000_112,
            format!("Application '{client_id}'({name}) is disabled."),
        )
    }

    pub(super) fn missing_secret() -> Self {
        let message = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'. The sandbox supports 'client_secret'.";
        Self::new(401, "invalid_client", 7_000_218, message)
    }

    pub(super) fn wrong_secret(client_id: &str) -> Self {
        let message = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client_id}'."
        );
        Self::new(401, "invalid_client", 7_000_215, message)
    }

    pub(super) fn expired_secret(client_id: &str) -> Self {
        let message = format!(
            "The provided client secret keys for app '{client_id}' are expired. Add a new secret to the application and use that."
        );
        Self::new(401, "invalid_client", 7_000_222, message)
    }

    pub(super) fn scope_without_default(scope: &str) -> Self {
        let message = format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
        );
        Self::new(400, "invalid_scope", 1_002_012, message)
    }

    pub(super) fn several_resources(scope: &str) -> Self {
        let message = format!(
            "Provided value for the input parameter scope is not valid because it contains more than one resource. Scope {scope} is not valid."
        );
        Self::new(400, "invalid_scope", 28_000, message)
    }

    pub(super) fn unknown_resource(resource: &str, tenant: &str) -> Self {
        let message = format!(
            "The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant."
        );
        Self::new(400, "invalid_resource", 500_011, message)
    }

    pub(super) fn unknown_instance() -> Self {
        Self::new(400, "invalid_instance", 50_049, "Unknown or invalid instance.")
    }

    /// What serves a person at a browser or a keyboard.
    pub(super) fn needs_user(path: &str) -> Self {
        let message = format!(
            "{path} signs a user in, which the sandbox does not implement. Sign in as a service principal, with client id and secret."
        );
        Self { status: 501, error: "not_implemented_by_sandbox", code: None, message }
    }

    pub(super) fn no_signing_key() -> Self {
        Self::new(503, "temporarily_unavailable", 90_033, "A transient error has occurred. Please try again.")
    }

    /// The answer in Entra's shape.
    pub(super) fn response(&self, entra: &Entra, request: &Request<Bytes>) -> Response<Bytes> {
        let at = entra.clock.now().rfc3339().replacen('T', " ", 1);
        let trace = entra.ids.uuid();
        let correlation = correlation_id(request).unwrap_or_else(|| entra.ids.uuid());
        let code = self.code.map(|code| format!("AADSTS{code}: ")).unwrap_or_default();
        let mut body = json!({
            "error": self.error,
            "error_description": format!(
                "{code}{} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}",
                self.message
            ),
            "error_codes": self.code.into_iter().collect::<Vec<_>>(),
            "timestamp": at,
            "trace_id": trace,
            "correlation_id": correlation,
        });
        if let Some(code) = self.code {
            body["error_uri"] = json!(format!("{}/error?code={code}", entra.origin));
        }
        tracing::debug!(error = self.error, code = self.code, "token request refused");
        json_response(self.status, &body)
    }
}

/// A JSON answer that nobody may keep.
pub(super) fn json_response(status: u16, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-cache"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// The client's own id for the request, from a header or, as some clients do, from the query.
fn correlation_id(request: &Request<Bytes>) -> Option<String> {
    let header = request.headers().get("client-request-id").and_then(|value| value.to_str().ok());
    let query = request.uri().query().unwrap_or_default();
    let parameter = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "client-request-id")
        .map(|(_, value)| value.into_owned());
    header.map(str::to_owned).or(parameter).filter(|id| uuid::Uuid::try_parse(id).is_ok())
}
