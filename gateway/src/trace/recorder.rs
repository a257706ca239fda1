//! Writes a trace down while a request passes through its policies.

use std::sync::Arc;
use std::time::Duration;

use super::redact::{REDACTED, Redaction};
use super::ring::{TRACE_ID, Wanted};
use super::state::State;
use super::{Branch, Change, Entry, Evaluated, Outcome, Trace};
use crate::context::Exchange;
use crate::error::LastError;
use crate::pipeline::{Effective, Flow, Placed, Section};

/// How many policies one trace holds.
const ENTRIES: usize = 1_000;

/// How many bytes of values one trace holds.
const BYTES: usize = 256 * 1024;

/// How long a value may be while it is written down; it becomes shorter once secrets are out of it.
const LENGTH: usize = 8 * 1024;

/// A trace that is being written.
#[derive(Debug)]
pub struct Recorder {
    /// Who wants it.
    pub wanted: Wanted,
    section: Section,
    open: Vec<Entry>,
    done: Vec<Entry>,
    entries: usize,
    bytes: usize,
    left_out: usize,
    url: String,
    redaction: Redaction,
    headers: Vec<(String, String)>,
}

impl Recorder {
    /// A trace of a request that has just come.
    pub fn begin(exchange: &Exchange, wanted: Wanted) -> Box<Self> {
        let request = &exchange.request;
        let query = request.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        let mut redaction = Redaction::default();
        for api in &exchange.matched.service.model.apis {
            redaction.name(&api.key_header);
            redaction.name(&api.key_query);
        }
        for secret in exchange.matched.service.model.named_values.iter().filter(|value| value.secret) {
            redaction.value(secret.value.reveal());
        }
        redaction.headers(&request.headers);
        redaction.query(request.query.as_deref().unwrap_or_default());
        let shown = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            let secret = redaction.is_secret(name.as_str());
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.to_string(), if secret { REDACTED.to_owned() } else { value })
        };
        let headers = request.headers.iter().map(shown).collect();
        let scheme = if exchange.tls { "https" } else { "http" };
        Box::new(Self {
            wanted,
            section: Section::Inbound,
            open: Vec::new(),
            done: Vec::new(),
            entries: 0,
            bytes: BYTES,
            left_out: 0,
            url: format!("{scheme}://{}{}{query}", request.host, request.path),
            redaction,
            headers,
        })
    }

    /// For policies that run beside others, with half of the room that is left.
    pub fn fork(&self) -> Box<Self> {
        Box::new(Self {
            wanted: self.wanted,
            section: self.section,
            open: Vec::new(),
            done: Vec::new(),
            entries: self.entries,
            bytes: self.bytes / 2,
            left_out: 0,
            url: String::new(),
            redaction: self.redaction.clone(),
            headers: Vec::new(),
        })
    }

    /// What such policies did.
    pub fn join(&mut self, fork: Self) {
        self.entries += fork.entries.saturating_sub(self.entries).min(fork.done.len());
        self.left_out += fork.left_out;
        self.redaction.values(&fork.redaction);
        for entry in fork.done {
            self.close(entry);
        }
    }

    /// The last expression's value is known.
    pub fn expression(&mut self, mut evaluated: Evaluated) {
        let Evaluated { text, value, parts, .. } = &mut evaluated;
        let (Ok(value) | Err(value)) = value;
        let all = [text, value].into_iter().chain(parts.iter_mut().flat_map(|(text, value)| [text, value]));
        for text in all {
            limit(&mut self.bytes, text);
        }
        if let Some(entry) = self.open.last_mut() {
            entry.expressions.push(evaluated);
        }
    }

    /// A policy or an expression says something.
    pub fn message(&mut self, message: &str) {
        let mut message = message.to_owned();
        limit(&mut self.bytes, &mut message);
        if let Some(entry) = self.open.last_mut() {
            entry.messages.push(message);
        }
    }

    /// A branch of the policy at work was asked, or passed over; its condition is what was evaluated since the last.
    pub fn branch(&mut self, name: String, held: Option<bool>) {
        if let Some(entry) = self.open.last_mut() {
            let condition = std::mem::take(&mut entry.expressions);
            entry.branches.push(Branch { name, held, condition });
        }
    }

    /// These policies do not run.
    pub fn skip(&mut self, steps: &[Arc<Placed>], now: Duration, why: &str) {
        for placed in steps {
            let Some(mut entry) = self.entry(placed, now) else { continue };
            entry.outcome = Outcome::Skipped(why.to_owned());
            self.close(entry);
        }
    }

    fn entry(&mut self, placed: &Placed, now: Duration) -> Option<Entry> {
        if self.entries == ENTRIES {
            self.left_out += 1;
            return None;
        }
        self.entries += 1;
        Some(Entry {
            policy: placed.policy,
            id: placed.id.clone(),
            scope: placed.scope,
            section: self.section,
            path: placed.path.clone(),
            document: Arc::clone(&placed.source),
            position: placed.position,
            began: now,
            elapsed: Duration::ZERO,
            outcome: Outcome::Ran,
            changes: Vec::new(),
            expressions: Vec::new(),
            branches: Vec::new(),
            messages: Vec::new(),
            steps: Vec::new(),
        })
    }

    fn close(&mut self, entry: Entry) {
        match self.open.last_mut() {
            Some(outer) => outer.steps.push(entry),
            None => self.done.push(entry),
        }
    }

    fn changed(&mut self, changes: Vec<Change>) -> Vec<Change> {
        let kept = changes.into_iter().map(|mut change| {
            let name = change.what.rsplit('.').next().unwrap_or_default();
            let secret = change.what.contains(".headers.") && self.redaction.is_secret(name);
            for value in [&mut change.before, &mut change.after].into_iter().flatten() {
                if secret {
                    // What a policy put there may turn up elsewhere.
                    if let Some((_, credentials)) = value.split_once(' ') {
                        self.redaction.value(credentials);
                    }
                    REDACTED.clone_into(value);
                }
                limit(&mut self.bytes, value);
            }
            change
        });
        kept.collect()
    }

    /// The trace of a request that is over.
    pub fn finish(mut self, exchange: &Exchange, elapsed: Duration) -> Trace {
        if let Some(subscription) = &exchange.access.subscription {
            self.redaction.value(subscription.primary_key.reveal());
            self.redaction.value(subscription.secondary_key.reveal());
        }
        let text = |text: &str| {
            let mut text = text.to_owned();
            self.redaction.clean(&mut text);
            text
        };
        let matched = &exchange.matched;
        let subscription = exchange.access.subscription.as_ref().map(|known| known.name.clone());
        let mut trace = Trace {
            id: exchange.id().to_owned(),
            service_id: matched.service.model.id.clone(),
            service: matched.service.model.name.clone(),
            api: matched.api.as_ref().map(|api| (api.name.clone(), api.revision.clone())),
            operation: matched.operation.as_ref().map(|operation| operation.name.clone()),
            product: exchange.access.product.as_ref().map(|product| product.name.clone()),
            subscription,
            method: exchange.request.method.to_string(),
            url: text(&self.url),
            headers: self.headers.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
            status: exchange.response.as_ref().map_or(200, |response| response.status.as_u16()),
            began: exchange.began,
            elapsed,
            error: exchange.last_error.as_ref().map(|error| text(&error.to_string())),
            entries: self.done,
            left_out: self.left_out,
        };
        for entry in &mut trace.entries {
            entry.clean(&self.redaction);
        }
        trace
    }
}

