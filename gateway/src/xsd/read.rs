//! Reading schema documents: which belong together, and their declarations of elements and attributes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use roxmltree::{Document, Node, ParsingOptions};

use super::lexical::built_in;
use super::simple::Simple;
use super::{Attribute, Element, ElementId, Name, Schema, Type, TypeId, XS};

/// How many documents belong together at most.
const DOCUMENTS: usize = 64;
/// How many nodes a document has at most.
const NODES: u32 = 200_000;
/// How deep declarations may be in one another.
pub const DEPTH: usize = 64;
/// Names that XML itself has.
const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// What schemas hold that this program does not know.
const UNKNOWN: [&str; 5] = ["key", "keyref", "notation", "redefine", "unique"];

/// Schema documents by name.
pub type Sources<'a> = &'a [(&'a str, &'a str)];

/// A node of a schema, and the namespace of what its schema declares.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    pub node: Node<'a, 'a>,
    pub target: &'a str,
    schema: Node<'a, 'a>,
}

/// How far a type is.
enum State<'a> {
    Pending(Part<'a>),
    Reading,
    Done,
}

/// What a name can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Space {
    Element,
    Type,
    Group,
    Attribute,
    AttributeGroup,
}

pub struct Reader<'a> {
    pub schema: Schema,
    named: HashMap<(Space, Name), Part<'a>>,
    states: Vec<State<'a>>,
}

impl Schema {
    /// Reads the documents of these names, and what they include and import of the others.
    ///
    /// # Errors
    /// What is wrong, or not supported.
    pub fn read(names: &[&str], known: Sources<'_>) -> Result<Self, String> {
        let gathered = gather(names, known)?;
        let parsed: Vec<(Document<'_>, &str)> = gathered
            .iter()
            .map(|(text, target)| Ok((parse(text)?, target.as_str())))
            .collect::<Result<_, String>>()?;
        let schema = Self { types: vec![Type::Any], ..Self::default() };
        let mut reader = Reader { schema, named: HashMap::new(), states: vec![State::Done] };
        for (document, target) in &parsed {
            for schema in schemas(document) {
                reader.collect(schema, target)?;
            }
        }
        reader.finish()
    }
}

/// A document of XML, bounded.
pub fn parse(text: &str) -> Result<Document<'_>, String> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| error.to_string())
}

/// The schemas of a document: it is one, or a description of a service that holds some.
fn schemas<'a>(document: &'a Document<'a>) -> impl Iterator<Item = Node<'a, 'a>> {
    document.descendants().filter(|node| node.has_tag_name((XS, "schema")))
}

/// The texts that belong together, with the namespace of what those declare that name none.
fn gather<'a>(names: &[&str], known: Sources<'a>) -> Result<Vec<(&'a str, String)>, String> {
    let find = |name: &str| known.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
    let mut wanted: Vec<(&'a str, &'a str, String)> = Vec::new();
    for name in names {
        let (name, text) = find(name).ok_or_else(|| format!("there is no schema '{name}'"))?;
        wanted.push((name, text, String::new()));
    }
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    while let Some((name, text, target)) = wanted.pop() {
        if !seen.insert((name, target.clone())) {
            continue;
        }
        if seen.len() > DOCUMENTS {
            return Err(format!("more than {DOCUMENTS} schemas belong together"));
        }
        let document = parse(text).map_err(|error| format!("the schema '{name}': {error}"))?;
        let mut any = false;
        for schema in schemas(&document) {
            any = true;
            let own = schema.attribute("targetNamespace").unwrap_or(&target);
            for link in schema.children().filter(Node::is_element) {
                let at = link.attribute("schemaLocation").map(identifier);
                let namespace = link.attribute("namespace").unwrap_or_default();
                match link.tag_name().name() {
                    "include" => {
                        let at = at.unwrap_or_default();
                        let (name, text) = find(at).ok_or_else(|| format!("there is no schema '{at}'"))?;
                        wanted.push((name, text, own.to_owned()));
                    }
                    "import" => {
                        let by_namespace = || known.iter().find(|(_, text)| declares(text, namespace));
                        if let Some((name, text)) = at.and_then(find).or_else(by_namespace) {
                            wanted.push((name, text, String::new()));
                        }
                    }
                    _ => {}
                }
            }
        }
        if !any {
            return Err(format!("'{name}' holds no schema of XML"));
        }
        found.push((text, target));
    }
    Ok(found)
}

/// The schema that a location means: its identifier in the service.
fn identifier(location: &str) -> &str {
    let last = location.rsplit('/').next().unwrap_or_default();
    last.strip_suffix(".xsd").unwrap_or(last)
}

fn declares(text: &str, namespace: &str) -> bool {
    !namespace.is_empty()
        && text.contains(namespace)
        && parse(text).is_ok_and(|document| {
            schemas(&document).any(|schema| schema.attribute("targetNamespace") == Some(namespace))
        })
}

impl<'a> Part<'a> {
    /// Another node of the same schema.
    pub fn at(self, node: Node<'a, 'a>) -> Self {
        Self { node, ..self }
    }

