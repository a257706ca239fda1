//! The tree of LINQ to XML: mutable, each node knows its parent, namespaces are part of names.
//!
//! Follows <https://learn.microsoft.com/dotnet/standard/linq/linq-xml-overview>.
//!
//! **Differs from Azure:** a node does not keep those above it: once no variable holds the root, `Parent` is null.

mod reader;
mod writer;

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError, Weak};

pub use reader::{Root, parse};

use crate::stack::deep;
use crate::text::Str;
use crate::value::{Native, Value, lock};

/// The namespace of namespace declarations.
pub const XMLNS: &str = "http://www.w3.org/2000/xmlns/";
/// The namespace of the prefix `xml`.
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// `XName`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name {
    pub space: String,
    pub local: String,
}

impl Name {
    pub fn new(space: &str, local: &str) -> Self {
        Self { space: space.to_owned(), local: local.to_owned() }
    }

    /// `{namespace}local`, or `local`.
    pub fn read(text: &str) -> Self {
        match text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            Some((space, local)) => Self::new(space, local),
            None => Self::new("", text),
        }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.space.is_empty() {
            f.write_str(&self.local)
        } else {
            write!(f, "{{{}}}{}", self.space, self.local)
        }
    }
}

/// What a node is, and never stops to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Document,
    Element,
    Attribute,
    Text,
    CData,
    Comment,
    Instruction,
}

/// What a node has.
#[derive(Debug, Clone, Default)]
pub struct Data {
    /// Of elements, attributes, and the target of instructions.
    pub name: Option<Name>,
    /// The text of what has no children; of a document, its declaration.
    pub value: String,
    pub attributes: Vec<Arc<Node>>,
    pub children: Vec<Arc<Node>>,
    /// Whether an element without children is written with an end tag.
    pub open: bool,
}

/// A node, or an attribute.
#[derive(Debug)]
pub struct Node {
    pub kind: Kind,
    this: Weak<Node>,
    parent: Mutex<Weak<Node>>,
    data: Mutex<Data>,
}

impl Drop for Node {
    fn drop(&mut self) {
        let data = std::mem::take(self.data.get_mut().unwrap_or_else(PoisonError::into_inner));
        deep(|| drop(data));
    }
}

impl Native for Node {
    fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Document => "System.Xml.Linq.XDocument",
            Kind::Element => "System.Xml.Linq.XElement",
            Kind::Attribute => "System.Xml.Linq.XAttribute",
            Kind::Text => "System.Xml.Linq.XText",
            Kind::CData => "System.Xml.Linq.XCData",
            Kind::Comment => "System.Xml.Linq.XComment",
            Kind::Instruction => "System.Xml.Linq.XProcessingInstruction",
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn text(&self) -> Str {
        Str::from(writer::write(self, true))
    }
}

