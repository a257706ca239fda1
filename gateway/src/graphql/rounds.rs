//! Executes an operation in rounds: each goes through the selections as far as it is known what resolvers answered,
//! and says what has to be asked next. When nothing is left to ask, the round's response is the response.
//!
//! So independent resolvers run at the same time, and those of a mutation one after the other, while everything that
//! the specification says of execution is done by one function that never waits.
//! <https://spec.graphql.org/October2021/#sec-Execution>

use std::cell::RefCell;
use std::collections::HashMap;

use apollo_compiler::ast::Type;
use apollo_compiler::executable::Operation;
use apollo_compiler::request::{RequestError, coerce_variable_values};
use apollo_compiler::resolvers::{Execution, FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::{ExecutionResponse, JsonMap};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Name};
use serde_json::Value as Json;

use super::Graph;

/// How often a request may ask resolvers.
pub const CALLS: usize = 1_000;

/// What resolvers answered so far, by the places in the response.
pub type Known = HashMap<String, Result<Json, String>>;

/// An operation of a request that is right.
pub struct Rounds<'r> {
    /// The schema, and who answers.
    pub graph: &'r Graph,
    /// The request's document.
    pub document: &'r Valid<ExecutableDocument>,
    operation: &'r Operation,
    variables: Valid<JsonMap>,
}

/// A resolver that has to be asked.
#[derive(Debug)]
pub struct Wanted {
    /// The place in the response.
    pub place: String,
    /// The type that has the field.
    pub type_name: String,
    /// The field.
    pub field: String,
    /// The arguments.
    pub arguments: Json,
    /// What has the field; null at the root.
    pub parent: Json,
}

/// An object in one round.
struct Node<'r> {
    round: &'r Round<'r>,
    type_name: String,
    value: &'r Json,
    place: String,
}

struct Round<'r> {
    graph: &'r Graph,
    known: &'r Known,
    wanted: RefCell<Vec<Wanted>>,
    serial: bool,
    /// An event says what the root's fields are.
    event: bool,
}

impl<'r> Rounds<'r> {
    /// Begins an operation.
    ///
    /// # Errors
    /// A variable is missing, or is something else than it should be.
    pub fn new(
        graph: &'r Graph,
        document: &'r Valid<ExecutableDocument>,
        operation: &'r Operation,
        variables: serde_json::Map<String, Json>,
    ) -> Result<Self, RequestError> {
        let given = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let variables = coerce_variable_values(&graph.schema, operation, &given)?;
        Ok(Self { graph, document, operation, variables })
    }

    /// One round.
    ///
    /// # Errors
    /// The operation cannot be executed at all.
    pub fn round(&self, known: &Known) -> Result<(ExecutionResponse, Vec<Wanted>), RequestError> {
        let serial = self.operation.is_mutation();
        let event = self.operation.is_subscription();
        let round = Round { graph: self.graph, known, wanted: RefCell::default(), serial, event };
        let type_name = self.operation.object_type().to_string();
        let root = Node { round: &round, type_name, value: &Json::Null, place: String::new() };
        let mut response = Execution::new(&self.graph.schema, self.document)
            .operation(self.operation)
            .implementers_map(&self.graph.implementers)
            .coerced_variable_values(&self.variables)
            .enable_schema_introspection(true)
            .execute_sync(&root)?;
        for error in &mut response.errors {
            if let Some(message) = error.message.strip_prefix("resolver error: ") {
                error.message = message.to_owned();
            }
        }
        drop(root);
        Ok((response, round.wanted.into_inner()))
    }
}

