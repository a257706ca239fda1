//! Reads XML into a tree. A document type is refused: nothing is expanded, and nothing is fetched.

use std::collections::HashMap;

use roxmltree::{Attribute, NodeType, ParsingOptions};

use crate::builder::{Builder, NODES};
use crate::error::Error;
use crate::tree::{Binding, Kind, QName, Tree, XML};

/// How deep a document may be nested.
const DEPTH: usize = 512;

/// Reads a document without the blanks of the elements that `strips` names.
pub fn read(text: &str, strips: &dyn Fn(&QName) -> bool) -> Result<Tree, Error> {
    let text = text.trim_start_matches('\u{feff}');
    let document = parse(text).map_err(|error| Error::Document(error.to_string()))?;
    let mut reader = Reader { text, strips, builder: Builder::default(), names: HashMap::new(), depth: 0 };
    reader.children(document.root(), Blanks::Kept).map_err(|error| match error {
        Error::Limit(what) => Error::Document(format!("it has more than {what}")),
        other => other,
    })?;
    Ok(reader.builder.finish())
}

/// Takes XML apart.
pub fn parse(text: &str) -> Result<roxmltree::Document<'_>, roxmltree::Error> {
    let nodes_limit = u32::try_from(NODES).unwrap_or(u32::MAX);
    roxmltree::Document::parse_with_options(text, ParsingOptions { nodes_limit, ..ParsingOptions::default() })
}

/// The prefix of an attribute as it is written.
pub fn attribute_prefix<'t>(text: &'t str, attribute: &Attribute<'_, '_>) -> &'t str {
    let name = text.get(attribute.range_qname()).unwrap_or_default();
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}

/// The prefix of an element as it is written.
pub fn element_prefix<'t>(text: &'t str, element: roxmltree::Node<'_, '_>) -> &'t str {
    let written = text.get(element.range()).unwrap_or_default().trim_start_matches('<');
    let end = written.find(|found: char| found.is_whitespace() || matches!(found, '/' | '>'));
    let name = end.and_then(|end| written.get(..end)).unwrap_or_default();
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}

/// The namespaces in scope at an element.
pub fn bindings(element: roxmltree::Node<'_, '_>) -> Vec<Binding> {
    let all = element.namespaces().filter(|namespace| !namespace.uri().is_empty());
    all.map(|namespace| Binding {
        prefix: namespace.name().unwrap_or_default().into(),
        uri: namespace.uri().into(),
    })
    .collect()
}

/// A text is nothing but XML's blanks.
pub fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

/// What an element's `xml:space` says; what is around it counts if it says nothing.
pub fn keeps_blanks(element: roxmltree::Node<'_, '_>) -> Option<bool> {
    element.attribute((XML, "space")).map(|space| space == "preserve")
}

/// Whether blanks between elements are text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blanks {
    Kept,
    Stripped,
    /// `xml:space` says that they are kept, whatever the stylesheet says.
    Preserved,
}

struct Reader<'t> {
    text: &'t str,
    strips: &'t dyn Fn(&QName) -> bool,
    builder: Builder,
    /// The names so far, to share them.
    names: HashMap<(&'t str, &'t str), QName>,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn name(&mut self, namespace: Option<&'t str>, local: &'t str) -> QName {
        let namespace = namespace.unwrap_or_default();
        self.names.entry((namespace, local)).or_insert_with(|| QName::new(namespace, local)).clone()
    }

    fn element(&mut self, element: roxmltree::Node<'t, 't>, around: Blanks) -> Result<(), Error> {
        let tag = element.tag_name();
        let name = self.name(tag.namespace(), tag.name());
        let blanks = match keeps_blanks(element) {
            Some(true) => Blanks::Preserved,
            None if around == Blanks::Preserved => Blanks::Preserved,
            _ if (self.strips)(&name) => Blanks::Stripped,
            _ => Blanks::Kept,
        };
        let prefix = element_prefix(self.text, element);
        let above = element.parent_element();
        let same = above.is_some_and(|above| above.namespaces().eq(element.namespaces()));
        let declared = if same { Vec::new() } else { bindings(element) };
        self.builder.start(name, prefix, &declared)?;
        for attribute in element.attributes() {
            let name = self.name(attribute.namespace(), attribute.name());
            let prefix = attribute_prefix(self.text, &attribute);
            self.builder.attribute(name, prefix, attribute.value().to_owned())?;
        }
        self.children(element, blanks)?;
        self.builder.end();
        Ok(())
    }

    fn children(&mut self, parent: roxmltree::Node<'t, 't>, blanks: Blanks) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Error::Document(format!("it is nested deeper than {DEPTH} levels")));
        }
        for child in parent.children() {
            let text = child.text().unwrap_or_default();
            match child.node_type() {
                NodeType::Element => crate::deep(|| self.element(child, blanks))?,
                NodeType::Comment => self.builder.comment(text.to_owned())?,
                NodeType::PI => {
                    let (target, value) =
                        child.pi().map_or(("", ""), |pi| (pi.target, pi.value.unwrap_or("")));
                    self.builder.instruction(target, value.to_owned())?;
                }
                NodeType::Text if blanks == Blanks::Stripped && is_blank(text) => {}
                NodeType::Text => self.builder.text(Kind::Text, text)?,
                NodeType::Root => {}
            }
        }
        self.depth -= 1;
        Ok(())
    }
}
