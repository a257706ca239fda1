//! A trace as `listTrace` answers it.
//! <https://learn.microsoft.com/rest/api/apimanagement/gateway/list-trace>
//!
//! **Differs from Azure:** there each policy words its own messages, here all of them say what they changed, and
//! expressions and conditions say their values.

use std::time::Duration;

use apim::{TraceDocument, TraceEntry};
use serde_json::{Value, json};
use sim::Timestamp;

use super::{Entry, Outcome, Trace};
use crate::pipeline::Section;

impl Trace {
    /// The trace in Azure's shape.
    pub fn document(&self) -> TraceDocument {
        let mut document = TraceDocument {
            service: self.service.clone(),
            id: self.id.clone(),
            inbound: vec![self.at("api-inspector", Duration::ZERO, self.request())],
            ..TraceDocument::default()
        };
        document.inbound.push(self.at("api-inspector", Duration::ZERO, self.configuration()));
        for entry in self.entries.iter().filter(|entry| !matches!(entry.outcome, Outcome::Skipped(_))) {
            let section = match entry.section {
                Section::Inbound => &mut document.inbound,
                Section::Backend => &mut document.backend,
                Section::Outbound => &mut document.outbound,
                Section::OnError => &mut document.on_error,
            };
            self.flatten(entry, section);
        }
        let sent = json!({"message": "Response has been sent to the caller in full"});
        document.outbound.push(self.at("transfer-response", self.elapsed, sent));
        document
    }

    fn at(&self, source: &str, elapsed: Duration, data: Value) -> TraceEntry {
        let timestamp = timestamp(self.began, elapsed);
        TraceEntry { source: source.to_owned(), timestamp, elapsed: span(elapsed), data }
    }

    fn request(&self) -> Value {
        let headers = self.headers.iter().map(|(name, value)| json!({"name": name, "value": value}));
        let headers: Vec<Value> = headers.collect();
        json!({"request": {"method": self.method, "url": self.url, "headers": headers}})
    }

    fn configuration(&self) -> Value {
        let none = || json!("-");
        let api = self.api.as_ref().map_or_else(
            none,
            |(name, revision)| json!({"id": name, "version": Value::Null, "revision": revision}),
        );
        let named = |name: &Option<String>| name.as_ref().map_or_else(none, |name| json!({"id": name}));
        json!({"configuration": {
            "api": api,
            "operation": named(&self.operation),
            "user": "-",
            "product": named(&self.product),
        }})
    }

    /// A policy, then those in it.
    fn flatten(&self, entry: &Entry, into: &mut Vec<TraceEntry>) {
        into.push(self.at(entry.policy, entry.began + entry.elapsed, entry.data()));
        for step in entry.steps.iter().filter(|step| !matches!(step.outcome, Outcome::Skipped(_))) {
            self.flatten(step, into);
        }
    }
}

impl Entry {
    fn data(&self) -> Value {
        let mut messages = self.messages.clone();
        messages.extend(self.changes.iter().map(|change| match (&change.before, &change.after) {
            (_, None) => format!("{} was removed", change.what),
            (None, Some(after)) => format!("{} was set to '{after}'", change.what),
            (Some(before), Some(after)) => format!("{} was '{before}' and was set to '{after}'", change.what),
        }));
        let conditions = self.branches.iter().flat_map(|branch| &branch.condition);
        let expressions = self.expressions.iter().chain(conditions);
        let expressions: Vec<Value> = expressions
            .map(|known| match &known.value {
                Ok(value) => json!({"expression": known.text, "value": value}),
                Err(why) => json!({"expression": known.text, "error": why}),
            })
            .collect();
        let mut data = json!({"message": messages});
        if let Value::Object(members) = &mut data {
            if !expressions.is_empty() {
                members.insert("expressions".to_owned(), Value::Array(expressions));
            }
            if let Outcome::Failed(why) = &self.outcome {
                members.insert("error".to_owned(), json!(why));
            }
        }
        data
    }
}

/// `2023-05-03T12:03:04.6899436Z`
fn timestamp(began: Timestamp, elapsed: Duration) -> String {
    let text = began.after(elapsed).rfc3339_millis();
    text.strip_suffix('Z').map_or_else(|| text.clone(), |text| format!("{text}0000Z"))
}

/// `00:00:00.2983315`
fn span(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}.{:07}", seconds % 60, elapsed.subsec_nanos() / 100)
}
