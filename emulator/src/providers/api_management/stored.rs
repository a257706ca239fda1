//! What most children of a service share: they are kept, shown, and listed with a count.

use std::sync::Arc;
use std::time::Duration;

use arm::ResourceId;
use serde_json::{Map, Value};

use super::validation;
use crate::engine::{
    ActionCall, Announce, Answer, Definition, Listing, LongRunning, Names, Resource, Store, Timing, Verb,
    property, take,
};

/// A child with every verb.
pub const STORED: Definition = Definition {
    modelled: "2024-05-01",
    names: validation::NAME,
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    listing: Listing::Counted,
    ..Definition::CHILD
};

/// What is removed with much below it.
pub const SLOW_DELETE: LongRunning = LongRunning {
    delete: Some(Timing { azure: Duration::from_secs(2), state: "Deleting" }),
    announce: Announce::OperationResults,
    ..Definition::CHILD.long_running
};

/// What `listSecrets` answers: the properties that reads leave out.
pub fn secrets(call: &ActionCall<'_, '_>, names: &[&str]) -> Answer {
    let properties = call.resource.properties();
    let shown = names.iter().map(|name| ((*name).to_owned(), property(properties, &[name]).clone()));
    Answer::json(200, Value::Object(shown.collect::<Map<_, _>>()))
}

/// Leaves secrets out of a resource that is shown.
pub fn hide(shown: &mut Value, names: &[&str]) {
    for name in names {
        take(shown, &["properties", name]);
    }
}

/// Finds what is always there under the fixed names of its type: as it was stored, or as it is at first.
pub fn always(
    (store, id): (&Store, &ResourceId),
    definition: &'static Definition,
    first: impl FnOnce(&'static str) -> Value,
) -> Option<Arc<Resource>> {
    let name = fixed(definition).iter().find(|name| name.eq_ignore_ascii_case(id.name()))?;
    store.get(&id.parent()?)?;
    Some(store.get(id).unwrap_or_else(|| Arc::new(Resource::new(id.clone(), definition, first(name)))))
}

/// Everything of a type that is always there, in the order of its names.
pub fn all(store: &Store, definition: &'static Definition, scope: Option<&ResourceId>) -> Vec<Arc<Resource>> {
    let Some(scope) = scope else { return Vec::new() };
    let ids = fixed(definition).iter().map(|name| scope.child(definition.segment(), name));
    ids.filter_map(|id| (definition.find)(store, &id)).collect()
}

fn fixed(definition: &Definition) -> &'static [&'static str] {
    match definition.names {
        Names::Fixed(names) => names,
        Names::Rule { .. } => &[],
    }
}

/// The names in front of what is known of each.
pub const fn names<T, const N: usize>(rows: &[(&'static str, T); N]) -> [&'static str; N] {
    let mut names = [""; N];
    let mut at = 0;
    while at < N {
        names[at] = rows[at].0;
        at += 1;
    }
    names
}
