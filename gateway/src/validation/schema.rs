//! Schemas of JSON, compiled when they are first asked, in the dialect of `OpenAPI` 3.0 and of Swagger 2.0.
//! <https://learn.microsoft.com/azure/api-management/validate-content-policy>
//!
//! **Differs from Azure:** references lead to the same document only.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

use super::XmlSchemas;
use crate::graphql;

/// How long a schema may be.
const LONGEST: usize = 4 << 20;
/// How many definitions are kept compiled.
const KEPT: usize = 1_000;
/// How deep a schema may be nested.
const DEPTH: usize = 128;
/// How many errors of one body are told.
const TOLD: usize = 10;

/// What a policy says about a schema besides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Options {
    /// Whether properties may be there that the schema does not name, whatever it says itself.
    pub additional: Option<bool>,
    /// The case of properties' names does not count.
    pub ignore_case: bool,
}

/// Why a schema cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// There is no such schema.
    Schema,
    /// It has no definitions.
    Definitions,
    /// It has not this one.
    Definition,
    /// It, or what is to be compared with it, cannot be read.
    Invalid(String),
}

/// Schemas by their names.
#[derive(Default)]
pub struct Schemas {
    documents: Vec<(String, Result<Value, Missing>)>,
    compiled: Mutex<HashMap<Key, Result<Arc<Validator>, Missing>>>,
    graphql: Option<Result<graphql::Schema, String>>,
    /// Those of XML.
    pub xml: XmlSchemas,
}

/// A schema, what in it, and how.
type Key = (String, String, Options);

impl Schemas {
    /// These schemas.
    pub fn new(schemas: &[apim::Schema]) -> Self {
        let read = |schema: &apim::Schema| {
            if schema.document.len() > LONGEST {
                return Err(Missing::Invalid("the schema is larger than 4 MiB".to_owned()));
            }
            serde_json::from_str(&schema.document).map_err(|error| Missing::Invalid(error.to_string()))
        };
        let documents = schemas.iter().map(|schema| (schema.name.clone(), read(schema))).collect();
        let graphql = schemas.iter().find(|schema| schema.content_type.contains("graphql"));
        let graphql = graphql.map(|schema| graphql::Schema::parse(&schema.document));
        Self { documents, compiled: Mutex::default(), graphql, xml: XmlSchemas::new(schemas) }
    }

    /// The schema of GraphQL, if there is one, or what is wrong with it.
    pub fn graphql(&self) -> Option<&Result<graphql::Schema, String>> {
        self.graphql.as_ref()
    }

    /// The document of a schema.
    pub fn document(&self, name: &str) -> Option<&Value> {
        let found = self.documents.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.and_then(|(_, document)| document.as_ref().ok())
    }

    /// A definition, as it is written.
    pub fn definition(&self, name: &str, definition: &str) -> Option<&Value> {
        let document = self.document(name)?;
        document.pointer(&pointer(document, definition).ok()?)
    }

    /// What a value breaks of a definition; `definition` is a name, a pointer such as `#/definitions/Pet`, or nothing for
    /// the whole schema.
    ///
    /// # Errors
    /// There is nothing to compare with.
    pub fn check(
        &self,
        name: &str,
        definition: &str,
        options: Options,
        value: &Value,
    ) -> Result<Vec<String>, Missing> {
        let validator = self.validator(name, definition, options)?;
        let mut lowered = None;
        let value = if options.ignore_case {
            let lowered = lowered.insert(value.clone());
            lower(lowered, DEPTH);
            lowered
        } else {
            value
        };
        let told = validator.iter_errors(value).take(TOLD);
        Ok(told.map(|error| format!("{error} Path '{}'.", error.instance_path())).collect())
    }

    fn validator(&self, name: &str, definition: &str, options: Options) -> Result<Arc<Validator>, Missing> {
        let key = (name.to_lowercase(), definition.to_owned(), options);
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = compiled.get(&key) {
            return known.clone();
        }
        let made = self.compile(name, definition, options).map(Arc::new);
        if compiled.len() < KEPT {
            compiled.insert(key, made.clone());
        }
        made
    }

    fn compile(&self, name: &str, definition: &str, options: Options) -> Result<Validator, Missing> {
        let found = self.documents.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let (_, document) = found.ok_or(Missing::Schema)?;
        let document = document.as_ref().map_err(Clone::clone)?;
        let pointer = pointer(document, definition)?;
        let mut whole = document.clone();
        convert(&mut whole, options, DEPTH);
        if let (false, Value::Object(whole)) = (pointer.is_empty(), &mut whole) {
            // What stands beside a reference does not count in this draft, and can be referred to nevertheless.
            whole.insert("$ref".to_owned(), Value::from(format!("#{pointer}")));
        }
        jsonschema::options()
            .with_draft(Draft::Draft7)
            .should_validate_formats(true)
            .build(&whole)
            .map_err(|error| Missing::Invalid(error.to_string()))
    }
}

/// Where a definition is in a document.
fn pointer(document: &Value, definition: &str) -> Result<String, Missing> {
    let definition = definition.strip_prefix('#').unwrap_or(definition);
    if definition.is_empty() {
        return Ok(String::new());
    }
    if definition.starts_with('/') {
        return document.pointer(definition).map(|_| definition.to_owned()).ok_or(Missing::Definition);
    }
    let escaped = definition.replace('~', "~0").replace('/', "~1");
    let folders = ["/components/schemas", "/definitions", "/$defs", "/schemas"];
    let mut known = folders.iter().filter(|folder| document.pointer(folder).is_some()).peekable();
    if known.peek().is_none() {
        return Err(Missing::Definitions);
    }
    let mut places = known.map(|folder| format!("{folder}/{escaped}"));
    places.find(|place| document.pointer(place).is_some()).ok_or(Missing::Definition)
}

