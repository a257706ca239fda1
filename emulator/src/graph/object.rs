//! A directory object: the properties as clients sent them, and beside them what only the directory knows.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sim::Timestamp;

use super::entity::Definition;
use super::password::Secret;
use super::state::State;

/// An application or a service principal.
#[derive(Clone)]
pub(super) struct Object {
    pub(super) entity: &'static Definition,
    pub(super) id: String,
    /// The application (client) id that it has or belongs to.
    pub(super) app_id: String,
    /// What was set, unknown properties included.
    pub(super) properties: Map<String, Value>,
    /// Object ids of its owners.
    pub(super) owners: Vec<String>,
    pub(super) secrets: Vec<Secret>,
}

/// The form in the database.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    set: String,
    id: String,
    app_id: String,
    properties: Map<String, Value>,
    owners: Vec<String>,
    secrets: Vec<Secret>,
}

impl Object {
    pub(super) fn new(entity: &'static Definition, id: String, app_id: &str, now: Timestamp) -> Self {
        let object = Self {
            entity,
            id,
            app_id: app_id.to_owned(),
            properties: Map::new(),
            owners: Vec::new(),
            secrets: Vec::new(),
        };
        object.with("createdDateTime", &now.rfc3339())
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.properties.insert(name.to_owned(), json!(value));
        self
    }

    /// The texts in a property that is an array of them.
    pub(super) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.properties.get(name).and_then(Value::as_array).map(Vec::as_slice);
        values.unwrap_or_default().iter().filter_map(Value::as_str)
    }

    /// What clients see.
    pub(super) fn view(&self, state: &State) -> Map<String, Value> {
        let mut view = Map::new();
        view.insert("id".to_owned(), json!(self.id));
        view.insert("appId".to_owned(), json!(self.app_id));
        if let Value::Object(defaults) = (self.entity.defaults)() {
            view.extend(defaults);
        }
        for (name, value) in &self.properties {
            view.insert(name.clone(), value.clone());
        }
        let passwords = self.secrets.iter().map(Secret::view).collect();
        view.insert("passwordCredentials".to_owned(), Value::Array(passwords));
        (self.entity.derive)(self, state, &mut view);
        view
    }

    /// [`Object::view`] with its type, for lists of objects of several types.
    pub(super) fn typed_view(&self, state: &State) -> Map<String, Value> {
        let mut view = Map::new();
        view.insert("@odata.type".to_owned(), json!(self.entity.odata_type));
        view.extend(self.view(state));
        view
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let record: Record = serde_json::from_slice(bytes).ok()?;
        let Record { set, id, app_id, properties, owners, secrets } = record;
        let entity = super::ENTITIES.into_iter().find(|entity| entity.set == set)?;
        Some(Self { entity, id, app_id, properties, owners, secrets })
    }

    pub(super) fn written(&self) -> Vec<u8> {
        let Self { entity, id, app_id, properties, owners, secrets } = self.clone();
        let record = Record { set: entity.set.to_owned(), id, app_id, properties, owners, secrets };
        // A value is its own JSON: this cannot fail.
        serde_json::to_vec(&record).unwrap_or_default()
    }
}
