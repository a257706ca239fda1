//! The objects of one cluster: what etcd and the generic registry are for a real API server.
//!
//! Memory is authoritative. Every change gets the next `resourceVersion`, goes into a bounded history that watches
//! read from, and is queued to [`aks::Storage`] in the same order.
//! <https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions>
//!
//! **Differs from Kubernetes:** versions restart a little above the highest one that was stored, so a version that
//! a client saw before a crash is never given out twice; a watch from before the restart is told that it expired.

mod journal;
mod metadata;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aks::{Storage, StorageError};
use serde_json::Value;
use tokio::sync::watch;

use journal::Journal;

/// A Kubernetes object: `apiVersion`, `kind`, `metadata` and what the kind adds.
pub type Object = Value;

/// How many changes a watch may lag behind before it has to list again.
const HISTORY: usize = 512;
/// How far versions jump over a restart; more than can be lost between two flushes.
const RESTART_GAP: u64 = 1_000;
/// How often a generated name is drawn again when it is taken.
const NAME_ATTEMPTS: usize = 8;

/// The objects of one cluster.
pub struct Store {
    inner: Mutex<Inner>,
    changed: watch::Sender<u64>,
    clock: sim::Clock,
    ids: sim::Ids,
}

struct Inner {
    objects: HashMap<String, BTreeMap<Key, Arc<Object>>>,
    history: VecDeque<Change>,
    version: u64,
    /// The version before the oldest change in the history.
    horizon: u64,
    journal: Journal,
}

/// Namespace and name.
type Key = (String, String);

/// What happened to an object.
#[derive(Debug, Clone)]
pub struct Change {
    /// The `resourceVersion` that the change made.
    pub version: u64,
    /// What kind of change it is.
    pub kind: ChangeKind,
    /// The plural of the object's kind.
    pub resource: Arc<str>,
    /// The object after the change; its last form if it is gone.
    pub object: Arc<Object>,
    /// The object before the change.
    pub previous: Option<Arc<Object>>,
}

/// The kinds of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// The object is new.
    Added,
    /// The object has a new form.
    Modified,
    /// The object is gone.
    Deleted,
}

/// The history no longer holds the changes after this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too old resource version: {requested} ({oldest})")]
pub struct Expired {
    /// The version that was asked for.
    pub requested: u64,
    /// The oldest version that can be asked for.
    pub oldest: u64,
}

/// Why the store refuses.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such object.
    #[error("{resource} \"{name}\" not found")]
    NotFound {
        /// The plural of the kind.
        resource: String,
        /// The name.
        name: String,
    },
    /// There is such an object already.
    #[error("{resource} \"{name}\" already exists")]
    AlreadyExists {
        /// The plural of the kind.
        resource: String,
        /// The name.
        name: String,
    },
    /// The object is not the one that the caller has seen.
    #[error("operation cannot be fulfilled on {resource} \"{name}\": {reason}")]
    Conflict {
        /// The plural of the kind.
        resource: String,
        /// The name.
        name: String,
        /// What differs.
        reason: String,
    },
    /// The state could not be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The object cannot be stored as it is.
    #[error("{0}")]
    Invalid(String),
}

impl Store {
    /// The objects that are stored for the cluster with this ARM id (lower case).
    pub fn open(
        cluster: &str,
        storage: Arc<dyn Storage>,
        clock: sim::Clock,
        ids: sim::Ids,
    ) -> Result<Arc<Self>, StoreError> {
        let (journal, loaded) = Journal::open(cluster, storage)?;
        let fresh = loaded.objects.is_empty() && loaded.version == 0;
        let mut objects: HashMap<String, BTreeMap<Key, Arc<Object>>> = HashMap::new();
        let mut version = loaded.version;
        for (resource, object) in loaded.objects {
            version = version.max(metadata::version(&object));
            objects.entry(resource).or_default().insert(metadata::key(&object), Arc::new(object));
        }
        let version = if fresh { 1 } else { version + RESTART_GAP };
        let inner = Inner { objects, history: VecDeque::new(), version, horizon: version, journal };
        Ok(Arc::new(Self { inner: Mutex::new(inner), changed: watch::Sender::new(version), clock, ids }))
    }

    /// An object; `resource` is the plural of its kind, `namespace` is empty for cluster-scoped kinds.
    pub fn get(&self, resource: &str, namespace: &str, name: &str) -> Option<Arc<Object>> {
        self.lock().get(resource, namespace, name)
    }