impl Exchange {
    /// A token is good for one API only: a trace that its caller may not have is not written.
    pub fn authorize_trace(&mut self) {
        if self.recorder.as_ref().is_none_or(|recorder| recorder.wanted != Wanted::Authorized) {
            return;
        }
        let (service, api) = (&self.matched.service.model.id, self.matched.api.as_ref());
        let name = api.map(|api| api.name.as_str());
        let traces = &self.gateway.traces;
        let (good, said) = traces.judge(&mut self.request.headers, (service, name), self.began);
        if let Some((name, value)) = said {
            self.final_headers.insert(name, value);
        }
        if !good {
            self.recorder = None;
        }
    }

    /// Keeps the trace of a request that is over.
    pub fn keep_trace(&mut self, recorder: Recorder, elapsed: Duration) {
        if recorder.wanted != Wanted::Sampled
            && let Ok(id) = http::HeaderValue::try_from(self.id())
        {
            self.final_headers.insert(TRACE_ID, id);
        }
        self.gateway.traces.keep(recorder.finish(self, elapsed));
    }
}

impl Entry {
    fn clean(&mut self, redaction: &Redaction) {
        if let Outcome::Failed(why) | Outcome::Skipped(why) = &mut self.outcome {
            redaction.clean(why);
        }
        for change in &mut self.changes {
            for value in [&mut change.before, &mut change.after].into_iter().flatten() {
                redaction.clean(value);
            }
        }
        let conditions = self.branches.iter_mut().flat_map(|branch| &mut branch.condition);
        for Evaluated { text, value, parts, .. } in self.expressions.iter_mut().chain(conditions) {
            let (Ok(value) | Err(value)) = value;
            redaction.clean(text);
            redaction.clean(value);
            for (text, value) in parts {
                redaction.clean(text);
                redaction.clean(value);
            }
        }
        for message in &mut self.messages {
            redaction.clean(message);
        }
        for step in &mut self.steps {
            step.clean(redaction);
        }
    }
}

