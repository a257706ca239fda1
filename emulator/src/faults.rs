//! Faults that a workshop or a test asks for: requests that are throttled or refused, operations that take longer or
//! fail.
//!
//! What they answer is what Azure answers:
//! <https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling>. They concern
//! the request itself; what a deployment makes is not asked for by a request of its own.

use std::sync::{Mutex, PoisonError};

use arm::{ErrorDetail, ErrorResponse};
use http::Method;
use serde::{Deserialize, Serialize};

use crate::engine::Answer;

/// The most faults at a time.
const MOST: usize = 100;
/// The longest that anything is made to take.
const LONGEST: u64 = 24 * 60 * 60;

/// A fault: which requests it concerns, how many of them, and what becomes of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// Its number.
    #[serde(default)]
    pub id: u32,
    /// The method; every one that changes something, if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// A part of the path, whatever the letter case.
    #[serde(default)]
    pub path: String,
    /// How many requests it still concerns; all, if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// What becomes of them.
    pub effect: Effect,
    /// How long: to wait before the next attempt, or how much longer it takes.
    #[serde(default)]
    pub seconds: u64,
    /// The status code, where the effect leaves it open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Azure's code, where another than the usual one is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Azure's sentence, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Effect {
    /// 429 with `Retry-After`.
    Throttle,
    /// 409: another operation is in progress.
    Conflict,
    /// The status code that is given.
    Refuse,
    /// It takes longer: its long-running operation or, if it has none, its answer.
    Slow,
    /// Its long-running operation begins and fails; without one, the request is a 400.
    Fail,
}

/// The faults that are asked for.
#[derive(Debug, Default)]
pub struct Faults(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: u32,
    all: Vec<Fault>,
}

/// A fault that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFault {
    /// There are too many.
    #[error("there are {MOST} faults already; remove some first")]
    TooMany,
    /// A number is out of its range.
    #[error("`{0}` must be from {1} to {2}")]
    Range(&'static str, u64, u64),
    /// It is no method.
    #[error("`{0}` is no method of HTTP")]
    Method(String),
    /// The effect needs a status code.
    #[error("the effect `refuse` needs a status")]
    NoStatus,
}

impl Faults {
    /// Asks for one more; gives it with its number.
    pub fn add(&self, mut fault: Fault) -> Result<Fault, InvalidFault> {
        check(&fault)?;
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.all.len() >= MOST {
            return Err(InvalidFault::TooMany);
        }
        state.last = state.last.wrapping_add(1);
        fault.id = state.last;
        state.all.push(fault.clone());
        Ok(fault)
    }

    /// The faults that there still are.
    pub fn list(&self) -> Vec<Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).all.clone()
    }

    /// Removes one, or all; says how many that were.
    pub fn remove(&self, id: Option<u32>) -> usize {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state.all.len();
        state.all.retain(|fault| id.is_some_and(|id| fault.id != id));
        before - state.all.len()
    }

    /// The first fault that concerns this request; it then concerns one request less.
    pub(crate) fn take(&self, method: &Method, path: &str) -> Option<Fault> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.all.is_empty() {
            return None;
        }
        let path = path.to_lowercase();
        let at = state.all.iter().position(|fault| fault.concerns(method, &path))?;
        let fault = state.all.get_mut(at)?;
        let taken = fault.clone();
        if let Some(times) = &mut fault.times {
            *times -= 1;
            if *times == 0 {
                state.all.remove(at);
            }
        }
        Some(taken)
    }
}

impl Fault {
    fn concerns(&self, method: &Method, path: &str) -> bool {
        let reads = matches!(*method, Method::GET | Method::HEAD);
        self.method.as_ref().map_or(!reads, |wanted| method.as_str().eq_ignore_ascii_case(wanted))
            && path.contains(&self.path.to_lowercase())
    }

    /// The answer, if the request is not even looked at.
    pub(crate) fn answer(&self, call: &str) -> Option<Answer> {
        let (status, code, message) = match self.effect {
            Effect::Throttle => (
                429,
                "SubscriptionRequestsThrottled",
                format!(
                    "Number of requests for operation '{call}' exceeded the limit. Please try again after '{}' seconds.",
                    self.seconds
                ),
            ),
            Effect::Conflict => (
                409,
                "AnotherOperationInProgress",
                "Another operation on this or dependent resource is in progress.".to_owned(),
            ),
            Effect::Refuse => (
                self.status.unwrap_or(400),
                "InjectedFault",
                "The request was refused by a fault that was asked for.".to_owned(),
            ),
            Effect::Slow | Effect::Fail => return None,
        };
        let detail = self.detail(code, &message);
        let answer = Answer::from(ErrorResponse { status, error: detail });
        let waits = self.effect == Effect::Throttle || self.seconds > 0;
        Some(if waits { answer.header("retry-after", &self.seconds.to_string()) } else { answer })
    }

    /// What an operation fails with.
    pub(crate) fn failure(&self) -> Option<ErrorDetail> {
        let usual = "The operation failed by a fault that was asked for.";
        (self.effect == Effect::Fail).then(|| self.detail("OperationFailed", usual))
    }

    /// How many milliseconds longer it takes.
    pub(crate) fn delay(&self) -> i64 {
        let seconds = if self.effect == Effect::Slow { self.seconds } else { 0 };
        i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX)
    }

    fn detail(&self, code: &str, message: &str) -> ErrorDetail {
        ErrorDetail::new(self.code.as_deref().unwrap_or(code), self.message.as_deref().unwrap_or(message))
    }
}

fn check(fault: &Fault) -> Result<(), InvalidFault> {
    let within = |name, value: u64, from, to| {
        if (from..=to).contains(&value) { Ok(()) } else { Err(InvalidFault::Range(name, from, to)) }
    };
    within("seconds", fault.seconds, 0, LONGEST)?;
    within("times", fault.times.map_or(1, u64::from), 1, u64::from(u32::MAX))?;
    within("status", fault.status.map_or(400, u64::from), 400, 599)?;
    for text in [&Some(fault.path.clone()), &fault.code, &fault.message].into_iter().flatten() {
        within("the length of a text", u64::try_from(text.len()).unwrap_or(u64::MAX), 0, 2_048)?;
    }
    if let Some(method) = fault.method.as_ref().filter(|method| method.parse::<Method>().is_err()) {
        return Err(InvalidFault::Method(method.chars().take(40).collect()));
    }
    if fault.effect == Effect::Refuse && fault.status.is_none() {
        return Err(InvalidFault::NoStatus);
    }
    Ok(())
}
