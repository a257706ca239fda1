//! The directory's objects in memory, and how they are written to the database.

use std::collections::BTreeMap;

use super::entity::Definition;
use super::object::Object;
use crate::{Change, Database, DatabaseError};

const BUCKET: &str = "graph";

/// All objects, by their ids in lower case.
#[derive(Default)]
pub(super) struct State {
    objects: BTreeMap<String, Object>,
}

/// One change of the directory.
pub(super) enum Write {
    Put(Object),
    Remove(String),
}

impl State {
    pub(super) fn load(database: &Database) -> Result<Self, DatabaseError> {
        let mut state = Self::default();
        for (key, value) in database.load(BUCKET)? {
            if let Some(object) = Object::read(&value) {
                state.objects.insert(key, object);
            } else {
                tracing::warn!(key, "a stored directory object is unreadable and left out");
            }
        }
        Ok(state)
    }

    pub(super) fn apply(&mut self, write: Write) {
        match write {
            Write::Put(object) => drop(self.objects.insert(key(&object.id), object)),
            Write::Remove(id) => drop(self.objects.remove(&key(&id))),
        }
    }

    /// The object with an object id.
    pub(super) fn get(&self, id: &str) -> Option<&Object> {
        self.objects.get(&key(id))
    }

    /// The object with an object id, if it is in the entity set.
    pub(super) fn in_set(&self, entity: &Definition, id: &str) -> Option<&Object> {
        self.get(id).filter(|object| object.entity.set == entity.set)
    }

    /// The entity set, ordered by object id.
    pub(super) fn set(&self, entity: &Definition) -> impl Iterator<Item = &Object> {
        self.objects.values().filter(move |object| object.entity.set == entity.set)
    }

    /// The object of an entity set that belongs to an application (client) id.
    pub(super) fn of_app(&self, entity: &Definition, app_id: &str) -> Option<&Object> {
        self.set(entity).find(|object| object.app_id.eq_ignore_ascii_case(app_id))
    }
}

impl Write {
    pub(super) fn change(&self) -> Change {
        let (id, value) = match self {
            Self::Put(object) => (&object.id, Some(object.written())),
            Self::Remove(id) => (id, None),
        };
        Change { bucket: BUCKET.to_owned(), key: key(id), value }
    }
}

fn key(id: &str) -> String {
    id.to_ascii_lowercase()
}
