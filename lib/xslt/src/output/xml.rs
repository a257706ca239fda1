//! The output method `xml`.
//! <https://www.w3.org/TR/xslt-10/#section-XML-Output-Method>

use super::Writer;
use crate::tree::{Kind, Node};

impl Writer<'_> {
    /// The declaration at the beginning.
    pub(super) fn declaration(&mut self) {
        self.text.push_str("<?xml version=\"1.0\" encoding=\"utf-8\"");
        if let Some(standalone) = self.output.standalone {
            self.text.push_str(if standalone { " standalone=\"yes\"" } else { " standalone=\"no\"" });
        }
        self.text.push_str("?>");
    }

    /// The value of an attribute, with its sign and quotes.
    pub(super) fn value(&mut self, value: &str) {
        self.text.push_str("=\"");
        for character in value.chars() {
            match character {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                '\t' => self.text.push_str("&#x9;"),
                '\n' => self.text.push_str("&#xA;"),
                '\r' => self.text.push_str("&#xD;"),
                other => self.text.push(other),
            }
        }
        self.text.push('"');
    }

    /// Text.
    pub(super) fn characters(&mut self, node: Node, text: &str) {
        let parent = self.forest.parent(node);
        let name = parent.filter(|parent| self.forest.kind(*parent) == Kind::Element);
        let name = name.and_then(|parent| self.forest.name(parent));
        if !self.html && name.as_ref().is_some_and(|name| self.output.cdata.contains(name)) {
            self.text.push_str("<![CDATA[");
            self.text.push_str(&text.replace("]]>", "]]]]><![CDATA[>"));
            self.text.push_str("]]>");
            return;
        }
        if self.html && parent.is_some_and(|parent| self.holds_code(parent)) {
            self.text.push_str(text);
            return;
        }
        for character in text.chars() {
            match character {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '\u{a0}' if self.html => self.text.push_str("&nbsp;"),
                '\r' if !self.html => self.text.push_str("&#xD;"),
                other => self.text.push(other),
            }
        }
    }
}
