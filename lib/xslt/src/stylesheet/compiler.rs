//! What all elements of a stylesheet are compiled with: attributes, expressions, patterns, names and content.

use std::collections::HashSet;
use std::ops::Range;

use diagnostic::Diagnostic;

use super::{Stylesheet, XSL, code, declarations};
use crate::avt::{self, Avt, Part, Written};
use crate::instructions::{self, Body};
use crate::pattern::Pattern;
use crate::reader;
use crate::tree::{Binding, QName};
use crate::xpath::{Expr, Parser, Problem};

/// An element of a stylesheet.
pub type Element<'a, 'i> = roxmltree::Node<'a, 'i>;

/// How deep the elements of a stylesheet may nest.
const DEPTH: usize = 128;

/// Compiles a stylesheet.
#[derive(Debug)]
pub struct Compiler<'t> {
    pub text: &'t str,
    pub sheet: Stylesheet,
    /// Namespaces that literal elements do not bring along.
    pub excluded: HashSet<String>,
    /// Namespaces of literal elements that become others.
    pub aliases: Vec<(String, Binding)>,
    /// The stylesheet is of a later version: what is not known is passed over until it is needed.
    pub forwards: bool,
    /// The global variables.
    pub globals: HashSet<QName>,
    /// The variables in scope of the template at work.
    pub scope: Vec<QName>,
    /// The calls of templates, checked when all are known.
    pub calls: Vec<(QName, Range<usize>)>,
    problems: Vec<Diagnostic>,
    depth: usize,
}

impl<'t> Compiler<'t> {
    /// Compiles the text of a stylesheet.
    ///
    /// # Errors
    /// Everything that is wrong in it.
    pub fn compile(text: &'t str) -> Result<Stylesheet, Vec<Diagnostic>> {
        let document = reader::parse(text).map_err(|error| {
            let place = error.pos();
            let at = diagnostic::Position { line: place.row as usize, column: place.col as usize };
            let at = at.offset(text);
            vec![Diagnostic::new(code::XML, error.to_string()).at(text, at..at + 1)]
        })?;
        let mut compiler = Self {
            text,
            sheet: Stylesheet::default(),
            excluded: HashSet::from([XSL.to_owned()]),
            aliases: Vec::new(),
            forwards: false,
            globals: HashSet::new(),
            scope: Vec::new(),
            calls: Vec::new(),
            problems: Vec::new(),
            depth: 0,
        };
        declarations::compile(document.root_element(), &mut compiler);
        if compiler.problems.is_empty() { Ok(compiler.sheet) } else { Err(compiler.problems) }
    }

    /// Keeps a problem, and goes on.
    pub fn report(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// Keeps the problem, if it is one.
    pub fn or_report<T>(&mut self, outcome: Result<T, Diagnostic>) -> Option<T> {
        outcome.map_err(|problem| self.report(problem)).ok()
    }

    /// A problem of a whole element, shown at its name.
    pub fn problem(&self, element: Element<'_, '_>, message: impl Into<String>) -> Diagnostic {
        self.problem_of(code::STYLESHEET, element, message)
    }

    /// The same with another code.
    pub fn problem_of(
        &self,
        code: &'static str,
        element: Element<'_, '_>,
        message: impl Into<String>,
    ) -> Diagnostic {
        let written = self.text.get(element.range()).unwrap_or_default();
        let end = written.find(|found: char| found.is_whitespace() || matches!(found, '/' | '>'));
        let start = element.range().start + 1;
        let end = element.range().start + end.unwrap_or(written.len());
        Diagnostic::new(code, message).at(self.text, start..end.max(start))
    }

    fn value_span(element: Element<'_, '_>, name: &str) -> Range<usize> {
        element.attribute_node(name).map_or_else(|| element.range(), |attribute| attribute.range_value())
    }

    /// A problem of an attribute's value.
    pub fn invalid(&self, element: Element<'_, '_>, name: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code::STYLESHEET, message).at(self.text, Self::value_span(element, name))
    }

    /// The element has no attributes but these, and those in namespaces.
    pub fn only(&mut self, element: Element<'_, '_>, known: &[&str]) {
        if self.forwards {
            return;
        }
        for attribute in element.attributes().filter(|attribute| attribute.namespace().is_none()) {
            if !known.contains(&attribute.name()) {
                let message = format!(
                    "'{}' is an invalid attribute for the 'xsl:{}' element",
                    attribute.name(),
                    element.tag_name().name()
                );
                self.report(Diagnostic::new(code::STYLESHEET, message).at(self.text, attribute.range()));
            }
        }
    }

    /// The element holds nothing.
    pub fn empty(&mut self, element: Element<'_, '_>) {
        if element.children().any(|child| child.is_element() || !reader::is_blank(child.text().unwrap_or("")))
        {
            let message = format!("the 'xsl:{}' element must be empty", element.tag_name().name());
            self.report(self.problem(element, message));
        }
    }

    /// The element holds nothing but these elements of XSLT.
    pub fn nothing_but(&self, element: Element<'_, '_>, known: &[&str]) -> Result<(), Diagnostic> {
        let fits = |child: Element<'_, '_>| known.iter().any(|name| instructions::is_xsl(child, name));
        match element.children().find(|child| child.is_element() && !fits(*child)) {
            None => Ok(()),
            Some(other) => {
                let name = element.tag_name().name();
                let message = format!("'xsl:{name}' holds nothing but 'xsl:{}'", known.join("' and 'xsl:"));
                Err(self.problem(other, message))
            }
        }
    }

