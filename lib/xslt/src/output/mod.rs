//! `xsl:output`: how a result becomes text.
//! <https://www.w3.org/TR/xslt-10/#output>
//!
//! **Differs from Azure:** results are UTF-8, and say so, whatever `encoding` asks for.

mod html;
mod xml;

use diagnostic::Diagnostic;

use crate::error::Error;
use crate::reader::is_blank;
use crate::stylesheet::{Compiler, Element};
use crate::tree::{Forest, Kind, Node, QName, Tree};

/// How many bytes a result may have.
const BYTES: usize = 32 << 20;

/// What the stylesheet says of its output.
#[derive(Debug, Clone, Default)]
pub struct Output {
    method: Option<Method>,
    indent: Option<bool>,
    omits_declaration: bool,
    standalone: Option<bool>,
    public: Option<String>,
    system: Option<String>,
    cdata: Vec<QName>,
    media_type: Option<String>,
}

/// The kind of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Xml,
    Html,
    Text,
}

impl Output {
    /// Adds what one `xsl:output` says.
    pub fn declare(
        output: &mut Self,
        element: Element<'_, '_>,
        compiler: &mut Compiler<'_>,
    ) -> Result<(), Diagnostic> {
        const KNOWN: &[&str] = &[
            "method",
            "version",
            "encoding",
            "omit-xml-declaration",
            "standalone",
            "doctype-public",
            "doctype-system",
            "cdata-section-elements",
            "indent",
            "media-type",
        ];
        compiler.only(element, KNOWN);
        compiler.empty(element);
        output.method = match element.attribute("method") {
            None => output.method,
            Some("xml") => Some(Method::Xml),
            Some("html") => Some(Method::Html),
            Some("text") => Some(Method::Text),
            Some(other) => {
                let message = format!("'{other}' is none of 'xml', 'html' and 'text'");
                return Err(compiler.invalid(element, "method", message));
            }
        };
        output.indent = compiler.yes(element, "indent")?.or(output.indent);
        output.omits_declaration =
            compiler.yes(element, "omit-xml-declaration")?.unwrap_or(output.omits_declaration);
        output.standalone = compiler.yes(element, "standalone")?.or(output.standalone);
        let text = |name, known: &mut Option<String>| {
            *known = element.attribute(name).map(str::to_owned).or_else(|| known.take());
        };
        text("doctype-public", &mut output.public);
        text("doctype-system", &mut output.system);
        text("media-type", &mut output.media_type);
        for written in element.attribute("cdata-section-elements").unwrap_or_default().split_whitespace() {
            let namespace = element.default_namespace().filter(|_| !written.contains(':'));
            let name = compiler.qname(element, written)?;
            output.cdata.push(namespace.map_or(name.clone(), |namespace| QName::new(namespace, &name.local)));
        }
        Ok(())
    }
}

/// Writes a result.
pub fn write(tree: Tree, output: &Output) -> Result<String, Error> {
    let mut forest = Forest::default();
    let root = forest.add(tree);
    let method = output.method.unwrap_or_else(|| usual(&forest, root));
    if method == Method::Text {
        return Ok(forest.string(root));
    }
    let indents = output.indent.unwrap_or(method == Method::Html);
    let mut writer = Writer { forest: &forest, output, html: method == Method::Html, text: String::new() };
    if method == Method::Xml && !output.omits_declaration {
        writer.declaration();
    }
    let blanks = if indents { Blanks::Between } else { Blanks::Kept };
    writer.children(root, 0, blanks)?;
    Ok(writer.text)
}

/// `html` if the first element is that, with nothing but blanks before it.
fn usual(forest: &Forest, root: Node) -> Method {
    let text = |node: &Node| !is_blank(&forest.string(*node));
    let first = forest.children(root).find(|node| match forest.kind(*node) {
        Kind::Text | Kind::Raw => text(node),
        kind => kind == Kind::Element,
    });
    let name = first.and_then(|first| forest.name(first));
    let html = name.is_some_and(|name| name.namespace.is_empty() && name.local.eq_ignore_ascii_case("html"));
    if html { Method::Html } else { Method::Xml }
}

/// Whether elements are written below each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blanks {
    Between,
    Kept,
}

/// A result that is being written.
struct Writer<'r> {
    forest: &'r Forest,
    output: &'r Output,
    html: bool,
    text: String,
}

