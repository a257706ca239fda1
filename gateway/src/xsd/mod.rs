//! XML Schema 1.0: reading schemas, and comparing elements with them.
//! <https://www.w3.org/TR/xmlschema-1/>, <https://www.w3.org/TR/xmlschema-2/>
//!
//! **Differs from Azure:** identity constraints, `redefine`, notations, ranges of dates and times, and Unicode blocks in
//! patterns are refused when a schema is read. What is wrong is said in the words of .NET as far as they are known.

mod check;
mod lexical;
mod pattern;
mod read;
mod read_simple;
mod read_type;
mod simple;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

pub use read::parse;
use simple::Simple;

/// The namespace of schemas.
const XS: &str = "http://www.w3.org/2001/XMLSchema";
/// The namespace of what instances say of schemas.
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A name in a namespace; the empty one is none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct Name {
    namespace: String,
    local: String,
}

/// Schemas that belong together, compiled.
#[derive(Debug, Default)]
pub struct Schema {
    elements: Vec<Element>,
    types: Vec<Type>,
    global_elements: HashMap<Name, ElementId>,
    global_types: HashMap<Name, TypeId>,
    global_attributes: HashMap<Name, Attribute>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ElementId(usize);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TypeId(usize);

/// An element's declaration.
#[derive(Debug, Clone)]
struct Element {
    name: Name,
    ty: TypeId,
    nillable: bool,
    is_abstract: bool,
    fixed: Option<String>,
    default: Option<String>,
    /// The elements that may stand in its place.
    substitutes: Vec<ElementId>,
}

/// A type; those that are not complex have text only.
#[derive(Debug, Clone)]
enum Type {
    /// `anyType`, and what is still being read.
    Any,
    Simple(Arc<Simple>),
    Complex(Box<Complex>),
}

#[derive(Debug, Clone, Default)]
struct Complex {
    attributes: Vec<AttributeUse>,
    any_attribute: Option<Wildcard>,
    content: Content,
    mixed: bool,
    is_abstract: bool,
    base: Option<TypeId>,
}

#[derive(Debug, Clone, Default)]
enum Content {
    #[default]
    Empty,
    Text(Arc<Simple>),
    Elements(Particle),
}

#[derive(Debug, Clone)]
struct Attribute {
    name: Name,
    ty: Arc<Simple>,
    fixed: Option<String>,
}

#[derive(Debug, Clone)]
struct AttributeUse {
    attribute: Attribute,
    presence: Presence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Optional,
    Required,
    Prohibited,
}

#[derive(Debug, Clone)]
struct Particle {
    min: u32,
    /// Without it, as many as there are.
    max: Option<u32>,
    term: Term,
}

#[derive(Debug, Clone)]
enum Term {
    Element(ElementId),
    Sequence(Vec<Particle>),
    Choice(Vec<Particle>),
    All(Vec<Particle>),
    Any(Wildcard),
}

/// What stands for anything.
#[derive(Debug, Clone)]
struct Wildcard {
    namespaces: Namespaces,
    process: Process,
}

#[derive(Debug, Clone)]
enum Namespaces {
    Any,
    /// Any but this one and none.
    Other(String),
    Listed(Vec<String>),
}

/// Whether what a wildcard stands for is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Process {
    Strict,
    Lax,
    Skip,
}

impl Wildcard {
    fn allows(&self, namespace: &str) -> bool {
        match &self.namespaces {
            Namespaces::Any => true,
            Namespaces::Other(own) => !namespace.is_empty() && namespace != own,
            Namespaces::Listed(listed) => listed.iter().any(|known| known == namespace),
        }
    }
}

impl Schema {
    fn element(&self, id: ElementId) -> Option<&Element> {
        self.elements.get(id.0)
    }

    fn ty(&self, id: TypeId) -> &Type {
        self.types.get(id.0).unwrap_or(&Type::Any)
    }

    /// What an element is declared as where this one is expected: this one, or one that may stand in its place.
    fn accepted(&self, id: ElementId, node: roxmltree::Node<'_, '_>) -> Option<&Element> {
        let element = self.element(id)?;
        let places =
            std::iter::once(element).chain(element.substitutes.iter().filter_map(|id| self.element(*id)));
        let mut places = places.filter(|known| !known.is_abstract);
        places.find(|known| known.name.is_of(node))
    }
}

impl Name {
    fn new(namespace: &str, local: &str) -> Self {
        Self { namespace: namespace.to_owned(), local: local.to_owned() }
    }

    fn is_of(&self, node: roxmltree::Node<'_, '_>) -> bool {
        node.tag_name().name() == self.local
            && node.tag_name().namespace().unwrap_or_default() == self.namespace
    }

    fn of(node: roxmltree::Node<'_, '_>) -> Self {
        Self::new(node.tag_name().namespace().unwrap_or_default(), node.tag_name().name())
    }
}

/// As .NET spells names: `'a' in namespace 'b'`.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.local)?;
        if self.namespace.is_empty() { Ok(()) } else { write!(f, " in namespace '{}'", self.namespace) }
    }
}
