//! Trees of XML as XPath sees them: nodes of seven kinds in document order.
//! <https://www.w3.org/TR/1999/REC-xpath-19991116/#data-model>
//!
//! A tree is an arena in document order: a node's attributes follow it, then its descendants. What is below a node is
//! therefore a range, and comparing indexes compares places. Namespace nodes are not stored, they are places in their
//! element's list.

use std::sync::Arc;

/// The namespace that `xml` stands for.
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// A name with its namespace, which is empty if there is none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct QName {
    /// The namespace.
    pub namespace: Arc<str>,
    /// The part behind the colon.
    pub local: Arc<str>,
}

/// A prefix and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The prefix; empty for the default namespace.
    pub prefix: Arc<str>,
    /// The namespace.
    pub uri: Arc<str>,
}

/// A node of a forest. The order of nodes is document order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// Which tree.
    pub tree: u32,
    /// Which node of it; for a namespace node, its element.
    pub index: u32,
    /// Which of the element's namespaces, counted from 1; 0 for all other nodes.
    pub namespace: u32,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The root.
    Root,
    /// An element.
    Element,
    /// An attribute.
    Attribute,
    /// Text.
    Text,
    /// Text that is written without escaping.
    Raw,
    /// A comment.
    Comment,
    /// A processing instruction.
    Instruction,
    /// A namespace that is in scope at an element.
    Namespace,
}

/// What the arena holds of a node.
#[derive(Debug, Clone)]
pub struct Data {
    pub kind: Kind,
    pub name: QName,
    pub prefix: Arc<str>,
    pub value: String,
    pub parent: u32,
    /// The index behind the last node below this one.
    pub end: u32,
    /// How many attributes follow it.
    pub attributes: u32,
    /// The namespaces in scope at an element.
    pub namespaces: Arc<[Binding]>,
}

/// A tree.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    pub nodes: Vec<Data>,
}

/// The trees of a transformation: the document first, then the result tree fragments.
#[derive(Debug, Default)]
pub struct Forest {
    trees: Vec<Tree>,
}

impl QName {
    /// A name in no namespace.
    pub fn local(local: &str) -> Self {
        Self::new("", local)
    }

    /// A name in a namespace.
    pub fn new(namespace: &str, local: &str) -> Self {
        Self { namespace: namespace.into(), local: local.into() }
    }
}

impl Kind {
    /// A kind of text.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Raw)
    }
}

impl Tree {
    /// All its text.
    pub fn string(&self) -> String {
        let texts = self.nodes.iter().filter(|data| data.kind.is_text());
        texts.map(|data| data.value.as_str()).collect()
    }
}

impl Forest {
    /// Adds a tree and gives its root.
    pub fn add(&mut self, tree: Tree) -> Node {
        self.trees.push(tree);
        let tree = u32::try_from(self.trees.len() - 1).unwrap_or(u32::MAX);
        Node { tree, index: 0, namespace: 0 }
    }

    /// What the arena holds of a node; of a namespace node, what it holds of the element.
    pub fn data(&self, node: Node) -> Option<&Data> {
        self.trees.get(node.tree as usize)?.nodes.get(node.index as usize)
    }

    fn at(node: Node, index: u32) -> Node {
        Node { index, namespace: 0, ..node }
    }

    /// The namespace of a namespace node.
    pub fn binding(&self, node: Node) -> Option<&Binding> {
        let place = node.namespace.checked_sub(1)?;
        self.data(node)?.namespaces.get(place as usize)
    }

    /// What a node is.
    pub fn kind(&self, node: Node) -> Kind {
        let kind = self.data(node).map_or(Kind::Root, |data| data.kind);
        if node.namespace > 0 { Kind::Namespace } else { kind }
    }

    /// The node that holds this one.
    pub fn parent(&self, node: Node) -> Option<Node> {
        if node.namespace > 0 {
            return Some(Self::at(node, node.index));
        }
        (node.index > 0).then(|| self.data(node).map(|data| Self::at(node, data.parent)))?
    }

    /// The root of the tree.
    pub fn root(node: Node) -> Node {
        Self::at(node, 0)
    }

    /// The parent, its parent, and so on.
    pub fn ancestors(&self, node: Node) -> impl Iterator<Item = Node> {
        std::iter::successors(self.parent(node), |above| self.parent(*above))
    }

