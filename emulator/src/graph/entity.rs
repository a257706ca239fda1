//! What all entity sets share: list, create, read, update, delete.
//! <https://learn.microsoft.com/graph/use-the-api>

use serde_json::{Map, Value, json};
use sim::Ids;

use super::answer::Answer;
use super::call::{Call, Key};
use super::error::GraphError;
use super::object::Object;
use super::state::{State, Write};
use super::{owners, query};

/// How many objects an entity set can have.
const LIMIT: usize = 10_000;

/// How long a name can be, in characters.
const NAME_LIMIT: usize = 256;

/// How a new object gets its application (client) id.
type ChooseAppId = fn(&mut Map<String, Value>, &State, &Ids) -> Result<String, GraphError>;

/// A row: an entity set, its properties, and what is special about it.
pub(super) struct Definition {
    /// Its name in paths.
    pub(super) set: &'static str,
    /// Its name in `@odata.type`.
    pub(super) odata_type: &'static str,
    /// Its name in error sentences.
    pub(super) resource: &'static str,
    /// Properties that only the directory sets.
    pub(super) read_only: &'static [&'static str],
    /// All properties with the values that they have when nobody sets them; these also say their types.
    pub(super) defaults: fn() -> Value,
    /// The application (client) id of a new object, taken from the body if it belongs there.
    pub(super) app_id: ChooseAppId,
    /// Whether a new or changed object is acceptable.
    pub(super) check: fn(&Object, &State) -> Result<(), GraphError>,
    /// Adds to a view what follows from other objects.
    pub(super) derive: fn(&Object, &State, &mut Map<String, Value>),
    /// Ids of the objects that are deleted with it.
    pub(super) dependents: fn(&Object, &State) -> Vec<String>,
}

/// `GET /{set}`.
pub(super) fn list(call: &Call<'_>, entity: &'static Definition) -> Result<Answer, GraphError> {
    let options = query::Options::read(call, Some(entity))?;
    let state = call.directory.state();
    let found: Vec<_> = state
        .set(entity)
        .map(|object| object.view(&state))
        .filter(|view| options.filter.as_ref().is_none_or(|filter| filter.matches(view)))
        .collect();
    Ok(options.page(call, entity.set, &found))
}

/// `GET /{set}/{id}`.
pub(super) fn read(
    call: &Call<'_>,
    entity: &'static Definition,
    key: &Key<'_>,
) -> Result<Answer, GraphError> {
    let options = query::Options::read(call, Some(entity))?;
    let state = call.directory.state();
    let view = options.select(find(&state, entity, key)?.view(&state));
    Ok(Answer::Entity { status: 200, context: options.entity_context(entity.set), view: Value::Object(view) })
}

/// `POST /{set}`.
pub(super) async fn create(call: &Call<'_>, entity: &'static Definition) -> Result<Answer, GraphError> {
    let mut body = call.json()?;
    let owners = owners::bound(&mut body)?;
    strip_annotations(&mut body)?;
    let directory = call.directory;
    let id = directory.ids.uuid();
    let view = directory
        .write(|state| {
            if state.set(entity).count() >= LIMIT {
                return Err(GraphError::quota_exceeded(entity.resource));
            }
            let app_id = (entity.app_id)(&mut body, state, &directory.ids)?;
            let mut object = Object::new(entity, id, &app_id, directory.clock.now());
            set_properties(&mut object, body)?;
            object.owners = owners::existing(state, owners)?;
            (entity.check)(&object, state)?;
            let view = object.view(state);
            Ok((vec![Write::Put(object)], view))
        })
        .await?;
    Ok(Answer::Entity { status: 201, context: format!("{}/$entity", entity.set), view: Value::Object(view) })
}

/// `PATCH /{set}/{id}`.
pub(super) async fn update(
    call: &Call<'_>,
    entity: &'static Definition,
    key: &Key<'_>,
) -> Result<Answer, GraphError> {
    let mut body = call.json()?;
    strip_annotations(&mut body)?;
    call.directory
        .write(|state| {
            let mut object = find(state, entity, key)?.clone();
            set_properties(&mut object, body)?;
            (entity.check)(&object, state)?;
            Ok((vec![Write::Put(object)], ()))
        })
        .await?;
    Ok(Answer::NoContent)
}

