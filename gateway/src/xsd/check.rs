//! Comparing elements with a schema. A content model is followed without going back: in a schema that is one, the next
//! element decides which particle it belongs to.

use std::collections::HashSet;

use roxmltree::Node;

use super::{
    AttributeUse, Complex, Content, Element, ElementId, Name, Particle, Presence, Process, Schema, Term,
    Type, Wildcard, XS, XSI,
};

/// How deep elements may be in one another.
const DEPTH: usize = 256;
/// How many elements a message names as expected.
const NAMED: usize = 5;

/// What an element is compared with.
#[derive(Clone, Copy)]
enum Match<'s> {
    Element(&'s Element),
    Any(&'s Wildcard),
}

impl Schema {
    /// What the first thing that is wrong with an element is.
    ///
    /// # Errors
    /// A sentence.
    pub fn check(&self, root: Node<'_, '_>) -> Result<(), String> {
        let name = Name::of(root);
        let declared = self.global_elements.get(&name).and_then(|id| self.element(*id));
        let declared = declared.ok_or_else(|| format!("The {name} element is not declared."))?;
        if declared.is_abstract {
            return Err(format!("The element {name} is abstract or its type is abstract."));
        }
        self.element_is(root, declared, 0)
    }

    fn element_is(&self, node: Node<'_, '_>, declared: &Element, depth: usize) -> Result<(), String> {
        if depth > DEPTH {
            return Err(format!("Elements are more than {DEPTH} deep in one another."));
        }
        let mut ty = self.ty(declared.ty);
        if let Some(named) = node.attribute((XSI, "type")) {
            ty = self.derived(node, named, declared)?;
        }
        if matches!(node.attribute((XSI, "nil")).map(str::trim), Some("true" | "1")) {
            if !declared.nillable {
                let why = "If the 'nillable' attribute is false in the schema, the 'xsi:nil' attribute must not be present.";
                return Err(why.to_owned());
            }
            if node.children().any(|child| child.is_element() || child.is_text()) {
                return Err(format!(
                    "Element {} must have no character or element children.",
                    Name::of(node)
                ));
            }
            let Type::Complex(complex) = ty else { return Ok(()) };
            return self.attributes(node, complex);
        }
        match ty {
            Type::Any => self.anything(node, Process::Lax, depth),
            Type::Simple(simple) => {
                self.no_attributes(node)?;
                let text = text_only(node)?;
                let text =
                    if text.is_empty() { declared.default.as_deref().unwrap_or("").to_owned() } else { text };
                let value = simple.check(&text).and_then(|()| match &declared.fixed {
                    Some(fixed) if !text.is_empty() && !simple.same(fixed, &text) => {
                        Err("The value is not equal to the fixed value.".to_owned())
                    }
                    _ => Ok(()),
                });
                value.map_err(|why| invalid("element", &Name::of(node), &text, &simple.name, &why))
            }
            Type::Complex(complex) => self.complex(node, complex, depth),
        }
    }

    /// The type that an element says it has, which must come from the declared one.
    fn derived(&self, node: Node<'_, '_>, named: &str, declared: &Element) -> Result<&Type, String> {
        let (prefix, local) =
            named.trim().split_once(':').map_or((None, named.trim()), |(p, l)| (Some(p), l));
        let name = Name::new(node.lookup_namespace_uri(prefix).unwrap_or_default(), local);
        let unknown = || format!("This is an invalid xsi:type '{}'.", named.trim());
        let mut at = *self.global_types.get(&name).ok_or_else(unknown)?;
        let found = self.ty(at);
        if matches!(found, Type::Complex(complex) if complex.is_abstract) {
            return Err(format!("The element {} is abstract or its type is abstract.", Name::of(node)));
        }
        if matches!(self.ty(declared.ty), Type::Any)
            || matches!(found, Type::Simple(_)) && name.namespace == XS
        {
            return Ok(found);
        }
        for _ in 0..DEPTH {
            match self.ty(at) {
                _ if at == declared.ty => return Ok(found),
                Type::Complex(complex) => match complex.base {
                    Some(base) => at = base,
                    None => break,
                },
                // What a simple type comes from is not kept.
                Type::Simple(_) if matches!(self.ty(declared.ty), Type::Simple(_)) => return Ok(found),
                Type::Any | Type::Simple(_) => break,
            }
        }
        Err(format!("The xsi:type '{}' is not derived from the type of the element.", named.trim()))
    }

    fn complex(&self, node: Node<'_, '_>, complex: &Complex, depth: usize) -> Result<(), String> {
        if complex.is_abstract && node.attribute((XSI, "type")).is_none() {
            return Err(format!("The element {} is abstract or its type is abstract.", Name::of(node)));
        }
        self.attributes(node, complex)?;
        if let Content::Text(simple) = &complex.content {
            let text = text_only(node)?;
            let told = |why: String| invalid("element", &Name::of(node), &text, &simple.name, &why);
            return simple.check(&text).map_err(told);
        }
        let words =
            |child: Node<'_, '_>| child.is_text() && !child.text().unwrap_or_default().trim().is_empty();
        if !complex.mixed && node.children().any(words) {
            return Err(format!("The element {} cannot contain text.", Name::of(node)));
        }
        let children: Vec<Node<'_, '_>> = node.children().filter(Node::is_element).collect();
        let mut walk = Walk { schema: self, parent: node, children: &children, at: 0, matches: Vec::new() };
        if let Content::Elements(particle) = &complex.content {
            walk.particle(particle)?;
        }
        if let Some(more) = children.get(walk.at) {
            return Err(walk.unexpected(*more, &[]));
        }
        let matches = walk.matches;
        for (child, found) in children.iter().zip(matches) {
            match found {
                Match::Element(declared) => self.element_is(*child, declared, depth + 1)?,
                Match::Any(wildcard) => self.wild(*child, wildcard.process, depth + 1)?,
            }
        }
        Ok(())
    }

    /// What stands where a wildcard is.
    fn wild(&self, node: Node<'_, '_>, process: Process, depth: usize) -> Result<(), String> {
        let declared = self.global_elements.get(&Name::of(node)).and_then(|id| self.element(*id));
        match (process, declared) {
            (Process::Skip, _) => Ok(()),
            (_, Some(declared)) => self.element_is(node, declared, depth),
            (Process::Strict, None) => Err(format!("The {} element is not declared.", Name::of(node))),
            (Process::Lax, None) => self.anything(node, Process::Lax, depth),
        }
    }

    /// What is in an element of any type.
    fn anything(&self, node: Node<'_, '_>, process: Process, depth: usize) -> Result<(), String> {
        if depth > DEPTH {
            return Err(format!("Elements are more than {DEPTH} deep in one another."));
        }
        node.children().filter(Node::is_element).try_for_each(|child| self.wild(child, process, depth + 1))
    }

    fn attributes(&self, node: Node<'_, '_>, complex: &Complex) -> Result<(), String> {
        for found in node.attributes().filter(|found| found.namespace() != Some(XSI)) {
            let name = Name::new(found.namespace().unwrap_or_default(), found.name());
            let known = complex.attributes.iter().find(|known| known.attribute.name == name);
            let allowed = |any: &&Wildcard| any.allows(&name.namespace);
            let attribute = match (known, complex.any_attribute.as_ref().filter(allowed)) {
                (Some(AttributeUse { attribute, presence: Presence::Optional | Presence::Required }), _) => {
                    attribute
                }
                (_, Some(Wildcard { process: Process::Skip, .. })) => continue,
                (_, Some(any)) => match self.global_attributes.get(&name) {
                    Some(attribute) => attribute,
                    None if any.process == Process::Lax => continue,
                    None => return Err(format!("The {name} attribute is not declared.")),
                },
                (_, None) => return Err(format!("The {name} attribute is not declared.")),
            };
            let ty = &attribute.ty;
            let value = ty.check(found.value()).and_then(|()| match &attribute.fixed {
                Some(fixed) if !ty.same(fixed, found.value()) => {
                    Err("The value is not equal to the fixed value.".to_owned())
                }
                _ => Ok(()),
            });
            value.map_err(|why| invalid("attribute", &name, found.value(), &ty.name, &why))?;
        }
        let missing = |known: &&AttributeUse| {
            let name = &known.attribute.name;
            let there = |found: roxmltree::Attribute<'_, '_>| {
                found.name() == name.local && found.namespace().unwrap_or_default() == name.namespace
            };
            known.presence == Presence::Required && !node.attributes().any(there)
        };
        match complex.attributes.iter().find(missing) {
            Some(known) => Err(format!("The required attribute {} is missing.", known.attribute.name)),
            None => Ok(()),
        }
    }

    fn no_attributes(&self, node: Node<'_, '_>) -> Result<(), String> {
        self.attributes(node, &Complex::default())
    }
}

/// The way through the children of an element.
struct Walk<'s, 'n, 'd> {
    schema: &'s Schema,
    parent: Node<'n, 'd>,
    children: &'s [Node<'n, 'd>],
    at: usize,
    matches: Vec<Match<'s>>,
}

