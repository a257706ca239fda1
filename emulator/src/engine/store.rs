//! All resources and operations in memory, and how they change together.
//!
//! A [`Transaction`] changes the store in place and notes what was there before: dropped without
//! [`Transaction::finish`] it puts everything back. Reads during a transaction, also those that compile a whole
//! service, therefore see its writes.

use std::collections::{BTreeMap, HashMap};
use std::ops::{Bound, Deref};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use arm::ResourceId;
use network::Fabric;

use crate::engine::{Definition, Derived, Model, Operation, Record, Resource, compact};
use crate::{Change, Database, DatabaseError, Error};

const RESOURCES: &str = "resource";
const OPERATIONS: &str = "operation";

/// Resources by their keys.
type Resources = BTreeMap<Arc<str>, Arc<Resource>>;

/// All resources and operations.
#[derive(Default)]
pub struct Store {
    resources: Resources,
    types: HashMap<&'static str, Resources>,
    operations: HashMap<String, Operation>,
    generations: Generations,
    fabric: Arc<Fabric>,
    derived: Derived,
}

/// Counters that move when a model may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Generations {
    /// The virtual networks.
    pub network: u64,
    /// The managed clusters.
    pub clusters: u64,
    /// The API Management services.
    pub api_management: u64,
}

/// A change of the store, all or nothing.
pub struct Transaction<'s> {
    store: RwLockWriteGuard<'s, Store>,
    resources: Vec<(Arc<str>, Option<Arc<Resource>>)>,
    operations: Vec<(String, Option<Operation>)>,
    finished: bool,
}

/// A point in a transaction that it can go back to.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    resources: usize,
    operations: usize,
}

impl Store {
    /// Reads everything from the database.
    pub fn open(database: &Database, fabric: Arc<Fabric>) -> Result<Self, Error> {
        let mut store = Self { fabric, ..Self::default() };
        for (key, bytes) in database.load(RESOURCES)? {
            store.insert(Arc::new(Record::read(&key, &bytes)?));
        }
        for (key, bytes) in database.load(OPERATIONS)? {
            let operation: Operation = serde_json::from_slice(&bytes)
                .map_err(|error| Error::Corrupt { key: key.clone(), reason: error.to_string() })?;
            store.operations.insert(key, operation);
        }
        store.generations = Generations { network: 1, clusters: 1, api_management: 1 };
        Ok(store)
    }

    /// For reading.
    pub fn read(lock: &RwLock<Self>) -> RwLockReadGuard<'_, Self> {
        lock.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// For changing.
    pub fn begin(lock: &RwLock<Self>) -> Transaction<'_> {
        Transaction {
            store: lock.write().unwrap_or_else(PoisonError::into_inner),
            resources: Vec::new(),
            operations: Vec::new(),
            finished: false,
        }
    }

    /// The resource with this id.
    pub fn get(&self, id: &ResourceId) -> Option<Arc<Resource>> {
        self.resources.get(id.key()).cloned()
    }

    /// The resource whose id is `text`.
    pub fn find(&self, text: &str) -> Option<Arc<Resource>> {
        self.resources.get(text.to_lowercase().as_str()).cloned()
    }

    /// Everything below a resource, the resource itself not included.
    pub fn below(&self, id: &ResourceId) -> impl Iterator<Item = &Arc<Resource>> {
        let (from, to) = range(id.key());
        let bounds = (Bound::Included(from.as_str()), Bound::Excluded(to.as_str()));
        self.resources.range::<str, _>(bounds).map(|(_, resource)| resource)
    }

    /// Resources of a type in a scope, or all of them.
    pub fn of_type(&self, name: &str, scope: Option<&ResourceId>) -> impl Iterator<Item = &Arc<Resource>> {
        let (from, to) =
            scope.map_or_else(|| (String::new(), String::from("\u{10ffff}")), |id| range(id.key()));
        let bounds = (Bound::Included(from.as_str()), Bound::Excluded(to.as_str()));
        let found = self.types.get(name).map(|resources| resources.range::<str, _>(bounds));
        found.into_iter().flatten().map(|(_, resource)| resource)
    }

    /// Resources of a type in a scope, as a list.
    pub fn within(&self, definition: &Definition, scope: Option<&ResourceId>) -> Vec<Arc<Resource>> {
        self.of_type(definition.name, scope).cloned().collect()
    }

    /// What is made of a resource and what is below it: made once for as long as they stay as they are.
    pub fn derived<T, M>(&self, id: &ResourceId, is_current: impl FnOnce(&T) -> bool, make: M) -> T
    where
        T: Clone + Send + Sync + 'static,
        M: FnOnce() -> T,
    {
        self.derived.get(id, is_current).unwrap_or_else(|| {
            let new = make();
            self.derived.keep(id, new.clone());
            new
        })
    }

    /// The operation with this id.
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.get(id)
    }

    /// All operations.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.values()
    }

    /// What clusters have in the virtual networks: some resources are not written by anybody.
    pub fn fabric(&self) -> &Fabric {
        &self.fabric
    }

    /// Where the models stand.
    pub fn generations(&self) -> Generations {
        self.generations
    }

    fn insert(&mut self, resource: Arc<Resource>) -> Option<Arc<Resource>> {
        let key = resource.id.shared_key();
        self.derived.forget(&key);
        self.types
            .entry(resource.definition.name)
            .or_default()
            .insert(Arc::clone(&key), Arc::clone(&resource));
        self.resources.insert(key, resource)
    }

    fn remove(&mut self, key: &str) -> Option<Arc<Resource>> {
        let removed = self.resources.remove(key)?;
        self.derived.forget(key);
        if let Some(resources) = self.types.get_mut(removed.definition.name) {
            resources.remove(key);
        }
        Some(removed)
    }

    fn moved(&mut self, model: Model) {
        match model {
            Model::Network => self.generations.network += 1,
            Model::Clusters => self.generations.clusters += 1,
            Model::ApiManagement => self.generations.api_management += 1,
        }
    }
}

