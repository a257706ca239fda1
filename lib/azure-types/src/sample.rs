//! A valid body with everything in it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::Definition;
use crate::check::Body;
use crate::definitions::{Pattern, Property, Reference, Shape};

/// Texts one of which every published pattern fits.
const TEXTS: [&str; 8] = [
    "sample",
    "a",
    "a1",
    "22222222-2222-2222-2222-222222222222",
    "+01:00",
    "08:00",
    "10.0.0.1",
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/s",
];

/// How deep types may contain themselves.
const DEPTH: usize = 12;

impl Definition {
    /// Valid bodies that together have every property that may be there; one for each variant.
    pub fn samples(&self, direction: Body) -> Vec<Value> {
        let kinds = match self.shape(Reference(self.body)) {
            Shape::Discriminated { elements, .. } => elements.values().copied().collect(),
            _ => vec![Reference(self.body)],
        };
        let of = |kind| Sampler { definition: self, direction, seen: BTreeSet::new() }.value(kind, &[]);
        kinds.into_iter().filter_map(of).collect()
    }
}

struct Sampler<'d> {
    definition: &'d Definition,
    direction: Body,
    /// Objects that are there already: another one of the same type has only what is required.
    seen: BTreeSet<usize>,
}

impl Sampler<'_> {
    /// A value of a type, or nothing inside itself.
    fn value(&mut self, kind: Reference, around: &[Reference]) -> Option<Value> {
        if around.contains(&kind) || around.len() > DEPTH {
            return None;
        }
        Some(match self.definition.shape(kind) {
            Shape::Any => Value::from("anything"),
            Shape::Boolean => Value::Bool(true),
            Shape::Integer { min_value, max_value } => {
                Value::from(min_value.or(*max_value).unwrap_or_default())
            }
            Shape::Text { min_length, max_length, pattern } => {
                Value::from(text((*min_length, *max_length), pattern.as_ref()))
            }
            Shape::Literal { value } => Value::from(value.as_str()),
            Shape::Union { elements } => self.value(*elements.first()?, around)?,
            Shape::Array { item_type, min_length, .. } => {
                let around = [around, &[kind]].concat();
                let item = self.value(*item_type, &around);
                Value::from(vec![item?; min_length.unwrap_or(1).max(1)])
            }
            Shape::Object { properties, additional_properties } => {
                let around = [around, &[kind]].concat();
                let is_resource = around.len() == 1;
                let is_first = self.seen.insert(kind.0);
                let mut members = Map::new();
                for (name, property) in properties {
                    let is_wanted = is_first || property.required();
                    if !is_wanted || !self.shows(*property) || (is_resource && self.is_in_url(name)) {
                        continue;
                    }
                    match self.value(property.kind, &around) {
                        Some(value) => _ = members.insert(name.clone(), value),
                        None if property.required() => return None,
                        None => {}
                    }
                }
                if let Some(value) = additional_properties.and_then(|kind| self.value(kind, &around)) {
                    members.insert("anyName".to_owned(), value);
                }
                Value::Object(members)
            }
            Shape::Discriminated { elements, .. } => self.value(*elements.values().next()?, around)?,
        })
    }

    fn shows(&self, property: Property) -> bool {
        if self.direction == Body::Answer { !property.write_only() } else { !property.read_only() }
    }

    fn is_in_url(&self, name: &str) -> bool {
        name == "apiVersion" || (self.direction != Body::Answer && ["id", "name", "type"].contains(&name))
    }
}

fn text((least, most): (Option<usize>, Option<usize>), pattern: Option<&Pattern>) -> String {
    let fits = |text: &&&str| {
        least.is_none_or(|least| text.len() >= least)
            && most.is_none_or(|most| text.len() <= most)
            && pattern.is_none_or(|pattern| pattern.fits(text))
    };
    let known = TEXTS.iter().find(fits).map(|text| (*text).to_owned());
    known.unwrap_or_else(|| "x".repeat(least.unwrap_or(1)))
}
