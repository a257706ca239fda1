//! Checks elements against the policy table and compiles them, collecting every problem on the way.
//!
//! Messages are worded as Azure words them: `Error in element 'x' on line L, column C: …`, with the column of the
//! name behind the bracket.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use ::expression as csharp;
use apim::GatewayKind;
use diagnostic::{Diagnostic, Position};

use super::decode::Decoded;
use super::examine::Expressions;
use super::source::{Source, named_value};
use super::stand_in::{self, Outcome};
use super::{Element, Setting, codes, expression};
use crate::pipeline::{Bodies, Placed, ScopeKind, Section, Step};
use crate::policies::backend_id::{BackendId, not_found};
use crate::policies::{self, Content, Definition, Fidelity, refused, skipped};
use crate::value::{Read, Typed, Value, Written};

/// Where to find out more about what is not executed.
const EXECUTED: &str =
    "see docs/coverage.md for what the sandbox executes; a request that gets here ends with 500";

/// Compiles one document.
#[derive(Debug)]
pub struct Compiler<'a> {
    pub(super) source: &'a Source<'a>,
    name: Arc<str>,
    setting: Setting<'a>,
    section: Option<Section>,
    /// The element at work: `choose[1]`, `when[2]`.
    path: Vec<String>,
    /// The fragments that are being included.
    including: Vec<String>,
    /// The bodies that expressions of the element at work read.
    bodies: Bodies,
    /// What the sandbox does not execute of the element at work.
    refusals: Vec<String>,
    /// What is wrong, and what is worth knowing.
    found: Vec<Diagnostic>,
    /// How many of those are errors.
    errors: usize,
    /// The expressions so far.
    pub(super) expressions: Expressions,
    /// Where they begin.
    seen: HashSet<usize>,
    /// Only those are compiled that were not before.
    remaining: bool,
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
            refusals: Vec::new(),
            found: Vec::new(),
            errors: 0,
            expressions: Expressions::default(),
            seen: HashSet::new(),
            remaining: false,
        }
    }

    /// What is wrong, and what is worth knowing.
    pub fn finish(self) -> Vec<Diagnostic> {
        self.found
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

    /// Compiles the expressions that were not reached, because something is wrong around them.
    pub(super) fn remaining_expressions(&mut self, root: &Element) {
        self.remaining = true;
        self.check_expressions(root, Content::Anything);
    }

    /// What stands between an element's tags in the author's text.
    pub fn inner(&self, element: &Element) -> &str {
        self.source.text().get(element.inner.clone()).unwrap_or_default()
    }

    /// Checks an element against its row and compiles it; `None` if something is wrong.
    pub fn policy(&mut self, element: &Element, definition: &'static Definition) -> Option<Placed> {
        let before = self.errors;
        let outer = std::mem::take(&mut self.refusals);
        self.check_policy_attributes(element, definition.attributes);
        self.check_content(element, definition.content);
        let refusals = std::mem::replace(&mut self.refusals, outer);
        if self.errors > before {
            return None;
        }
        let outer = std::mem::take(&mut self.bodies);
        let step = self.step(element, definition, &refusals);
        let bodies = std::mem::replace(&mut self.bodies, outer);
        let step = step.filter(|_| self.errors == before)?;
        Some(Placed {
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

    /// What the element does; if the sandbox does not execute it as it is, the step that says so.
    fn step(&mut self, element: &Element, definition: &Definition, refusals: &[String]) -> Option<Step> {
        if let Fidelity::Refused(why) = definition.fidelity {
            self.not_executed(element, element.name_span.clone(), why);
        }
        if !refusals.is_empty() {
            self.check_inside(element);
            return Some(refused::step(definition.name, refusals.join(" and ")));
        }
        match (definition.compile)(element, self) {
            Ok(step) => Some(step),
            Err(problem) if problem.code == codes::NOT_IMPLEMENTED => {
                let why = problem.message.split_once(": ").map_or("", |(_, why)| why).to_owned();
                self.found.push(problem.help(EXECUTED).warning());
                Some(refused::step(definition.name, why))
            }
            Err(problem) => {
                self.report(problem);
                None
            }
        }
    }

    /// The sandbox does not execute something of the element at work, which is no error: Azure does.
    pub(super) fn not_executed(&mut self, element: &Element, span: Range<usize>, what: &str) {
        let name = &element.name;
        let message = format!("the sandbox does not execute this use of `{name}`: {what}");
        let warning = self.source.problem(codes::NOT_IMPLEMENTED, &span, message).help(EXECUTED).warning();
        self.found.push(warning);
        self.refusals.push(what.to_owned());
    }

    /// The element at work reads bodies in other ways than in expressions.
    pub fn reads_bodies(&mut self) {
        self.bodies.note("Body");
    }

    /// Something is wrong, or worth knowing.
    pub fn report(&mut self, problem: Diagnostic) {
        self.errors += usize::from(problem.is_error());
        self.found.push(problem);
    }

    /// Compiles the element of a resolver, which is its data source.
    pub fn data_source(&mut self, root: &Element) -> Option<Placed> {
        let row = policies::find(&root.name).filter(|row| row.sections.is_empty());
        let Some(row) = row.filter(|row| row.scopes.contains(&ScopeKind::Resolver)) else {
            let message = format!("The '{}' element is not a data source of resolvers.", root.name);
            self.refuse(codes::ELEMENT, root, &message);
            return None;
        };
        self.path.push(format!("{}[1]", root.name));
        let placed = self.policy(root, row);
        self.path.pop();
        placed
    }

    /// Compiles the policies in an element. Pushes what is wrong.
    pub fn policies(&mut self, parent: &Element) -> Vec<Arc<Placed>> {
        self.policies_beside(parent, &[])
    }

    /// The same in a part of a policy that also has elements that are no policies.
    pub fn branch_beside(
        &mut self,
        parent: &Element,
        element: &Element,
        others: &[&str],
    ) -> Vec<Arc<Placed>> {
        self.path.push(element.place_in(parent));
        let steps = self.policies_beside(element, others);
        self.path.pop();
        steps
    }

    fn policies_beside(&mut self, parent: &Element, others: &[&str]) -> Vec<Arc<Placed>> {
        self.no_text(parent, "any policy");
        let mut steps = Vec::new();
        for element in parent.elements().filter(|element| !others.contains(&element.name.as_str())) {
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
            let problem = self.invalid_value(element, name, &why);
            self.report(problem);
            Typed::Evaluated(Value::nothing(), read)
        }))
    }

    /// The backend that an attribute names; `None` if the attribute is not there. Pushes what is wrong.
    pub fn backend(&mut self, element: &Element, name: &str) -> Option<BackendId> {
        let value = self.value(element, name)?;
        let Some(id) = value.constant() else { return Some(BackendId::Evaluated(value)) };
        if let Some(found) = self.setting.library.backends.and_then(|backends| backends.get(id)) {
            return Some(BackendId::Known(Arc::clone(found)));
        }
        // A named value without a value is wrong already.
        if named_value(id).is_none() {
            self.refuse(codes::BACKEND, element, &not_found(id));
        }
        Some(BackendId::Evaluated(value))
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
            let texts = element
                .texts()
                .map(|text| text.span.start + text.value.len() - text.value.trim_start().len());
            let start = texts.min().unwrap_or(element.name_span.start);
            let span = start..element.inner.end.max(start);
            self.refuse_at(codes::VALUE, element, span, &format!("The value is invalid: {why}"));
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
        for problem in problems {
            self.report(problem);
        }
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
        let first = self.seen.insert(span.start);
        if self.remaining && !first {
            return None;
        }
        let source = self.source;
        let raw = source.text().get(span.clone()).unwrap_or_default();
        let end =
            expression::end(raw).filter(|end| raw.get(*end..).is_some_and(|rest| rest.trim().is_empty()));
        let Some(code) = end.and_then(|end| raw.get(2..end - 1)) else {
            self.unclosed(element, raw, span);
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
        let result = condition.then_some(csharp::Type::BOOL);
        let environment = csharp::Environment { result: result.clone(), parts: false };
        let outcome = if named_value(&decoded.text).is_none() {
            csharp::compile(&decoded.text, form, &environment)
        } else {
            match stand_in::compile(&decoded.text, form, &environment) {
                Outcome::Right(expression) => Ok(expression),
                Outcome::Wrong(problems) => Err(problems),
                // What a name without a value stands for is not known, so nothing can be said.
                Outcome::Unknown => Err(Vec::new()),
            }
        };
        if first {
            self.expressions.count(&outcome);
        }
        let problems = outcome.as_ref().map_or_else(Vec::clone, |expression| expression.warnings().to_vec());
        for problem in problems {
            let found = problem.span.as_ref().map_or(0..code.len(), |found| decoded.origin(&found.bytes));
            let start = span.start + 2;
            let at = start + found.start..start + found.end;
            let mut placed = if problem.is_error() {
                self.problem_at(problem.code, element, at, &problem.message)
            } else {
                self.source.problem(problem.code, &at, problem.message)
            };
            (placed.help, placed.severity) = (problem.help, problem.severity);
            self.report(placed);
        }
        let position = source.position(span.start);
        let written = |expression| Written::new(expression, (decoded.text, form, result), position);
        outcome.ok().map(|expression| Value::Expression(Arc::new(written(expression))))
    }

    /// An expression that does not end: what C# says about it, or that it does not end.
    fn unclosed(&mut self, element: &Element, raw: &str, span: &Range<usize>) {
        let code = raw.get(2..).unwrap_or_default();
        let decoded = Decoded::new(code);
        let form = if raw.starts_with("@(") { csharp::Form::Expression } else { csharp::Form::Block };
        let found = csharp::compile(&decoded.text, form, &csharp::Environment::default()).err();
        let found = found.into_iter().flatten().find(|problem| problem.code == csharp::code::SYNTAX);
        let problem = match found {
            Some(Diagnostic { code, message, span: Some(found), .. }) => {
                let found = decoded.origin(&found.bytes);
                let start = span.start + 2;
                self.problem_at(code, element, start + found.start..start + found.end, &message)
            }
            _ => {
                self.problem_at(codes::SYNTAX, element, span.clone(), "The policy expression is not closed.")
            }
        };
        self.expressions.count::<()>(&Err(vec![problem.clone()]));
        self.expressions.open += 1;
        self.report(problem);
    }

    fn section(&mut self, section: Section, element: &Element) -> Vec<Arc<Placed>> {
        self.section = Some(section);
        self.no_attributes(element);
        self.policies(element)
    }

    fn checked_policy(&mut self, parent: &Element, element: &Element) -> Option<Placed> {
        let Some(definition) = policies::find(&element.name) else {
            self.invalid_child(parent, element, &policies::names());
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
        if definition.gateways.contains(&self.setting.library.gateway) {
            return self.policy(element, definition);
        }
        self.missing_policy(element, definition)
    }

    /// A policy that the gateway does not have: the Consumption tier refuses it, the self-hosted gateway skips it.
    fn missing_policy(&mut self, element: &Element, definition: &'static Definition) -> Option<Placed> {
        match self.setting.library.gateway {
            GatewayKind::Consumption => {
                self.refuse(codes::GATEWAY, element, "Policy is not allowed in 'Consumption' sku");
                None
            }
            GatewayKind::SelfHosted => {
                let placed = self.policy(element, definition)?;
                let message = format!(
                    "the self-hosted gateway does not have the policy `{}`: it is skipped",
                    placed.policy
                );
                let warning = self.source.problem(codes::GATEWAY, &element.name_span, message).warning();
                tracing::warn!(policy = placed.policy, at = %placed.position, "a self-hosted gateway skips this policy");
                self.found.push(warning.help("keep it at a scope that the managed gateway serves"));
                Some(Placed { step: skipped::step(), ..placed })
            }
            _ => self.policy(element, definition),
        }
    }

    pub(super) fn refuse(&mut self, code: &'static str, element: &Element, message: &str) {
        self.refuse_at(code, element, element.name_span.clone(), message);
    }

    pub(super) fn refuse_at(
        &mut self,
        code: &'static str,
        element: &Element,
        span: Range<usize>,
        message: &str,
    ) {
        let mut problem = self.problem_at(code, element, span, message);
        if code == codes::NAMED_VALUE {
            problem = problem.help("add a named value with this display name to the service");
        }
        self.report(problem);
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
