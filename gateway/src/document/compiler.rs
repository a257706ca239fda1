//! Checks elements against the policy table and compiles them, collecting every problem on the way.
//!
//! Messages are worded as Azure words them: `Error in element 'x' on line L, column C: …`, with the column of the
//! name behind the bracket.

use std::ops::Range;
use std::sync::Arc;

use ::expression as csharp;
use diagnostic::{Diagnostic, Position};

use super::decode::Decoded;
use super::source::{Source, named_value};
use super::{Attribute, Element, Setting, Text, codes, expression};
use crate::pipeline::{Bodies, Placed, Section};
use crate::policies::{self, Child, Content, Definition, Form, Occurs, Presence};
use crate::value::{Read, Typed, Value};

/// Compiles one document.
#[derive(Debug)]
pub struct Compiler<'a> {
    source: &'a Source<'a>,
    name: Arc<str>,
    setting: Setting<'a>,
    section: Option<Section>,
    /// The element at work: `choose[1]`, `when[2]`.
    path: Vec<String>,
    /// The fragments that are being included.
    including: Vec<String>,
    /// The bodies that expressions of the element at work read.
    bodies: Bodies,
    problems: Vec<Diagnostic>,
}

impl<'a> Compiler<'a> {
    /// A compiler of the document `name`.
    pub fn new(source: &'a Source<'a>, name: &str, setting: Setting<'a>) -> Self {
        let (path, including) = (Vec::new(), Vec::new());
        Self {
            source,
            name: name.into(),
            setting,
            section: None,
            path,
            including,
            bodies: Bodies::default(),
            problems: Vec::new(),
        }
    }

    /// What was wrong.
    pub fn finish(self) -> Vec<Diagnostic> {
        self.problems
    }

    /// Where the document is saved.
    pub fn setting(&self) -> Setting<'a> {
        self.setting
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

    /// What tells the element at work from all others, for counters: it stays when the text around it changes.
    pub fn instance(&self) -> String {
        format!("{}\n{}", self.name, self.path.join("\\"))
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
        let Position { line, column } = self.source.position(span.start);
        let name = &element.name;
        let message = format!("Error in element '{name}' on line {line}, column {column}: {message}");
        self.source.problem(code, &span, message)
    }

    /// A problem of an attribute's value.
    pub fn invalid_value(&self, element: &Element, name: &str, why: &str) -> Diagnostic {
        let found = element.attributes.iter().find(|attribute| attribute.name == name);
        let span = found.map_or_else(|| element.name_span.clone(), |attribute| attribute.value_span.clone());
        let value = found.map(|attribute| self.source.as_written(&attribute.value_span)).unwrap_or_default();
        let message = format!("The '{name}' attribute is invalid - The value '{value}' is invalid: {why}");
        self.problem_at(codes::VALUE, element, span, &message)
    }

