//! Builds a tree in document order, with the declarations of namespaces that its names need.

use std::sync::Arc;

use crate::error::Error;
use crate::tree::{Binding, Data, Forest, Kind, Node, QName, Tree, XML};

/// How many nodes a tree may have.
pub const NODES: usize = 1_000_000;

/// How many attributes an element may have.
const ATTRIBUTES: u32 = 4_096;

/// How many namespaces may be in scope.
const NAMESPACES: usize = 512;

/// How deep elements may nest.
const DEPTH: usize = 10_000;

/// A tree under construction.
#[derive(Debug)]
pub struct Builder {
    tree: Tree,
    /// The open elements, the root first.
    open: Vec<u32>,
    bytes: usize,
    /// The name of what has none.
    nameless: QName,
}

impl Default for Builder {
    fn default() -> Self {
        let xml = Binding { prefix: "xml".into(), uri: XML.into() };
        let root = Data {
            kind: Kind::Root,
            name: QName::local(""),
            prefix: "".into(),
            value: String::new(),
            parent: 0,
            end: 1,
            attributes: 0,
            namespaces: [xml].into(),
        };
        Self { tree: Tree { nodes: vec![root] }, open: vec![0], bytes: 0, nameless: QName::local("") }
    }
}

impl Builder {
    /// The finished tree.
    pub fn finish(mut self) -> Tree {
        while self.open.len() > 1 {
            self.end();
        }
        self.close(0);
        self.tree
    }