    /// All objects of a kind in one or all namespaces, by namespace and name, and the version of that picture.
    pub fn list(&self, resource: &str, namespace: Option<&str>) -> (Vec<Arc<Object>>, u64) {
        let inner = self.lock();
        let Some(objects) = inner.objects.get(resource) else { return (Vec::new(), inner.version) };
        let found = match namespace {
            None => objects.values().cloned().collect(),
            Some(namespace) => objects
                .range((namespace.to_owned(), String::new())..)
                .take_while(|((of, _), _)| of == namespace)
                .map(|(_, object)| Arc::clone(object))
                .collect(),
        };
        (found, inner.version)
    }

    /// Stores a new object. Sets `uid`, `creationTimestamp`, `resourceVersion`, `generation`, and the name if only
    /// `generateName` is given.
    pub fn create(&self, resource: &str, object: Object) -> Result<Arc<Object>, StoreError> {
        let mut object = object;
        let mut inner = self.lock();
        metadata::stamp(resource, &mut object, &self.clock, &self.ids)?;
        let mut attempts = NAME_ATTEMPTS;
        while metadata::generate_name(&mut object, &self.ids)
            && attempts > 0
            && inner.has(resource, &metadata::key(&object))
        {
            metadata::forget_name(&mut object);
            attempts -= 1;
        }
        let (namespace, name) = metadata::key(&object);
        if name.is_empty() {
            return Err(StoreError::Invalid("name or generateName is required".into()));
        }
        if inner.get(resource, &namespace, &name).is_some() {
            return Err(StoreError::AlreadyExists { resource: resource.to_owned(), name });
        }
        Ok(self.put(&mut inner, resource, object, None))
    }

    /// What [`Store::create`] would store, without storing it.
    pub fn dry_create(&self, resource: &str, object: Object) -> Result<Arc<Object>, StoreError> {
        let mut object = object;
        metadata::stamp(resource, &mut object, &self.clock, &self.ids)?;
        metadata::generate_name(&mut object, &self.ids);
        let (namespace, name) = metadata::key(&object);
        match self.get(resource, &namespace, &name) {
            Some(_) => Err(StoreError::AlreadyExists { resource: resource.to_owned(), name }),
            None => Ok(Arc::new(object)),
        }
    }

    /// Changes an object under the lock. Nothing is written if nothing changed; `generation` grows when `spec`
    /// changed; an object that waits for its deletion goes when its last finalizer does.
    pub fn update(
        &self,
        resource: &str,
        namespace: &str,
        name: &str,
        change: impl FnOnce(&mut Object),
    ) -> Result<Arc<Object>, StoreError> {
        self.try_update((resource, namespace, name), |object| {
            change(object);
            Ok(())
        })
    }

    /// [`Store::update`] with a change that can refuse; then nothing is changed.
    pub fn try_update<E: From<StoreError>>(
        &self,
        (resource, namespace, name): (&str, &str, &str),
        change: impl FnOnce(&mut Object) -> Result<(), E>,
    ) -> Result<Arc<Object>, E> {
        let mut inner = self.lock();
        let previous = inner.get(resource, namespace, name).ok_or_else(|| not_found(resource, name))?;
        let mut object = (*previous).clone();
        change(&mut object)?;
        metadata::keep_identity(&previous, &mut object);
        if metadata::same(&previous, &object) {
            return Ok(previous);
        }
        if metadata::generation_grows(&previous, &object) {
            metadata::next_generation(&mut object);
        }
        if metadata::may_go(resource, &object) {
            return Ok(self.take(&mut inner, resource, object));
        }
        Ok(self.put(&mut inner, resource, object, Some(previous)))
    }

