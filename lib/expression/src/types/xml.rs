//! `System.Xml.Linq`: nodes, and what reads and changes them.
//!
//! Follows <https://learn.microsoft.com/dotnet/api/system.xml.linq>.
//!
//! **Differs from Azure:** sequences of nodes are made when they are asked for, not when they are enumerated; document
//! types are refused. Names, and the conversions of values, are in `xml_name.rs`.

use std::sync::Arc;

use crate::failure::{Outcome, exception, null_argument, null_reference, throw};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::sequence::collect;
use crate::run::{Machine, convert};
use crate::ty::Type;
use crate::value::Value;
use crate::xml::{self, Data, Kind, Name, Node, Root};

use super::xml_name::{given, xml_text};

pub(super) const ELEMENT_NAME: &str = "System.Xml.Linq.XElement";

pub(super) const fn class(
    name: &'static str,
    bases: &'static [&'static str],
    members: &'static [(&'static str, Run)],
    missing: &'static [&'static str],
) -> TypeRow {
    TypeRow { name, generics: &[], form: Form::Class, bases, members, missing }
}

pub(super) fn this(c: Call<'_>) -> Outcome<&Node> {
    node(c.value(0))
}

fn node(value: &Value) -> Outcome<&Node> {
    match value {
        Value::Native(object) => object.as_any().downcast_ref().ok_or_else(null_reference),
        _ => Err(null_reference()),
    }
}

fn object(node: Option<Arc<Node>>) -> Outcome {
    Ok(node.map_or(Value::Null, |node| node.object()))
}

fn sequence(m: &mut Machine<'_>, element: &'static str, nodes: &[Arc<Node>]) -> Outcome {
    m.charge(nodes.len() * 48)?;
    m.ticks(nodes.len() as u64)?;
    Ok(Value::array(Type::named(element), nodes.iter().map(|node| node.object()).collect()))
}

/// The elements among `nodes`, with the name of the second argument if there is one.
fn elements(m: &mut Machine<'_>, c: Call<'_>, nodes: &[Arc<Node>]) -> Outcome {
    let name = if c.sets(1) { Some(given(c.value(1))?) } else { None };
    let wanted = |node: &&Arc<Node>| {
        node.kind == Kind::Element && name.as_ref().is_none_or(|name| node.name() == *name)
    };
    let found: Vec<_> = nodes.iter().filter(wanted).cloned().collect();
    m.ticks(nodes.len() as u64)?;
    sequence(m, ELEMENT_NAME, &found)
}

fn below(node: &Node, all: bool) -> Vec<Arc<Node>> {
    let mut found = Vec::new();
    node.descendants(&mut found, all);
    found
}

fn parse(m: &mut Machine<'_>, c: Call<'_>, root: Root) -> Outcome {
    let Value::String(text) = c.value(0) else { return Err(null_argument("text")) };
    m.charge(text.len() * 12)?;
    m.ticks(text.len() as u64 / 8)?;
    let kept = c.integer(1) & 1 == 1;
    Ok(xml::parse(&text.text(), root, kept)?.object())
}

/// A message body as one of the types of LINQ to XML.
pub fn content(m: &mut Machine<'_>, text: &str, ty: &Type) -> Outcome {
    m.charge(text.len() * 12)?;
    m.ticks(text.len() as u64 / 8)?;
    let root = if ty.is("System.Xml.Linq.XDocument") { Root::Document } else { Root::Element };
    convert::cast(ty, xml::parse(text, root, false)?.object())
}

/// Adds content as the constructors and `Add` do; `at` moves behind it.
pub(super) fn add(m: &mut Machine<'_>, target: &Node, value: &Value, at: &mut usize) -> Outcome<()> {
    m.tick()?;
    m.charge(96)?;
    match value {
        Value::Null => Ok(()),
        Value::Native(child) if child.as_any().is::<Node>() => insert(target, node(value)?, at),
        Value::Array(_) | Value::List(_) | Value::Sequence(_) => {
            for item in collect(m, value)? {
                crate::stack::deep(|| add(m, target, &item, at))?;
            }
            Ok(())
        }
        other => {
            let text = xml_text(m, other)?;
            if target.kind == Kind::Document && !text.trim().is_empty() {
                let message = "Non-whitespace characters cannot be added to content.";
                return throw("System.ArgumentException", message);
            }
            if *at >= target.children().len() {
                target.push_text(&text);
                *at = usize::MAX;
            } else {
                *at = at.saturating_add(target.insert(*at, &Node::content(Kind::Text, &text)));
            }
            Ok(())
        }
    }
}

