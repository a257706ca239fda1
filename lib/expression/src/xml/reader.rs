//! From text to the tree. Document types are refused, so entities are never expanded.

use std::sync::Arc;

use super::{Data, Kind, Name, Node, XMLNS};
use crate::failure::{Outcome, throw};

/// What the tree of a text begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    Document,
    Element,
}

/// More nodes than the memory of an expression has room for.
const NODES: u32 = 200_000;

/// Reads a document; white space between elements is dropped unless it is `kept`.
pub fn parse(text: &str, root: Root, kept: bool) -> Outcome<Arc<Node>> {
    if text.trim().is_empty() {
        return throw("System.Xml.XmlException", "Root element is missing.");
    }
    let options = roxmltree::ParsingOptions { allow_dtd: false, nodes_limit: NODES, ..Default::default() };
    let parsed = match roxmltree::Document::parse_with_options(text, options) {
        Ok(parsed) => parsed,
        Err(problem) => return throw("System.Xml.XmlException", describe(text, &problem)),
    };
    if root == Root::Element {
        return Ok(element(text, parsed.root_element(), kept));
    }
    let document = Node::new(Kind::Document, Data { value: declaration(text), ..Data::default() });
    children(text, parsed.root(), &document, kept);
    Ok(document)
}

fn declaration(text: &str) -> String {
    let start = text.trim_start_matches('\u{feff}');
    let found = start.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>"));
    found.map_or_else(String::new, |(inside, _)| inside.trim().to_owned())
}

fn place_of(row: u32, column: u32) -> String {
    format!("Line {row}, position {column}.")
}

/// Where the last start tag of the name before `at` is.
fn started(text: &str, at: roxmltree::TextPos, name: &str) -> String {
    let lines = text.lines().enumerate().take(at.row as usize);
    let found = lines.filter_map(|(row, line)| {
        let end = if row + 1 == at.row as usize { at.col as usize } else { line.len() };
        let before: String = line.chars().take(end).collect();
        before
            .rfind(&format!("<{name}"))
            .map(|column| (row + 1, before.get(..column).map_or(0, |b| b.chars().count()) + 2))
    });
    found.last().map_or_else(String::new, |(row, column)| format!(" on line {row} position {column}"))
}

fn describe(text: &str, problem: &roxmltree::Error) -> String {
    let at = problem.pos();
    let place = place_of(at.row, at.col);
    match problem {
        roxmltree::Error::UnexpectedCloseTag(expected, actual, _) => {
            format!(
                "The '{expected}' start tag{} does not match the end tag of '{actual}'. {}",
                started(text, at, expected),
                place_of(at.row, at.col + 2)
            )
        }
        roxmltree::Error::UnknownNamespace(prefix, _) => {
            format!("'{prefix}' is an undeclared prefix. {place}")
        }
        roxmltree::Error::DuplicatedAttribute(name, _) => {
            format!("'{name}' is a duplicate attribute name. {place}")
        }
        roxmltree::Error::DtdDetected => {
            "For security reasons DTD is prohibited in this XML document.".to_owned()
        }
        roxmltree::Error::UnclosedRootNode => format!("Unexpected end of file has occurred. {place}"),
        roxmltree::Error::NoRootNode => "Root element is missing.".to_owned(),
        roxmltree::Error::UnexpectedEndOfStream => "Unexpected end of file has occurred.".to_owned(),
        _ => format!("Data at the root level is invalid. {place}"),
    }
}

fn element(text: &str, from: roxmltree::Node<'_, '_>, kept: bool) -> Arc<Node> {
    crate::stack::deep(|| {
        let name = from.tag_name();
        let node = Node::element(Name::new(name.namespace().unwrap_or_default(), name.name()));
        let above = from.parent_element();
        for space in from.namespaces() {
            let inherited = above.is_some_and(|above| above.namespaces().any(|known| known == space));
            if inherited || space.name() == Some("xml") {
                continue;
            }
            let name = space.name().map_or_else(|| Name::new("", "xmlns"), |prefix| Name::new(XMLNS, prefix));
            node.insert(0, &Node::attribute(name, space.uri()));
        }
        for attribute in from.attributes() {
            let name = Name::new(attribute.namespace().unwrap_or_default(), attribute.name());
            node.insert(0, &Node::attribute(name, attribute.value()));
        }
        let source = text.get(from.range()).unwrap_or_default();
        if !source.ends_with("/>") {
            node.push_text("");
        }
        children(text, from, &node, kept);
        node
    })
}

fn children(text: &str, from: roxmltree::Node<'_, '_>, to: &Node, kept: bool) {
    for child in from.children() {
        let content = child.text().unwrap_or_default();
        let source = text.get(child.range()).unwrap_or_default();
        let node = match child.node_type() {
            roxmltree::NodeType::Element => element(text, child, kept),
            roxmltree::NodeType::Comment => Node::content(Kind::Comment, content),
            roxmltree::NodeType::PI => {
                let Some(instruction) = child.pi() else { continue };
                let name = Some(Name::new("", instruction.target));
                let value = instruction.value.unwrap_or_default().to_owned();
                Node::new(Kind::Instruction, Data { name, value, ..Data::default() })
            }
            _ if source.starts_with("<![CDATA[") && source.find("]]>") == source.len().checked_sub(3) => {
                Node::content(Kind::CData, content)
            }
            _ if content.trim().is_empty() && !kept => continue,
            _ => Node::content(Kind::Text, content),
        };
        to.insert(usize::MAX, &node);
    }
}
