//! From the tree to text, as `XmlWriter` writes it.

use std::fmt::Write as _;

use super::{Kind, Name, Node, XML, XMLNS};
use crate::stack::deep;

/// Prefixes and what they stand for, innermost last.
type Scope = Vec<(String, String)>;

/// The text of a node; indented by two blanks a level, except inside mixed content.
pub fn write(node: &Node, indented: bool) -> String {
    let mut writer = Writer { out: String::new(), scope: Scope::new() };
    writer.node(node, indented.then_some(0));
    writer.out
}

struct Writer {
    out: String,
    scope: Scope,
}

impl Writer {
    fn node(&mut self, node: &Node, level: Option<usize>) {
        match node.kind {
            Kind::Document => self.document(node, level),
            Kind::Element => deep(|| self.element(node, level)),
            Kind::Attribute => {
                let _ = write!(self.out, "{}=\"{}\"", attribute_name(&node.name()), quoted(&node.value()));
            }
            Kind::Text => self.out.push_str(&escaped(&node.value())),
            Kind::CData => {
                let _ = write!(self.out, "<![CDATA[{}]]>", node.value().replace("]]>", "]]]]><![CDATA[>"));
            }
            Kind::Comment => {
                let _ = write!(self.out, "<!--{}-->", node.value());
            }
            Kind::Instruction => {
                let _ = write!(self.out, "<?{} {}?>", node.name().local, node.value());
            }
        }
    }

    fn document(&mut self, node: &Node, level: Option<usize>) {
        for (index, child) in node.children().iter().enumerate() {
            if index > 0 && level.is_some() {
                self.out.push('\n');
            }
            self.node(child, level);
        }
    }

    fn prefix(&self, space: &str, attribute: bool) -> Option<String> {
        if space == XML {
            return Some("xml".to_owned());
        }
        let visible = |prefix: &str| self.scope.iter().rev().find(|(known, _)| known == prefix);
        self.scope
            .iter()
            .rev()
            .filter(|(prefix, uri)| uri == space && !(attribute && prefix.is_empty()))
            .find(|(prefix, _)| visible(prefix).is_some_and(|(_, uri)| uri == space))
            .map(|(prefix, _)| prefix.clone())
    }

    fn element(&mut self, node: &Node, level: Option<usize>) {
        let outer = self.scope.len();
        let (name, attributes) = (node.name(), node.attributes());
        for attribute in &attributes {
            let declared = attribute.name();
            if declared.space == XMLNS {
                self.scope.push((declared.local, attribute.value()));
            } else if declared.space.is_empty() && declared.local == "xmlns" {
                self.scope.push((String::new(), attribute.value()));
            }
        }
        let mut extra = String::new();
        let tag = self.qualified(&name, outer, &mut extra);
        let _ = write!(self.out, "<{tag}");
        for attribute in &attributes {
            let shown = self.attribute(&attribute.name(), &mut extra);
            let _ = write!(self.out, " {shown}=\"{}\"", quoted(&attribute.value()));
        }
        self.out.push_str(&extra);
        self.inside(node, &tag, level);
        self.scope.truncate(outer);
    }

    /// The name of an element; `extra` gets the declaration that it lacks.
    fn qualified(&mut self, name: &Name, _outer: usize, extra: &mut String) -> String {
        let default = self.scope.iter().rev().find(|(prefix, _)| prefix.is_empty());
        let default = default.map_or("", |(_, uri)| uri);
        if default == name.space {
            return name.local.clone();
        }
        match self.prefix(&name.space, false) {
            Some(prefix) if !prefix.is_empty() && !name.space.is_empty() => {
                format!("{prefix}:{}", name.local)
            }
            _ => {
                let _ = write!(extra, " xmlns=\"{}\"", quoted(&name.space));
                self.scope.push((String::new(), name.space.clone()));
                name.local.clone()
            }
        }
    }

    fn attribute(&mut self, name: &Name, extra: &mut String) -> String {
        if name.space.is_empty() {
            return name.local.clone();
        }
        if name.space == XMLNS {
            return attribute_name(name);
        }
        let prefix = self.prefix(&name.space, true).unwrap_or_else(|| {
            let prefix = format!("p{}", self.scope.len() + 1);
            let _ = write!(extra, " xmlns:{prefix}=\"{}\"", quoted(&name.space));
            self.scope.push((prefix.clone(), name.space.clone()));
            prefix
        });
        format!("{prefix}:{}", name.local)
    }

    fn inside(&mut self, node: &Node, tag: &str, level: Option<usize>) {
        let children = node.children();
        if children.is_empty() {
            self.out.push_str(if node.is_empty() { " />" } else { ">" });
            if !node.is_empty() {
                let _ = write!(self.out, "</{tag}>");
            }
            return;
        }
        self.out.push('>');
        let mut level = level;
        for child in &children {
            if matches!(child.kind, Kind::Text | Kind::CData) {
                level = None;
            }
            if let Some(depth) = level {
                let _ = write!(self.out, "\n{}", "  ".repeat(depth + 1));
            }
            self.node(child, level.map(|depth| depth + 1));
        }
        if let Some(depth) = level {
            let _ = write!(self.out, "\n{}", "  ".repeat(depth));
        }
        let _ = write!(self.out, "</{tag}>");
    }
}

fn attribute_name(name: &Name) -> String {
    match name.space.as_str() {
        XMLNS => format!("xmlns:{}", name.local),
        XML => format!("xml:{}", name.local),
        _ => name.local.clone(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\r', "&#xD;")
}

fn quoted(text: &str) -> String {
    escaped(text).replace('"', "&quot;").replace('\t', "&#x9;").replace('\n', "&#xA;")
}