    /// Where what is below a node begins and ends, attributes apart.
    fn below(&self, node: Node) -> (u32, u32) {
        match self.data(node) {
            Some(data) if node.namespace == 0 => (node.index + 1 + data.attributes, data.end),
            _ => (0, 0),
        }
    }

    /// The children.
    pub fn children(&self, node: Node) -> impl Iterator<Item = Node> {
        let (first, end) = self.below(node);
        let first = (first < end).then(|| Self::at(node, first));
        std::iter::successors(first, move |child| self.next(*child, end))
    }

    fn next(&self, sibling: Node, end: u32) -> Option<Node> {
        let next = self.data(sibling)?.end;
        (next < end).then(|| Self::at(sibling, next))
    }

    /// The children of the parent; attributes and namespaces have none beside them.
    pub fn siblings(&self, node: Node) -> impl Iterator<Item = Node> {
        let beside = !matches!(self.kind(node), Kind::Attribute | Kind::Namespace);
        let parent = self.parent(node).filter(|_| beside);
        parent.into_iter().flat_map(|parent| self.children(parent))
    }

    /// All nodes below a node.
    pub fn descendants(&self, node: Node) -> impl Iterator<Item = Node> {
        let (first, end) = self.below(node);
        self.range(node, first, end)
    }

    fn range(&self, node: Node, first: u32, end: u32) -> impl DoubleEndedIterator<Item = Node> {
        let nodes = (first..end).map(move |index| Self::at(node, index));
        nodes.filter(|node| self.kind(*node) != Kind::Attribute)
    }

    /// All nodes behind a node that are not below it.
    pub fn following(&self, node: Node) -> impl Iterator<Item = Node> {
        let end = match self.kind(node) {
            Kind::Attribute | Kind::Namespace => self.parent(node).map_or(0, |owner| self.below(owner).0),
            _ => self.data(node).map_or(0, |data| data.end),
        };
        let last = self.data(Self::root(node)).map_or(0, |root| root.end);
        self.range(node, end, last)
    }

    /// All nodes before a node that do not hold it, the nearest first.
    pub fn preceding(&self, node: Node) -> impl Iterator<Item = Node> {
        let start = node.index;
        let before = self.range(node, 1, start).rev();
        before.filter(move |other| self.data(*other).is_some_and(|data| data.end <= start))
    }

    /// The attributes of an element.
    pub fn attributes(&self, node: Node) -> impl Iterator<Item = Node> {
        let count = self.data(node).filter(|_| node.namespace == 0).map_or(0, |data| data.attributes);
        (1..=count).map(move |place| Self::at(node, node.index + place))
    }

    /// The namespaces in scope at an element.
    pub fn namespaces(&self, node: Node) -> impl Iterator<Item = Node> {
        let element = self.kind(node) == Kind::Element;
        let count = self.data(node).filter(|_| element).map_or(0, |data| data.namespaces.len());
        (1..=u32::try_from(count).unwrap_or(0)).map(move |namespace| Node { namespace, ..node })
    }

    /// The expanded name; `None` for nodes that have none.
    pub fn name(&self, node: Node) -> Option<QName> {
        match self.kind(node) {
            Kind::Element | Kind::Attribute | Kind::Instruction => {
                self.data(node).map(|data| data.name.clone())
            }
            Kind::Namespace => self.binding(node).map(|binding| QName::local(&binding.prefix)),
            _ => None,
        }
    }

    /// The name with its prefix as it was written; empty for nodes that have none.
    pub fn written_name(&self, node: Node) -> String {
        let Some(name) = self.name(node) else { return String::new() };
        let prefix = self.data(node).filter(|_| node.namespace == 0).map_or("", |data| &data.prefix);
        if prefix.is_empty() { name.local.to_string() } else { format!("{prefix}:{}", name.local) }
    }

    /// The string-value.
    pub fn string(&self, node: Node) -> String {
        match self.kind(node) {
            Kind::Root | Kind::Element => {
                let texts = self.descendants(node).filter_map(|below| self.data(below));
                texts.filter(|data| data.kind.is_text()).map(|data| data.value.as_str()).collect()
            }
            Kind::Namespace => self.binding(node).map_or_else(String::new, |binding| binding.uri.to_string()),
            _ => self.data(node).map_or_else(String::new, |data| data.value.clone()),
        }
    }
}