/// The keys that begin with `key/`.
fn range(key: &str) -> (String, String) {
    // `0` is the character after `/`.
    (format!("{key}/"), format!("{key}0"))
}

impl Transaction<'_> {
    /// Stores a resource in place of the one with its id.
    pub fn put(&mut self, mut resource: Resource) {
        let key = resource.id.shared_key();
        resource.body = compact(resource.body);
        self.touch_all(resource.definition.feeds);
        let before = self.store.insert(Arc::new(resource));
        self.resources.push((key, before));
    }

    /// Removes a resource; what is below it stays.
    pub fn remove(&mut self, id: &ResourceId) {
        if let Some(before) = self.store.remove(id.key()) {
            self.touch_all(before.definition.feeds);
            self.resources.push((id.shared_key(), Some(before)));
        }
    }

    /// Removes a resource and what is below it.
    pub fn remove_tree(&mut self, id: &ResourceId) {
        let below: Vec<ResourceId> = self.below(id).map(|part| part.id.clone()).collect();
        for id in below.iter().chain([id]) {
            self.remove(id);
        }
    }

    /// Stores an operation.
    pub fn put_operation(&mut self, operation: Operation) {
        let id = operation.id.clone();
        let before = self.store.operations.insert(id.clone(), operation);
        self.operations.push((id, before));
    }

    /// Forgets an operation.
    pub fn remove_operation(&mut self, id: &str) {
        if let Some(before) = self.store.operations.remove(id) {
            self.operations.push((id.to_owned(), Some(before)));
        }
    }

    /// Notes that a model may have changed for a reason outside of the store.
    pub fn touch(&mut self, model: Model) {
        self.store.moved(model);
    }

    /// Where the transaction stands.
    pub fn mark(&self) -> Mark {
        Mark { resources: self.resources.len(), operations: self.operations.len() }
    }

    /// Takes back what was changed since.
    pub fn back_to(&mut self, mark: Mark) {
        let from = mark.resources.min(self.resources.len());
        for (key, before) in self.resources.split_off(from).into_iter().rev() {
            match before {
                Some(resource) => drop(self.store.insert(resource)),
                None => drop(self.store.remove(&key)),
            }
        }
        let from = mark.operations.min(self.operations.len());
        for (id, before) in self.operations.split_off(from).into_iter().rev() {
            match before {
                Some(operation) => drop(self.store.operations.insert(id, operation)),
                None => drop(self.store.operations.remove(&id)),
            }
        }
    }

    /// Keeps the changes and queues them to be written, in the order of the transactions. The future completes
    /// when they are on the disk.
    pub fn finish(
        mut self,
        database: &Database,
    ) -> impl Future<Output = Result<(), DatabaseError>> + Send + use<> {
        self.finished = true;
        let mut changes = BTreeMap::new();
        for (key, _) in &self.resources {
            let value = self.store.resources.get(key).map(|resource| resource.record().to_bytes());
            changes.insert((RESOURCES, key.to_string()), value);
        }
        for (id, _) in &self.operations {
            let value =
                self.store.operations.get(id).and_then(|operation| serde_json::to_vec(operation).ok());
            changes.insert((OPERATIONS, id.clone()), value);
        }
        let changes = changes
            .into_iter()
            .map(|((bucket, key), value)| Change { bucket: bucket.to_owned(), key, value })
            .collect();
        // Queued while the store is still locked, so that the order on the disk is the order in memory.
        database.commit(changes)
    }

    fn touch_all(&mut self, models: &[Model]) {
        for model in models {
            self.store.moved(*model);
        }
    }
}

impl Deref for Transaction<'_> {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        self.back_to(Mark { resources: 0, operations: 0 });
    }
}

impl Generations {
    /// The counter of a model.
    pub fn of(self, model: Model) -> u64 {
        match model {
            Model::Network => self.network,
            Model::Clusters => self.clusters,
            Model::ApiManagement => self.api_management,
        }
    }
}
