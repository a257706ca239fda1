//! A schema: the types with fields, and what types the fields have.

use std::collections::HashMap;

use super::words::Words;

/// A schema.
#[derive(Debug, Default)]
pub struct Schema {
    types: HashMap<String, HashMap<String, String>>,
    roots: HashMap<String, String>,
}

impl Schema {
    /// Takes the definition of a schema apart.
    ///
    /// # Errors
    /// It is no schema.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut words = Words::new(text)?;
        let mut schema = Self::default();
        while let Some(word) = words.next() {
            match word {
                "schema" => {
                    words.directives()?;
                    words.expect("{")?;
                    while !words.take("}") {
                        let kind = words.name()?.to_owned();
                        words.expect(":")?;
                        schema.roots.insert(kind, words.name()?.to_owned());
                    }
                }
                "type" | "interface" => {
                    let name = words.name()?.to_owned();
                    let fields = fields(&mut words)?;
                    schema.types.entry(name).or_default().extend(fields);
                }
                "input" | "enum" => {
                    words.name()?;
                    words.directives()?;
                    if words.peek() == Some("{") {
                        words.skip("{", "}")?;
                    }
                }
                // `extend`, and what has no fields and ends where the next definition begins.
                _ => {}
            }
        }
        Ok(schema)
    }

    /// The type that operations of a kind begin with.
    pub fn root<'s>(&'s self, kind: &'s str) -> &'s str {
        let usual = match kind {
            "mutation" => "Mutation",
            "subscription" => "Subscription",
            _ => "Query",
        };
        self.roots.get(kind).map_or(usual, String::as_str)
    }

    /// The type of a field.
    pub fn field(&self, of: &str, name: &str) -> Option<&str> {
        self.types.get(of)?.get(name).map(String::as_str)
    }

    /// There is a type of this name that has fields.
    pub fn has(&self, name: &str) -> bool {
        self.types.contains_key(name)
    }
}

fn fields(words: &mut Words<'_>) -> Result<HashMap<String, String>, String> {
    if words.take("implements") {
        while !matches!(words.peek(), Some("{" | "@") | None) {
            words.next();
        }
    }
    words.directives()?;
    let mut fields = HashMap::new();
    if !words.take("{") {
        return Ok(fields);
    }
    while !words.take("}") {
        // A description stands before the name.
        while words.peek().is_some_and(|word| word.starts_with('"')) {
            words.next();
        }
        let name = words.name()?.to_owned();
        if words.peek() == Some("(") {
            words.skip("(", ")")?;
        }
        words.expect(":")?;
        while words.take("[") {}
        let ty = words.name()?.to_owned();
        while words.take("]") || words.take("!") {}
        words.directives()?;
        fields.insert(name, ty);
    }
    Ok(fields)
}
