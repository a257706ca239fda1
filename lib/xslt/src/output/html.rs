//! The output method `html`.
//! <https://www.w3.org/TR/xslt-10/#section-HTML-Output-Method>

use super::{Blanks, Writer};
use crate::error::Error;
use crate::tree::{Kind, Node};

/// Elements without content.
const VOID: &[&str] = &[
    "area", "base", "basefont", "br", "col", "frame", "hr", "img", "input", "isindex", "link", "meta",
    "param",
];

/// Attributes that are there or not.
const BOOLEAN: &[&str] = &[
    "checked", "compact", "declare", "defer", "disabled", "ismap", "multiple", "nohref", "noresize",
    "noshade", "nowrap", "readonly", "selected",
];

/// Attributes that hold addresses.
const ADDRESSES: &[&str] = &["action", "background", "cite", "href", "longdesc", "src", "usemap"];

/// Elements between which blanks would be seen.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdo", "big", "br", "cite", "code", "dfn", "em", "font", "i", "img",
    "input", "kbd", "label", "q", "s", "samp", "select", "small", "span", "strike", "strong", "sub", "sup",
    "textarea", "tt", "u", "var",
];

fn is(list: &[&str], name: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(name))
}

impl Writer<'_> {
    /// An element of HTML: one without namespace.
    pub(super) fn is_html(&self, node: Node) -> bool {
        self.html && self.forest.data(node).is_some_and(|data| data.name.namespace.is_empty())
    }

    /// The text in an element is not escaped.
    pub(super) fn holds_code(&self, node: Node) -> bool {
        self.is_html(node) && is(&["script", "style"], &self.forest.written_name(node))
    }

    /// The value of an attribute, with its sign and quotes.
    pub(super) fn html_value(&mut self, name: &str, value: &str) {
        if is(BOOLEAN, name) && value.eq_ignore_ascii_case(name) {
            return;
        }
        self.text.push_str("=\"");
        let address = is(ADDRESSES, name);
        let mut rest = value.chars().peekable();
        while let Some(character) = rest.next() {
            match character {
                '&' if rest.peek() != Some(&'{') => self.text.push_str("&amp;"),
                '"' => self.text.push_str("&quot;"),
                '\u{a0}' if !address => self.text.push_str("&nbsp;"),
                other if address && !other.is_ascii() => {
                    let mut bytes = [0; 4];
                    for byte in other.encode_utf8(&mut bytes).bytes() {
                        self.put(&["%", &format!("{byte:02X}")]);
                    }
                }
                other => self.text.push(other),
            }
        }
        self.text.push('"');
    }

    /// What is behind the attributes of an element.
    pub(super) fn html_content(
        &mut self,
        node: Node,
        name: &str,
        (depth, blanks): (usize, Blanks),
    ) -> Result<(), Error> {
        self.text.push('>');
        if is(VOID, name) {
            return Ok(());
        }
        let inline =
            |child| self.forest.kind(child) == Kind::Element && is(INLINE, &self.forest.written_name(child));
        let blanks = if self.forest.children(node).any(inline) { Blanks::Kept } else { blanks };
        if name.eq_ignore_ascii_case("head") {
            if blanks == Blanks::Between {
                self.line(depth + 1);
            }
            let media_type = self.output.media_type.as_deref().unwrap_or("text/html");
            let meta = format!("<META http-equiv=\"Content-Type\" content=\"{media_type}; charset=utf-8\">");
            self.text.push_str(&meta);
        }
        self.children(node, depth + 1, blanks)?;
        self.put(&["</", name, ">"]);
        Ok(())
    }
}