    /// The elements in it, apart from annotations.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let node = self.node;
        let elements = node.children().filter(|child| {
            child.is_element()
                && child.tag_name().namespace() == Some(XS)
                && !child.has_tag_name((XS, "annotation"))
        });
        elements.map(move |node| self.at(node))
    }

    pub fn child(self, name: &str) -> Option<Self> {
        self.children().find(|child| child.name() == name)
    }

    pub fn name(self) -> &'a str {
        self.node.tag_name().name()
    }

    pub fn attribute(self, name: &str) -> Option<&'a str> {
        self.node.attribute(name).map(str::trim)
    }

    pub fn flag(self, name: &str) -> bool {
        matches!(self.attribute(name), Some("true" | "1"))
    }

    /// The name that an attribute refers to.
    pub fn reference(self, name: &str) -> Result<Option<Name>, String> {
        self.attribute(name).map(|text| self.resolve(text)).transpose()
    }

    /// What a prefixed name means here.
    pub fn resolve(self, text: &str) -> Result<Name, String> {
        let Some((prefix, local)) = text.split_once(':') else {
            // A schema without a namespace takes that of the one which includes it.
            let own = if self.schema.has_attribute("targetNamespace") { "" } else { self.target };
            return Ok(Name::new(self.node.lookup_namespace_uri(None).unwrap_or(own), text));
        };
        if prefix == "xml" {
            return Ok(Name::new(XML, local));
        }
        let namespace = self.node.lookup_namespace_uri(Some(prefix));
        Ok(Name::new(namespace.ok_or_else(|| format!("the prefix '{prefix}' is not declared"))?, local))
    }

    /// The name of what an element or an attribute in a type declares.
    fn local_name(self, default: &str) -> Name {
        let form = self.attribute("form").or_else(|| self.schema.attribute(default));
        let namespace = if form == Some("qualified") { self.target } else { "" };
        Name::new(namespace, self.attribute("name").unwrap_or_default())
    }
}

impl<'a> Reader<'a> {
    fn collect(&mut self, schema: Node<'a, 'a>, target: &'a str) -> Result<(), String> {
        let target = schema.attribute("targetNamespace").unwrap_or(target);
        if let Some(found) = schema
            .descendants()
            .find(|node| node.tag_name().namespace() == Some(XS) && UNKNOWN.contains(&node.tag_name().name()))
        {
            return Err(format!(
                "'{}' in schemas is not implemented by the sandbox",
                found.tag_name().name()
            ));
        }
        for part in (Part { node: schema, target, schema }).children() {
            let space = match part.name() {
                "element" => Space::Element,
                "complexType" | "simpleType" => Space::Type,
                "group" => Space::Group,
                "attribute" => Space::Attribute,
                "attributeGroup" => Space::AttributeGroup,
                "import" | "include" => continue,
                other => return Err(format!("'{other}' is not expected in a schema")),
            };
            let name = Name::new(target, part.attribute("name").unwrap_or_default());
            self.named.entry((space, name)).or_insert(part);
        }
        Ok(())
    }

    /// Reads everything that is declared.
    fn finish(mut self) -> Result<Schema, String> {
        let mut names: Vec<(Space, Name)> = self.named.keys().cloned().collect();
        names.sort_by(|(_, a), (_, b)| (&a.namespace, &a.local).cmp(&(&b.namespace, &b.local)));
        for (space, name) in names {
            match space {
                Space::Element => drop(self.element_named(&name, 0)?),
                Space::Type => drop(self.type_named(&name)?),
                Space::Attribute => drop(self.attribute_named(&name)?),
                Space::Group | Space::AttributeGroup => {}
            }
        }
        let mut at = 0;
        while at < self.states.len() {
            self.complete(TypeId(at))?;
            at += 1;
        }
        self.substitutes()?;
        Ok(self.schema)
    }

    /// Tells heads of substitution groups their members.
    fn substitutes(&mut self) -> Result<(), String> {
        let mut pairs = Vec::new();
        for ((space, name), part) in &self.named {
            let (Space::Element, Some(mut head)) = (space, part.reference("substitutionGroup")?) else {
                continue;
            };
            let Some(member) = self.schema.global_elements.get(name) else { continue };
            for _ in 0..DEPTH {
                pairs.push((self.schema.global_elements.get(&head).copied(), *member));
                let above = self.named.get(&(Space::Element, head));
                let Some(next) = above.and_then(|part| part.reference("substitutionGroup").ok()?) else {
                    break;
                };
                head = next;
            }
        }
        for (head, member) in pairs {
            let head = head.and_then(|head| self.schema.elements.get_mut(head.0));
            head.ok_or("the head of a substitution group is not declared")?.substitutes.push(member);
        }
        Ok(())
    }

