//! Checks elements against the policy table and compiles them, collecting every problem on the way.
//!
//! Messages are worded as Azure words them: `Error in element 'x' on line L, column C: …`, with the column of the
//! name behind the bracket.

use std::ops::Range;
use std::sync::Arc;

use diagnostic::{Diagnostic, Position};

use super::{Attribute, Element, Text, codes, expression};
use crate::pipeline::{Placed, ScopeKind, Section};
use crate::policies::{self, Child, Content, Definition, Occurs, Presence};

/// Compiles one document.
#[derive(Debug)]
pub struct Compiler<'a> {
    text: &'a str,
    source: Arc<str>,
    scope: ScopeKind,
    problems: Vec<Diagnostic>,
}

impl<'a> Compiler<'a> {
    /// A compiler of a document that is saved at a scope.
    pub fn new(text: &'a str, source: &str, scope: ScopeKind) -> Self {
        Self { text, source: source.into(), scope, problems: Vec::new() }
    }

    /// What was wrong.
    pub fn finish(self) -> Vec<Diagnostic> {
        self.problems
    }

    /// Compiles the sections of the element `policies`.
    pub fn sections(&mut self, root: &Element) -> [Option<Vec<Arc<Placed>>>; 4] {
        let mut sections = [None, None, None, None];
        if root.name != "policies" {
            let message = format!("The '{}' element is not declared.", root.name);
            self.refuse(codes::ELEMENT, root, &message);
            return sections;
        }
        self.no_attributes(root);
        self.no_text(root, "inbound, backend, outbound, on-error");
        for element in root.elements() {
            let Some(section) = Section::named(&element.name) else {
                self.invalid_child(root, element, "inbound, backend, outbound, on-error");
                continue;
            };
            let Some(slot) = sections.get_mut(section as usize) else { continue };
            if slot.is_some() {
                self.invalid_child(root, element, "");
                continue;
            }
            *slot = Some(self.section(section, element));
        }
        sections
    }

    /// A problem of an element, placed at its name.
    pub fn problem(&self, code: &'static str, element: &Element, message: &str) -> Diagnostic {
        self.problem_at(code, element, element.name_span.clone(), message)
    }

    /// A problem of a part of an element.
    pub fn problem_at(
        &self,
        code: &'static str,
        element: &Element,
        span: Range<usize>,
        message: &str,
    ) -> Diagnostic {
        let Position { line, column } = Position::of(self.text, span.start);
        let name = &element.name;
        Diagnostic::new(code, format!("Error in element '{name}' on line {line}, column {column}: {message}"))
            .at(self.text, span)
    }

    /// A problem of an attribute's value.
    pub fn invalid_value(&self, element: &Element, name: &str, why: &str) -> Diagnostic {
        let found = element.attributes.iter().find(|attribute| attribute.name == name);
        let span = found.map_or_else(|| element.name_span.clone(), |attribute| attribute.value_span.clone());
        let value = found.map(|attribute| attribute.value.as_str()).unwrap_or_default();
        let message = format!("The '{name}' attribute is invalid - The value '{value}' is invalid: {why}");
        self.problem_at(codes::VALUE, element, span, &message)
    }