fn insert(target: &Node, child: &Node, at: &mut usize) -> Outcome<()> {
    let twice = child.kind == Kind::Attribute && target.find_attribute(&child.name()).is_some();
    if twice {
        return throw("System.InvalidOperationException", "Duplicate attribute.");
    }
    if target.kind == Kind::Document && child.kind == Kind::Element && !target.elements().is_empty() {
        return throw(
            "System.InvalidOperationException",
            "This operation would create an incorrectly structured document.",
        );
    }
    if let Some(child) = child.shared() {
        *at = at.saturating_add(target.insert(*at, &child));
    }
    Ok(())
}

/// `params object[] content` at `from`, added before the child at `at`.
fn add_all(m: &mut Machine<'_>, target: &Node, c: Call<'_>, (from, at): (usize, usize)) -> Outcome {
    let mut at = at;
    for value in c.arguments.get(from..).unwrap_or_default() {
        add(m, target, value, &mut at)?;
    }
    Ok(Value::Null)
}

const LAST: usize = usize::MAX;

fn attached(node: &Node) -> Outcome<(Arc<Node>, usize)> {
    node.position().ok_or_else(|| exception("System.InvalidOperationException", "The parent is missing."))
}

fn replace(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let (parent, at) = attached(this(c)?)?;
    this(c)?.remove();
    add_all(m, &parent, c, (1, at))
}

fn removed(node: &Node) -> Outcome {
    if node.remove() {
        Ok(Value::Null)
    } else {
        throw("System.InvalidOperationException", "The parent is missing.")
    }
}

fn sibling(c: Call<'_>, step: isize) -> Outcome {
    let Some((parent, at)) = this(c)?.position() else { return Ok(Value::Null) };
    object(at.checked_add_signed(step).and_then(|at| parent.children().get(at).cloned()))
}

/// The siblings after (or before) a node.
fn siblings(node: &Node, after: bool) -> Vec<Arc<Node>> {
    let Some((parent, at)) = node.position() else { return Vec::new() };
    let all = parent.children();
    let part = if after { all.get(at + 1..) } else { all.get(..at) };
    part.unwrap_or_default().to_vec()
}

/// The elements above, without the document.
fn above(node: &Node) -> Vec<Arc<Node>> {
    node.ancestors().into_iter().filter(|above| above.kind == Kind::Element).collect()
}

fn node_type(kind: Kind) -> i32 {
    match kind {
        Kind::Element => 1,
        Kind::Attribute => 2,
        Kind::Text => 3,
        Kind::CData => 4,
        Kind::Instruction => 7,
        Kind::Comment => 8,
        Kind::Document => 9,
    }
}

pub const X_OBJECT: TypeRow = class(
    "System.Xml.Linq.XObject",
    &[],
    &[
        ("XDocument Document { get; }", |_, c| {
            let node = this(c)?;
            if node.kind == Kind::Document {
                return Ok(c.value(0).clone());
            }
            object(node.ancestors().into_iter().find(|above| above.kind == Kind::Document))
        }),
        ("XElement Parent { get; }", |_, c| {
            object(this(c)?.parent().filter(|parent| parent.kind == Kind::Element))
        }),
        ("XmlNodeType NodeType { get; }", |_, c| {
            Ok(Value::Enum("System.Xml.XmlNodeType", node_type(this(c)?.kind)))
        }),
    ],
    &["BaseUri", "AddAnnotation", "Annotation", "Annotations", "Changed", "Changing"],
);

const NODE_NAME: &str = "System.Xml.Linq.XNode";