    /// What a name means in one of the spaces.
    pub fn find(&self, space: Space, name: &Name) -> Result<Part<'a>, String> {
        let found = self.named.get(&(space, name.clone())).copied();
        found.ok_or_else(|| format!("the schema does not declare {name}"))
    }

    pub fn element_named(&mut self, name: &Name, depth: usize) -> Result<ElementId, String> {
        if let Some(known) = self.schema.global_elements.get(name) {
            return Ok(*known);
        }
        let part = self.find(Space::Element, name)?;
        let id = self.element(part, name.clone(), depth + 1)?;
        self.schema.global_elements.insert(name.clone(), id);
        Ok(id)
    }

    /// An element that is declared where it stands.
    pub fn local_element(&mut self, part: Part<'a>) -> Result<ElementId, String> {
        self.element(part, part.local_name("elementFormDefault"), 0)
    }

    fn element(&mut self, part: Part<'a>, name: Name, depth: usize) -> Result<ElementId, String> {
        if depth > DEPTH {
            return Err(format!("the substitution group of {name} has no end"));
        }
        let own = part.children().find(|child| matches!(child.name(), "complexType" | "simpleType"));
        let ty = match (part.reference("type")?, own, part.reference("substitutionGroup")?) {
            (Some(name), _, _) => self.type_named(&name)?,
            (None, Some(own), _) => self.later(own),
            (None, None, Some(head)) => {
                let head = self.element_named(&head, depth)?;
                self.schema.element(head).map_or(TypeId(0), |head| head.ty)
            }
            (None, None, None) => TypeId(0),
        };
        let text = |name: &str| part.node.attribute(name).map(str::to_owned);
        self.schema.elements.push(Element {
            name,
            ty,
            nillable: part.flag("nillable"),
            is_abstract: part.flag("abstract"),
            fixed: text("fixed"),
            default: text("default"),
            substitutes: Vec::new(),
        });
        Ok(ElementId(self.schema.elements.len() - 1))
    }

    pub fn attribute_named(&mut self, name: &Name) -> Result<Attribute, String> {
        if name.namespace == XML {
            let ty = built_in("string").ok_or("there is no xs:string")?;
            return Ok(Attribute { name: name.clone(), ty: Arc::new(Simple::of(ty)), fixed: None });
        }
        if let Some(known) = self.schema.global_attributes.get(name) {
            return Ok(known.clone());
        }
        let part = self.find(Space::Attribute, name)?;
        let read = self.attribute(part, name.clone())?;
        self.schema.global_attributes.insert(name.clone(), read.clone());
        Ok(read)
    }

    /// An attribute that is declared where it stands.
    pub fn local_attribute(&mut self, part: Part<'a>) -> Result<Attribute, String> {
        self.attribute(part, part.local_name("attributeFormDefault"))
    }

    fn attribute(&mut self, part: Part<'a>, name: Name) -> Result<Attribute, String> {
        let ty = match (part.reference("type")?, part.child("simpleType")) {
            (Some(name), _) => self.simple_named(&name)?,
            (None, Some(own)) => self.simple(own, "", 0)?,
            (None, None) => {
                Arc::new(Simple::of(built_in("anySimpleType").ok_or("there is no anySimpleType")?))
            }
        };
        Ok(Attribute { name, ty, fixed: part.node.attribute("fixed").map(str::to_owned) })
    }

    /// A type by its name; it may be read later.
    pub fn type_named(&mut self, name: &Name) -> Result<TypeId, String> {
        if let Some(known) = self.schema.global_types.get(name) {
            return Ok(*known);
        }
        let id = if name.namespace == XS {
            match built_in(&name.local) {
                _ if name.local == "anyType" => TypeId(0),
                Some(known) => {
                    self.schema.types.push(Type::Simple(Arc::new(Simple::of(known))));
                    self.states.push(State::Done);
                    TypeId(self.schema.types.len() - 1)
                }
                None => return Err(format!("the type 'xs:{}' is not known", name.local)),
            }
        } else {
            let part = self.find(Space::Type, name)?;
            self.later(part)
        };
        self.schema.global_types.insert(name.clone(), id);
        Ok(id)
    }

    fn later(&mut self, part: Part<'a>) -> TypeId {
        self.schema.types.push(Type::Any);
        self.states.push(State::Pending(part));
        TypeId(self.schema.types.len() - 1)
    }

    /// Reads a type now.
    pub fn complete(&mut self, id: TypeId) -> Result<(), String> {
        let Some(state) = self.states.get_mut(id.0) else { return Ok(()) };
        let part = match std::mem::replace(state, State::Reading) {
            State::Pending(part) => part,
            State::Reading => return Err("a type is its own base".to_owned()),
            State::Done => {
                *state = State::Done;
                return Ok(());
            }
        };
        let local = part.attribute("name").unwrap_or_default();
        let name = if local.is_empty() { String::new() } else { format!("{}:{local}", part.target) };
        let ty = match part.name() {
            "simpleType" => Type::Simple(self.simple(part, &name, 0)?),
            _ => Type::Complex(Box::new(self.complex(part).map_err(|why| in_type(local, &why))?)),
        };
        if let (Some(known), Some(state)) = (self.schema.types.get_mut(id.0), self.states.get_mut(id.0)) {
            *known = ty;
            *state = State::Done;
        }
        Ok(())
    }
}

fn in_type(name: &str, why: &str) -> String {
    if name.is_empty() { why.to_owned() } else { format!("the type '{name}': {why}") }
}
