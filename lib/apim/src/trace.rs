//! Traces of requests, as the control plane asks for them and passes them on.
//! <https://learn.microsoft.com/azure/api-management/api-management-howto-api-inspector>

use std::time::Duration;

use serde_json::Value;

/// What a token for traces is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DebugCredentials {
    /// The ARM id of the service.
    pub service: String,
    /// The name of the API whose requests may be traced.
    pub api: String,
    /// How long the token is good.
    pub lifetime: Duration,
}

/// What happened to one request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TraceDocument {
    /// The service's name.
    pub service: String,
    /// The trace's identifier.
    pub id: String,
    /// What happened in the section `inbound`.
    pub inbound: Vec<TraceEntry>,
    /// What happened in the section `backend`.
    pub backend: Vec<TraceEntry>,
    /// What happened in the section `outbound`.
    pub outbound: Vec<TraceEntry>,
    /// What happened in the section `on-error`.
    pub on_error: Vec<TraceEntry>,
}

/// What one step of the gateway did.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceEntry {
    /// The policy, or a step of the gateway's own.
    pub source: String,
    /// When.
    pub timestamp: String,
    /// When, counted from the request's beginning: `00:00:00.2983315`.
    pub elapsed: String,
    /// What it says.
    pub data: Value,
}