impl ObjectValue for Node<'_> {
    fn type_name(&self) -> &str {
        &self.type_name
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        let field = info.field_name();
        let key = info.field_selections().first().map_or(field, |selection| selection.response_key());
        let place = format!("{}/{key}", self.place);
        let ty = &info.field_definition().ty;
        let told = self.round.event && self.place.is_empty();
        if !told && !self.round.graph.resolves(&self.type_name, field) {
            let value = self.value.get(field).unwrap_or(&Json::Null);
            return self.round.resolved(value, ty, place);
        }
        match self.round.known.get(&place) {
            Some(Ok(value)) => self.round.resolved(value, ty, place),
            Some(Err(message)) => Err(FieldError { message: message.clone() }),
            None => {
                let mut wanted = self.round.wanted.borrow_mut();
                let most = if self.round.serial { 1 } else { CALLS + 1 };
                if wanted.len() < most {
                    wanted.push(Wanted {
                        place,
                        type_name: self.type_name.clone(),
                        field: field.to_owned(),
                        arguments: serde_json::to_value(info.arguments()).unwrap_or_default(),
                        parent: self.value.clone(),
                    });
                }
                Ok(ResolvedValue::SkipForPartialExecution)
            }
        }
    }
}

impl<'r> Round<'r> {
    /// What JSON is as a value of a type.
    fn resolved<'a>(
        &'r self,
        value: &'a Json,
        ty: &'a Type,
        place: String,
    ) -> Result<ResolvedValue<'a>, FieldError>
    where
        'r: 'a,
    {
        if value.is_null() {
            return Ok(ResolvedValue::null());
        }
        if ty.is_list() {
            let Json::Array(items) = value else {
                return Err(refused("the data source answered with something else than a list"));
            };
            let item = move |(at, value)| self.resolved(value, ty.item_type(), format!("{place}/{at}"));
            return Ok(ResolvedValue::List(Box::new(items.iter().enumerate().map(item))));
        }
        let name = ty.inner_named_type();
        match self.graph.schema.types.get(name) {
            Some(ExtendedType::Object(_) | ExtendedType::Interface(_) | ExtendedType::Union(_)) => {
                if !value.is_object() {
                    return Err(refused("the data source answered with something else than an object"));
                }
                let type_name = self.concrete(name, value)?;
                Ok(ResolvedValue::object(Node { round: self, type_name, value, place }))
            }
            _ => Ok(ResolvedValue::Leaf(leaf(name, value).into())),
        }
    }

    /// The object type of a value: where there are several, the value says which.
    fn concrete(&self, name: &str, value: &Json) -> Result<String, FieldError> {
        let members: Vec<&str> = match self.graph.schema.types.get(name) {
            Some(ExtendedType::Union(union)) => {
                union.members.iter().map(|member| member.name.as_str()).collect()
            }
            Some(ExtendedType::Interface(_)) => {
                let known = self.graph.implementers.get(name);
                known.map_or_else(Vec::new, |known| known.objects.iter().map(Name::as_str).collect())
            }
            _ => return Ok(name.to_owned()),
        };
        match (value.get("__typename").and_then(Json::as_str), members.as_slice()) {
            (Some(named), _) => Ok(named.to_owned()),
            (None, [only]) => Ok((*only).to_owned()),
            (None, _) => Err(refused(&format!(
                "the data source does not say in `__typename` which type of '{name}' it answered with"
            ))),
        }
    }
}

/// What a scalar's JSON becomes where that loses nothing.
fn leaf(name: &str, value: &Json) -> Json {
    match (name, value) {
        ("Float", Json::Number(number)) => number.as_f64().map_or_else(|| value.clone(), Json::from),
        ("Int", Json::Number(number)) if number.is_f64() => {
            whole(number).map_or_else(|| value.clone(), Json::from)
        }
        ("String" | "ID", Json::Number(_)) | ("String", Json::Bool(_)) => Json::from(value.to_string()),
        _ => value.clone(),
    }
}

/// `2.0` is 2.
fn whole(number: &serde_json::Number) -> Option<i64> {
    number.to_string().strip_suffix(".0")?.parse().ok()
}

fn refused(message: &str) -> FieldError {
    FieldError { message: message.to_owned() }
}