pub const X_NODE: TypeRow = class(
    NODE_NAME,
    &["XObject"],
    &[
        ("void Remove()", |_, c| removed(this(c)?)),
        ("void ReplaceWith(params object[] content)", replace),
        ("void AddAfterSelf(params object[] content)", |m, c| {
            let (parent, at) = attached(this(c)?)?;
            add_all(m, &parent, c, (1, at + 1))
        }),
        ("void AddBeforeSelf(params object[] content)", |m, c| {
            let (parent, at) = attached(this(c)?)?;
            add_all(m, &parent, c, (1, at))
        }),
        ("XNode NextNode { get; }", |_, c| sibling(c, 1)),
        ("XNode PreviousNode { get; }", |_, c| sibling(c, -1)),
        ("IEnumerable<XElement> ElementsAfterSelf()", |m, c| elements(m, c, &siblings(this(c)?, true))),
        ("IEnumerable<XElement> ElementsAfterSelf(XName name)", |m, c| {
            elements(m, c, &siblings(this(c)?, true))
        }),
        ("IEnumerable<XElement> ElementsBeforeSelf()", |m, c| elements(m, c, &siblings(this(c)?, false))),
        ("IEnumerable<XElement> ElementsBeforeSelf(XName name)", |m, c| {
            elements(m, c, &siblings(this(c)?, false))
        }),
        ("IEnumerable<XNode> NodesAfterSelf()", |m, c| sequence(m, NODE_NAME, &siblings(this(c)?, true))),
        ("IEnumerable<XNode> NodesBeforeSelf()", |m, c| sequence(m, NODE_NAME, &siblings(this(c)?, false))),
        ("IEnumerable<XElement> Ancestors()", |m, c| elements(m, c, &above(this(c)?))),
        ("IEnumerable<XElement> Ancestors(XName name)", |m, c| elements(m, c, &above(this(c)?))),
        ("string ToString(SaveOptions options)", |m, c| {
            let text = this(c)?.xml(c.integer(1) & 1 == 0);
            m.string(text)
        }),
        ("static bool DeepEquals(XNode n1, XNode n2)", |_, c| {
            Ok(Value::Bool(match (c.value(0), c.value(1)) {
                (Value::Null, Value::Null) => true,
                (Value::Null, _) | (_, Value::Null) => false,
                (a, b) => node(a)?.deep_equals(node(b)?),
            }))
        }),
    ],
    &[
        "CreateReader",
        "CreateNavigator",
        "IsAfter",
        "IsBefore",
        "WriteTo",
        "ReadFrom",
        "CompareDocumentOrder",
    ],
);

pub const X_CONTAINER: TypeRow = class(
    "System.Xml.Linq.XContainer",
    &["XNode"],
    &[
        ("void Add(params object[] content)", |m, c| add_all(m, this(c)?, c, (1, LAST))),
        ("void AddFirst(params object[] content)", |m, c| add_all(m, this(c)?, c, (1, 0))),
        ("IEnumerable<XElement> Descendants()", |m, c| elements(m, c, &below(this(c)?, false))),
        ("IEnumerable<XElement> Descendants(XName name)", |m, c| elements(m, c, &below(this(c)?, false))),
        ("IEnumerable<XNode> DescendantNodes()", |m, c| sequence(m, NODE_NAME, &below(this(c)?, true))),
        ("XElement Element(XName name)", |_, c| {
            let name = given(c.value(1))?;
            object(this(c)?.elements().into_iter().find(|element| element.name() == name))
        }),
        ("IEnumerable<XElement> Elements()", |m, c| elements(m, c, &this(c)?.elements())),
        ("IEnumerable<XElement> Elements(XName name)", |m, c| elements(m, c, &this(c)?.elements())),
        ("XNode FirstNode { get; }", |_, c| object(this(c)?.children().first().cloned())),
        ("XNode LastNode { get; }", |_, c| object(this(c)?.children().last().cloned())),
        ("IEnumerable<XNode> Nodes()", |m, c| sequence(m, NODE_NAME, &this(c)?.children())),
        ("void RemoveNodes()", |_, c| {
            this(c)?.clear();
            Ok(Value::Null)
        }),
        ("void ReplaceNodes(params object[] content)", |m, c| {
            this(c)?.clear();
            add_all(m, this(c)?, c, (1, LAST))
        }),
    ],
    &["CreateWriter"],
);

