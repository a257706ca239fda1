//! A trace as JSON, for the sandbox's own tools.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Branch, Change, Entry, Evaluated, Outcome, Trace};

impl Trace {
    /// What a list says of it.
    pub fn summary(&self) -> Value {
        json!({
            "id": self.id,
            "time": self.began.rfc3339_millis(),
            "service": self.service,
            "api": self.api.as_ref().map(|(name, _)| name),
            "revision": self.api.as_ref().map(|(_, revision)| revision),
            "operation": self.operation,
            "product": self.product,
            "subscription": self.subscription,
            "method": self.method,
            "url": self.url,
            "status": self.status,
            "microseconds": microseconds(self.elapsed),
            "error": self.error,
        })
    }

    /// All of it.
    pub fn json(&self) -> Value {
        let mut whole = self.summary();
        if let Value::Object(members) = &mut whole {
            let headers = self.headers.iter().map(|(name, value)| json!({"name": name, "value": value}));
            members.insert("headers".to_owned(), headers.collect());
            members.insert("policies".to_owned(), self.entries.iter().map(Entry::json).collect());
            members.insert("leftOut".to_owned(), json!(self.left_out));
        }
        whole
    }
}

impl Entry {
    fn json(&self) -> Value {
        let (outcome, why) = match &self.outcome {
            Outcome::Ran => ("ran", None),
            Outcome::Answered => ("answered", None),
            Outcome::Failed(why) => ("failed", Some(why)),
            Outcome::Skipped(why) => ("skipped", Some(why)),
        };
        json!({
            "policy": self.policy,
            "id": self.id,
            "scope": self.scope.as_str(),
            "section": self.section.as_str(),
            "path": self.path,
            "document": self.document,
            "line": self.position.line,
            "column": self.position.column,
            "startMicroseconds": microseconds(self.began),
            "microseconds": microseconds(self.elapsed),
            "outcome": outcome,
            "why": why,
            "changes": self.changes.iter().map(Change::json).collect::<Vec<_>>(),
            "expressions": self.expressions.iter().map(Evaluated::json).collect::<Vec<_>>(),
            "branches": self.branches.iter().map(Branch::json).collect::<Vec<_>>(),
            "messages": self.messages,
            "policies": self.steps.iter().map(Self::json).collect::<Vec<_>>(),
        })
    }
}

impl Change {
    fn json(&self) -> Value {
        json!({"what": self.what, "before": self.before, "after": self.after})
    }
}

impl Evaluated {
    fn json(&self) -> Value {
        let parts = self.parts.iter().map(|(text, value)| json!({"text": text, "value": value}));
        json!({
            "text": self.text,
            "line": self.position.line,
            "column": self.position.column,
            "value": self.value.as_ref().ok(),
            "error": self.value.as_ref().err(),
            "parts": parts.collect::<Vec<_>>(),
        })
    }
}

impl Branch {
    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "held": self.held,
            "condition": self.condition.iter().map(Evaluated::json).collect::<Vec<_>>(),
        })
    }
}

/// Whole microseconds, as far as they can be written.
fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