    /// What stands between an element's tags in the author's text.
    pub fn inner(&self, element: &Element) -> &'a str {
        self.text.get(element.inner.clone()).unwrap_or_default()
    }

    /// The element's attributes are those of the table, with values of the right kind. Pushes what is wrong.
    pub fn check_attributes(&mut self, element: &Element, known: &[policies::Attribute]) {
        for attribute in &element.attributes {
            let definition = known.iter().chain([&policies::ID]).find(|known| known.name == attribute.name);
            if let Some(definition) = definition {
                self.check_value(element, attribute, definition);
            } else {
                let message = format!("The '{}' attribute is not declared.", attribute.name);
                self.refuse_at(codes::ATTRIBUTE, element, attribute.name_span.clone(), &message);
            }
        }
        let required = known.iter().filter(|known| known.presence == Presence::Required);
        for missing in required.filter(|known| element.attribute(known.name).is_none()) {
            let message = format!("The required attribute '{}' is missing.", missing.name);
            self.refuse(codes::MISSING, element, &message);
        }
    }

    /// The element's children are those of the table. Pushes what is wrong.
    pub fn check_children(&mut self, element: &Element, known: &'static [Child]) {
        let names: Vec<&str> = known.iter().map(|child| child.name).collect();
        let names = names.join(", ");
        self.no_text(element, &names);
        let mut last = 0;
        for child in element.elements() {
            let Some(at) = known.iter().position(|known| known.name == child.name) else {
                self.invalid_child(element, child, &names);
                continue;
            };
            let repeated = element.elements().take_while(|other| !std::ptr::eq(*other, child));
            let repeated = repeated.filter(|other| other.name == child.name).count() > 0;
            if at < last || (repeated && known[at].occurs == Occurs::AtMostOnce) {
                self.invalid_child(element, child, "");
            }
            last = at;
            self.check_child(child, &known[at]);
        }
    }

    /// Checks an element against its row and compiles it; `None` if something is wrong.
    pub fn policy(
        &mut self,
        section: Section,
        element: &Element,
        definition: &'static Definition,
    ) -> Option<Placed> {
        let before = self.problems.len();
        self.check_attributes(element, definition.attributes);
        self.check_children(element, definition.children);
        if self.problems.len() > before {
            return None;
        }
        match (definition.compile)(element, self) {
            Ok(step) => Some(Placed {
                step,
                policy: definition.name,
                id: element.attribute("id").map(str::to_owned),
                scope: self.scope,
                section,
                position: Position::of(self.text, element.name_span.start),
                source: Arc::clone(&self.source),
            }),
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    fn section(&mut self, section: Section, element: &Element) -> Vec<Arc<Placed>> {
        self.no_attributes(element);
        self.no_text(element, "any policy");
        element.elements().filter_map(|child| self.top_level(section, element, child)).map(Arc::new).collect()
    }

    fn top_level(&mut self, section: Section, parent: &Element, element: &Element) -> Option<Placed> {
        let Some(definition) = policies::find(&element.name) else {
            if policies::is_known(&element.name) {
                let message = format!("The policy '{}' is not implemented by the sandbox yet.", element.name);
                self.refuse(codes::NOT_IMPLEMENTED, element, &message);
            } else {
                self.invalid_child(parent, element, &policies::names());
            }
            return None;
        };
        if !definition.sections.contains(&section) {
            self.refuse(codes::SECTION, element, "Policy is not allowed in the specified section.");
            return None;
        }
        if !definition.scopes.contains(&self.scope) {
            self.refuse(codes::SCOPE, element, "Policy is not allowed in the specified scope.");
            return None;
        }
        self.policy(section, element, definition)
    }

    fn check_child(&mut self, child: &Element, known: &Child) {
        match known.content {
            Content::Policy => {
                if let Some(definition) = policies::find(&child.name) {
                    self.check_attributes(child, definition.attributes);
                    self.check_children(child, definition.children);
                }
            }
            Content::Nothing => {
                self.check_attributes(child, known.attributes);
                self.check_children(child, &[]);
            }
            Content::Text => {
                self.check_attributes(child, known.attributes);
                if let Some(inner) = child.elements().next() {
                    self.invalid_child(child, inner, "");
                }
                self.check_texts(child);
            }
            Content::Anything => {
                self.check_attributes(child, known.attributes);
                self.check_texts(child);
            }
        }
    }

    fn check_texts(&mut self, element: &Element) {
        for text in element.texts() {
            let blanks = text.value.len() - text.value.trim_start().len();
            let span = text.span.start + blanks..text.span.end;
            self.check_literal(element, &text.value, span);
        }
    }

    fn check_value(&mut self, element: &Element, attribute: &Attribute, known: &policies::Attribute) {
        let Attribute { name, value, value_span, .. } = attribute;
        if !self.check_literal(element, value, value_span.clone()) {
            return;
        }
        if let Err(why) = known.kind.accepts(value) {
            self.problems.push(self.invalid_value(element, name, &why));
        } else if known.refused.contains(&value.as_str()) || known.refused.contains(&"*") {
            let message = format!(
                "The '{name}' attribute with the value '{value}' is not implemented by the sandbox yet."
            );
            self.refuse_at(codes::NOT_IMPLEMENTED, element, attribute.name_span.clone(), &message);
        }
    }

    /// The text is neither an expression nor holds a named value.
    fn check_literal(&mut self, element: &Element, value: &str, span: Range<usize>) -> bool {
        if expression::begins(value) {
            let message = "Policy expressions are not implemented by the sandbox yet.";
            self.refuse_at(codes::EXPRESSION, element, span, message);
            return false;
        }
        if let Some(name) = named_value(value) {
            let at = self.text.get(span.clone()).and_then(|raw| raw.find("{{")).unwrap_or(0);
            let message = format!("Named values are not implemented by the sandbox yet: '{name}'.");
            self.refuse_at(codes::NAMED_VALUE, element, span.start + at..span.end, &message);
            return false;
        }
        true
    }

    fn no_attributes(&mut self, element: &Element) {
        if let Some(attribute) = element.attributes.first() {
            let message = format!("The '{}' attribute is not declared.", attribute.name);
            self.refuse_at(codes::ATTRIBUTE, element, attribute.name_span.clone(), &message);
        }
    }

    fn no_text(&mut self, element: &Element, possible: &str) {
        let Some(Text { value, span }) = element.texts().next() else { return };
        let list = match possible {
            "" => String::new(),
            names => format!(" List of possible elements expected: '{names}'."),
        };
        let message = format!("The element '{}' cannot contain text.{list}", element.name);
        let blanks = value.len() - value.trim_start().len();
        self.refuse_at(codes::TEXT, element, span.start + blanks..span.end, &message);
    }

    fn invalid_child(&mut self, parent: &Element, child: &Element, possible: &str) {
        let list = match possible {
            "" => String::new(),
            names => format!(" List of possible elements expected: '{names}'."),
        };
        let message =
            format!("The element '{}' has invalid child element '{}'.{list}", parent.name, child.name);
        self.refuse(codes::ELEMENT, child, &message);
    }

    fn refuse(&mut self, code: &'static str, element: &Element, message: &str) {
        self.refuse_at(code, element, element.name_span.clone(), message);
    }

    fn refuse_at(&mut self, code: &'static str, element: &Element, span: Range<usize>, message: &str) {
        let mut problem = self.problem_at(code, element, span, message);
        if matches!(code, codes::NOT_IMPLEMENTED | codes::EXPRESSION | codes::NAMED_VALUE) {
            problem = problem.help("see docs/coverage.md for what the sandbox implements");
        }
        self.problems.push(problem);
    }
}

/// The name in the first `{{name}}` of a text.
fn named_value(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{") {
        let name = after.split_once("}}").map_or("", |(name, _)| name);
        let plain = |found: char| found.is_ascii_alphanumeric() || matches!(found, '-' | '_' | '.');
        if !name.is_empty() && name.chars().all(plain) {
            return Some(name);
        }
        rest = after;
    }
    None
}