fn construct(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let element = Node::element(given(c.value(0))?);
    add_all(m, &element, c, (1, LAST))?;
    Ok(element.object())
}

fn set_attribute(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let (element, name) = (this(c)?, given(c.value(1))?);
    m.charge(96)?;
    match (element.find_attribute(&name), c.value(2)) {
        (found, Value::Null) => drop(found.map(|attribute| attribute.remove())),
        (Some(attribute), value) => attribute.set_value(&xml_text(m, value)?),
        (None, value) => drop(element.insert(LAST, &Node::attribute(name, &xml_text(m, value)?))),
    }
    Ok(Value::Null)
}

fn set_element(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let (element, name) = (this(c)?, given(c.value(1))?);
    m.charge(96)?;
    let found = element.elements().into_iter().find(|child| child.name() == name);
    match (found, c.value(2)) {
        (found, Value::Null) => drop(found.map(|child| child.remove())),
        (Some(child), value) => child.set_value(&xml_text(m, value)?),
        (None, value) => {
            let child = Node::element(name);
            child.set_value(&xml_text(m, value)?);
            element.insert(LAST, &child);
        }
    }
    Ok(Value::Null)
}

/// `SetValue`, and the setters of `Value`.
pub(super) fn value(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let node = this(c)?;
    if c.sets(1) {
        if c.value(1).is_null() {
            return Err(null_argument("value"));
        }
        node.set_value(&xml_text(m, c.value(1))?);
        return Ok(c.value(1).clone());
    }
    let text = node.value();
    m.string(text)
}

fn attributes(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let name = if c.sets(1) { Some(given(c.value(1))?) } else { None };
    let mut found = this(c)?.attributes();
    found.retain(|attribute| name.as_ref().is_none_or(|name| attribute.name() == *name));
    sequence(m, "System.Xml.Linq.XAttribute", &found)
}

fn and_self(c: Call<'_>, mut others: Vec<Arc<Node>>) -> Outcome<Vec<Arc<Node>>> {
    others.splice(0..0, this(c)?.shared());
    Ok(others)
}

fn remove_attributes(c: Call<'_>) -> Outcome<&Node> {
    let element = this(c)?;
    for attribute in element.attributes() {
        attribute.remove();
    }
    Ok(element)
}

pub const X_ELEMENT: TypeRow = class(
    ELEMENT_NAME,
    &["XContainer", "IXmlConversions"],
    &[
        ("new(XElement other)", |_, c| Ok(this(c)?.copy().object())),
        ("new(XName name)", construct),
        ("new(XName name, params object[] content)", construct),
        ("static XElement Parse(string text)", |m, c| parse(m, c, Root::Element)),
        ("static XElement Parse(string text, LoadOptions options)", |m, c| parse(m, c, Root::Element)),
        ("XAttribute Attribute(XName name)", |_, c| object(this(c)?.find_attribute(&given(c.value(1))?))),
        ("IEnumerable<XAttribute> Attributes()", attributes),
        ("IEnumerable<XAttribute> Attributes(XName name)", attributes),
        ("XAttribute FirstAttribute { get; }", |_, c| object(this(c)?.attributes().first().cloned())),
        ("XAttribute LastAttribute { get; }", |_, c| object(this(c)?.attributes().last().cloned())),
        ("bool HasAttributes { get; }", |_, c| Ok(Value::Bool(!this(c)?.attributes().is_empty()))),
        ("bool HasElements { get; }", |_, c| Ok(Value::Bool(!this(c)?.elements().is_empty()))),
        ("bool IsEmpty { get; }", |_, c| Ok(Value::Bool(this(c)?.is_empty()))),
        ("XName Name { get; set; }", |_, c| {
            if c.sets(1) {
                this(c)?.set_name(given(c.value(1))?);
                return Ok(c.value(1).clone());
            }
            Ok(super::xml_name::name(this(c)?.name()))
        }),
        ("string Value { get; set; }", value),
        ("void SetValue(object value)", value),
        ("void SetAttributeValue(XName name, object value)", set_attribute),
        ("void SetElementValue(XName name, object value)", set_element),
        ("IEnumerable<XElement> DescendantsAndSelf()", |m, c| {
            elements(m, c, &and_self(c, below(this(c)?, false))?)
        }),
        ("IEnumerable<XElement> DescendantsAndSelf(XName name)", |m, c| {
            elements(m, c, &and_self(c, below(this(c)?, false))?)
        }),
        ("IEnumerable<XElement> AncestorsAndSelf()", |m, c| elements(m, c, &and_self(c, above(this(c)?))?)),
        ("void RemoveAttributes()", |_, c| remove_attributes(c).map(|_| Value::Null)),
        ("void RemoveAll()", |_, c| {
            remove_attributes(c)?.clear();
            Ok(Value::Null)
        }),
        ("void ReplaceAll(params object[] content)", |m, c| {
            remove_attributes(c)?.clear();
            add_all(m, this(c)?, c, (1, LAST))
        }),
        ("XNamespace GetDefaultNamespace()", |_, c| {
            let space = this(c)?.namespace_of("").unwrap_or_default();
            Ok(super::xml_name::namespace(&space))
        }),
        ("XNamespace GetNamespaceOfPrefix(string prefix)", |_, c| {
            let space = this(c)?.namespace_of(&c.text(1)?.text());
            Ok(space.map_or(Value::Null, |space| super::xml_name::namespace(&space)))
        }),
    ],
    &["Load", "Save", "GetPrefixOfNamespace", "ReplaceAttributes", "EmptySequence", "DescendantNodesAndSelf"],
);