impl<'s> Walk<'s, '_, '_> {
    fn particle(&mut self, particle: &'s Particle) -> Result<(), String> {
        let mut times = 0_u32;
        while particle.max.is_none_or(|max| times < max) && self.starts(&particle.term) {
            let before = self.at;
            self.term(&particle.term)?;
            times = times.saturating_add(1);
            if self.at == before {
                break;
            }
        }
        if times >= particle.min || empties(&particle.term) {
            return Ok(());
        }
        let mut expected = Vec::new();
        self.firsts(&particle.term, &mut expected);
        match self.children.get(self.at) {
            Some(found) => Err(self.unexpected(*found, &expected)),
            None => Err(format!(
                "The element {} has incomplete content.{}",
                Name::of(self.parent),
                list(&expected)
            )),
        }
    }

    fn term(&mut self, term: &'s Term) -> Result<(), String> {
        match term {
            Term::Element(id) => {
                if let Some(found) = self.next(*id) {
                    self.take(Match::Element(found));
                }
                Ok(())
            }
            Term::Any(wildcard) => {
                self.take(Match::Any(wildcard));
                Ok(())
            }
            Term::Sequence(parts) => parts.iter().try_for_each(|part| self.particle(part)),
            Term::Choice(parts) => match parts.iter().find(|part| self.starts(&part.term)) {
                Some(part) => self.particle(part),
                None => Ok(()),
            },
            Term::All(parts) => {
                let mut done = HashSet::new();
                let next = |walk: &Self, done: &HashSet<usize>| {
                    (0..parts.len()).find(|at| !done.contains(at) && walk.starts(&parts[*at].term))
                };
                while let Some(at) = next(self, &done) {
                    self.particle(&parts[at])?;
                    done.insert(at);
                }
                let rest = parts.iter().enumerate().filter(|(at, _)| !done.contains(at));
                rest.map(|(_, part)| part).try_for_each(|part| self.particle(part))
            }
        }
    }

