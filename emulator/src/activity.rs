//! What was changed, by whom, and how it ended: what the activity log shows.
//!
//! <https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema>.
//! **Differs from Azure:** the newest 5,000 events are kept, in memory only: a restart begins a new log. What a
//! template makes shows as the deployment alone.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use arm::{ErrorDetail, ErrorResponse, ResourceId};
use http::Method;
use serde::{Deserialize, Serialize};
use sim::{Ids, Timestamp};

use crate::engine::{Answer, Call, Operation, Store, Target};

/// How many events are kept.
const KEPT: usize = 5_000;

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Its own id.
    pub id: String,
    /// What was changed.
    pub resource: ResourceId,
    /// The method of the request.
    pub method: String,
    /// How far it is.
    pub outcome: Outcome,
    /// The status code; 0 before there is one.
    pub status: u16,
    /// Why it failed.
    pub error: Option<ErrorDetail>,
    /// What was asked for, in the words of role definitions.
    pub action: String,
    /// The application that asked.
    pub caller: String,
    /// What belongs together has the same.
    pub correlation: String,
    /// The client's own id of the request.
    pub client_request: String,
}

/// How far a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was asked for.
    Started,
    /// It is under way.
    Accepted,
    /// It is done.
    Succeeded,
    /// It was refused, or it gave up.
    Failed,
}

/// What an operation remembers of the request that began it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    caller: String,
    correlation: String,
    client_request: String,
    method: String,
}

/// The newest events.
#[derive(Debug, Default)]
pub struct Activity(Mutex<VecDeque<Arc<Event>>>);

impl Outcome {
    /// Azure's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "Started",
            Self::Accepted => "Accepted",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }

    /// How serious it is.
    pub fn level(self) -> &'static str {
        if self == Self::Failed { "Error" } else { "Informational" }
    }
}

impl Origin {
    /// The request's.
    pub fn of(call: &Call) -> Self {
        Self {
            caller: call.caller.as_ref().map(|caller| caller.client_id.clone()).unwrap_or_default(),
            correlation: call.correlation().to_owned(),
            client_request: call.header("x-ms-client-request-id").unwrap_or_default().to_owned(),
            method: call.method.to_string(),
        }
    }
}

impl Activity {
    /// The events, the newest first.
    pub fn newest_first(&self) -> Vec<Arc<Event>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }

    /// Notes a request that changes something, and how it was answered.
    pub fn note(
        &self,
        (call, target): (&Call, &Target),
        store: &Store,
        answer: &Result<Answer, ErrorResponse>,
    ) {
        let (id, action) = match (target, &call.method) {
            (Target::Action(id, definition, action), _) => (id, definition.permission(action.permission)),
            (Target::Resource(id, definition), &Method::DELETE) => (id, definition.permission("delete")),
            (Target::Resource(id, definition), &Method::PUT | &Method::PATCH) => {
                (id, definition.permission("write"))
            }
            _ => return,
        };
        let found = store.get(id);
        let failed = found.as_ref().is_some_and(|resource| resource.state == arm::ProvisioningState::Failed);
        let runs = found.is_some_and(|resource| resource.operation.is_some());
        let writes = matches!(target, Target::Resource(..));
        let (outcome, status, error) = match answer {
            Err(error) => (Outcome::Failed, error.status, Some(error.error.clone())),
            Ok(answer) if writes && runs => (Outcome::Accepted, answer.status, None),
            Ok(answer) if writes && failed => (Outcome::Failed, answer.status, None),
            Ok(answer) => (Outcome::Succeeded, answer.status, None),
        };
        let begun = event((call.now, Outcome::Started), id, Origin::of(call), action);
        let ended = Event { outcome, status, error, ..begun.clone() };
        self.keep([begun, ended]);
    }

    /// Notes how a long-running operation ended.
    pub fn ended(&self, operation: &Operation, now: Timestamp) {
        let Ok(id) = operation.resource.parse::<ResourceId>() else { return };
        let Some(definition) = crate::providers::definition(&id.resource_type()) else { return };
        let action = definition.permission(match operation.kind {
            crate::engine::Kind::Delete => "delete",
            crate::engine::Kind::Action => "action",
            _ => "write",
        });
        let outcome = if operation.error.is_some() { Outcome::Failed } else { Outcome::Succeeded };
        let event = event((now, outcome), &id, operation.origin.clone(), action);
        let status = if outcome == Outcome::Failed { 409 } else { 200 };
        self.keep([Event { status, error: operation.error.clone(), ..event }]);
    }

    fn keep(&self, new: impl IntoIterator<Item = Event>) {
        let mut events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for mut event in new {
            event.id = Ids::named(&[&event.correlation, event.outcome.as_str(), event.resource.key()]);
            events.push_back(Arc::new(event));
        }
        let surplus = events.len().saturating_sub(KEPT);
        events.drain(..surplus);
    }
}

fn event((at, outcome): (Timestamp, Outcome), id: &ResourceId, origin: Origin, action: String) -> Event {
    let Origin { caller, correlation, client_request, method } = origin;
    Event {
        at,
        id: String::new(),
        resource: id.clone(),
        method,
        outcome,
        status: 0,
        error: None,
        action,
        caller,
        correlation,
        client_request,
    }
}
