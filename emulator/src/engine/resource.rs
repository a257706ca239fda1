//! A resource as it is stored.

use std::fmt;
use std::str::FromStr;

use arm::{ProvisioningState, ResourceId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::Error;
use crate::engine::{Definition, StateShown, compact};
use crate::providers;

/// A resource.
#[derive(Clone)]
pub struct Resource {
    /// The id, in the letter case of its first request.
    pub id: ResourceId,
    /// The type.
    pub definition: &'static Definition,
    /// What was asked for, with defaults: location, tags, sku, identity, properties and the like.
    pub body: Value,
    /// What was in effect before the running operation; `None` if nothing was, or if none runs.
    pub previous: Option<Value>,
    /// Where the resource stands.
    pub state: ProvisioningState,
    /// The state's name while an operation runs.
    pub label: Option<String>,
    /// Changes with every write.
    pub etag: String,
    /// The running operation.
    pub operation: Option<String>,
}

/// The stored form.
#[derive(Serialize, Deserialize)]
pub struct Record {
    id: String,
    body: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<Value>,
    state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    etag: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
}

impl Resource {
    /// A resource that is ready.
    pub fn new(id: ResourceId, definition: &'static Definition, body: Value) -> Self {
        Self {
            id,
            definition,
            body,
            previous: None,
            state: ProvisioningState::Succeeded,
            label: None,
            etag: String::new(),
            operation: None,
        }
    }

    /// What is in effect: not yet what a running operation will bring.
    pub fn effective(&self) -> Option<&Value> {
        match self.state {
            ProvisioningState::Creating => None,
            ProvisioningState::Succeeded => Some(&self.body),
            _ => Some(self.previous.as_ref().unwrap_or(&self.body)),
        }
    }

    /// `properties` of what was asked for.
    pub fn properties(&self) -> &Value {
        self.body.get("properties").unwrap_or(&Value::Null)
    }

    /// The name of the state, as it shows.
    pub fn state_label(&self) -> String {
        self.label.clone().unwrap_or_else(|| self.state.to_string())
    }

    /// The envelope and the body, without what the type adds.
    pub fn envelope(&self) -> Value {
        let mut shown = Map::new();
        shown.insert("id".to_owned(), json!(self.id.as_str()));
        shown.insert("name".to_owned(), json!(self.id.name()));
        shown.insert("type".to_owned(), json!(self.definition.name));
        if let Value::Object(body) = &self.body {
            shown.extend(body.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        if self.definition.state == StateShown::Properties {
            let properties = shown.entry("properties").or_insert_with(|| json!({}));
            if let Value::Object(properties) = properties {
                properties.insert("provisioningState".to_owned(), json!(self.state_label()));
            }
        }
        Value::Object(shown)
    }

    /// The stored form.
    pub fn record(&self) -> Record {
        Record {
            id: self.id.to_string(),
            body: self.body.clone(),
            previous: self.previous.clone(),
            state: self.state.to_string(),
            label: self.label.clone(),
            etag: self.etag.clone(),
            operation: self.operation.clone(),
        }
    }
}

impl Record {
    /// The bytes that are stored.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads what was stored.
    pub fn read(key: &str, bytes: &[u8]) -> Result<Resource, Error> {
        let corrupt = |reason: String| Error::Corrupt { key: key.to_owned(), reason };
        let record: Self = serde_json::from_slice(bytes).map_err(|error| corrupt(error.to_string()))?;
        let id = ResourceId::from_str(&record.id).map_err(|error| corrupt(error.to_string()))?;
        let kind = id.resource_type();
        let definition =
            providers::definition(&kind).ok_or_else(|| corrupt(format!("unknown resource type {kind}")))?;
        Ok(Resource {
            id,
            definition,
            body: compact(record.body),
            previous: record.previous,
            state: ProvisioningState::parse(&record.state),
            label: record.label,
            etag: record.etag,
            operation: record.operation,
        })
    }
}

/// Without the body: it may hold keys and passwords.
impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resource")
            .field("id", &self.id.as_str())
            .field("state", &self.state)
            .field("etag", &self.etag)
            .finish_non_exhaustive()
    }
}