/// `DELETE /{set}/{id}`.
pub(super) async fn delete(
    call: &Call<'_>,
    entity: &'static Definition,
    key: &Key<'_>,
) -> Result<Answer, GraphError> {
    call.directory
        .write(|state| {
            let object = find(state, entity, key)?;
            let mut gone = (entity.dependents)(object, state);
            gone.push(object.id.clone());
            let owned = owners::without(state, &gone);
            Ok((owned.into_iter().map(Write::Put).chain(gone.into_iter().map(Write::Remove)).collect(), ()))
        })
        .await?;
    Ok(Answer::NoContent)
}

/// The object of the entity set that a key names.
pub(super) fn find<'s>(
    state: &'s State,
    entity: &Definition,
    key: &Key<'_>,
) -> Result<&'s Object, GraphError> {
    let found = match key {
        Key::AppId(app_id) => state.of_app(entity, app_id),
        Key::ObjectId(id) => state.in_set(entity, id),
    };
    found.ok_or_else(|| GraphError::object_not_found(key.text(), hint(state, entity, key)))
}

/// Which object an id belongs to that does not belong here: mixing up an application's three ids is the usual mistake.
fn hint(state: &State, entity: &Definition, key: &Key<'_>) -> Option<String> {
    let Key::ObjectId(id) = key else { return None };
    let meant = |object: Option<&Object>| match object {
        Some(object) => format!("its object id in {} is {}", entity.set, object.id),
        None => format!("it has no object in {} yet", entity.set),
    };
    if let Some(other) = state.get(id) {
        let own = meant(state.of_app(entity, &other.app_id));
        return Some(format!(
            "this is an object id in {} of the application {}; {own}",
            other.entity.set, other.app_id
        ));
    }
    let known = super::ENTITIES.iter().any(|entity| state.of_app(entity, id).is_some());
    known.then(|| format!("this is an application (client) id; {}", meant(state.of_app(entity, id))))
}

/// Properties with `@` are about the message, not about the object.
fn strip_annotations(body: &mut Map<String, Value>) -> Result<(), GraphError> {
    if let Some(binding) = body.keys().find(|name| name.ends_with("@odata.bind")) {
        return Err(GraphError::not_implemented(&format!("Setting '{binding}'")));
    }
    body.retain(|name, _| !name.contains('@'));
    Ok(())
}

fn set_properties(object: &mut Object, body: Map<String, Value>) -> Result<(), GraphError> {
    let entity = object.entity;
    let defaults = (entity.defaults)();
    for (name, value) in body {
        if name == "id" || name == "appId" || entity.read_only.contains(&name.as_str()) {
            check_unchanged(object, &name, &value)?;
        } else if name == "passwordCredentials" {
            // Clients send the empty list; passwords have actions of their own.
            if value.as_array().is_none_or(|passwords| !passwords.is_empty()) {
                return Err(GraphError::passwords_have_actions());
            }
        } else if !same_type(defaults.get(&name), &value) {
            return Err(GraphError::invalid_value(&name, entity.resource));
        } else {
            merge(object.properties.entry(name).or_insert(Value::Null), value);
        }
    }
    let name = object.properties.get("displayName").and_then(Value::as_str).unwrap_or_default();
    if name.chars().count() > NAME_LIMIT {
        return Err(GraphError::invalid_value("displayName", entity.resource));
    }
    Ok(())
}

/// What cannot be set may be sent back as it was read.
fn check_unchanged(object: &Object, name: &str, value: &Value) -> Result<(), GraphError> {
    let current = match name {
        "id" => Some(json!(object.id)),
        "appId" => Some(json!(object.app_id)),
        _ => object.properties.get(name).cloned().or_else(|| (object.entity.defaults)().get(name).cloned()),
    };
    if current.unwrap_or_default() == *value {
        Ok(())
    } else {
        Err(GraphError::read_only(name, object.entity.resource))
    }
}

/// Whether a value is of the type that a property's default has; every type suits `null` and unknown properties.
fn same_type(default: Option<&Value>, value: &Value) -> bool {
    match default {
        Some(Value::Array(_)) => value.is_array(),
        Some(Value::Object(_)) => value.is_object() || value.is_null(),
        Some(Value::Bool(_)) => value.is_boolean() || value.is_null(),
        Some(Value::String(_)) => value.is_string() || value.is_null(),
        _ => true,
    }
}

/// Complex properties are changed part by part, all others as a whole.
fn merge(current: &mut Value, value: Value) {
    match (current, value) {
        (Value::Object(current), Value::Object(value)) => {
            for (name, value) in value {
                merge(current.entry(name).or_insert(Value::Null), value);
            }
        }
        (current, value) => *current = value,
    }
}
