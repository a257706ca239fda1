//! Values that are being made: one request makes each, the others wait for it.
//! <https://learn.microsoft.com/azure/api-management/cache-value-policy>

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

use tokio::sync::Mutex as Turn;

use super::lock;

/// The values that are being made, by key.
#[derive(Debug, Default)]
pub struct Flights(Mutex<HashMap<String, Weak<Turn<()>>>>);

impl Flights {
    /// What the requests for a key take turns with.
    pub fn of(&self, key: &str) -> Arc<Turn<()>> {
        let mut flights = lock(&self.0);
        if let Some(turn) = flights.get(key).and_then(Weak::upgrade) {
            return turn;
        }
        flights.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        flights.insert(key.to_owned(), Arc::downgrade(&turn));
        turn
    }
}
