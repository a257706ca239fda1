//! Policy documents: from the author's text to compiled sections, with the author's lines and columns in every
//! complaint.
//! <https://learn.microsoft.com/azure/api-management/api-management-howto-policies>

mod advice;
pub mod codes;
mod compiler;
mod decode;
pub mod examine;
pub mod expression;
pub mod format;
pub mod place;
mod scanner;
mod source;
mod stand_in;
mod structure;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use apim::{GatewayKind, PolicyDocument, PolicyFormat};
use diagnostic::Diagnostic;

use crate::backend::Entities;
use crate::pipeline::{Placed, ScopeKind, Section};

use source::Source;

pub use compiler::{Compiler, Within, fragment_steps};
pub use decode::Decoded;

/// The largest document that Azure takes.
const SIZE: usize = 256 * 1024;

/// The largest document that the Consumption tier takes.
const CONSUMPTION_SIZE: usize = 16 * 1024;

/// What a new service starts with: requests go to the backend, and nothing else.
pub const GLOBAL: &str =
    "<policies><inbound /><backend><forward-request /></backend><outbound /><on-error /></policies>";

/// A compiled policy document.
#[derive(Debug, Default)]
pub struct Document {
    /// What is worth knowing about it.
    pub warnings: Vec<Diagnostic>,
    sections: [Option<Vec<Arc<Placed>>>; 4],
}

/// Where a document is saved, and what it may refer to.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The scope.
    pub scope: ScopeKind,
    /// The URL template, at an operation.
    pub url_template: Option<&'a str>,
    /// What the service has.
    pub library: Library<'a>,
}

/// What policies of a service may refer to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Library<'a> {
    /// The fragments.
    pub fragments: &'a [apim::Fragment],
    /// The named values.
    pub named_values: &'a [apim::NamedValue],
    /// The backends, if there are any.
    pub backends: Option<&'a Entities>,
    /// What kind of gateway runs them.
    pub gateway: GatewayKind,
}

/// An element of a policy document.
#[derive(Debug, Clone)]
pub struct Element {
    /// The name.
    pub name: String,
    /// Where it stands, with its tags.
    pub span: Range<usize>,
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
    pub fn compile(document: &PolicyDocument, setting: Setting<'_>) -> Result<Self, Vec<Diagnostic>> {
        let (document, warnings) = compiled(document, setting, |compiler, root| Self {
            sections: compiler.sections(root),
            ..Self::default()
        })?;
        Ok(Self { warnings, ..document })
    }

    /// The global document of a new service.
    pub fn default_global() -> Self {
        let (path, text) = (String::new(), GLOBAL.to_owned());
        let document = PolicyDocument { path, format: PolicyFormat::Xml, text };
        let setting = Setting { scope: ScopeKind::Global, url_template: None, library: Library::default() };
        Self::compile(&document, setting).unwrap_or_default()
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

    /// Its name and how many of its name come before it in its parent: `when[2]` for the second.
    pub fn place_in(&self, parent: &Self) -> String {
        let before = parent.elements().take_while(|other| !std::ptr::eq(*other, self));
        format!("{}[{}]", self.name, before.filter(|other| other.name == self.name).count() + 1)
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

/// Compiles the document of a resolver: the data source, without sections around it.
///
/// # Errors
/// Everything that is wrong in it.
pub fn data_source(
    document: &PolicyDocument,
    library: Library<'_>,
) -> Result<Option<Arc<Placed>>, Vec<Diagnostic>> {
    let setting = Setting { scope: ScopeKind::Resolver, url_template: None, library };
    let source = compiled(document, setting, |compiler, root| compiler.data_source(root).map(Arc::new))?;
    Ok(source.0)
}

/// What a compiler makes of a document, and the warnings.
fn compiled<T>(
    document: &PolicyDocument,
    setting: Setting<'_>,
    compile: impl FnOnce(&mut Compiler<'_>, &Element) -> T,
) -> Result<(T, Vec<Diagnostic>), Vec<Diagnostic>> {
    let named = |problem: Diagnostic| named(problem, &document.path);
    if setting.library.gateway == GatewayKind::Consumption && document.text.len() > CONSUMPTION_SIZE {
        let message = "the policy document is larger than 16 KiB, which the Consumption tier does not take";
        return Err(vec![named(Diagnostic::new(codes::LIMIT, message))]);
    }
    let source = Source::expand(&document.text, setting.library.named_values)
        .map_err(|problem| vec![named(problem)])?;
    let root = scanner::scan(&source, document.format).map_err(|problem| vec![named(problem)])?;
    let mut compiler = Compiler::new(&source, &document.path, setting);
    let made = compile(&mut compiler, &root);
    let (errors, warnings): (Vec<_>, Vec<_>) =
        compiler.finish().into_iter().map(named).partition(Diagnostic::is_error);
    if errors.is_empty() { Ok((made, warnings)) } else { Err(errors) }
}

/// The author's text of the first element that is wanted.
pub fn text_at(text: &str, format: PolicyFormat, wanted: impl Fn(&Element) -> bool) -> Option<String> {
    let mut found = None;
    visit(text, format, |element| {
        if found.is_none() && wanted(element) {
            found = text.get(element.span.clone()).map(str::to_owned);
        }
    });
    found
}

/// Shows all elements of a text, if it can be taken apart.
pub fn visit(text: &str, format: PolicyFormat, mut show: impl FnMut(&Element)) {
    let Ok(source) = Source::expand(text, &[]) else { return };
    let Ok(root) = scanner::pieces(&source, format) else { return };
    let mut waiting: Vec<&Element> = root.elements().collect();
    waiting.reverse();
    while let Some(element) = waiting.pop() {
        show(element);
        let children: Vec<&Element> = element.elements().collect();
        waiting.extend(children.into_iter().rev());
    }
}

/// A problem of an included fragment has a name already.
fn named(problem: Diagnostic, path: &str) -> Diagnostic {
    if problem.source.is_empty() { problem.of(path) } else { problem }
}
