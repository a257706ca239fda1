//! A GraphQL API, compiled: its schema, and who answers which of its fields.
//! <https://learn.microsoft.com/azure/api-management/graphql-schema-resolve-api>

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use apollo_compiler::Schema;
use apollo_compiler::collections::HashMap as TypeMap;
use apollo_compiler::schema::Implementers;
use apollo_compiler::validation::Valid;

use crate::pipeline::Placed;

/// How long a schema may be.
const LONGEST: usize = 4 << 20;

/// Who answers for a GraphQL API.
#[derive(Debug)]
pub enum Endpoint {
    /// The backend.
    Backend,
    /// Resolvers, by a schema; nobody can while there is none.
    Resolvers(Option<Box<Graph>>),
}

/// A schema with resolvers.
pub struct Graph {
    /// The schema.
    pub schema: Valid<Schema>,
    /// Which types are which interfaces.
    pub implementers: TypeMap<apollo_compiler::Name, Implementers>,
    sources: HashMap<String, HashMap<String, Option<Arc<Placed>>>>,
}

impl Graph {
    /// A schema that nobody answers for yet.
    ///
    /// # Errors
    /// The first thing that is wrong with the schema.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err("the schema is larger than 4 MiB".to_owned());
        }
        let schema = Schema::parse_and_validate(text, "schema.graphql").map_err(|wrong| {
            let first = wrong.errors.iter().next();
            first.map_or_else(String::new, |first| {
                let place = first.line_column_range().map(|range| range.start);
                let place = place.map(|at| format!(" on line {}, column {}", at.line, at.column));
                format!("the schema is not valid{}: {}", place.unwrap_or_default(), first.error)
            })
        })?;
        let implementers = schema.implementers_map();
        Ok(Self { schema, implementers, sources: HashMap::new() })
    }

    /// Adds a resolver; one without a policy answers with an error.
    pub fn insert(&mut self, (type_name, field): (&str, &str), source: Option<Arc<Placed>>) {
        self.sources.entry(type_name.to_owned()).or_default().insert(field.to_owned(), source);
    }

    /// There is a resolver for a field.
    pub fn resolves(&self, type_name: &str, field: &str) -> bool {
        self.sources.get(type_name).is_some_and(|fields| fields.contains_key(field))
    }

    /// What answers a field.
    pub fn source(&self, type_name: &str, field: &str) -> Option<&Arc<Placed>> {
        self.sources.get(type_name)?.get(field)?.as_ref()
    }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graph").field("sources", &self.sources).finish_non_exhaustive()
    }
}
