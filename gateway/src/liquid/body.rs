//! The body of a message as a template sees it: JSON or XML by its content type, a text otherwise.
//!
//! **Differs from Azure:** elements are found by their local names, in whatever case they are written: templates say
//! `body.envelope.body`. Attributes are called `@name`, which is not published.

use std::sync::Arc;

use roxmltree::{Document, Node, ParsingOptions};

use super::Value;
use crate::conversion::{DEPTH, is};

const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
const NODES: u32 = 1_000_000;

/// How a body is read.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// Elements with `xsi:nil` are null, and not an empty text.
    pub nil_is_null: bool,
    /// Texts of JSON that look like dates are dates.
    pub parse_date: bool,
}

impl Value {
    /// A body of this content type.
    ///
    /// # Errors
    /// It is not what its content type says.
    pub fn body(bytes: &[u8], content_type: &str, reading: Reading) -> Result<Self, String> {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            return Ok(Self::text(""));
        }
        if is(content_type, "json") {
            let json =
                serde_json::from_str(text).map_err(|error| format!("The body is not JSON: {error}"))?;
            return Ok(Self::json(&json, reading.parse_date));
        }
        if !is(content_type, "xml") {
            return Ok(Self::text(text));
        }
        let parsing = ParsingOptions { nodes_limit: NODES, ..ParsingOptions::default() };
        let document = Document::parse_with_options(text, parsing)
            .map_err(|error| format!("The body is not XML: {error}"))?;
        let root = document.root_element();
        let name = Arc::from(root.tag_name().name());
        Ok(Self::Element(Arc::new(vec![(name, element(root, reading, 0)?)])))
    }
}

fn element(node: Node<'_, '_>, reading: Reading, depth: usize) -> Result<Value, String> {
    if depth >= DEPTH {
        return Err(format!("The body is nested deeper than {DEPTH} levels."));
    }
    if node.attribute((SCHEMA_INSTANCE, "nil")).is_some_and(|nil| matches!(nil, "true" | "1")) {
        return Ok(if reading.nil_is_null { Value::Nil } else { Value::text("") });
    }
    let mut entries: Vec<(Arc<str>, Value)> = Vec::new();
    for attribute in node.attributes() {
        entries.push((format!("@{}", attribute.name()).into(), Value::text(attribute.value())));
    }
    for child in node.children().filter(Node::is_element) {
        let (name, value) = (child.tag_name().name(), element(child, reading, depth + 1)?);
        match entries.iter_mut().find(|(known, _)| known.as_ref() == name) {
            Some((_, Value::List(items))) => Arc::make_mut(items).push(value),
            Some((_, first)) => {
                let items = vec![std::mem::replace(first, Value::Nil), value];
                *first = Value::List(Arc::new(items));
            }
            None => entries.push((name.into(), value)),
        }
    }
    let text =
        || node.children().filter_map(|child| child.text().filter(|_| child.is_text())).collect::<String>();
    if entries.is_empty() {
        return Ok(Value::text(text()));
    }
    if node.first_element_child().is_none() {
        entries.push(("#text".into(), Value::text(text())));
    }
    Ok(Value::Element(Arc::new(entries)))
}
