//! What most children of a service share: they are kept, shown, and listed with a count.

use serde_json::{Map, Value};

use super::validation;
use crate::engine::{ActionCall, Answer, Definition, Listing, Verb, property, take};

/// A child with every verb.
pub const STORED: Definition = Definition {
    modelled: "2024-05-01",
    names: validation::NAME,
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    listing: Listing::Counted,
    ..Definition::CHILD
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