    /// What stands between an element's tags in the author's text.
    pub fn inner(&self, element: &Element) -> &str {
        self.source.text().get(element.inner.clone()).unwrap_or_default()
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
            let ordered = known[at].occurs != Occurs::Anywhere;
            if (ordered && at < last) || (repeated && known[at].occurs == Occurs::AtMostOnce) {
                self.invalid_child(element, child, "");
            }
            last = if ordered { at } else { last };
            self.check_child(child, &known[at]);
        }
    }

    /// Checks an element against its row and compiles it; `None` if something is wrong.
    pub fn policy(&mut self, element: &Element, definition: &'static Definition) -> Option<Placed> {
        let before = self.problems.len();
        self.check_attributes(element, definition.attributes);
        self.check_content(element, definition.content);
        if self.problems.len() > before {
            return None;
        }
        let outer = std::mem::take(&mut self.bodies);
        let compiled = (definition.compile)(element, self);
        let bodies = std::mem::replace(&mut self.bodies, outer);
        let step = compiled.map_err(|problem| self.problems.push(problem)).ok()?;
        (self.problems.len() == before).then(|| Placed {
            step,
            policy: definition.name,
            bodies,
            id: element.attribute("id").map(str::to_owned),
            scope: self.setting.scope,
            section: self.section.unwrap_or(Section::Inbound),
            path: self.path.join("\\"),
            position: self.source.position(element.name_span.start),
            source: Arc::clone(&self.name),
        })
    }

    /// Compiles the policies in an element. Pushes what is wrong.
    pub fn policies(&mut self, parent: &Element) -> Vec<Arc<Placed>> {
        self.no_text(parent, "any policy");
        let mut steps = Vec::new();
        for element in parent.elements() {
            self.path.push(element.place_in(parent));
            steps.extend(self.checked_policy(parent, element).map(Arc::new));
            self.path.pop();
        }
        steps
    }

    /// Compiles the policies in a part of a policy, such as `when`.
    pub fn branch(&mut self, parent: &Element, element: &Element) -> Vec<Arc<Placed>> {
        self.path.push(element.place_in(parent));
        let steps = self.policies(element);
        self.path.pop();
        steps
    }

    /// What an attribute says; `None` if it is not there. Pushes what is wrong, and answers an empty literal then.
    pub fn value(&mut self, element: &Element, name: &str) -> Option<Value> {
        let attribute = element.attributes.iter().find(|attribute| attribute.name == name)?;
        Some(self.compiled(element, &attribute.value, &attribute.value_span).unwrap_or_else(Value::nothing))
    }

    /// What an attribute says, read as something else: a literal at once, an expression for each request.
    pub fn typed<T>(&mut self, element: &Element, name: &str, read: Read<T>) -> Option<Typed<T>> {
        let attribute = element.attributes.iter().find(|attribute| attribute.name == name)?;
        let Some(value) = self.compiled(element, &attribute.value, &attribute.value_span) else {
            return Some(Typed::Evaluated(Value::nothing(), read));
        };
        Some(Typed::new(value, read).unwrap_or_else(|why| {
            self.problems.push(self.invalid_value(element, name, &why));
            Typed::Evaluated(Value::nothing(), read)
        }))
    }

    /// The same for an attribute that must be there.
    pub fn required<T>(&mut self, element: &Element, name: &str, read: Read<T>) -> Typed<T> {
        self.typed(element, name, read).unwrap_or_else(|| Typed::Evaluated(Value::nothing(), read))
    }

    /// What stands between an element's tags: an expression, or text as it is. Pushes what is wrong.
    pub fn content(&mut self, element: &Element) -> Value {
        self.compiled_content(element).unwrap_or_else(Value::nothing)
    }

    /// The same, read as something else.
    pub fn typed_content<T>(&mut self, element: &Element, read: Read<T>) -> Typed<T> {
        let Some(value) = self.compiled_content(element) else {
            return Typed::Evaluated(Value::nothing(), read);
        };
        Typed::new(value, read).unwrap_or_else(|why| {
            self.refuse(codes::VALUE, element, &format!("The value is invalid: {why}"));
            Typed::Evaluated(Value::nothing(), read)
        })
    }

    /// Compiles the policies of a fragment at this place. Pushes what is wrong, in the fragment's text too.
    pub fn include(&mut self, element: &Element, name: &str) -> Result<Vec<Arc<Placed>>, Diagnostic> {
        let known = self.setting.library.fragments.iter();
        let Some(fragment) = known.clone().find(|fragment| fragment.name.eq_ignore_ascii_case(name)) else {
            let message = format!("The policy fragment '{name}' does not exist.");
            return Err(self.problem(codes::FRAGMENT, element, &message));
        };
        if self.including.contains(&fragment.name) {
            let message = format!("The policy fragment '{name}' includes itself.");
            return Err(self.problem(codes::FRAGMENT, element, &message));
        }
        let including = self.including.iter().chain([&fragment.name]).cloned().collect();
        let section = self.section;
        let (steps, problems) = fragment_steps(fragment, self.setting, Within { section, including });
        self.problems.extend(problems);
        Ok(steps)
    }

    fn compiled_content(&mut self, element: &Element) -> Option<Value> {
        let first = element.texts().next();
        match first.filter(|text| expression::begins(&text.value)) {
            Some(text) => {
                let blanks = text.value.len() - text.value.trim_start().len();
                let span = text.span.start + blanks..text.span.end;
                self.compiled(element, &text.value, &span)
            }
            None if element.elements().next().is_some() => Some(Value::literal(self.inner(element))),
            None => Some(Value::literal(&element.text())),
        }
    }

    fn compiled(&mut self, element: &Element, text: &str, span: &Range<usize>) -> Option<Value> {
        if !expression::begins(text) {
            return Some(Value::literal(text));
        }
        let source = self.source;
        let raw = source.text().get(span.clone()).unwrap_or_default();
        let end =
            expression::end(raw).filter(|end| raw.get(*end..).is_some_and(|rest| rest.trim().is_empty()));
        let Some(code) = end.and_then(|end| raw.get(2..end - 1)) else {
            self.refuse_at(codes::SYNTAX, element, span.clone(), "The policy expression is not closed.");
            return None;
        };
        let in_cdata =
            source.text().get(..span.start).is_some_and(|before| before.trim_end().ends_with("<![CDATA["));
        let decoded = if in_cdata { Decoded::verbatim(code) } else { Decoded::new(code) };
        let form = if raw.starts_with("@(") { csharp::Form::Expression } else { csharp::Form::Block };
        self.bodies.note(&decoded.text);
        // A condition is refused unless it is one; elsewhere the value's text counts.
        let condition =
            element.attributes.iter().any(|known| known.name == "condition" && known.value_span == *span);
        let environment = csharp::Environment { result: condition.then_some(csharp::Type::BOOL) };
        match csharp::compile(&decoded.text, form, &environment) {
            Ok(expression) => Some(Value::Expression(Arc::new(expression))),
            Err(problems) => {
                for problem in problems {
                    let found = problem.span.map_or(0..code.len(), |found| decoded.origin(&found.bytes));
                    let start = span.start + 2;
                    let at = start + found.start..start + found.end;
                    let mut placed = self.problem_at(problem.code, element, at, &problem.message);
                    placed.help = problem.help;
                    self.problems.push(placed);
                }
                None
            }
        }
    }

    fn section(&mut self, section: Section, element: &Element) -> Vec<Arc<Placed>> {
        self.section = Some(section);
        self.no_attributes(element);
        self.policies(element)
    }

    fn checked_policy(&mut self, parent: &Element, element: &Element) -> Option<Placed> {
        let Some(definition) = policies::find(&element.name) else {
            if policies::is_known(&element.name) {
                let message = format!("The policy '{}' is not implemented by the sandbox yet.", element.name);
                self.refuse(codes::NOT_IMPLEMENTED, element, &message);
            } else {
                self.invalid_child(parent, element, &policies::names());
            }
            return None;
        };
        if self.section.is_some_and(|section| !definition.sections.contains(&section)) {
            self.refuse(codes::SECTION, element, "Policy is not allowed in the specified section.");
            return None;
        }
        // A fragment on its own is at no scope and in no section.
        if self.section.is_some() && !definition.scopes.contains(&self.setting.scope) {
            self.refuse(codes::SCOPE, element, "Policy is not allowed in the specified scope.");
            return None;
        }
        if definition.name == "base" && (self.path.len() > 1 || !self.including.is_empty()) {
            self.invalid_child(parent, element, &policies::names());
            return None;
        }
        self.policy(element, definition)
    }

    fn check_child(&mut self, child: &Element, known: &Child) {
        match known.content {
            Content::Policy => {
                if let Some(definition) = policies::find(&child.name) {
                    self.check_attributes(child, definition.attributes);
                    self.check_content(child, definition.content);
                }
            }
            content => {
                self.check_attributes(child, known.attributes);
                self.check_content(child, content);
            }
        }
    }

    fn check_content(&mut self, element: &Element, content: Content) {
        match content {
            Content::Nothing => self.check_children(element, &[]),
            Content::Children(known) => self.check_children(element, known),
            Content::Literal | Content::Text => {
                if let Some(inner) = element.elements().next() {
                    self.invalid_child(element, inner, "");
                }
                self.check_texts(element, content);
            }
            Content::Anything => self.check_texts(element, content),
            Content::Policies | Content::Policy => {}
        }
    }

    fn check_texts(&mut self, element: &Element, content: Content) {
        let form = if matches!(content, Content::Literal) { Form::Literal } else { Form::Expression };
        for text in element.texts() {
            let blanks = text.value.len() - text.value.trim_start().len();
            let span = text.span.start + blanks..text.span.end;
            self.check_form(element, &text.value, span, form);
        }
    }
    fn check_value(&mut self, element: &Element, attribute: &Attribute, known: &policies::Attribute) {
        let Attribute { name, value, value_span, .. } = attribute;
        if !self.check_form(element, value, value_span.clone(), known.form) || expression::begins(value) {
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

    /// The text is an expression only where one may be, and holds no name without a value.
    fn check_form(&mut self, element: &Element, value: &str, span: Range<usize>, form: Form) -> bool {
        if let Some((name, _)) = named_value(value) {
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
        match code {
            codes::NOT_IMPLEMENTED => {
                problem = problem.help("see docs/coverage.md for what the sandbox implements");
            }
            codes::NAMED_VALUE => {
                problem = problem.help("add a named value with this display name to the service");
            }
            _ => {}
        }
        self.problems.push(problem);
    }
}

/// Where a fragment is included.
#[derive(Debug, Default)]
pub struct Within {
    section: Option<Section>,
    including: Vec<String>,
}

/// Compiles the policies of a fragment, at its place or on its own; what is wrong is named after the fragment.
pub fn fragment_steps(
    fragment: &apim::Fragment,
    setting: Setting<'_>,
    within: Within,
) -> (Vec<Arc<Placed>>, Vec<Diagnostic>) {
    let document = &fragment.document;
    let named = |problem: Diagnostic| super::named(problem, &document.path);
    let scanned = Source::expand(&document.text, setting.library.named_values)
        .and_then(|source| Ok((super::scanner::scan(&source, document.format)?, source)));
    let (root, source) = match scanned {
        Ok(scanned) => scanned,
        Err(problem) => return (Vec::new(), vec![named(problem)]),
    };
    let mut compiler = Compiler::new(&source, &document.path, setting);
    compiler.section = within.section;
    compiler.including = within.including;
    let mut steps = Vec::new();
    if root.name == "fragment" {
        compiler.no_attributes(&root);
        steps = compiler.policies(&root);
    } else {
        let message = format!("The '{}' element is not declared.", root.name);
        compiler.refuse(codes::ELEMENT, &root, &message);
    }
    (steps, compiler.finish().into_iter().map(named).collect())
}
