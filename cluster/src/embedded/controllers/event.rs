//! Events: what controllers tell people about objects. The same event again raises a count.
//! <https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/>

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sim::Timestamp;

use super::object::{is_deleted, name, namespace, text, uid};
use crate::embedded::store::{Object, Store};
use crate::embedded::workloads::{Level, PodSpec};

/// How many events a cluster keeps.
const KEPT: usize = 1_000;
/// How long an event is kept, as the API server has it.
const LIFETIME: Duration = Duration::from_hours(1);

/// Writes events.
pub struct Recorder {
    store: Arc<Store>,
    clock: sim::Clock,
    ids: sim::Ids,
    known: HashMap<Key, (String, String)>,
}

/// What makes two events the same one: uid, component, reason, message.
type Key = (String, String, String, String);

/// The object that an event is about.
pub struct Involved {
    reference: Value,
}

impl Involved {
    /// An object.
    pub fn of(object: &Object) -> Self {
        Self {
            reference: json!({
                "apiVersion": object["apiVersion"],
                "kind": object["kind"],
                "namespace": namespace(object),
                "name": name(object),
                "uid": uid(object),
                "resourceVersion": object["metadata"]["resourceVersion"],
            }),
        }
    }

    /// A Pod that may be gone.
    pub fn pod(pod: &PodSpec) -> Self {
        Self {
            reference: json!({
                "apiVersion": "v1", "kind": "Pod", "namespace": pod.namespace, "name": pod.name, "uid": pod.uid,
            }),
        }
    }
}

impl Recorder {
    /// Knows the events that are stored.
    pub fn new(store: Arc<Store>, clock: sim::Clock, ids: sim::Ids) -> Self {
        let known = store.list("events", None).0.iter().map(|event| (key(event), place(event))).collect();
        Self { store, clock, ids, known }
    }

    /// Writes an event, or counts it if it has been written before.
    pub fn record(
        &mut self,
        involved: &Involved,
        component: &str,
        (level, reason, message): (Level, &str, &str),
    ) {
        let reference = &involved.reference;
        let namespace = Some(text(&reference["namespace"])).filter(|of| !of.is_empty()).unwrap_or("default");
        if self.store.get("namespaces", "", namespace).is_some_and(|namespace| is_deleted(&namespace)) {
            return;
        }
        let key = key_of(involved, component, (reason, message));
        let now = self.clock.now().rfc3339();
        if let Some((namespace, name)) = self.known.get(&key) {
            let counted = self.store.update("events", namespace, name, |event| {
                event["count"] = (event["count"].as_u64().unwrap_or(1) + 1).into();
                event["lastTimestamp"] = now.as_str().into();
            });
            if counted.is_ok() {
                return;
            }
        }
        self.make_room();
        let event = json!({
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {
                "name": format!("{}.{}", text(&reference["name"]), self.ids.hex(16)),
                "namespace": namespace,
            },
            "involvedObject": reference,
            "type": match level { Level::Normal => "Normal", Level::Warning => "Warning" },
            "reason": reason,
            "message": message,
            "source": { "component": component },
            "count": 1,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "eventTime": null,
            "reportingComponent": component,
            "reportingInstance": "",
        });
        match self.store.create("events", event) {
            Ok(event) => drop(self.known.insert(key, place(&event))),
            Err(error) => tracing::warn!(%error, reason, "an event could not be written"),
        }
    }

    /// The event has been written before.
    pub fn has(&self, involved: &Involved, component: &str, told: (&str, &str)) -> bool {
        self.known.contains_key(&key_of(involved, component, told))
    }

    /// Removes events that are too old or too many.
    fn make_room(&mut self) {
        let (events, _) = self.store.list("events", None);
        let now = self.clock.now();
        let last = |event: &Object| Timestamp::parse(text(&event["lastTimestamp"]));
        let old = |event: &Object| last(event).is_some_and(|last| now.since(last) >= LIFETIME);
        let mut gone: Vec<&Arc<Object>> = events.iter().filter(|event| old(event)).collect();
        if gone.is_empty() && events.len() >= KEPT {
            gone.extend(events.iter().min_by_key(|event| last(event).map(Timestamp::unix_millis)));
        }
        for event in gone {
            let _ = self.store.delete("events", namespace(event), name(event));
            self.known.remove(&key(event));
        }
    }
}

fn key_of(involved: &Involved, component: &str, (reason, message): (&str, &str)) -> Key {
    [text(&involved.reference["uid"]), component, reason, message].map(str::to_owned).into()
}

fn key(event: &Object) -> Key {
    let of = |value: &Value| text(value).to_owned();
    (
        of(&event["involvedObject"]["uid"]),
        of(&event["source"]["component"]),
        of(&event["reason"]),
        of(&event["message"]),
    )
}

fn place(event: &Object) -> (String, String) {
    (namespace(event).to_owned(), name(event).to_owned())
}
