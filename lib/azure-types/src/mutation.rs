//! Bodies with one mistake each, to see whether it is found.

use serde_json::{Value, json};

use crate::Definition;
use crate::check::joined;
use crate::definitions::{Reference, Shape};

/// A body with one mistake.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// Where and what.
    pub mistake: String,
    /// The body.
    pub body: Value,
}

/// One step into a body.
#[derive(Clone)]
enum Step {
    Name(String),
    Index(usize),
}

/// Each property of a body, once renamed and once with a value of another kind; what stands in open maps and what may
/// be anything is left alone.
pub fn mutants(definition: &Definition, body: &Value) -> Vec<Mutant> {
    let mut places = Vec::new();
    closed_places(definition, (Reference(definition.body), body), &[], &mut places);
    places.iter().flat_map(|place| both(body, place)).collect()
}

/// Where names and kinds are fixed.
fn closed_places(
    definition: &Definition,
    (kind, value): (Reference, &Value),
    at: &[Step],
    places: &mut Vec<Vec<Step>>,
) {
    let step_into = |step: Step| [at, &[step]].concat();
    match (definition.shape(kind), value) {
        (Shape::Object { properties, .. }, Value::Object(members)) => {
            for (name, value) in members {
                let Some(property) = properties.get(name).filter(|_| !value.is_null()) else { continue };
                let place = step_into(Step::Name(name.clone()));
                if !matches!(definition.shape(property.kind), Shape::Any) {
                    places.push(place.clone());
                }
                closed_places(definition, (property.kind, value), &place, places);
            }
        }
        (Shape::Array { item_type, .. }, Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                closed_places(definition, (*item_type, item), &step_into(Step::Index(index)), places);
            }
        }
        (Shape::Union { elements }, Value::Object(_) | Value::Array(_)) => {
            if let Some(first) = elements.first() {
                closed_places(definition, (*first, value), at, places);
            }
        }
        (Shape::Discriminated { discriminator, elements }, Value::Object(members)) => {
            let named = members.get(discriminator).and_then(|name| elements.get(name.as_str()?));
            if let Some(element) = named {
                closed_places(definition, (*element, value), at, places);
            }
        }
        _ => {}
    }
}

fn both(body: &Value, place: &[Step]) -> Vec<Mutant> {
    let Some((Step::Name(name), around)) = place.split_last() else { return Vec::new() };
    let text = around.iter().fold(String::new(), |path, step| match step {
        Step::Name(name) => joined(&path, name),
        Step::Index(index) => format!("{path}[{index}]"),
    });
    let text = joined(&text, name);
    let mut made = Vec::new();
    for change in ["renamed", "of another kind"] {
        let mut body = body.clone();
        let Some(members) = follow(&mut body, around).and_then(Value::as_object_mut) else { continue };
        let Some(value) = members.shift_remove(name) else { continue };
        if change == "renamed" {
            members.insert(renamed(name), value);
        } else {
            members.insert(name.clone(), of_another_kind(&value));
        }
        made.push(Mutant { mistake: format!("{text} {change}"), body });
    }
    made
}

fn follow<'v>(body: &'v mut Value, place: &[Step]) -> Option<&'v mut Value> {
    place.iter().try_fold(body, |value, step| match step {
        Step::Name(name) => value.get_mut(name),
        Step::Index(index) => value.get_mut(index),
    })
}

/// The mistakes that people make: another letter case at the beginning, a plural, a letter too few; by length.
fn renamed(name: &str) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    match name.len() % 3 {
        0 => letters.iter_mut().take(1).for_each(|letter| {
            *letter =
                if letter.is_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
        }),
        1 => letters.push('s'),
        _ => _ = letters.pop(),
    }
    letters.into_iter().collect()
}

fn of_another_kind(value: &Value) -> Value {
    match value {
        Value::String(_) => json!(7),
        Value::Number(number) => json!(number.to_string()),
        Value::Bool(value) => json!(value.to_string()),
        Value::Array(_) => json!({}),
        Value::Object(_) | Value::Null => json!("text"),
    }
}
