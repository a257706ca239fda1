//! The order in which changes reach the disk.

use std::collections::{BTreeSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use aks::{Storage, StorageError, Write};
use futures_util::FutureExt as _;
use futures_util::future::Shared;

use super::Object;

/// The reserved key of the newest version that a removal made: the removed object can no longer tell it.
const VERSION_KEY: &str = ".version";

/// A write on its way.
pub type Commit = Shared<Pin<Box<dyn Future<Output = Result<(), StorageError>> + Send>>>;

/// What identifies a stored object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub resource: String,
    pub namespace: String,
    pub name: String,
}

/// The writes of one cluster on their way to the disk.
pub struct Journal {
    cluster: String,
    storage: Arc<dyn Storage>,
    pending: VecDeque<(Vec<Key>, Commit)>,
    /// What failed to be written; goes along with the next write.
    unsaved: BTreeSet<Key>,
    closed: bool,
}

/// What was stored.
pub struct Loaded {
    pub objects: Vec<(String, Object)>,
    pub version: u64,
}

impl Journal {
    /// Reads everything back. Keys that start with a dot are reserved.
    pub fn open(cluster: &str, storage: Arc<dyn Storage>) -> Result<(Self, Loaded), StorageError> {
        let mut loaded = Loaded { objects: Vec::new(), version: 0 };
        for (key, value) in storage.load(cluster)? {
            if key == VERSION_KEY {
                loaded.version = String::from_utf8_lossy(&value).parse().unwrap_or(0);
            } else if !key.starts_with('.') {
                let resource = key.split('/').next().unwrap_or_default().to_owned();
                let object = serde_json::from_slice(&value)
                    .map_err(|error| StorageError(format!("object `{key}` cannot be read: {error}")))?;
                loaded.objects.push((resource, object));
            }
        }
        let journal = Self {
            cluster: cluster.to_owned(),
            storage,
            pending: VecDeque::new(),
            unsaved: BTreeSet::new(),
            closed: false,
        };
        Ok((journal, loaded))
    }

    /// Queues the present form of an object, and of all that failed before.
    pub fn save(&mut self, key: Key, version: u64, present: impl Fn(&Key) -> Option<Arc<Object>>) {
        self.forget_completed();
        self.unsaved.insert(key);
        self.queue(version, present);
    }

    /// The writes that may not be on disk yet; what failed before is tried again.
    pub fn written(
        &mut self,
        version: u64,
        present: impl Fn(&Key) -> Option<Arc<Object>>,
    ) -> Vec<(Vec<Key>, Commit)> {
        self.forget_completed();
        if !self.unsaved.is_empty() {
            self.queue(version, present);
        }
        self.pending.iter().cloned().collect()
    }

    /// Writes nothing any more.
    pub fn close(&mut self) {
        self.closed = true;
    }

    fn queue(&mut self, version: u64, present: impl Fn(&Key) -> Option<Arc<Object>>) {
        let keys = std::mem::take(&mut self.unsaved);
        if self.closed {
            return;
        }
        let mut writes = Vec::with_capacity(keys.len());
        let mut removed = false;
        for key in &keys {
            let value = present(key).and_then(|object| serde_json::to_vec(&*object).ok());
            removed |= value.is_none();
            writes.push(self.write(key.path(), value));
        }
        if removed {
            writes.push(self.write(VERSION_KEY.to_owned(), Some(version.to_string().into_bytes())));
        }
        let commit = self.storage.commit(writes).shared();
        self.pending.push_back((keys.into_iter().collect(), commit));
    }

    /// These objects are not on disk after all.
    pub fn retry(&mut self, keys: Vec<Key>) {
        self.unsaved.extend(keys);
    }

    /// Drops what is done; nobody may have waited for it.
    fn forget_completed(&mut self) {
        while let Some((keys, commit)) = self.pending.front() {
            match commit.clone().now_or_never() {
                None => return,
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    tracing::error!(%error, objects = keys.len(), "Kubernetes objects could not be stored");
                    let keys = keys.clone();
                    self.retry(keys);
                }
            }
            self.pending.pop_front();
        }
    }

    fn write(&self, key: String, value: Option<Vec<u8>>) -> Write {
        Write { cluster: self.cluster.clone(), key, value }
    }
}

impl Key {
    fn path(&self) -> String {
        format!("{}/{}/{}", self.resource, self.namespace, self.name)
    }
}