    /// How many bytes of text and names it holds.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn parent(&self) -> u32 {
        self.open.last().copied().unwrap_or(0)
    }

    fn data(&mut self, index: u32) -> Option<&mut Data> {
        self.tree.nodes.get_mut(index as usize)
    }

    fn len(&self) -> u32 {
        u32::try_from(self.tree.nodes.len()).unwrap_or(u32::MAX)
    }

    fn close(&mut self, index: u32) {
        let end = self.len();
        if let Some(data) = self.data(index) {
            data.end = end;
        }
    }

    fn push(&mut self, kind: Kind, name: QName, value: String) -> Result<u32, Error> {
        if self.tree.nodes.len() >= NODES {
            return Err(Error::Limit("1,000,000 nodes"));
        }
        self.bytes += value.len() + name.local.len();
        let (index, parent) = (self.len(), self.parent());
        let namespaces = self.data(parent).map_or_else(|| [].into(), |data| Arc::clone(&data.namespaces));
        let (prefix, end) = (Arc::clone(&self.nameless.local), index + 1);
        self.tree.nodes.push(Data { kind, name, prefix, value, parent, end, attributes: 0, namespaces });
        Ok(index)
    }

    /// Begins an element.
    pub fn start(&mut self, name: QName, prefix: &str, declared: &[Binding]) -> Result<(), Error> {
        let prefix = if name.namespace.is_empty() { "" } else { prefix };
        let own = Binding { prefix: prefix.into(), uri: Arc::clone(&name.namespace) };
        let index = self.push(Kind::Element, name, String::new())?;
        self.open.push(index);
        if self.open.len() > DEPTH {
            return Err(Error::Limit("10,000 elements inside each other"));
        }
        for binding in declared {
            self.bind(index, binding);
        }
        self.bind(index, &own);
        if let Some(data) = self.data(index) {
            data.prefix = prefix.into();
            if data.namespaces.len() > NAMESPACES {
                return Err(Error::Limit("512 namespaces"));
            }
        }
        Ok(())
    }

    /// Puts a namespace into the scope of an element; one without a URI takes the prefix out.
    fn bind(&mut self, index: u32, binding: &Binding) {
        let Some(data) = self.data(index) else { return };
        let known = data.namespaces.iter().find(|known| known.prefix == binding.prefix);
        if known.map_or("", |known| &known.uri) == &*binding.uri {
            return;
        }
        let others = data.namespaces.iter().filter(|known| known.prefix != binding.prefix).cloned();
        let added = (!binding.uri.is_empty()).then(|| binding.clone());
        data.namespaces = others.chain(added).collect();
    }

    /// Declares a namespace on the open element, unless its prefix has a meaning there already.
    pub fn namespace(&mut self, binding: &Binding) {
        let index = self.parent();
        let Some(data) = self.data(index).filter(|data| data.kind == Kind::Element) else { return };
        let taken = data.namespaces.iter().any(|known| known.prefix == binding.prefix);
        let unnamed = binding.prefix.is_empty() && data.name.namespace.is_empty();
        if !taken && !unnamed {
            self.bind(index, binding);
        }
    }

    /// Adds an attribute to the open element; one of the same name gives way.
    pub fn attribute(&mut self, name: QName, prefix: &str, value: String) -> Result<(), Error> {
        let owner = self.parent();
        let Some(data) = self.data(owner) else { return Ok(()) };
        let (kind, first, behind) = (data.kind, owner + 1, owner + 1 + data.attributes);
        if kind != Kind::Element || self.len() != behind {
            let message = format!("the attribute `{}` comes behind the content of its element", name.local);
            return Err(Error::evaluation(message));
        }
        if behind - first >= ATTRIBUTES {
            return Err(Error::Limit("4,096 attributes of an element"));
        }
        let prefix = self.prefix_for(owner, &name, prefix);
        let index = match (first..behind).find(|at| self.data(*at).is_some_and(|data| data.name == name)) {
            Some(known) => {
                self.bytes += value.len();
                self.data(known).into_iter().for_each(|data| data.value.clone_from(&value));
                known
            }
            None => self.push(Kind::Attribute, name, value)?,
        };
        if let Some(data) = self.data(index) {
            data.prefix = prefix;
        }
        let added = self.len() - first;
        if let Some(data) = self.data(owner) {
            data.attributes = added;
        }
        Ok(())
    }

    /// A prefix that stands for the namespace of an attribute: the wanted one, another one, or a new one.
    fn prefix_for(&mut self, owner: u32, name: &QName, wanted: &str) -> Arc<str> {
        let Some(data) = self.data(owner).filter(|_| !name.namespace.is_empty()) else { return "".into() };
        let bound = |prefix: &str| data.namespaces.iter().find(|known| *known.prefix == *prefix);
        if !wanted.is_empty() && bound(wanted).is_some_and(|known| known.uri == name.namespace) {
            return wanted.into();
        }
        let fitting =
            data.namespaces.iter().find(|known| known.uri == name.namespace && !known.prefix.is_empty());
        if let Some(known) = fitting {
            return Arc::clone(&known.prefix);
        }
        let free = |prefix: &String| bound(prefix).is_none();
        let names = (0..).map(|number| format!("ns{number}"));
        let mut names = Some(wanted.to_owned()).filter(|wanted| !wanted.is_empty()).into_iter().chain(names);
        let prefix: Arc<str> = names.find(free).unwrap_or_default().into();
        self.bind(owner, &Binding { prefix: Arc::clone(&prefix), uri: Arc::clone(&name.namespace) });
        prefix
    }

    /// Adds text to what is there.
    pub fn text(&mut self, kind: Kind, text: &str) -> Result<(), Error> {
        if text.is_empty() {
            return Ok(());
        }
        let (parent, last) = (self.parent(), self.len() - 1);
        if let Some(data) = self.data(last).filter(|data| data.kind == kind && data.parent == parent) {
            data.value.push_str(text);
            self.bytes += text.len();
            return Ok(());
        }
        self.push(kind, self.nameless.clone(), text.to_owned()).map(drop)
    }

    /// Adds a comment.
    pub fn comment(&mut self, text: String) -> Result<(), Error> {
        self.push(Kind::Comment, self.nameless.clone(), text).map(drop)
    }

    /// Adds a processing instruction.
    pub fn instruction(&mut self, target: &str, text: String) -> Result<(), Error> {
        self.push(Kind::Instruction, QName::local(target), text).map(drop)
    }

    /// Ends the open element.
    pub fn end(&mut self) {
        if self.open.len() > 1 {
            let index = self.open.pop().unwrap_or(0);
            self.close(index);
        }
    }

    /// Adds a copy of a node with all that is below it.
    pub fn copy(&mut self, forest: &Forest, node: Node) -> Result<(), Error> {
        let depth = self.open.len();
        let mut ends = Vec::new();
        let element = matches!(forest.kind(node), Kind::Element | Kind::Root);
        let below = element.then(|| forest.descendants(node)).into_iter().flatten();
        for node in std::iter::once(node).chain(below) {
            while ends.last().is_some_and(|end| *end <= node.index) {
                ends.pop();
                self.end();
            }
            self.copy_one(forest, node)?;
            if forest.kind(node) == Kind::Element {
                for attribute in forest.attributes(node) {
                    self.copy_one(forest, attribute)?;
                }
                ends.push(forest.data(node).map_or(0, |data| data.end));
            }
        }
        while self.open.len() > depth {
            self.end();
        }
        Ok(())
    }

    /// Adds a copy of a node alone; an element stays open.
    pub fn copy_one(&mut self, forest: &Forest, node: Node) -> Result<(), Error> {
        let Some(data) = forest.data(node) else { return Ok(()) };
        match forest.kind(node) {
            Kind::Root => Ok(()),
            Kind::Element => self.start(data.name.clone(), &data.prefix, &data.namespaces),
            Kind::Attribute => self.attribute(data.name.clone(), &data.prefix, data.value.clone()),
            kind @ (Kind::Text | Kind::Raw) => self.text(kind, &data.value),
            Kind::Comment => self.comment(data.value.clone()),
            Kind::Instruction => self.instruction(&data.name.local, data.value.clone()),
            Kind::Namespace => {
                forest.binding(node).into_iter().for_each(|binding| self.namespace(binding));
                Ok(())
            }
        }
    }
}
