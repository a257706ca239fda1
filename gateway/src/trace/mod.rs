//! Traces: what each policy did to a request, why, and what did not run.
//! <https://learn.microsoft.com/azure/api-management/api-management-howto-api-inspector>
//!
//! A trace is written for a request whose caller asks for it, with a token of `listDebugCredentials` or with a header of
//! the sandbox, and for some requests of every second without being asked. Requests without a trace pay one look at
//! their headers.
//!
//! **Differs from Azure:** a trace holds values of expressions and of their parts, conditions that did not hold, and
//! policies that did not run; secrets are left out. It is there at once, and the newest [`ring::KEPT`] are kept.

mod azure;
mod json;
mod recorder;
mod redact;
mod ring;
mod state;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use diagnostic::Position;
use sim::Timestamp;

use crate::pipeline::{ScopeKind, Section};

pub use recorder::Recorder;
pub use ring::{Traces, Wanted};
pub use state::shown;

/// What became of one request, and how.
#[derive(Debug)]
pub struct Trace {
    /// The request's identifier.
    pub id: String,
    /// The service's ARM id.
    pub service_id: String,
    /// The service.
    pub service: String,
    /// The API and its revision, if the request got to one.
    pub api: Option<(String, String)>,
    /// The operation.
    pub operation: Option<String>,
    /// The product.
    pub product: Option<String>,
    /// The subscription.
    pub subscription: Option<String>,
    /// The request's method.
    pub method: String,
    /// The URL that the client called.
    pub url: String,
    /// The request's headers.
    pub headers: Vec<(String, String)>,
    /// The response's status.
    pub status: u16,
    /// When the request came.
    pub began: Timestamp,
    /// How long it took, without the transfer of the response's body.
    pub elapsed: Duration,
    /// What went wrong.
    pub error: Option<String>,
    /// The policies, in the order in which they ran or would have run.
    pub entries: Vec<Entry>,
    /// How many policies are left out because the trace is long enough.
    pub left_out: usize,
}

/// What a policy did.
#[derive(Debug)]
pub struct Entry {
    /// The element's name.
    pub policy: &'static str,
    /// The element's `id`.
    pub id: Option<String>,
    /// The scope of its document.
    pub scope: ScopeKind,
    /// The section that the request was in.
    pub section: Section,
    /// The element's place in the section.
    pub path: String,
    /// The document.
    pub document: Arc<str>,
    /// The element's place in the author's text.
    pub position: Position,
    /// When it began, after the request came.
    pub began: Duration,
    /// How long it took.
    pub elapsed: Duration,
    /// What came of it.
    pub outcome: Outcome,
    /// What is different after it.
    pub changes: Vec<Change>,
    /// Its expressions.
    pub expressions: Vec<Evaluated>,
    /// The branches of a `choose`.
    pub branches: Vec<Branch>,
    /// What it wrote down.
    pub messages: Vec<String>,
    /// The policies in it.
    pub steps: Vec<Self>,
}

/// What came of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It ran, and the next one followed.
    Ran,
    /// It answered the request.
    Answered,
    /// It failed.
    Failed(String),
    /// It did not run, and why.
    Skipped(String),
}

/// Something that is different after a policy.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    /// What: `request.headers.x-a`, `variables.n`.
    pub what: String,
    /// Its value before.
    pub before: Option<String>,
    /// Its value after.
    pub after: Option<String>,
}

/// An expression and its value.
#[derive(Debug)]
pub struct Evaluated {
    /// The expression.
    pub text: String,
    /// Where it begins in the author's text.
    pub position: Position,
    /// Its value, or what it threw.
    pub value: Result<String, String>,
    /// The texts and values of its parts, innermost first.
    pub parts: Vec<(String, String)>,
}

/// A branch of a `choose`.
#[derive(Debug)]
pub struct Branch {
    /// `when[1]`, `otherwise`.
    pub name: String,
    /// Whether its condition held; `None` if nobody asked.
    pub held: Option<bool>,
    /// The condition.
    pub condition: Vec<Evaluated>,
}
