//! Checks elements against what the policy table says of them: attributes, children and text, as Azure checks them
//! against its XML schemas, in the words of .NET's schema validation.
//!
//! **Differs from Azure:** all that is wrong in a document is reported, not only the first of each element; what
//! follows from an earlier problem of the same element is left out.

use std::ops::Range;

use super::compiler::Compiler;
use super::expression;
use super::source::named_value;
use super::{Attribute, Element, Text, codes};
use crate::policies::{self, Child, Content, Fidelity, Form, Presence};

/// How an element's children come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// In the order of the table.
    Sequence,
    /// In any order.
    Any,
}

impl Compiler<'_> {
    /// The element's attributes are those of the table, with values of the right kind. Pushes what is wrong.
    pub fn check_attributes(&mut self, element: &Element, known: &[policies::Attribute]) {
        self.check_attributes_of(element, known.iter());
    }

    /// The same for a policy, which may have an `id` too.
    pub(super) fn check_policy_attributes(
        &mut self,
        element: &Element,
        known: &'static [policies::Attribute],
    ) {
        let own_id = known.iter().any(|attribute| attribute.name == policies::ID.name);
        self.check_attributes_of(element, known.iter().chain((!own_id).then_some(&policies::ID)));
    }

    /// What is between the element's tags is what the table says. Pushes what is wrong.
    pub(super) fn check_content(&mut self, element: &Element, content: Content) {
        match content {
            Content::Nothing => self.check_nothing(element),
            Content::Children(known) => self.check_elements(element, known, Order::Sequence),
            Content::AnyOrder(known) => self.check_elements(element, known, Order::Any),
            Content::WithText(elements) => {
                let order =
                    if matches!(elements, Content::AnyOrder(_)) { Order::Any } else { Order::Sequence };
                self.check_children(element, elements.children(), order);
                self.check_texts(element, Form::Expression);
            }
            Content::Literal | Content::Text => {
                if let Some(inner) = element.elements().next() {
                    let message = format!(
                        "The element '{}' cannot contain child element '{}' because the parent element's content \
                         model is text only.",
                        element.name, inner.name
                    );
                    self.refuse(codes::ELEMENT, inner, &message);
                }
                let literal = matches!(content, Content::Literal);
                self.check_texts(element, if literal { Form::Literal } else { Form::Expression });
            }
            Content::Anything => self.check_texts(element, Form::Expression),
            Content::Policies | Content::Policy => {}
        }
    }

    /// Compiles what is in an element that is not executed, for its problems alone.
    pub fn check_inside(&mut self, element: &Element) {
        let content = policies::find(&element.name).map_or(Content::Nothing, |row| row.content);
        self.check_expressions(element, content);
    }

    /// The element has no attributes.
    pub(super) fn no_attributes(&mut self, element: &Element) {
        self.check_attributes(element, &[]);
    }

    /// The element holds no text.
    pub(super) fn no_text(&mut self, element: &Element, possible: &str) {
        let Some(Text { value, span }) = element.texts().next() else { return };
        let blanks = value.len() - value.trim_start().len();
        // A name without a value may stand for elements.
        if named_value(value).is_some_and(|(_, found)| found == (blanks..value.trim_end().len())) {
            self.check_form(element, value, span.start + blanks..span.end, Form::Literal);
            return;
        }
        let message = format!("The element '{}' cannot contain text.{}", element.name, expected(possible));
        self.refuse_at(codes::TEXT, element, span.start + blanks..span.end, &message);
    }

    /// The element holds a child that is not expected there.
    pub(super) fn invalid_child(&mut self, parent: &Element, child: &Element, possible: &str) {
        let (parent, name, expected) = (&parent.name, &child.name, expected(possible));
        let message = format!("The element '{parent}' has invalid child element '{name}'.{expected}");
        self.refuse(codes::ELEMENT, child, &message);
    }

    fn check_attributes_of<'k>(
        &mut self,
        element: &Element,
        known: impl Iterator<Item = &'k policies::Attribute> + Clone,
    ) {
        for attribute in &element.attributes {
            if let Some(definition) = known.clone().find(|known| known.name == attribute.name) {
                self.check_value(element, attribute, definition);
            } else if !is_namespace(&attribute.name) {
                let message = format!("The '{}' attribute is not declared.", attribute.name);
                self.refuse_at(codes::ATTRIBUTE, element, attribute.name_span.clone(), &message);
            }
        }
        let required = known.filter(|known| known.presence == Presence::Required);
        for missing in required.filter(|known| element.attribute(known.name).is_none()) {
            let message = format!("The required attribute '{}' is missing.", missing.name);
            self.refuse(codes::MISSING, element, &message);
        }
    }

    fn check_nothing(&mut self, element: &Element) {
        let name = &element.name;
        if let Some(child) = element.elements().next() {
            let message = format!(
                "The element '{name}' cannot contain child element '{}' because the parent element's content model \
                 is empty.",
                child.name
            );
            self.refuse(codes::ELEMENT, child, &message);
        }
        if let Some(Text { value, span }) = element.texts().next() {
            let blanks = value.len() - value.trim_start().len();
            let message = "The element cannot contain text. Content model is empty.";
            self.refuse_at(codes::TEXT, element, span.start + blanks..span.end, message);
        }
    }

    fn check_elements(&mut self, element: &Element, known: &'static [Child], order: Order) {
        let names: Vec<&str> = known.iter().map(|child| child.name).collect();
        self.no_text(element, &names.join(", "));
        self.check_children(element, known, order);
    }

    fn check_children(&mut self, element: &Element, known: &'static [Child], order: Order) {
        let mut seen = Seen::new(known, order);
        for child in element.elements() {
            let Some(definition) = known.iter().find(|known| known.name == child.name) else {
                self.invalid_child(element, child, &seen.possible());
                seen.broken = true;
                continue;
            };
            if !seen.take(&child.name) && !seen.broken {
                self.invalid_child(element, child, &seen.possible());
                seen.broken = true;
            }
            self.check_child(child, definition);
        }
        let missing = if seen.broken { String::new() } else { seen.missing() };
        if !missing.is_empty() {
            let name = &element.name;
            let message = format!("The element '{name}' has incomplete content.{}", expected(&missing));
            self.refuse(codes::ELEMENT, element, &message);
        }
    }

    fn check_child(&mut self, child: &Element, known: &'static Child) {
        if !matches!(known.content, Content::Policy) {
            self.check_attributes(child, known.attributes);
            self.check_content(child, known.content);
            return;
        }
        let Some(row) = policies::find(&child.name) else { return };
        self.check_policy_attributes(child, row.attributes);
        self.check_content(child, row.content);
        if let Fidelity::Refused(why) = row.fidelity {
            self.not_executed(
                child,
                child.name_span.clone(),
                &format!("the policy '{}' in it: {why}", row.name),
            );
        }
    }

    fn check_texts(&mut self, element: &Element, form: Form) {
        for text in element.texts() {
            let blanks = text.value.len() - text.value.trim_start().len();
            let span = text.span.start + blanks..text.span.end;
            self.check_form(element, &text.value, span, form);
        }
    }

    fn check_value(&mut self, element: &Element, attribute: &Attribute, known: &policies::Attribute) {
        let Attribute { name, value, value_span, .. } = attribute;
        if !self.check_form(element, value, value_span.clone(), known.form) {
            return;
        }
        if expression::begins(value) {
            if !known.refused.is_empty() {
                self.not_executed(
                    element,
                    attribute.name_span.clone(),
                    &format!("the attribute '{name}' with an expression"),
                );
            }
        } else if let Err(why) = known.kind.accepts(value) {
            self.wrong_value(element, attribute, (known, why));
        } else if known.refused.contains(&value.as_str()) || known.refused.contains(&"*") {
            let what = match known.refused {
                ["*"] => format!("the attribute '{name}'"),
                _ => format!("the attribute '{name}' with the value '{value}'"),
            };
            self.not_executed(element, attribute.name_span.clone(), &what);
        }
    }

    /// A value of the wrong kind, in .NET's words; what it should be is the advice.
    fn wrong_value(
        &mut self,
        element: &Element,
        attribute: &Attribute,
        wrong: (&policies::Attribute, String),
    ) {
        let (known, why) = wrong;
        let value = self.source.as_written(&attribute.value_span);
        // Where an expression may stand too, the type is a union of both.
        let (datatype, verdict) = match known.form {
            Form::Literal => known.kind.verdict(value),
            Form::Expression => {
                let verdict = "is not valid according to any of the memberTypes of the union.";
                ("AnyAtomicType", format!("The value '{value}' {verdict}"))
            }
        };
        let message = format!(
            "The '{}' attribute is invalid - The value '{value}' is invalid according to its datatype '{datatype}' - \
             {verdict}",
            attribute.name
        );
        let problem = self.problem_at(codes::VALUE, element, attribute.value_span.clone(), &message);
        self.report(problem.help(why));
    }

    /// The text is an expression only where one may be, and holds no name without a value.
    fn check_form(&mut self, element: &Element, value: &str, span: Range<usize>, form: Form) -> bool {
        let liquid = element.attribute("template") == Some("liquid");
        if let Some((name, _)) = named_value(value).filter(|_| !liquid) {
            let raw = self.source.text().get(span.clone()).unwrap_or_default();
            let at = named_value(raw).map_or(0, |(_, found)| found.start);
            let message = format!("Cannot find a property '{name}'.");
            self.refuse_at(codes::NAMED_VALUE, element, span.start + at..span.end, &message);
            return false;
        }
        if form == Form::Literal && expression::begins(value) {
            let message = "Policy expressions are not allowed at this place.";
            self.refuse_at(codes::VALUE, element, span, message);
            return false;
        }
        true
    }

    /// Compiles all expressions in an element, wherever they stand.
    pub(super) fn check_expressions(&mut self, element: &Element, content: Content) {
        for attribute in &element.attributes {
            self.value(element, &attribute.name);
        }
        if matches!(content, Content::Policies) {
            self.policies(element);
            return;
        }
        if !element.texts().all(|text| text.value.trim().is_empty()) {
            self.content(element);
        }
        let content = match content {
            Content::Policy => policies::find(&element.name).map_or(Content::Nothing, |row| row.content),
            content => content,
        };
        for child in element.elements() {
            let known = content.children().iter().find(|known| known.name == child.name);
            match known.map(|known| known.content) {
                Some(Content::Policies) => drop(self.branch(element, child)),
                content => self.check_expressions(child, content.unwrap_or(Content::Anything)),
            }
        }
    }
}

