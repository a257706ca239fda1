//! A write before it is stored, and a removal before it happens: what rows check and complete.

use std::sync::Arc;

use arm::{ApiVersion, ResourceId};
use serde_json::Value;

use crate::Config;
use crate::engine::{Call, Definition, Resource, Transaction};
use crate::graph::Directory;

/// What surrounds a write.
#[derive(Clone, Copy)]
pub struct World<'w> {
    /// The parts of the control plane.
    pub config: &'w Config,
    /// The directory.
    pub directory: &'w Directory,
    /// The request.
    pub call: &'w Call,
}

/// A write before it is stored.
pub struct Draft<'d, 's> {
    /// The resource's id.
    pub id: ResourceId,
    /// Its type.
    pub definition: &'static Definition,
    /// What will be stored.
    pub body: Value,
    /// What is stored.
    pub existing: Option<Arc<Resource>>,
    /// The api-version of the request.
    pub version: ApiVersion,
    /// What surrounds the write.
    pub world: World<'d>,
    /// The store.
    pub tx: &'d mut Transaction<'s>,
    /// Something beside the body changed: what comes with the resource.
    pub changed: bool,
    /// How much longer the operation takes than its type says.
    pub takes: std::time::Duration,
    /// What the operation will end with, unless it succeeds.
    pub failure: Option<arm::ErrorDetail>,
}

impl Draft<'_, '_> {
    /// `properties` of what will be stored.
    pub fn properties(&self) -> &Value {
        self.body.get("properties").unwrap_or(&Value::Null)
    }

    /// The region.
    pub fn location(&self) -> &str {
        self.body.get("location").and_then(Value::as_str).unwrap_or_default()
    }

    /// `properties` of what is stored.
    pub fn before(&self) -> &Value {
        self.existing.as_ref().map_or(&Value::Null, |existing| existing.properties())
    }

    /// Stores a resource that comes with the one that is written.
    pub fn put_part(&mut self, id: ResourceId, definition: &'static Definition, body: Value) {
        let mut part = Resource::new(id, definition, body);
        part.etag = self.world.config.ids.hex(16);
        self.tx.put(part);
    }

    /// The action that this write is, in the words of role definitions.
    pub fn action(&self) -> String {
        self.definition.permission("write")
    }
}

/// A removal before it happens.
pub struct Removal<'d, 's> {
    /// What will be gone.
    pub resource: Arc<Resource>,
    /// The parts of the control plane.
    pub config: &'d Config,
    /// The request, unless time brought it about.
    pub call: Option<&'d Call>,
    /// The store.
    pub tx: &'d mut Transaction<'s>,
}
