//! The token that a cluster's clients show.

use std::fmt;
use std::sync::Arc;

use aks::{Storage, StorageError, Write};
use arc_swap::ArcSwap;

/// Where the token is stored: a key that the store of objects leaves alone.
const KEY: &str = ".token";

/// A bearer token; never printed.
pub struct Token(ArcSwap<String>);

impl Token {
    /// The stored token of a cluster, or a new one, which is queued to be stored.
    pub fn open(cluster: &str, storage: &Arc<dyn Storage>, ids: &sim::Ids) -> Result<Self, StorageError> {
        let stored = storage.load(cluster)?.into_iter().find(|(key, _)| key == KEY);
        if let Some(token) = stored.and_then(|(_, value)| String::from_utf8(value).ok()) {
            return Ok(Self(ArcSwap::from_pointee(token)));
        }
        let token = Self(ArcSwap::default());
        token.renew(cluster, storage, ids);
        Ok(token)
    }

    /// Makes it another one, which is queued to be stored; who shows the old one is no longer let in.
    pub fn renew(&self, cluster: &str, storage: &Arc<dyn Storage>, ids: &sim::Ids) {
        let token = format!("{}{}", ids.hex(32), ids.hex(32));
        let write = Write {
            cluster: cluster.to_owned(),
            key: KEY.to_owned(),
            value: Some(token.clone().into_bytes()),
        };
        // Whoever waits for a later write waits for this one too: the storage keeps the order.
        drop(storage.commit(vec![write]));
        self.0.store(Arc::new(token));
    }

    /// The shown text is the token. Takes the same time wherever they differ.
    pub fn is(&self, shown: &str) -> bool {
        let own = self.0.load();
        let (own, shown) = (own.as_bytes(), shown.as_bytes());
        own.len() == shown.len()
            && own.iter().zip(shown).fold(0, |differences, (a, b)| differences | (a ^ b)) == 0
    }

    /// The token itself, for a kubeconfig.
    pub fn reveal(&self) -> Arc<String> {
        self.0.load_full()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}