impl Node {
    /// A node without parent.
    pub fn new(kind: Kind, data: Data) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            kind,
            this: this.clone(),
            parent: Mutex::default(),
            data: Mutex::new(data),
        })
    }

    pub fn element(name: Name) -> Arc<Self> {
        Self::new(Kind::Element, Data { name: Some(name), ..Data::default() })
    }

    pub fn attribute(name: Name, value: &str) -> Arc<Self> {
        Self::new(Kind::Attribute, Data { name: Some(name), value: value.to_owned(), ..Data::default() })
    }

    pub fn content(kind: Kind, value: &str) -> Arc<Self> {
        Self::new(kind, Data { value: value.to_owned(), ..Data::default() })
    }

    /// The same node as an expression holds it.
    pub fn object(&self) -> Value {
        match self.this.upgrade() {
            Some(node) => Value::Native(node),
            None => Value::Null,
        }
    }

    pub fn shared(&self) -> Option<Arc<Self>> {
        self.this.upgrade()
    }

    /// What stands in the declaration of a document.
    pub fn declaration(&self) -> String {
        lock(&self.data).value.clone()
    }

    pub fn parent(&self) -> Option<Arc<Self>> {
        lock(&self.parent).upgrade()
    }

    fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }

    pub fn name(&self) -> Name {
        lock(&self.data).name.clone().unwrap_or_else(|| Name::new("", ""))
    }

    pub fn set_name(&self, name: Name) {
        lock(&self.data).name = Some(name);
    }

    pub fn attributes(&self) -> Vec<Arc<Self>> {
        lock(&self.data).attributes.clone()
    }

    pub fn children(&self) -> Vec<Arc<Self>> {
        lock(&self.data).children.clone()
    }

    /// Whether an element is written as `<a />`.
    pub fn is_empty(&self) -> bool {
        let data = lock(&self.data);
        data.children.is_empty() && !data.open
    }

    pub fn elements(&self) -> Vec<Arc<Self>> {
        self.children().into_iter().filter(|child| child.kind == Kind::Element).collect()
    }

    /// All elements or nodes below, in document order.
    pub fn descendants(&self, found: &mut Vec<Arc<Self>>, all: bool) {
        for child in self.children() {
            if all || child.kind == Kind::Element {
                found.push(Arc::clone(&child));
            }
            deep(|| child.descendants(found, all));
        }
    }

    /// The text in it.
    pub fn value(&self) -> String {
        match self.kind {
            Kind::Document | Kind::Element => {
                let mut nodes = Vec::new();
                self.descendants(&mut nodes, true);
                let texts = nodes.iter().filter(|node| matches!(node.kind, Kind::Text | Kind::CData));
                texts.map(|node| lock(&node.data).value.clone()).collect()
            }
            _ => lock(&self.data).value.clone(),
        }
    }

    /// Replaces the text in it.
    pub fn set_value(&self, value: &str) {
        if self.kind == Kind::Element {
            self.clear();
            self.push_text(value);
        } else {
            value.clone_into(&mut lock(&self.data).value);
        }
    }

    /// Takes all children away.
    pub fn clear(&self) {
        lock(&self.data).open = false;
        for child in std::mem::take(&mut lock(&self.data).children) {
            *lock(&child.parent) = Weak::new();
        }
    }

    pub fn find_attribute(&self, name: &Name) -> Option<Arc<Self>> {
        self.attributes().into_iter().find(|attribute| attribute.name() == *name)
    }

    /// Adds text at the end: to the text that is there, if any.
    pub fn push_text(&self, text: &str) {
        lock(&self.data).open = true;
        if text.is_empty() {
            return;
        }
        match self.children().last() {
            Some(last) if last.kind == Kind::Text => lock(&last.data).value.push_str(text),
            _ => drop(self.insert(usize::MAX, &Self::content(Kind::Text, text))),
        }
    }

    /// Adds a node or attribute: a copy if it is elsewhere already. Answers how many nodes came in.
    pub fn insert(&self, at: usize, child: &Arc<Self>) -> usize {
        let ancestor = self.ancestors().iter().any(|above| above.is(child)) || self.is(child);
        let child = if child.parent().is_some() || ancestor { child.copy() } else { Arc::clone(child) };
        (*lock(&child.parent)).clone_from(&self.this);
        let mut data = lock(&self.data);
        if child.kind == Kind::Attribute {
            data.attributes.push(child);
            return 0;
        }
        let at = at.min(data.children.len());
        data.children.insert(at, child);
        1
    }

    /// The elements above, nearest first.
    pub fn ancestors(&self) -> Vec<Arc<Self>> {
        let mut found: Vec<Arc<Self>> = Vec::new();
        let mut next = self.parent();
        while let Some(parent) = next {
            next = parent.parent();
            found.push(parent);
        }
        found
    }

    /// Its place among its parent's children.
    pub fn position(&self) -> Option<(Arc<Self>, usize)> {
        let parent = self.parent()?;
        let at = parent.children().iter().position(|child| child.is(self))?;
        Some((parent, at))
    }

    /// Takes it out of its parent.
    pub fn remove(&self) -> bool {
        let Some(parent) = self.parent() else { return false };
        let mut data = lock(&parent.data);
        data.children.retain(|child| !child.is(self));
        data.attributes.retain(|child| !child.is(self));
        data.open &= self.kind == Kind::Attribute || !data.children.is_empty();
        drop(data);
        *lock(&self.parent) = Weak::new();
        true
    }

    /// A copy of it and all below, without parent.
    pub fn copy(&self) -> Arc<Self> {
        deep(|| {
            let data = lock(&self.data).clone();
            let (attributes, children) = (data.attributes, data.children);
            let copy = Self::new(
                self.kind,
                Data { name: data.name, value: data.value, open: data.open, ..Data::default() },
            );
            for child in attributes.iter().chain(&children) {
                copy.insert(usize::MAX, &child.copy());
            }
            copy
        })
    }

    /// Whether both have the same names, attributes and content.
    pub fn deep_equals(&self, other: &Self) -> bool {
        let same = |a: &[Arc<Self>], b: &[Arc<Self>]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| deep(|| a.deep_equals(b)))
        };
        let leaf = !matches!(self.kind, Kind::Element | Kind::Document);
        self.kind == other.kind
            && self.name() == other.name()
            && (!leaf || self.value() == other.value())
            && same(&self.attributes(), &other.attributes())
            && same(&self.children(), &other.children())
    }

    /// The text that `ToString(SaveOptions)` gives.
    pub fn xml(&self, indented: bool) -> String {
        writer::write(self, indented)
    }

    /// The namespace that a prefix stands for here.
    pub fn namespace_of(&self, prefix: &str) -> Option<String> {
        let wanted = if prefix.is_empty() { Name::new("", "xmlns") } else { Name::new(XMLNS, prefix) };
        let here = self.find_attribute(&wanted);
        let found = here.or_else(|| self.ancestors().iter().find_map(|above| above.find_attribute(&wanted)));
        found.map(|attribute| attribute.value())
    }
}