    /// A value that must be there.
    pub fn required<T>(
        &self,
        element: Element<'_, '_>,
        name: &str,
        found: Option<T>,
    ) -> Result<T, Diagnostic> {
        let message =
            || format!("the 'xsl:{}' element needs the attribute '{name}'", element.tag_name().name());
        found.ok_or_else(|| self.problem(element, message()))
    }

    fn parsed(&self, (element, at): (Element<'_, '_>, usize), text: &str) -> Result<Expr, Diagnostic> {
        let wrong = |problem: Problem| {
            let span = at + problem.span.start..at + problem.span.end.max(problem.span.start + 1);
            Diagnostic::new(code::XPATH, problem.message).at(self.text, span)
        };
        let namespaces = reader::bindings(element);
        let mut parser = Parser::new(text, &namespaces);
        let expression = parser.whole().map_err(wrong)?;
        for (name, span) in parser.variables {
            if !self.scope.contains(&name) && !self.globals.contains(&name) {
                let message =
                    format!("the variable or parameter '{}' is not defined, or out of scope", name.local);
                return Err(wrong(Problem { message, span }));
            }
        }
        Ok(expression)
    }

    /// The expression in an attribute.
    pub fn expression(&self, element: Element<'_, '_>, name: &str) -> Result<Option<Expr>, Diagnostic> {
        let at = Self::value_span(element, name).start;
        element.attribute(name).map(|text| self.parsed((element, at), text)).transpose()
    }

    /// The expression in an attribute that must be there.
    pub fn needed_expression(&self, element: Element<'_, '_>, name: &str) -> Result<Expr, Diagnostic> {
        let found = self.expression(element, name)?;
        self.required(element, name, found)
    }

    /// The pattern in an attribute.
    pub fn pattern(&self, element: Element<'_, '_>, name: &str) -> Result<Option<Pattern>, Diagnostic> {
        let Some(expression) = self.expression(element, name)? else { return Ok(None) };
        let wrong = |why| Diagnostic::new(code::XPATH, why).at(self.text, Self::value_span(element, name));
        Pattern::new(expression).map(Some).map_err(wrong)
    }

    /// The attribute value template in an attribute.
    pub fn template(&self, element: Element<'_, '_>, name: &str) -> Result<Option<Avt>, Diagnostic> {
        let attribute = element.attribute_node(name);
        attribute.map(|attribute| self.avt(element, &attribute)).transpose()
    }

    /// The attribute value template of an attribute.
    pub fn avt(
        &self,
        element: Element<'_, '_>,
        attribute: &roxmltree::Attribute<'_, '_>,
    ) -> Result<Avt, Diagnostic> {
        let start = attribute.range_value().start;
        let parts = avt::parts(attribute.value()).map_err(|at| {
            let message = "a brace is without its other; '{{' and '}}' stand for braces themselves";
            Diagnostic::new(code::XPATH, message).at(self.text, start + at..start + at + 1)
        })?;
        let parts = parts.into_iter().map(|part| match part {
            Written::Text(text) => Ok(Part::Text(text.to_owned())),
            Written::Expression(at, text) => self.parsed((element, start + at), text).map(Part::Expression),
        });
        parts.collect::<Result<_, _>>().map(Avt)
    }

    /// A name that is written so; without prefix it is in no namespace.
    pub fn qname(&self, element: Element<'_, '_>, written: &str) -> Result<QName, Diagnostic> {
        let (prefix, local) = written.trim().split_once(':').unwrap_or(("", written.trim()));
        if !crate::xpath::is_name(local) {
            return Err(self.problem(element, format!("'{written}' is not a name")));
        }
        if prefix.is_empty() {
            return Ok(QName::local(local));
        }
        let namespace = element.lookup_namespace_uri(Some(prefix));
        let message = || format!("the prefix '{prefix}' is not declared");
        namespace
            .map(|namespace| QName::new(namespace, local))
            .ok_or_else(|| self.problem(element, message()))
    }

    /// The name in an attribute.
    pub fn name(&self, element: Element<'_, '_>, name: &str) -> Result<Option<QName>, Diagnostic> {
        element.attribute(name).map(|written| self.qname(element, written)).transpose()
    }

    /// The names in an attribute, with blanks between them.
    pub fn names(&self, element: Element<'_, '_>, name: &str) -> Result<Vec<QName>, Diagnostic> {
        let written = element.attribute(name).unwrap_or_default();
        written.split_whitespace().map(|written| self.qname(element, written)).collect()
    }

    /// `yes` or `no` in an attribute.
    pub fn yes(&self, element: Element<'_, '_>, name: &str) -> Result<Option<bool>, Diagnostic> {
        match element.attribute(name) {
            None => Ok(None),
            Some("yes") => Ok(Some(true)),
            Some("no") => Ok(Some(false)),
            Some(_) => Err(self.invalid(element, name, format!("'{name}' is neither 'yes' nor 'no'"))),
        }
    }

    /// The content of an element.
    pub fn body(&mut self, element: Element<'_, '_>) -> Body {
        self.content(element, |_| true)
    }

    /// The content of an element, of its elements those that are wanted.
    pub fn content(&mut self, element: Element<'_, '_>, wanted: impl Fn(Element<'_, '_>) -> bool) -> Body {
        self.depth += 1;
        if self.depth > DEPTH {
            self.report(self.problem(element, format!("elements nest deeper than {DEPTH} levels")));
            self.depth -= 1;
            return Body::default();
        }
        let mark = self.scope.len();
        let mut body = Body::default();
        for child in element.children() {
            let compiled = match child.is_element() {
                true if !wanted(child) => continue,
                true => instructions::compile(child, self),
                false => Ok(instructions::literal_text(child)),
            };
            body.0.extend(self.or_report(compiled).flatten());
        }
        self.scope.truncate(mark);
        self.depth -= 1;
        body
    }
}
