//! Events of subscriptions: who listens to which field of which API, and what is published to them.
//! <https://learn.microsoft.com/azure/api-management/publish-event-policy>
//!
//! **Differs from Azure:** how many may listen, and what happens to who is slow, is not documented: here 10,000, and a
//! listener that is 64 events behind is told so and gets no more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};

use crate::context::Exchange;

/// How many bytes an event may have.
pub const LARGEST_EVENT: usize = 1 << 20;

/// How many may listen at a time.
const LISTENERS: usize = 10_000;
/// How many events wait for a listener that is slow.
const QUEUE: usize = 64;

/// A field of an API that events are published to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Topic {
    service: String,
    api: String,
    revision: String,
    field: String,
}

/// Who listens to what.
#[derive(Debug)]
pub struct Events {
    topics: Mutex<HashMap<Topic, broadcast::Sender<Arc<Json>>>>,
    places: Arc<Semaphore>,
}

/// Somebody who listens.
#[derive(Debug)]
pub struct Listener {
    events: broadcast::Receiver<Arc<Json>>,
    _place: OwnedSemaphorePermit,
}

/// A listener that was too slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behind;

impl Topic {
    /// A field of the API that a request is for.
    pub fn of(exchange: &Exchange, field: &str) -> Option<Self> {
        let api = exchange.matched.api.as_ref()?;
        Some(Self {
            service: exchange.matched.service.model.id.clone(),
            api: api.name.clone(),
            revision: api.revision.clone(),
            field: field.to_owned(),
        })
    }
}

impl Events {
    /// Listens from now on; `None` if too many do.
    pub fn listen(&self, topic: Topic) -> Option<Listener> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        topics.retain(|_, events| events.receiver_count() > 0);
        let events = topics.entry(topic).or_insert_with(|| broadcast::channel(QUEUE).0).subscribe();
        Some(Listener { events, _place: place })
    }

    /// Publishes an event to all who listen.
    pub fn publish(&self, topic: &Topic, event: Json) {
        let topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(events) = topics.get(topic) {
            // That nobody listens any more is no failure.
            let _ = events.send(Arc::new(event));
        }
    }
}

#[cfg(test)]
impl Events {
    /// How many listen.
    pub fn listeners(&self) -> usize {
        LISTENERS - self.places.available_permits()
    }
}

impl Listener {
    /// The next event.
    ///
    /// # Errors
    /// Events were lost because the listener was slow.
    pub async fn next(&mut self) -> Result<Arc<Json>, Behind> {
        self.events.recv().await.map_err(|_| Behind)
    }
}

impl Default for Events {
    fn default() -> Self {
        Self { topics: Mutex::default(), places: Arc::new(Semaphore::new(LISTENERS)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(field: &str) -> Topic {
        let text = String::new;
        Topic { service: text(), api: text(), revision: text(), field: field.to_owned() }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_listener_hears_its_field_and_is_told_when_it_is_behind() {
        let events = Events::default();
        let mut slow = events.listen(topic("a")).expect("a place");
        for number in 0..QUEUE {
            events.publish(&topic("a"), Json::from(number));
            events.publish(&topic("b"), Json::Null);
        }
        assert_eq!(slow.next().await, Ok(Arc::new(Json::from(0))));
        events.publish(&topic("a"), Json::Null);
        events.publish(&topic("a"), Json::Null);
        assert_eq!(slow.next().await, Err(Behind));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn places_and_topics_end_with_their_listeners() {
        let events = Events::default();
        let all: Vec<_> = (0..LISTENERS).map_while(|_| events.listen(topic("a"))).collect();
        assert_eq!(all.len(), LISTENERS);
        assert!(events.listen(topic("a")).is_none());
        drop(all);
        assert!(events.listen(topic("b")).is_some());
        assert_eq!(events.topics.lock().expect("a lock").len(), 1);
    }
}
