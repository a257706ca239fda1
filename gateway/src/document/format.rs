//! Lays documents out: an element a line, four blanks a level. Expressions, texts, comments and the order of everything
//! stay as they are, and so does what the document says. A document that is laid out stays as it is.

use std::ops::Range;

use apim::PolicyFormat;
use diagnostic::Diagnostic;

use super::source::Source;
use super::{Attribute, Element, Node, codes, expression, scanner};
use crate::policies::{self, Content};

/// How long a line with several attributes may be.
const WIDTH: usize = 120;

/// The document, laid out.
///
/// # Errors
/// The document cannot be taken apart.
pub fn format(text: &str) -> Result<String, Diagnostic> {
    let source = Source::expand(text, &[])?;
    let root = scanner::pieces(&source, PolicyFormat::RawXml)?;
    if let Some(span) = unclosed(&root, text) {
        return Err(source.problem(codes::SYNTAX, &span, "the policy expression is not closed".to_owned()));
    }
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let body = text.trim_start_matches('\u{feff}');
    if !lays_out(&root, text) {
        return Ok(text.to_owned());
    }
    let mut layout = Layout { text, line_end, out: String::with_capacity(text.len()) };
    let from = text.len() - body.len();
    layout.out.push_str(&text[..from]);
    layout.children(&root, from..text.len(), 0);
    if !layout.out.is_empty() && !layout.out.ends_with('\n') {
        layout.out.push_str(line_end);
    }
    Ok(layout.out)
}

struct Layout<'a> {
    text: &'a str,
    line_end: &'static str,
    out: String,
}

impl Layout<'_> {
    fn element(&mut self, element: &Element, level: usize) {
        self.out.push('<');
        self.out.push_str(&element.name);
        self.attributes(element, level);
        let inner = self.text.get(element.inner.clone()).unwrap_or_default();
        let empty = inner.trim().is_empty() && (inner.is_empty() || inner.contains('\n'));
        if empty && !is_text(element) {
            self.out.push_str(" />");
            return;
        }
        if inner.is_empty() {
            self.out.push_str(" />");
            return;
        }
        self.out.push('>');
        if lays_out(element, self.text) {
            self.new_line(level + 1);
            self.children(element, element.inner.clone(), level + 1);
            self.new_line(level);
        } else {
            self.out.push_str(inner);
        }
        self.out.push_str("</");
        self.out.push_str(&element.name);
        self.out.push('>');
    }

    fn attributes(&mut self, element: &Element, level: usize) {
        let written: Vec<String> =
            element.attributes.iter().map(|attribute| self.attribute(attribute)).collect();
        let line_start = self.out.rfind('\n').map_or(0, |at| at + 1);
        let length = self.out[line_start..].chars().count()
            + written.iter().map(|attribute| attribute.chars().count() + 1).sum::<usize>();
        let several_lines = written.iter().any(|attribute| attribute.contains('\n'));
        let broken = written.len() > 1 && (length > WIDTH || several_lines);
        for attribute in written {
            if broken {
                self.new_line(level + 1);
            } else {
                self.out.push(' ');
            }
            self.out.push_str(&attribute);
        }
    }

    fn attribute(&self, attribute: &Attribute) -> String {
        let before = self.text.get(..attribute.value_span.start).unwrap_or_default();
        let quote = if before.trim_end().ends_with('\'') { '\'' } else { '"' };
        let value = self.text.get(attribute.value_span.clone()).unwrap_or_default();
        let value = if expression::begins(value) { value.trim() } else { value };
        format!("{}={quote}{value}{quote}", attribute.name)
    }

    /// The elements in a part of the text, and the comments between them.
    fn children(&mut self, parent: &Element, within: Range<usize>, level: usize) {
        let mut at = within.start;
        let mut first = true;
        for child in parent.elements() {
            first = self.between(at..child.span.start, level, first);
            self.begin(at..child.span.start, level, first);
            self.element(child, level);
            first = false;
            at = child.span.end;
        }
        self.between(at..within.end, level, first);
    }

    /// The comments in a gap between elements. Answers whether still nothing was written.
    fn between(&mut self, gap: Range<usize>, level: usize, mut first: bool) -> bool {
        let mut at = gap.start;
        while let Some(comment) = markup(self.text, at..gap.end) {
            let blanks = at..comment.start;
            let same_line = !first && !self.text[blanks.clone()].contains('\n');
            if same_line {
                self.out.push(' ');
            } else {
                self.begin(blanks, level, first);
            }
            self.out.push_str(&self.text[comment.clone()]);
            first = false;
            at = comment.end;
        }
        first
    }

    /// Begins a line, behind an empty one where the author left one.
    fn begin(&mut self, gap: Range<usize>, level: usize, first: bool) {
        if first {
            return;
        }
        let blanks = self.text.get(gap).unwrap_or_default();
        let blanks = blanks.rfind('>').map_or(blanks, |end| &blanks[end + 1..]);
        if blanks.matches('\n').count() > 1 {
            self.out.push_str(self.line_end);
        }
        self.new_line(level);
    }

    fn new_line(&mut self, level: usize) {
        self.out.push_str(self.line_end);
        for _ in 0..level {
            self.out.push_str("    ");
        }
    }
}

/// An expression that does not end: where what is behind it begins, is a guess.
fn unclosed(element: &Element, text: &str) -> Option<Range<usize>> {
    let attributes = element.attributes.iter().map(|attribute| &attribute.value_span);
    let open = |span: &&Range<usize>| {
        let written = text.get((*span).clone()).unwrap_or_default();
        expression::begins(written) && expression::end(written.trim_start()).is_none()
    };
    let found = attributes.chain(element.texts().map(|text| &text.span)).find(open);
    found.cloned().or_else(|| element.elements().find_map(|child| unclosed(child, text)))
}

/// The next comment or processing instruction in a gap.
fn markup(text: &str, gap: Range<usize>) -> Option<Range<usize>> {
    let rest = text.get(gap.clone())?;
    let start = rest.find('<')?;
    let end = if rest[start..].starts_with("<!--") { "-->" } else { "?>" };
    let length = rest[start..].find(end)? + end.len();
    Some(gap.start + start..gap.start + start + length)
}

/// The element holds elements and comments only, none of which is part of a text.
fn lays_out(element: &Element, text: &str) -> bool {
    let as_it_is = policies::find(&element.name).is_some_and(|row| matches!(row.content, Content::Anything));
    let inner = text.get(element.inner.clone()).unwrap_or_default();
    let texts = element.children.iter().any(|node| match node {
        Node::Text(found) => !found.value.trim().is_empty() || in_cdata(text, found.span.start),
        Node::Element(_) => false,
    });
    let comment = inner.contains("<!--") || inner.contains("<?");
    !as_it_is && !texts && (element.elements().next().is_some() || comment)
}

fn in_cdata(text: &str, at: usize) -> bool {
    text.get(..at).is_some_and(|before| before.ends_with("<![CDATA["))
}

/// Blanks in the element are a text.
fn is_text(element: &Element) -> bool {
    matches!(element.name.as_str(), "value" | "set-body" | "message")
}