    /// Starts or finishes a deletion. Objects with finalizers, Pods and namespaces get a `deletionTimestamp` and are
    /// returned; others go at once, which gives `None`.
    pub fn delete(
        &self,
        resource: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Arc<Object>>, StoreError> {
        self.delete_after((resource, namespace, name), None)
    }

    /// [`Store::delete`] with the seconds that a Pod gets to end; zero removes it at once.
    pub fn delete_after(
        &self,
        (resource, namespace, name): (&str, &str, &str),
        grace: Option<u64>,
    ) -> Result<Option<Arc<Object>>, StoreError> {
        let mut inner = self.lock();
        let previous = inner.get(resource, namespace, name).ok_or_else(|| not_found(resource, name))?;
        let mut object = (*previous).clone();
        metadata::mark_deleted(resource, &mut object, grace, &self.clock);
        if metadata::may_go(resource, &object) {
            self.take(&mut inner, resource, object);
            return Ok(None);
        }
        if metadata::same(&previous, &object) {
            return Ok(Some(previous));
        }
        Ok(Some(self.put(&mut inner, resource, object, Some(previous))))
    }

    /// Finishes the deletion of a Pod that has ended, or of a namespace that is empty. An object with finalizers
    /// stays until the last one is removed.
    pub fn remove(&self, resource: &str, namespace: &str, name: &str) {
        let mut inner = self.lock();
        let Some(previous) = inner.get(resource, namespace, name) else { return };
        let mut object = (*previous).clone();
        metadata::finish(resource, &mut object, &self.clock);
        if metadata::may_go(resource, &object) {
            self.take(&mut inner, resource, object);
        } else if !metadata::same(&previous, &object) {
            self.put(&mut inner, resource, object, Some(previous));
        }
    }

    /// Nothing is stored from now on: the cluster is being removed.
    pub fn close(&self) {
        self.lock().journal.close();
    }

    /// The newest version; changes whenever an object does.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The plurals of the kinds that have objects, sorted.
    pub fn resources(&self) -> Vec<String> {
        let inner = self.lock();
        let present = inner.objects.iter().filter(|(_, objects)| !objects.is_empty());
        let mut resources: Vec<String> = present.map(|(resource, _)| resource.clone()).collect();
        resources.sort_unstable();
        resources
    }

    /// The newest version.
    pub fn version(&self) -> u64 {
        self.lock().version
    }

    /// What happened after `version`, oldest first.
    pub fn changes_after(&self, version: u64) -> Result<Vec<Change>, Expired> {
        let inner = self.lock();
        if version < inner.horizon {
            return Err(Expired { requested: version, oldest: inner.horizon });
        }
        let seen = inner.history.partition_point(|change| change.version <= version);
        Ok(inner.history.range(seen..).cloned().collect())
    }

    /// Completes when everything that was written so far is on disk.
    pub async fn durable(&self) -> Result<(), StorageError> {
        let written = self.lock().unwritten();
        for (keys, write) in written {
            if let Err(error) = write.await {
                self.lock().journal.retry(keys);
                return Err(error);
            }
        }
        Ok(())
    }

    fn put(
        &self,
        inner: &mut Inner,
        resource: &str,
        mut object: Object,
        previous: Option<Arc<Object>>,
    ) -> Arc<Object> {
        inner.version += 1;
        metadata::set_version(&mut object, inner.version);
        let key = metadata::key(&object);
        let object = Arc::new(object);
        inner.objects.entry(resource.to_owned()).or_default().insert(key, Arc::clone(&object));
        let kind = if previous.is_some() { ChangeKind::Modified } else { ChangeKind::Added };
        self.record(inner, resource, kind, (Arc::clone(&object), previous));
        object
    }

    fn take(&self, inner: &mut Inner, resource: &str, mut object: Object) -> Arc<Object> {
        inner.version += 1;
        metadata::set_version(&mut object, inner.version);
        let key = metadata::key(&object);
        let previous = inner.objects.get_mut(resource).and_then(|objects| objects.remove(&key));
        let object = Arc::new(object);
        self.record(inner, resource, ChangeKind::Deleted, (Arc::clone(&object), previous));
        object
    }

    fn record(
        &self,
        inner: &mut Inner,
        resource: &str,
        kind: ChangeKind,
        (object, previous): (Arc<Object>, Option<Arc<Object>>),
    ) {
        let change = Change { version: inner.version, kind, resource: resource.into(), object, previous };
        inner.save(&change);
        inner.history.push_back(change);
        if inner.history.len() > HISTORY
            && let Some(oldest) = inner.history.pop_front()
        {
            inner.horizon = oldest.version;
        }
        self.changed.send_replace(inner.version);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn get(&self, resource: &str, namespace: &str, name: &str) -> Option<Arc<Object>> {
        self.objects.get(resource)?.get(&(namespace.to_owned(), name.to_owned())).cloned()
    }

    fn has(&self, resource: &str, key: &Key) -> bool {
        self.objects.get(resource).is_some_and(|objects| objects.contains_key(key))
    }

    fn save(&mut self, change: &Change) {
        let (namespace, name) = metadata::key(&change.object);
        let key = journal::Key { resource: change.resource.to_string(), namespace, name };
        let objects = &self.objects;
        self.journal.save(key, change.version, |key| present(objects, key));
    }

    fn unwritten(&mut self) -> Vec<(Vec<journal::Key>, journal::Commit)> {
        let objects = &self.objects;
        self.journal.written(self.version, |key| present(objects, key))
    }
}

fn present(objects: &HashMap<String, BTreeMap<Key, Arc<Object>>>, key: &journal::Key) -> Option<Arc<Object>> {
    objects.get(&key.resource)?.get(&(key.namespace.clone(), key.name.clone())).cloned()
}

fn not_found(resource: &str, name: &str) -> StoreError {
    StoreError::NotFound { resource: resource.to_owned(), name: name.to_owned() }
}

#[cfg(test)]
pub mod tests;
