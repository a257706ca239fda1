//! What policies send to other services of Azure: events, metrics, messages, traces. Nothing leaves the sandbox; the
//! newest are kept here for whoever looks.
//! <https://learn.microsoft.com/azure/api-management/observability>

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use sim::Timestamp;

use crate::Gateway;
use crate::context::Exchange;

/// How many are kept.
const KEPT: usize = 1_000;
/// How much is kept in all, in bytes.
const SIZE: usize = 8 << 20;

/// The newest of what policies sent.
#[derive(Default)]
pub struct Sink(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    emissions: VecDeque<Emission>,
    last: u64,
    size: usize,
}

struct Emission {
    number: u64,
    at: Timestamp,
    service: String,
    request: String,
    what: What,
    size: usize,
}

/// What a policy sent.
#[derive(Debug, Clone)]
pub enum What {
    /// A message to an event hub.
    Event {
        /// The logger.
        logger: String,
        /// The partition, or what leads to it.
        partition: Option<String>,
        /// The message.
        message: String,
    },
    /// A metric.
    Metric {
        /// Where it belongs.
        namespace: String,
        /// Its name.
        name: String,
        /// Its value.
        value: f64,
        /// Its dimensions.
        dimensions: Vec<(String, String)>,
    },
    /// A message to a queue or a topic.
    Message {
        /// The namespace.
        namespace: String,
        /// The queue or the topic.
        entity: String,
        /// Its properties.
        properties: Vec<(String, String)>,
        /// What it says.
        payload: String,
    },
    /// A trace message.
    Trace {
        /// Who says it.
        source: String,
        /// How important it is.
        severity: String,
        /// What it says.
        message: String,
        /// What else is known.
        metadata: Vec<(String, String)>,
    },
}

impl Exchange {
    /// Sends something of this request.
    pub fn emit(&self, what: What) {
        self.gateway.emit(&self.matched.service.model.name, self.id(), what);
    }
}

impl Gateway {
    /// Sends something of a service's request.
    pub(crate) fn emit(&self, service: &str, request: &str, what: What) {
        self.sink.put(self.clock.now(), service.to_owned(), request.to_owned(), what);
    }
}

impl Sink {
    fn put(&self, at: Timestamp, service: String, request: String, what: What) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.last += 1;
        let size = what.json().to_string().len();
        let number = kept.last;
        kept.size += size;
        kept.emissions.push_back(Emission { number, at, service, request, what, size });
        while kept.emissions.len() > KEPT || kept.size > SIZE {
            let Some(oldest) = kept.emissions.pop_front() else { break };
            kept.size -= oldest.size;
        }
    }

    /// What came after the one with this number, oldest first.
    pub fn after(&self, number: u64) -> Vec<Value> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.emissions.iter().filter(|emission| emission.number > number).map(Emission::json).collect()
    }
}

impl Emission {
    fn json(&self) -> Value {
        let mut json = json!({
            "number": self.number,
            "time": self.at.rfc3339_millis(),
            "service": self.service,
            "requestId": self.request,
        });
        if let (Value::Object(json), Value::Object(what)) = (&mut json, self.what.json()) {
            json.extend(what);
        }
        json
    }
}

impl What {
    fn json(&self) -> Value {
        let object = |pairs: &[(String, String)]| -> Value {
            Value::Object(pairs.iter().map(|(name, value)| (name.clone(), json!(value))).collect())
        };
        match self {
            Self::Event { logger, partition, message } => {
                json!({"kind": "event", "logger": logger, "partition": partition, "message": message})
            }
            Self::Metric { namespace, name, value, dimensions } => json!({
                "kind": "metric", "namespace": namespace, "name": name, "value": value, "dimensions": object(dimensions)
            }),
            Self::Message { namespace, entity, properties, payload } => json!({
                "kind": "message", "namespace": namespace, "entity": entity, "properties": object(properties),
                "payload": payload
            }),
            Self::Trace { source, severity, message, metadata } => json!({
                "kind": "trace", "source": source, "severity": severity, "message": message, "metadata": object(metadata)
            }),
        }
    }
}

/// What is in it may be secret.
impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sink")
    }
}

/// At most so many bytes of a text, whole characters only.
pub fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        let end = (0..=most).rev().find(|at| text.is_char_boundary(*at));
        text.truncate(end.unwrap_or(0));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_in_order() {
        let sink = Sink::default();
        for number in 0..KEPT + 5 {
            let message = format!("m{number}");
            let what = What::Event { logger: "l".to_owned(), partition: None, message };
            sink.put(Timestamp::from_unix_seconds(0), "s".to_owned(), "r".to_owned(), what);
        }
        let all = sink.after(0);
        assert_eq!((all.len(), &all[0]["number"], &all[0]["message"]), (KEPT, &json!(6), &json!("m5")));
        assert_eq!(sink.after(1_004).len(), 1);
        assert_eq!(cut("aé".to_owned(), 2), "a");
    }
}
