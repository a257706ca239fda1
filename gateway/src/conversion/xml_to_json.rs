//! XML as JSON: elements become properties, elements that repeat become arrays.
//!
//! The shape of `direct` is that of Json.NET, but for the colon in names, which is `$`, and for the declaration, whose
//! parts are properties without a sign.
//!
//! **Differs from Azure:** comments are left out, and CDATA is text. Nobody published the shape of `javascript-friendly`:
//! here names are identifiers, that is, attributes are properties like elements, and a text beside them is `text`.

use roxmltree::{Document, Node, ParsingOptions};
use serde_json::{Map, Value as Json};

use super::DEPTH;

const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// How many nodes a document may have.
const NODES: u32 = 2_000_000;

/// How it is converted.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "they are the attributes of the policy")]
pub struct FromXml {
    /// What the JSON looks like.
    pub kind: Kind,
    /// Blanks between elements stay.
    pub keep_blanks: bool,
    /// Empty elements are null, however they are written.
    pub empty_as_null: bool,
    /// Blanks around values go.
    pub trim: bool,
    /// All children are in arrays.
    pub always_array: bool,
}

/// What the JSON looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Attributes are told from elements.
    Direct,
    /// Names are identifiers.
    JavaScriptFriendly,
}

impl Kind {
    /// Reads it.
    pub fn read(text: &str) -> Result<Self, String> {
        match text {
            "direct" => Ok(Self::Direct),
            "javascript-friendly" => Ok(Self::JavaScriptFriendly),
            _ => Err("it is neither 'direct' nor 'javascript-friendly'".to_owned()),
        }
    }
}

/// The JSON of a text of XML.
///
/// # Errors
/// It is not XML, or nested too deep.
pub fn to_json(text: &str, options: FromXml) -> Result<String, String> {
    let text = text.trim_start_matches('\u{feff}');
    let parsing = ParsingOptions { nodes_limit: NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, parsing)
        .map_err(|error| format!("the body is not XML: {error}"))?;
    let mut whole = Map::new();
    for (name, value) in declaration(text) {
        whole.insert(name.to_owned(), Json::from(value));
    }
    let root = document.root_element();
    let reader = Reader { text, options };
    whole.insert(reader.name(root), reader.element(root, 0)?);
    serde_json::to_string(&whole).map_err(|error| error.to_string())
}

/// `version`, `encoding` and `standalone`, where the document says them.
fn declaration(text: &str) -> Vec<(&str, &str)> {
    let Some((inside, _)) = text.strip_prefix("<?xml ").and_then(|rest| rest.split_once("?>")) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut rest = inside.trim();
    while let Some((name, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let Some(quote) = after.chars().next().filter(|quote| matches!(quote, '"' | '\'')) else { break };
        let Some((value, more)) = after.get(1..).and_then(|after| after.split_once(quote)) else { break };
        found.push((name.trim(), value));
        rest = more.trim_start();
    }
    found
}

struct Reader<'t> {
    text: &'t str,
    options: FromXml,
}

impl Reader<'_> {
    fn element(&self, node: Node<'_, '_>, depth: usize) -> Result<Json, String> {
        if depth >= DEPTH {
            return Err(format!("the body is nested deeper than {DEPTH} levels"));
        }
        if node.attribute((SCHEMA_INSTANCE, "nil")).is_some_and(|nil| matches!(nil, "true" | "1")) {
            return Ok(Json::Null);
        }
        let mut whole = Map::new();
        self.attributes(node, &mut whole);
        let simple = whole.is_empty();
        let mut text = String::new();
        for child in node.children() {
            if child.is_element() {
                let (name, value) = (self.name(child), self.element(child, depth + 1)?);
                self.add(&mut whole, name, value);
            } else if child.is_text() {
                self.push_text(node, child.text().unwrap_or_default(), &mut text);
            }
        }
        if simple && whole.is_empty() {
            return Ok(self.value(node, text));
        }
        if !text.is_empty() {
            whole.insert(self.special("text"), Json::from(text));
        }
        Ok(Json::Object(whole))
    }

    /// Blanks between elements count only if they are to.
    fn push_text(&self, node: Node<'_, '_>, found: &str, text: &mut String) {
        let between = found.trim().is_empty() && node.first_element_child().is_some();
        if between && !self.options.keep_blanks {
            return;
        }
        text.push_str(if self.options.trim { found.trim() } else { found });
    }

    /// An element with nothing but text.
    fn value(&self, node: Node<'_, '_>, text: String) -> Json {
        let written = self.text.get(node.range()).unwrap_or_default();
        if text.is_empty() && (self.options.empty_as_null || written.ends_with("/>")) {
            return Json::Null;
        }
        Json::from(text)
    }

    fn attributes(&self, node: Node<'_, '_>, whole: &mut Map<String, Json>) {
        let above: Vec<_> = node.parent().into_iter().flat_map(|parent| parent.namespaces()).collect();
        for namespace in node.namespaces() {
            let inherited =
                above.iter().any(|known| known.name() == namespace.name() && known.uri() == namespace.uri());
            if inherited || namespace.name() == Some("xml") {
                continue;
            }
            let name = namespace.name().map_or_else(|| "xmlns".to_owned(), |name| format!("xmlns${name}"));
            whole.insert(self.attribute(&name), Json::from(namespace.uri()));
        }
        for attribute in node.attributes() {
            let prefix = attribute.namespace().and_then(|uri| node.lookup_prefix(uri));
            let name = prefix.filter(|prefix| !prefix.is_empty()).map_or_else(
                || attribute.name().to_owned(),
                |prefix| format!("{prefix}${}", attribute.name()),
            );
            whole.insert(self.attribute(&name), Json::from(attribute.value()));
        }
    }

    fn attribute(&self, name: &str) -> String {
        match self.options.kind {
            Kind::Direct => format!("@{name}"),
            Kind::JavaScriptFriendly => name.to_owned(),
        }
    }

    fn special(&self, name: &str) -> String {
        match self.options.kind {
            Kind::Direct => format!("#{name}"),
            Kind::JavaScriptFriendly => name.to_owned(),
        }
    }

    /// The element's name with its prefix as it is written.
    fn name(&self, node: Node<'_, '_>) -> String {
        let written = self.text.get(node.range()).unwrap_or_default().trim_start_matches('<');
        let end = written.find(|found: char| found.is_whitespace() || matches!(found, '/' | '>'));
        let name = end.and_then(|end| written.get(..end)).unwrap_or(node.tag_name().name());
        name.replace(':', "$")
    }

    fn add(&self, whole: &mut Map<String, Json>, name: String, value: Json) {
        match whole.get_mut(&name) {
            Some(Json::Array(items)) => items.push(value),
            Some(other) => {
                let first = other.take();
                *other = Json::Array(vec![first, value]);
            }
            None if self.options.always_array => drop(whole.insert(name, Json::Array(vec![value]))),
            None => drop(whole.insert(name, value)),
        }
    }
}