/// What came of an element's children so far.
struct Seen {
    known: &'static [Child],
    order: Order,
    counts: Vec<usize>,
    /// Where the sequence is.
    at: usize,
    /// Something was wrong already.
    broken: bool,
}

impl Seen {
    fn new(known: &'static [Child], order: Order) -> Self {
        Self { known, order, counts: vec![0; known.len()], at: 0, broken: false }
    }

    /// Takes one more child, unless it is one too many or out of order.
    fn take(&mut self, name: &str) -> bool {
        let Some(place) = self.known.iter().position(|known| known.name == name) else { return false };
        let full = self.count(place) >= self.known.get(place).map_or(0, |child| child.occurs.limits().1);
        let skips = (self.at..place).any(|between| self.needs(between));
        if full || (self.order == Order::Sequence && (place < self.at || skips)) {
            return false;
        }
        self.at = place;
        if let Some(count) = self.counts.get_mut(place) {
            *count += 1;
        }
        true
    }

    /// The names of what may come next.
    fn possible(&self) -> String {
        let mut names = Vec::new();
        let from = if self.order == Order::Sequence { self.at } else { 0 };
        for (place, child) in self.known.iter().enumerate().skip(from) {
            if self.count(place) < child.occurs.limits().1 {
                names.push(child.name);
            }
            if self.order == Order::Sequence && self.needs(place) {
                break;
            }
        }
        names.join(", ")
    }

    /// The names of what may come next, if something must.
    fn missing(&self) -> String {
        let needed = (0..self.known.len()).any(|place| self.needs(place));
        if needed { self.possible() } else { String::new() }
    }

    fn needs(&self, place: usize) -> bool {
        self.known.get(place).is_some_and(|child| self.count(place) < child.occurs.limits().0)
    }

    fn count(&self, place: usize) -> usize {
        self.counts.get(place).copied().unwrap_or(0)
    }
}

fn is_namespace(name: &str) -> bool {
    name == "xmlns" || name.starts_with("xmlns:")
}

fn expected(names: &str) -> String {
    match names {
        "" => String::new(),
        names => format!(" List of possible elements expected: '{names}'."),
    }
}
