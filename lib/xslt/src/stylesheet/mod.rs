//! Compiled stylesheets.
//! <https://www.w3.org/TR/xslt-10/#stylesheet-structure>

mod compiler;
mod declarations;

use std::collections::HashMap;

use diagnostic::Diagnostic;

use crate::decimal_format::Symbols;
use crate::error::Error;
use crate::instructions::{Binding, Body};
use crate::output::Output;
use crate::pattern::{Alternative, Pattern};
use crate::run::Run;
use crate::tree::{Node, QName};
use crate::xpath::{Expr, Test};
use crate::{output, reader};

pub use compiler::{Compiler, Element};
pub use declarations::{MSXSL, excluded};

/// The namespace of XSLT.
pub const XSL: &str = "http://www.w3.org/1999/XSL/Transform";

/// Stable codes of what can be wrong in a stylesheet.
pub mod code {
    /// The stylesheet is not XML.
    pub const XML: &str = "APL0801";
    /// An element or an attribute that stylesheets do not have there.
    pub const STYLESHEET: &str = "APL0802";
    /// An expression or a pattern that is none.
    pub const XPATH: &str = "APL0803";
    /// XSLT has it, but nothing is read from outside and no scripts are run.
    pub const REFUSED: &str = "APL0804";
}

/// A compiled stylesheet.
#[derive(Debug, Default)]
pub struct Stylesheet {
    pub(crate) rules: HashMap<Option<QName>, Vec<Rule>>,
    pub(crate) templates: Vec<Template>,
    pub(crate) named: HashMap<QName, usize>,
    pub(crate) globals: Vec<Global>,
    pub(crate) keys: Vec<Key>,
    pub(crate) formats: HashMap<String, Symbols>,
    pub(crate) attribute_sets: HashMap<QName, Vec<AttributeSet>>,
    pub(crate) output: Output,
    pub(crate) spaces: Vec<Space>,
}

/// A template.
#[derive(Debug)]
pub struct Template {
    pub parameters: Vec<Binding>,
    pub body: Body,
}

/// Which nodes a template is for.
#[derive(Debug)]
pub struct Rule {
    pub alternative: Alternative,
    pub priority: f64,
    pub template: usize,
}

/// A variable or parameter of the whole stylesheet.
#[derive(Debug)]
pub struct Global {
    pub binding: Binding,
    pub is_parameter: bool,
}

/// A key.
#[derive(Debug)]
pub struct Key {
    pub name: QName,
    pub pattern: Pattern,
    pub value: Expr,
}

/// Attributes that belong together.
#[derive(Debug)]
pub struct AttributeSet {
    pub uses: Vec<QName>,
    pub body: Body,
}

/// Whether the blanks in some elements are stripped.
#[derive(Debug)]
pub struct Space {
    pub test: Test,
    pub strips: bool,
}

impl Stylesheet {
    /// Compiles the text of a stylesheet.
    ///
    /// # Errors
    /// Everything that is wrong in it, with its place in the text.
    pub fn compile(text: &str) -> Result<Self, Vec<Diagnostic>> {
        Compiler::compile(text)
    }

    /// Transforms a document with values for the parameters of the stylesheet.
    ///
    /// # Errors
    /// The document is not XML, the stylesheet cannot do what it should, or it does too much.
    pub fn transform(&self, document: &str, parameters: &[(String, String)]) -> Result<String, Error> {
        let tree = reader::read(document, &|name| self.strips(name))?;
        let result = Run::new(self, tree).result(parameters)?;
        output::write(result, &self.output)
    }

    /// The template for a node in a mode.
    pub(crate) fn rule(
        &self,
        node: Node,
        mode: Option<&QName>,
        run: &Run<'_>,
    ) -> Result<Option<&Template>, Error> {
        for rule in self.rules.get(&mode.cloned()).into_iter().flatten() {
            if rule.alternative.matches(node, run)? {
                return Ok(self.templates.get(rule.template));
            }
        }
        Ok(None)
    }

    /// The blanks in elements of that name are stripped: the most exact declaration counts, of those the last.
    fn strips(&self, name: &QName) -> bool {
        let exactness = |test: &Test| match test {
            Test::Name(known) => (known == name).then_some(2),
            Test::Namespace(known) => (*known == name.namespace).then_some(1),
            _ => Some(0),
        };
        let fitting = self.spaces.iter().filter_map(|space| Some((exactness(&space.test)?, space.strips)));
        fitting.max_by_key(|(exactness, _)| *exactness).is_some_and(|(_, strips)| strips)
    }
}
