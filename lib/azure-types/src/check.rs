//! A body against its definition.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::definitions::{Property, Reference, Shape};
use crate::finding::near;
use crate::{Definition, Finding, Problem, differences};

/// What Azure's definitions have that no body of a request has to: they stand in its URL.
const ENVELOPE: [&str; 4] = ["apiVersion", "id", "name", "type"];

/// Which way a body goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// To Azure, as a whole.
    Put,
    /// To Azure, as a change: nothing is required.
    Patch,
    /// From Azure.
    Answer,
}

impl Definition {
    /// All that the definition does not allow, except for what is known to differ on purpose.
    pub fn check(&self, body: &Value, direction: Body) -> Vec<Finding> {
        let mut findings = self.check_strictly(body, direction);
        findings.retain(|finding| differences::reason(&self.name, direction, finding).is_none());
        findings
    }

    /// All that the definition does not allow.
    pub(crate) fn check_strictly(&self, body: &Value, direction: Body) -> Vec<Finding> {
        let mut check = Check { definition: self, direction, findings: Vec::new() };
        check.value("", Reference(self.body), body);
        check.findings
    }
}

struct Check<'d> {
    definition: &'d Definition,
    direction: Body,
    findings: Vec<Finding>,
}

impl Check<'_> {
    fn found(&mut self, path: &str, problem: Problem) {
        self.findings.push(Finding { path: path.to_owned(), problem });
    }

    fn value(&mut self, path: &str, kind: Reference, value: &Value) {
        let definition = self.definition;
        match (definition.shape(kind), value) {
            (Shape::Any, _) | (Shape::Boolean, Value::Bool(_)) => {}
            (Shape::Text { min_length, max_length, pattern }, Value::String(text)) => {
                self.length(path, "character", text.chars().count(), (*min_length, *max_length));
                if let Some(pattern) = pattern.as_ref().filter(|pattern| !pattern.fits(text)) {
                    self.found(path, Problem::Value(format!("`{text}` does not fit `{}`", pattern.as_str())));
                }
            }
            (Shape::Literal { value }, Value::String(text)) if value == text => {}
            (Shape::Literal { value }, Value::String(text)) => {
                self.found(path, Problem::Value(format!("`{value}` expected, `{text}` found")));
            }
            (Shape::Integer { min_value, max_value }, Value::Number(number)) => {
                let fits = number.as_i64().is_some_and(|number| {
                    min_value.is_none_or(|least| number >= least)
                        && max_value.is_none_or(|most| number <= most)
                });
                if !fits {
                    self.found(path, Problem::Value(format!("{number} is no integer in the range")));
                }
            }
            (Shape::Union { elements }, value) => self.union(path, elements, value),
            (Shape::Array { item_type, min_length, max_length }, Value::Array(items)) => {
                self.length(path, "item", items.len(), (*min_length, *max_length));
                for (index, item) in items.iter().enumerate() {
                    self.value(&format!("{path}[{index}]"), *item_type, item);
                }
            }
            (Shape::Object { properties, additional_properties }, Value::Object(members)) => {
                self.object(path, (properties, *additional_properties), members);
            }
            (Shape::Discriminated { discriminator, elements }, Value::Object(members)) => {
                let by = members.get(discriminator).and_then(Value::as_str);
                match by.map(|name| elements.get(name)) {
                    Some(Some(element)) => self.value(path, *element, value),
                    Some(None) => self.found(
                        &joined(path, discriminator),
                        Problem::Value("no variant has this name".to_owned()),
                    ),
                    None if path.is_empty() && self.direction != Body::Answer => {
                        self.any_of(path, elements.values(), value);
                    }
                    None => self.found(&joined(path, discriminator), Problem::Missing),
                }
            }
            (shape, value) => {
                let (expected, found) = (words(shape).to_owned(), kind_of(value).to_owned());
                self.found(path, Problem::Kind { expected, found });
            }
        }
    }

    fn length(
        &mut self,
        path: &str,
        what: &str,
        length: usize,
        (least, most): (Option<usize>, Option<usize>),
    ) {
        if least.is_some_and(|least| length < least) || most.is_some_and(|most| length > most) {
            let bound = |bound: Option<usize>| bound.map_or("any".to_owned(), |bound| bound.to_string());
            let range = format!("{} to {}", bound(least), bound(most));
            self.found(path, Problem::Value(format!("{length} {what}s, {range} allowed")));
        }
    }

    /// An enumeration, mostly; one with a plain text among its elements is open.
    fn union(&mut self, path: &str, elements: &[Reference], value: &Value) {
        let definition = self.definition;
        let literals: Vec<&str> =
            elements.iter().filter_map(|element| definition.literal(*element)).collect();
        if let Some(text) = value.as_str().filter(|text| !literals.contains(text)) {
            let meant = literals.iter().find(|literal| literal.eq_ignore_ascii_case(text));
            if let Some(meant) = meant {
                return self.found(path, Problem::Value(format!("`{text}` is written `{meant}`")));
            }
            if literals.len() == elements.len() {
                let known = literals.join(", ");
                return self.found(path, Problem::Value(format!("`{text}` is none of {known}")));
            }
        }
        self.any_of(path, elements.iter(), value);
    }

    /// What is wrong for the element that it fits best.
    fn any_of<'r>(&mut self, path: &str, elements: impl Iterator<Item = &'r Reference>, value: &Value) {
        let tried = elements.map(|element| {
            let mut check =
                Check { definition: self.definition, direction: self.direction, findings: Vec::new() };
            check.value(path, *element, value);
            check.findings
        });
        let best = tried.min_by_key(Vec::len);
        self.findings.extend(best.unwrap_or_default());
    }

    fn object(
        &mut self,
        path: &str,
        (properties, open): (&BTreeMap<String, Property>, Option<Reference>),
        members: &Map<String, Value>,
    ) {
        let is_resource = path.is_empty();
        for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
            let place = joined(path, name);
            match properties.get(name) {
                Some(_) if is_resource && name == "apiVersion" => self.found(&place, Problem::Unknown(None)),
                Some(property) => {
                    if self.direction == Body::Answer && property.write_only() {
                        self.found(&place, Problem::WriteOnly);
                    } else if self.direction != Body::Answer && property.read_only() {
                        self.found(&place, Problem::ReadOnly);
                    }
                    self.value(&place, property.kind, value);
                }
                // The published file is without descriptions, and so without the properties of that name.
                None if name == "description" => {
                    if !value.is_string() {
                        let (expected, found) = ("string".to_owned(), kind_of(value).to_owned());
                        self.found(&place, Problem::Kind { expected, found });
                    }
                }
                None => match open {
                    Some(kind) => self.value(&place, kind, value),
                    None => self.found(&place, Problem::Unknown(near(name, properties.keys()))),
                },
            }
        }
        for (name, property) in properties {
            let is_there = members.get(name).is_some_and(|value| !value.is_null());
            if !is_there && self.needs(name, *property, is_resource) {
                self.found(&joined(path, name), Problem::Missing);
            }
        }
    }

    fn needs(&self, name: &str, property: Property, is_resource: bool) -> bool {
        let in_envelope = is_resource && ENVELOPE.contains(&name);
        match self.direction {
            Body::Patch => false,
            Body::Put => property.required() && !property.read_only() && !in_envelope,
            Body::Answer if in_envelope => name != "apiVersion",
            Body::Answer => property.required() && !property.write_only(),
        }
    }
}

impl Definition {
    /// The one text that a type allows.
    pub(crate) fn literal(&self, kind: Reference) -> Option<&str> {
        match self.shape(kind) {
            Shape::Literal { value } => Some(value),
            _ => None,
        }
    }
}

pub(crate) fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn words(shape: &Shape) -> &'static str {
    match shape {
        Shape::Any => "anything",
        Shape::Boolean => "boolean",
        Shape::Integer { .. } => "integer",
        Shape::Text { .. } | Shape::Literal { .. } | Shape::Union { .. } => "string",
        Shape::Array { .. } => "array",
        Shape::Object { .. } | Shape::Discriminated { .. } => "object",
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
