//! A request: its operations and fragments.

use super::words::Words;

/// How deep selections may be nested in the text.
const DEPTH: usize = 100;
/// How many fields are visited, with those of fragments.
const FIELDS: usize = 10_000;

/// A request.
#[derive(Debug)]
pub struct Document {
    operations: Vec<Operation>,
    fragments: Vec<(String, String, Vec<Selection>)>,
}

/// An operation.
#[derive(Debug)]
pub struct Operation {
    /// `query`, `mutation` or `subscription`.
    pub kind: String,
    name: Option<String>,
    selections: Vec<Selection>,
}

/// A field.
#[derive(Debug)]
pub struct Field {
    /// The name.
    pub name: String,
    selections: Vec<Selection>,
}

#[derive(Debug)]
enum Selection {
    Field(Field),
    /// A fragment in place, and the type that it is for.
    Inline(Option<String>, Vec<Selection>),
    Spread(String),
}

/// What is told of a field: it, its depth, and the type of the fragment that it is in.
pub type Visit<'v> = dyn FnMut(&Field, usize, Option<&str>) + 'v;

impl Document {
    /// Takes a request apart.
    ///
    /// # Errors
    /// It is not GraphQL.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut words = Words::new(text)?;
        let mut document = Self { operations: Vec::new(), fragments: Vec::new() };
        while let Some(word) = words.peek() {
            match word {
                "{" => {
                    let selections = selections(&mut words, 0)?;
                    document.operations.push(Operation { kind: "query".to_owned(), name: None, selections });
                }
                "query" | "mutation" | "subscription" => {
                    words.next();
                    let name = words.name().ok().map(str::to_owned);
                    if words.peek() == Some("(") {
                        words.skip("(", ")")?;
                    }
                    words.directives()?;
                    let selections = selections(&mut words, 0)?;
                    document.operations.push(Operation { kind: word.to_owned(), name, selections });
                }
                "fragment" => {
                    words.next();
                    let name = words.name()?.to_owned();
                    words.expect("on")?;
                    let on = words.name()?.to_owned();
                    words.directives()?;
                    document.fragments.push((name, on, selections(&mut words, 0)?));
                }
                other => return Err(format!("Unexpected '{other}' at {}.", words.start())),
            }
        }
        if document.operations.is_empty() {
            return Err("Document does not contain any operations.".to_owned());
        }
        Ok(document)
    }

    /// All operations.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter()
    }

    /// The operation of this name; the only one if there is none.
    pub fn operation(&self, name: Option<&str>) -> Option<&Operation> {
        match name {
            Some(name) => self.operations.iter().find(|operation| operation.name.as_deref() == Some(name)),
            None => self.operations.first().filter(|_| self.operations.len() == 1),
        }
    }

    /// Tells of all fields of an operation, those of its fragments included.
    ///
    /// # Errors
    /// A fragment is not there, or in itself, or there are too many fields.
    pub fn visit(&self, operation: &Operation, tell: &mut Visit<'_>) -> Result<(), String> {
        let mut walk = Walk { document: self, tell, left: FIELDS, inside: Vec::new() };
        walk.selections(&operation.selections, 1, None)
    }
}

struct Walk<'d, 'v> {
    document: &'d Document,
    tell: &'v mut Visit<'v>,
    left: usize,
    inside: Vec<&'d str>,
}

impl<'d> Walk<'d, '_> {
    fn selections(
        &mut self,
        selections: &'d [Selection],
        depth: usize,
        on: Option<&str>,
    ) -> Result<(), String> {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    self.left = self.left.checked_sub(1).ok_or("The query asks for too many fields.")?;
                    (self.tell)(field, depth, on);
                    self.selections(&field.selections, depth + 1, None)?;
                }
                Selection::Inline(own, inner) => self.selections(inner, depth, own.as_deref().or(on))?,
                Selection::Spread(name) => {
                    let mut known = self.document.fragments.iter();
                    let (name, on, inner) = known
                        .find(|(known, _, _)| known == name)
                        .ok_or_else(|| format!("Unknown fragment '{name}'."))?;
                    if self.inside.contains(&name.as_str()) {
                        return Err(format!("Cannot spread fragment '{name}' within itself."));
                    }
                    self.inside.push(name);
                    self.selections(inner, depth, Some(on))?;
                    self.inside.pop();
                }
            }
        }
        Ok(())
    }
}

fn selections(words: &mut Words<'_>, depth: usize) -> Result<Vec<Selection>, String> {
    if depth >= DEPTH {
        return Err(format!("The query is nested deeper than {DEPTH} levels."));
    }
    words.expect("{")?;
    let mut found = Vec::new();
    while !words.take("}") {
        found.push(selection(words, depth)?);
    }
    if found.is_empty() { Err("Expected a field, found '}'.".to_owned()) } else { Ok(found) }
}

fn selection(words: &mut Words<'_>, depth: usize) -> Result<Selection, String> {
    if words.take("...") {
        if !matches!(words.peek(), Some("on" | "@" | "{")) {
            let name = words.name()?.to_owned();
            words.directives()?;
            return Ok(Selection::Spread(name));
        }
        let on = if words.take("on") { Some(words.name()?.to_owned()) } else { None };
        words.directives()?;
        return Ok(Selection::Inline(on, selections(words, depth + 1)?));
    }
    let mut name = words.name()?;
    if words.take(":") {
        name = words.name()?;
    }
    if words.peek() == Some("(") {
        words.skip("(", ")")?;
    }
    words.directives()?;
    let inner = if words.peek() == Some("{") { selections(words, depth + 1)? } else { Vec::new() };
    Ok(Selection::Field(Field { name: name.to_owned(), selections: inner }))
}