/// Turns the words of `OpenAPI` into those of JSON Schema.
fn convert(value: &mut Value, options: Options, depth: usize) {
    if depth == 0 {
        return;
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| convert(item, options, depth - 1)),
        Value::Object(object) => {
            nullable(object);
            exclusive(object, "minimum", "exclusiveMinimum");
            exclusive(object, "maximum", "exclusiveMaximum");
            let is_schema = object.get("properties").is_some_and(Value::is_object);
            if let (true, Some(allowed)) = (is_schema, options.additional) {
                object.insert("additionalProperties".to_owned(), Value::Bool(allowed));
            }
            if is_schema && options.ignore_case {
                lower_schema(object);
            }
            for name in ["example", "examples", "discriminator", "xml", "externalDocs"] {
                if object.get(name).is_some_and(|found| !is_schema_like(found)) {
                    object.remove(name);
                }
            }
            let inner =
                object.iter_mut().filter(|(name, _)| !matches!(name.as_str(), "enum" | "default" | "const"));
            inner.for_each(|(_, inner)| convert(inner, options, depth - 1));
        }
        _ => {}
    }
}

/// A property may be called `example`; then there is a schema.
fn is_schema_like(value: &Value) -> bool {
    ["type", "$ref", "allOf", "anyOf", "oneOf"].iter().any(|name| value.get(name).is_some())
}

fn nullable(object: &mut Map<String, Value>) {
    if object.get("nullable") != Some(&Value::Bool(true)) {
        return;
    }
    object.remove("nullable");
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.push(Value::Null);
    }
    match object.get_mut("type") {
        Some(kind @ Value::String(_)) => *kind = json!([kind.take(), "null"]),
        Some(_) => {}
        None => {
            let rest = Value::Object(std::mem::take(object));
            object.insert("anyOf".to_owned(), json!([rest, { "type": "null" }]));
        }
    }
}

/// `exclusiveMinimum: true` beside `minimum`.
fn exclusive(object: &mut Map<String, Value>, limit: &str, flag: &str) {
    match (object.get(flag), object.get(limit)) {
        (Some(Value::Bool(true)), Some(number)) => {
            let number = number.clone();
            object.insert(flag.to_owned(), number);
        }
        (Some(Value::Bool(_)), _) => drop(object.remove(flag)),
        _ => {}
    }
}

fn lower_schema(object: &mut Map<String, Value>) {
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        *properties = std::mem::take(properties)
            .into_iter()
            .map(|(name, value)| (name.to_lowercase(), value))
            .collect();
    }
    if let Some(Value::Array(names)) = object.get_mut("required") {
        for name in names {
            if let Value::String(name) = name {
                *name = name.to_lowercase();
            }
        }
    }
}

/// The names of all properties in lower case.
fn lower(value: &mut Value, depth: usize) {
    match value {
        _ if depth == 0 => {}
        Value::Array(items) => items.iter_mut().for_each(|item| lower(item, depth - 1)),
        Value::Object(object) => {
            *object = std::mem::take(object)
                .into_iter()
                .map(|(name, value)| (name.to_lowercase(), value))
                .collect();
            object.values_mut().for_each(|inner| lower(inner, depth - 1));
        }
        _ => {}
    }
}

impl fmt::Debug for Schemas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.documents.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openapi_says_what_bodies_are() {
        let document = json!({"components": {"schemas": {
            "Pet": {"type": "object", "required": ["Id"], "additionalProperties": false, "properties": {
                "Id": {"type": "integer", "minimum": 0, "exclusiveMinimum": true},
                "Tag": {"type": "string", "nullable": true},
                "Owner": {"$ref": "#/components/schemas/Owner"}
            }},
            "Owner": {"type": "object", "properties": {"Mail": {"type": "string", "format": "email"}}}
        }}});
        let schema = |name: &str, document: String| apim::Schema {
            name: name.to_owned(),
            content_type: "application/vnd.oai.openapi.components+json".to_owned(),
            document,
        };
        let schemas = Schemas::new(&[schema("s", document.to_string()), schema("bad", "{".to_owned())]);
        let check = |value: Value, options: Options, wrong: usize| {
            let found = schemas.check("S", "Pet", options, &value);
            assert_eq!(found.as_ref().map(Vec::len), Ok(wrong), "{value}: {found:?}");
        };
        let plain = Options::default();
        check(json!({"Id": 1, "Tag": null}), plain, 0);
        check(json!({"Id": 0}), plain, 1);
        check(json!({"Tag": 1}), plain, 2);
        check(json!({"Id": 1, "More": 1}), plain, 1);
        check(json!({"Id": 1, "Owner": {"Mail": "no"}}), plain, 1);
        check(json!({"Id": 1, "More": 1}), Options { additional: Some(true), ..plain }, 0);
        check(json!({"Id": 1, "Owner": {"X": 1}}), Options { additional: Some(false), ..plain }, 1);
        check(json!({"ID": 1, "oWNER": {"mail": "a@b.c"}}), Options { ignore_case: true, ..plain }, 0);
        assert_eq!(schemas.check("t", "Pet", plain, &json!(1)), Err(Missing::Schema));
        assert_eq!(schemas.check("s", "Cat", plain, &json!(1)), Err(Missing::Definition));
        assert!(matches!(schemas.check("bad", "Cat", plain, &json!(1)), Err(Missing::Invalid(_))));
    }
}