impl Writer<'_> {
    fn put(&mut self, parts: &[&str]) {
        self.text.extend(parts.iter().copied());
    }

    fn children(&mut self, parent: Node, depth: usize, blanks: Blanks) -> Result<(), Error> {
        let mixed = self.forest.children(parent).any(|child| self.forest.kind(child).is_text());
        let blanks = if mixed { Blanks::Kept } else { blanks };
        let within = self.forest.kind(parent) == Kind::Element;
        for child in self.forest.children(parent) {
            if blanks == Blanks::Between && (within || !self.text.is_empty()) {
                self.line(depth);
            }
            self.node(child, depth, blanks)?;
        }
        if blanks == Blanks::Between && within && self.forest.children(parent).next().is_some() {
            self.line(depth.saturating_sub(1));
        }
        if self.text.len() > BYTES { Err(Error::Limit("32 MiB of output")) } else { Ok(()) }
    }

    /// A new line, as .NET writes it.
    fn line(&mut self, depth: usize) {
        self.text.push_str("\r\n");
        self.text.extend(std::iter::repeat_n("  ", depth.min(1000)));
    }

    fn node(&mut self, node: Node, depth: usize, blanks: Blanks) -> Result<(), Error> {
        let Some(data) = self.forest.data(node) else { return Ok(()) };
        match data.kind {
            Kind::Element => crate::deep(|| self.element(node, depth, blanks))?,
            Kind::Text => self.characters(node, &data.value),
            Kind::Raw => self.text.push_str(&data.value),
            Kind::Comment => {
                self.put(&["<!--", &data.value, "-->"]);
            }
            Kind::Instruction => {
                let blank = if data.value.is_empty() { "" } else { " " };
                let end = if self.html { ">" } else { "?>" };
                self.put(&["<?", &data.name.local, blank, &data.value, end]);
            }
            Kind::Root | Kind::Attribute | Kind::Namespace => {}
        }
        Ok(())
    }

    fn document_type(&mut self, node: Node) {
        let root = self.forest.parent(node);
        let first = |root| self.forest.children(root).find(|child| self.forest.kind(*child) == Kind::Element);
        if root.is_none_or(|root| self.forest.kind(root) != Kind::Root || first(root) != Some(node)) {
            return;
        }
        let name = self.forest.written_name(node);
        let declaration = match (&self.output.public, &self.output.system) {
            (Some(public), Some(system)) => format!("<!DOCTYPE {name} PUBLIC \"{public}\" \"{system}\">"),
            (None, Some(system)) => format!("<!DOCTYPE {name} SYSTEM \"{system}\">"),
            (Some(public), None) if self.html => format!("<!DOCTYPE {name} PUBLIC \"{public}\">"),
            _ => return,
        };
        self.text.push_str(&declaration);
        if self.output.indent == Some(true) {
            self.line(0);
        }
    }

    fn element(&mut self, node: Node, depth: usize, blanks: Blanks) -> Result<(), Error> {
        self.document_type(node);
        let name = self.forest.written_name(node);
        self.put(&["<", &name]);
        self.declared(node);
        let html = self.is_html(node);
        for attribute in self.forest.attributes(node) {
            let Some(data) = self.forest.data(attribute) else { continue };
            let name = self.forest.written_name(attribute);
            self.put(&[" ", &name]);
            if html {
                self.html_value(&name, &data.value);
            } else {
                self.value(&data.value);
            }
        }
        if html {
            return self.html_content(node, &name, (depth, blanks));
        }
        if self.forest.children(node).next().is_none() {
            self.text.push_str(" />");
            return Ok(());
        }
        self.text.push('>');
        self.children(node, depth + 1, blanks)?;
        self.put(&["</", &name, ">"]);
        Ok(())
    }

    /// The namespaces that are in scope at an element and not around it.
    fn declared(&mut self, node: Node) {
        let around = self.forest.parent(node).and_then(|parent| self.forest.data(parent));
        let around = around.map(|data| &*data.namespaces).unwrap_or_default();
        let Some(data) = self.forest.data(node) else { return };
        let default = |binding: &&crate::tree::Binding| binding.prefix.is_empty();
        if around.iter().any(|binding| default(&binding)) && !data.namespaces.iter().any(|own| default(&own))
        {
            self.text.push_str(" xmlns=\"\"");
        }
        for binding in data.namespaces.iter().filter(|binding| !around.contains(binding)) {
            let colon = if binding.prefix.is_empty() { "" } else { ":" };
            self.put(&[" xmlns", colon, &binding.prefix]);
            self.value(&binding.uri);
        }
    }
}
