//! Policy documents: from the author's text to compiled sections, with the author's lines and columns in every
//! complaint.
//! <https://learn.microsoft.com/azure/api-management/api-management-howto-policies>

pub mod codes;
mod compiler;
pub mod expression;
mod scanner;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use apim::{PolicyDocument, PolicyFormat};
use diagnostic::Diagnostic;

use crate::pipeline::{Placed, ScopeKind, Section};

pub use compiler::Compiler;

/// The largest document that Azure takes.
const SIZE: usize = 256 * 1024;

/// What a new service starts with: requests go to the backend, and nothing else.
const GLOBAL: &str =
    "<policies><inbound /><backend><forward-request /></backend><outbound /><on-error /></policies>";

/// A compiled policy document.
#[derive(Debug, Default)]
pub struct Document {
    sections: [Option<Vec<Arc<Placed>>>; 4],
}

/// An element of a policy document.
#[derive(Debug, Clone)]
pub struct Element {
    /// The name.
    pub name: String,
    /// Where the name stands.
    pub name_span: Range<usize>,
    /// The attributes, as written.
    pub attributes: Vec<Attribute>,
    /// What is between the tags.
    pub children: Vec<Node>,
    /// Where that stands.
    pub inner: Range<usize>,
}

/// An attribute of an element.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// The name.
    pub name: String,
    /// Where the name stands.
    pub name_span: Range<usize>,
    /// The value; an expression with its `@`.
    pub value: String,
    /// Where the value stands.
    pub value_span: Range<usize>,
}

/// Something between tags.
#[derive(Debug, Clone)]
pub enum Node {
    /// An element.
    Element(Element),
    /// Text.
    Text(Text),
}

/// Text between tags.
#[derive(Debug, Clone)]
pub struct Text {
    /// The text; an expression with its `@`.
    pub value: String,
    /// Where it stands.
    pub span: Range<usize>,
}

impl Document {
    /// Compiles a document.
    ///
    /// # Errors
    /// Everything that is wrong in it.
    pub fn compile(document: &PolicyDocument, scope: ScopeKind) -> Result<Self, Vec<Diagnostic>> {
        let named = |problem: Diagnostic| problem.of(document.path.clone());
        if document.text.len() > SIZE {
            let message = format!("the policy document is larger than {} KiB", SIZE / 1024);
            return Err(vec![named(Diagnostic::new(codes::LIMIT, message))]);
        }
        let root = scanner::scan(&document.text, document.format).map_err(|problem| vec![named(problem)])?;
        let mut compiler = Compiler::new(&document.text, &document.path, scope);
        let sections = compiler.sections(&root);
        let problems = compiler.finish();
        if problems.is_empty() {
            Ok(Self { sections })
        } else {
            Err(problems.into_iter().map(named).collect())
        }
    }

    /// The global document of a new service.
    pub fn default_global() -> Self {
        let (path, text) = (String::new(), GLOBAL.to_owned());
        let document = PolicyDocument { path, format: PolicyFormat::Xml, text };
        Self::compile(&document, ScopeKind::Global).unwrap_or_default()
    }

    /// The steps of a section; `None` if the document leaves the section out.
    pub fn section(&self, section: Section) -> Option<&[Arc<Placed>]> {
        let [inbound, backend, outbound, on_error] = &self.sections;
        match section {
            Section::Inbound => inbound,
            Section::Backend => backend,
            Section::Outbound => outbound,
            Section::OnError => on_error,
        }
        .as_deref()
    }
}

impl Element {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
            .map(|attribute| attribute.value.as_str())
    }

    /// The child elements.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The texts that are not blank.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        self.children.iter().filter_map(|node| match node {
            Node::Text(text) if !text.value.trim().is_empty() => Some(text),
            _ => None,
        })
    }

    /// All text between the tags.
    pub fn text(&self) -> String {
        let parts = self.children.iter().filter_map(|node| match node {
            Node::Text(text) => Some(text.value.as_str()),
            Node::Element(_) => None,
        });
        parts.collect()
    }
}
