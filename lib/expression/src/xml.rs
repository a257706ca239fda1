//! `System.Xml.Linq`: nodes of an XML document.
//!
//! **Differs from Azure:** not implemented yet; the registry has no members for these types, so no expression
//! makes a node.

use crate::value::Value;

/// A node.
#[derive(Clone, Debug)]
pub struct Node(std::sync::Arc<str>);

impl Node {
    pub fn identity(&self) -> usize {
        self.0.as_ptr() as usize
    }

    pub fn type_name(&self) -> &'static str {
        "System.Xml.Linq.XElement"
    }

    pub fn nodes(&self) -> Vec<Value> {
        Vec::new()
    }

    pub fn to_text(&self) -> String {
        self.0.to_string()
    }
}