fn document(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let document = Node::new(Kind::Document, Data::default());
    let mut from = 0;
    if let Ok(declaration) = super::xml_name::declaration(c.value(0)) {
        document.set_value(&declaration);
        from = 1;
    }
    add_all(m, &document, c, (from, LAST))?;
    Ok(document.object())
}

pub const X_DOCUMENT: TypeRow = class(
    "System.Xml.Linq.XDocument",
    &["XContainer"],
    &[
        ("new()", document),
        ("new(XDocument other)", |_, c| Ok(this(c)?.copy().object())),
        ("new(params object[] content)", document),
        ("new(XDeclaration declaration, params object[] content)", document),
        ("static XDocument Parse(string text)", |m, c| parse(m, c, Root::Document)),
        ("static XDocument Parse(string text, LoadOptions options)", |m, c| parse(m, c, Root::Document)),
        ("XElement Root { get; }", |_, c| object(this(c)?.elements().first().cloned())),
        ("XDeclaration Declaration { get; }", |_, c| Ok(super::xml_name::declared(&this(c)?.declaration()))),
    ],
    &["DocumentType", "Save", "WriteTo"],
);

pub const X_ATTRIBUTE: TypeRow = class(
    "System.Xml.Linq.XAttribute",
    &["XObject", "IXmlConversions"],
    &[
        ("new(XName name, object value)", |m, c| {
            if c.value(1).is_null() {
                return Err(null_argument("value"));
            }
            Ok(Node::attribute(given(c.value(0))?, &xml_text(m, c.value(1))?).object())
        }),
        ("new(XAttribute other)", |_, c| Ok(this(c)?.copy().object())),
        ("XName Name { get; }", |_, c| Ok(super::xml_name::name(this(c)?.name()))),
        ("string Value { get; set; }", value),
        ("void SetValue(object value)", value),
        ("bool IsNamespaceDeclaration { get; }", |_, c| {
            let name = this(c)?.name();
            Ok(Value::Bool(name.space == xml::XMLNS || name == Name::new("", "xmlns")))
        }),
        ("XAttribute NextAttribute { get; }", |_, c| beside(c, 1)),
        ("XAttribute PreviousAttribute { get; }", |_, c| beside(c, -1)),
        ("void Remove()", |_, c| removed(this(c)?)),
    ],
    &["EmptySequence"],
);

fn beside(c: Call<'_>, step: isize) -> Outcome {
    let attribute = this(c)?;
    let Some(parent) = attribute.parent() else { return Ok(Value::Null) };
    let all = parent.attributes();
    let at = all.iter().position(|other| std::ptr::eq(other.as_ref(), attribute));
    object(at.and_then(|at| at.checked_add_signed(step)).and_then(|at| all.get(at).cloned()))
}