impl Exchange {
    /// Since the request came.
    fn age(&self) -> Duration {
        self.gateway.clock.elapsed().saturating_sub(self.started)
    }

    /// Begins an entry of the trace; the moment before the policy.
    pub fn begin_step(&mut self, placed: &Placed) -> Option<State> {
        let now = self.age();
        let recorder = self.recorder.as_mut()?;
        let entry = recorder.entry(placed, now)?;
        recorder.open.push(entry);
        Some(State::of(self))
    }

    /// Ends the entry.
    pub fn end_step(&mut self, before: &State, outcome: &Result<Flow, LastError>) {
        let now = self.age();
        let after = State::of(self);
        let changes = before.changes(&after, self);
        let Some(recorder) = self.recorder.as_mut() else { return };
        let Some(mut entry) = recorder.open.pop() else { return };
        entry.elapsed = now.saturating_sub(entry.began);
        entry.changes = recorder.changed(changes);
        entry.outcome = match outcome {
            Ok(Flow::Continue) => Outcome::Ran,
            Ok(Flow::Respond | Flow::Cached) => Outcome::Answered,
            Err(error) => Outcome::Failed(error.to_string()),
        };
        recorder.close(entry);
    }

    /// A branch of the policy at work was asked, or passed over.
    pub fn asked(&mut self, name: impl FnOnce() -> String, held: Option<bool>) {
        if let Some(recorder) = self.recorder.as_mut() {
            recorder.branch(name(), held);
        }
    }

    /// These policies do not run.
    pub fn skip_steps(&mut self, steps: &[Arc<Placed>], why: &str) {
        let now = self.age();
        if let Some(recorder) = self.recorder.as_mut() {
            recorder.skip(steps, now, why);
        }
    }

    /// The sections behind the one that the request was in do not run.
    pub fn skip_sections(&mut self, policy: &Effective) {
        let Some(recorder) = self.recorder.as_mut() else { return };
        let from = recorder.section;
        let why = format!("the request ended in {}", from.as_str());
        let rest = [Section::Inbound, Section::Backend, Section::Outbound];
        for section in rest.into_iter().skip_while(|section| *section != from).skip(1) {
            self.skip_section(policy, section, &why);
        }
    }

    /// The policies of this section come next.
    pub fn enter(&mut self, section: Section) {
        if let Some(recorder) = self.recorder.as_mut() {
            recorder.section = section;
        }
    }

    /// Nothing in this section runs.
    pub fn skip_section(&mut self, policy: &Effective, section: Section, why: &str) {
        if let Some(recorder) = self.recorder.as_mut() {
            recorder.section = section;
            self.skip_steps(policy.section(section), why);
        }
    }
}

/// Shortens a text to what there is room for.
fn limit(left: &mut usize, text: &mut String) {
    let most = LENGTH.min(*left);
    if text.len() > most {
        let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    *left = left.saturating_sub(text.len());
}
