//! Long-running operations: they progress with the clock, whether somebody asks or not.
//!
//! <https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations>.
//! **Differs from Azure:** operation URLs are not signed; they stay the same from poll to poll.

use std::time::Duration;

use arm::{ErrorDetail, ErrorResponse, ResourceId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sim::{Pace, Timestamp};

use crate::activity::Origin;
use crate::engine::{Announce, Answer, Call, Resource, Store, Timing};

/// A long-running operation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Operation {
    /// The token in its URLs.
    pub id: String,
    /// What it works on.
    pub resource: String,
    /// What it does.
    pub kind: Kind,
    /// How it stands.
    pub status: Status,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorDetail>,
    /// What its result is, if not the resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Value>,
    /// The region in its URLs.
    pub location: String,
    /// The api-version of the request that began it.
    pub api_version: String,
    /// When it began, in milliseconds since 1970.
    pub started: i64,
    /// When it is done.
    pub due: i64,
    /// Who began it.
    #[serde(default)]
    pub origin: Origin,
}

/// What an operation does to its resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Makes it.
    Create,
    /// Changes it.
    Update,
    /// Removes it.
    Delete,
    /// Something else that leaves the resource as it is.
    Action,
}

/// How an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// It runs.
    InProgress,
    /// It is done.
    Succeeded,
    /// It gave up.
    Failed,
}

impl Operation {
    /// An operation that begins now.
    pub fn begin(id: String, kind: Kind, resource: &Resource, timing: Timing, call: &Call) -> Self {
        let location = resource.body.get("location").and_then(|location| location.as_str());
        Self {
            id,
            resource: resource.id.to_string(),
            kind,
            status: Status::InProgress,
            error: None,
            outcome: None,
            location: location.unwrap_or("global").to_owned(),
            api_version: call.version_text(),
            started: call.now.unix_millis(),
            due: call.now.after(call.pace.duration(timing.azure)).unix_millis(),
            origin: Origin::of(call),
        }
    }

    /// It takes longer.
    pub fn extend(&mut self, by: Duration, call: &Call) {
        let more = i64::try_from(call.pace.duration(by).as_millis()).unwrap_or(0);
        self.due = self.due.saturating_add(more);
    }

    /// It takes longer, or fails, as a fault wants it to.
    pub fn suffer(&mut self, call: &Call) {
        let Some(fault) = &call.fault else { return };
        self.due = self.due.saturating_add(fault.delay());
        self.error = self.error.take().or_else(|| fault.failure());
    }

    /// It runs, and its time has come.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.status == Status::InProgress && self.due <= now.unix_millis()
    }

    /// How long until it is done.
    pub fn remaining(&self, now: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.due.saturating_sub(now.unix_millis())).unwrap_or(0))
    }
}

/// Tells the client where to ask for an operation on `resource`.
pub fn headers(answer: Answer, operation: &Operation, resource: &Resource, call: &Call) -> Answer {
    let id = &resource.id;
    let subscription = id.subscription_id().unwrap_or_default();
    let (token, version) = (&operation.id, &operation.api_version);
    let answer = retry_after(answer, call);
    match resource.definition.long_running.announce {
        Announce::Locations => {
            let base = format!(
                "{}/subscriptions/{subscription}/providers/{}/locations/{}",
                call.origin,
                resource.definition.namespace(),
                operation.location
            );
            let answer = answer.header(
                arm::AZURE_ASYNC_OPERATION,
                &format!("{base}/operations/{token}?api-version={version}"),
            );
            if operation.kind == Kind::Delete {
                answer.header("location", &format!("{base}/operationResults/{token}?api-version={version}"))
            } else {
                answer
            }
        }
        Announce::OperationResults => {
            let path = format!("{}{id}/operationresults/{token}?api-version={version}", call.origin);
            let answer = answer.header("location", &path);
            // Before 2022-08-01 there was only the one header.
            if version.as_str() < "2022-08-01" {
                return answer;
            }
            answer.header(arm::AZURE_ASYNC_OPERATION, &format!("{path}&asyncResponse"))
        }
        Announce::Subscription => answer.header(
            "location",
            &format!(
                "{}/subscriptions/{subscription}/operationresults/{token}?api-version={version}",
                call.origin
            ),
        ),
    }
}

/// Answers a client that asks for an operation.
pub fn poll(store: &Store, token: &str, call: &Call) -> Result<Answer, ErrorResponse> {
    let Some(operation) = store.operation(token) else {
        let message = format!("The operation '{token}' was not found.");
        return Err(ErrorResponse::new(404, "OperationNotFound", message));
    };
    let as_document = call.query("asyncResponse").is_some()
        || !call
            .segments()
            .iter()
            .rev()
            .nth(1)
            .is_some_and(|part| part.eq_ignore_ascii_case("operationresults"));
    if as_document {
        return Ok(document(operation, call));
    }
    match operation.status {
        Status::InProgress => {
            let answer = retry_after(Answer::empty(202), call);
            Ok(answer.header("location", &format!("{}{}", call.origin, call.path_and_query)))
        }
        Status::Failed => {
            let detail = operation.error.clone().unwrap_or_default();
            Err(ErrorResponse { status: 400, error: detail })
        }
        Status::Succeeded => Ok(result(store, operation)),
    }
}

fn document(operation: &Operation, call: &Call) -> Answer {
    let time = |millis: i64| Timestamp::from_unix_seconds(millis.div_euclid(1_000)).rfc3339();
    let mut body = json!({
        "id": call.path,
        "name": operation.id,
        "status": operation.status,
        "startTime": time(operation.started),
    });
    if operation.status == Status::InProgress {
        return retry_after(Answer::json(200, body), call);
    }
    body["endTime"] = json!(time(operation.due));
    if let Some(error) = &operation.error {
        body["error"] = json!(error);
    }
    Answer::json(200, body)
}

fn result(store: &Store, operation: &Operation) -> Answer {
    if let Some(outcome) = &operation.outcome {
        return Answer::json(200, outcome.clone());
    }
    let found = operation.resource.parse::<ResourceId>().ok().and_then(|id| store.get(&id));
    match (operation.kind, found) {
        (Kind::Delete, _) | (_, None) => Answer::empty(200),
        (_, Some(resource)) => Answer::resource(200, &resource, store),
    }
}

fn retry_after(answer: Answer, call: &Call) -> Answer {
    let answer = answer.header(arm::SKIP_POLLING_DELAY, "true");
    answer.header("retry-after", if call.pace == Pace::Realistic { "15" } else { "0" })
}