    fn take(&mut self, found: Match<'s>) {
        self.at += 1;
        self.matches.push(found);
    }

    /// The declaration of the next child, if it is of this element.
    fn next(&self, id: ElementId) -> Option<&'s Element> {
        self.schema.accepted(id, *self.children.get(self.at)?)
    }

    /// Whether the next child is one with which a term can begin.
    fn starts(&self, term: &Term) -> bool {
        let Some(next) = self.children.get(self.at) else { return false };
        match term {
            Term::Element(id) => self.next(*id).is_some(),
            Term::Any(wildcard) => wildcard.allows(next.tag_name().namespace().unwrap_or_default()),
            Term::Choice(parts) | Term::All(parts) => {
                parts.iter().any(|part| part.max != Some(0) && self.starts(&part.term))
            }
            Term::Sequence(parts) => {
                for part in parts.iter().filter(|part| part.max != Some(0)) {
                    if self.starts(&part.term) {
                        return true;
                    }
                    if part.min > 0 && !empties(&part.term) {
                        return false;
                    }
                }
                false
            }
        }
    }

    /// The elements with which a term can begin.
    fn firsts(&self, term: &Term, into: &mut Vec<Name>) {
        match term {
            _ if into.len() >= NAMED => {}
            Term::Element(id) => into.extend(self.schema.element(*id).map(|element| element.name.clone())),
            Term::Any(_) => {}
            Term::Choice(parts) | Term::All(parts) => {
                for part in parts {
                    self.firsts(&part.term, into);
                }
            }
            Term::Sequence(parts) => {
                for part in parts {
                    self.firsts(&part.term, into);
                    if part.min > 0 && !empties(&part.term) {
                        return;
                    }
                }
            }
        }
    }

    fn unexpected(&self, found: Node<'_, '_>, expected: &[Name]) -> String {
        let (parent, found) = (Name::of(self.parent), Name::of(found));
        format!("The element {parent} has invalid child element {found}.{}", list(expected))
    }
}

/// Whether a term can be nothing.
fn empties(term: &Term) -> bool {
    let part = |part: &Particle| part.min == 0 || empties(&part.term);
    match term {
        Term::Element(_) | Term::Any(_) => false,
        Term::Sequence(parts) | Term::All(parts) => parts.iter().all(part),
        Term::Choice(parts) => parts.is_empty() || parts.iter().any(part),
    }
}

fn list(expected: &[Name]) -> String {
    if expected.is_empty() {
        return String::new();
    }
    let names: Vec<String> = expected.iter().map(|name| format!("'{}'", name.local)).collect();
    format!(" List of possible elements expected: {}.", names.join(", "))
}

/// The text of an element that has nothing else.
fn text_only(node: Node<'_, '_>) -> Result<String, String> {
    if node.children().any(|child| child.is_element()) {
        return Err(format!(
            "The element {} cannot contain child elements, because it has text only.",
            Name::of(node)
        ));
    }
    Ok(node.children().filter_map(|child| if child.is_text() { child.text() } else { None }).collect())
}

fn invalid(what: &str, name: &Name, value: &str, ty: &str, why: &str) -> String {
    let value: String = value.chars().take(200).collect();
    format!(
        "The {name} {what} is invalid - The value '{value}' is invalid according to its datatype '{ty}' - {why}"
    )
}
