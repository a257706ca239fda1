//! The token that a cluster's clients show.

use std::fmt;
use std::sync::Arc;

use aks::{Storage, StorageError, Write};

/// Where the token is stored: a key that the store of objects leaves alone.
const KEY: &str = ".token";

/// A bearer token; never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The stored token of a cluster, or a new one, which is queued to be stored.
    pub fn open(cluster: &str, storage: &Arc<dyn Storage>, ids: &sim::Ids) -> Result<Self, StorageError> {
        let stored = storage.load(cluster)?.into_iter().find(|(key, _)| key == KEY);
        if let Some(token) = stored.and_then(|(_, value)| String::from_utf8(value).ok()) {
            return Ok(Self(token));
        }
        let token = format!("{}{}", ids.hex(32), ids.hex(32));
        let write = Write {
            cluster: cluster.to_owned(),
            key: KEY.to_owned(),
            value: Some(token.clone().into_bytes()),
        };
        // Whoever waits for a later write waits for this one too: the storage keeps the order.
        drop(storage.commit(vec![write]));
        Ok(Self(token))
    }

    /// The shown text is the token. Takes the same time wherever they differ.
    pub fn is(&self, shown: &str) -> bool {
        let (own, shown) = (self.0.as_bytes(), shown.as_bytes());
        own.len() == shown.len()
            && own.iter().zip(shown).fold(0, |differences, (a, b)| differences | (a ^ b)) == 0
    }

    /// The token itself, for a kubeconfig.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}
