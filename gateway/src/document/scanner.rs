//! Takes policy text apart: elements, attributes and text, each with its place in the author's text.
//!
//! No XML parser can do this. In `rawxml`, expressions stand unescaped in attributes and text, so that `"`, `<` and
//! `&` occur where XML does not allow them. There are no entities but the five of XML and character references: a
//! document type is refused, so nothing can be expanded or fetched.

use std::ops::Range;

use apim::PolicyFormat;
use diagnostic::{Diagnostic, Position};

use super::source::{Source, named_value};
use super::{Attribute, Element, Node, Text, codes, expression};

/// How deep elements may nest.
const DEPTH: usize = 64;

/// How many expressions that do not end are passed over, so that the rest of the document is looked at.
const UNCLOSED: usize = 16;

/// How many attributes are looked at to find out where a value ends.
const ATTRIBUTES: usize = 16;

/// The entities of XML.
pub const ENTITIES: &[(&str, char)] =
    &[("amp", '&'), ("apos", '\''), ("gt", '>'), ("lt", '<'), ("quot", '"')];

/// Takes a document apart.
///
/// # Errors
/// The first thing that is not XML, or not XML with expressions.
pub fn scan(source: &Source<'_>, format: PolicyFormat) -> Result<Element, Diagnostic> {
    let text = source.text();
    let mut scanner = Scanner::new(source, format);
    scanner.skip_outside()?;
    if !scanner.rest().starts_with('<') {
        return Err(scanner.error(scanner.at..scanner.at + 1, "Data at the root level is invalid."));
    }
    let root = scanner.element(1)?;
    scanner.skip_outside()?;
    if scanner.at < text.len() {
        return Err(scanner.error(scanner.at..text.len(), "There are multiple root elements."));
    }
    Ok(root)
}

/// Takes a text apart that holds any number of elements and texts, with nothing around them.
///
/// # Errors
/// The first thing that is not XML, or not XML with expressions.
pub fn pieces(source: &Source<'_>, format: PolicyFormat) -> Result<Element, Diagnostic> {
    let text = source.text();
    let mut scanner = Scanner::new(source, format);
    let mut children = Vec::new();
    loop {
        scanner.skip_outside()?;
        match scanner.rest() {
            "" => break,
            rest if rest.starts_with('<') => children.push(Node::Element(scanner.element(1)?)),
            _ => scanner.text_node(&mut children)?,
        }
    }
    let (name, attributes) = ("fragment".to_owned(), Vec::new());
    let whole = 0..text.len();
    Ok(Element { name, span: whole.clone(), name_span: 0..0, attributes, children, inner: whole })
}

struct Scanner<'a> {
    source: &'a Source<'a>,
    text: &'a str,
    format: PolicyFormat,
    at: usize,
    /// How many expressions did not end.
    unclosed: usize,
}

impl<'a> Scanner<'a> {
    fn new(source: &'a Source<'a>, format: PolicyFormat) -> Self {
        let text = source.text();
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { source, text, format, at, unclosed: 0 }
    }

    fn element(&mut self, depth: usize) -> Result<Element, Diagnostic> {
        let start = self.at;
        if depth > DEPTH {
            let problem = format!("elements nest deeper than {DEPTH} levels");
            return Err(self.source.problem(codes::LIMIT, &(start..start + 1), problem));
        }
        self.at += 1;
        let name_span = self.name()?;
        let name = self.text[name_span.clone()].to_owned();
        let attributes = self.attributes()?;
        if self.take("/>") {
            let (inner, span) = (self.at..self.at, start..self.at);
            return Ok(Element { name, span, name_span, attributes, children: Vec::new(), inner });
        }
        self.expect(">")?;
        let inner_start = self.at;
        let mut children = Vec::new();
        loop {
            let before = self.at;
            if self.take("</") {
                let closing = self.name()?;
                if self.text[closing.clone()] != name {
                    return Err(self.mismatch(&name, &name_span, closing));
                }
                self.skip_blanks();
                self.expect(">")?;
                let (inner, span) = (inner_start..before, start..self.at);
                return Ok(Element { name, span, name_span, attributes, children, inner });
            }
            self.content(&name, &name_span, depth, &mut children)?;
        }
    }

    fn content(
        &mut self,
        name: &str,
        name_span: &Range<usize>,
        depth: usize,
        children: &mut Vec<Node>,
    ) -> Result<(), Diagnostic> {
        if self.rest().is_empty() {
            let message = format!("Unexpected end of file has occurred. The '{name}' element is not closed.");
            return Err(self.error(name_span.clone(), &message));
        }
        if self.rest().starts_with("<!--") || self.rest().starts_with("<?") {
            return self.skip_markup();
        }
        if let Some(rest) = self.rest().strip_prefix("<![CDATA[") {
            let start = self.at;
            let length = rest
                .find("]]>")
                .ok_or_else(|| self.error(start..start + 9, "The CDATA section is not closed."))?;
            push_text(children, rest[..length].to_owned(), start + 9..start + 9 + length);
            self.at += 9 + length + 3;
            return Ok(());
        }
        if self.rest().starts_with('<') {
            children.push(Node::Element(self.element(depth + 1)?));
            return Ok(());
        }
        self.text_node(children)
    }

    fn text_node(&mut self, children: &mut Vec<Node>) -> Result<(), Diagnostic> {
        let start = self.at;
        let rest = self.rest();
        let blanks = rest.len() - rest.trim_start().len();
        let first =
            children.iter().all(|node| matches!(node, Node::Text(text) if text.value.trim().is_empty()));
        if self.format == PolicyFormat::RawXml && first && expression::begins(rest) {
            let from = start + blanks;
            self.at = from + self.expression_length(from, |text| text.find("</"))?;
            push_text(children, self.text[from..self.at].to_owned(), from..self.at);
            return Ok(());
        }
        let length = rest.find('<').unwrap_or(rest.len());
        let span = start..start + length;
        let value = self.decoded(span.clone())?;
        self.at = span.end;
        push_text(children, value, span);
        Ok(())
    }

    fn attributes(&mut self) -> Result<Vec<Attribute>, Diagnostic> {
        let mut attributes: Vec<Attribute> = Vec::new();
        loop {
            let before = self.at;
            self.skip_blanks();
            if self.rest().is_empty() || self.rest().starts_with(['>', '/']) {
                return Ok(attributes);
            }
            if before == self.at {
                return Err(self.unexpected("white space"));
            }
            let attribute = self.attribute()?;
            if attributes.iter().any(|known| known.name == attribute.name) {
                let message = format!("'{}' is a duplicate attribute name.", attribute.name);
                return Err(self.error(attribute.name_span, &message));
            }
            attributes.push(attribute);
        }
    }

    fn attribute(&mut self) -> Result<Attribute, Diagnostic> {
        let name_span = self.name()?;
        let name = self.text[name_span.clone()].to_owned();
        self.skip_blanks();
        self.expect("=")?;
        self.skip_blanks();
        let Some(quote @ ('"' | '\'')) = self.rest().chars().next() else {
            return Err(self.unexpected("'\"' or '''"));
        };
        self.at += 1;
        let start = self.at;
        let rest = self.rest();
        if self.format == PolicyFormat::RawXml && expression::begins(rest) {
            let from = start + rest.len() - rest.trim_start().len();
            let end = from + self.expression_length(from, |text| value_length(text, quote))?;
            self.at = end;
            self.skip_blanks();
            self.expect(&quote.to_string())?;
            let value = self.text[from..end].to_owned();
            return Ok(Attribute { name, name_span, value, value_span: from..end });
        }
        let Some(length) = rest.find(quote) else {
            return Err(self.error(start - 1..start, "The attribute's value is not closed."));
        };
        let span = start..start + length;
        if let Some(offset) = rest[..length].find('<') {
            let message = "'<', hexadecimal value 0x3C, is an invalid attribute character.";
            return Err(self.error(start + offset..start + offset + 1, message));
        }
        let value = self.decoded(span.clone())?;
        self.at = span.end + 1;
        let blanks = self.text[span.clone()].len() - self.text[span.clone()].trim_start().len();
        let value_span = if expression::begins(&value) { span.start + blanks..span.end } else { span };
        Ok(Attribute { name, name_span, value, value_span })
    }

    /// How long an expression is; of one that does not end, how long it probably is.
    fn expression_length(
        &mut self,
        from: usize,
        probably: impl Fn(&str) -> Option<usize>,
    ) -> Result<usize, Diagnostic> {
        let text = &self.text[from..];
        if let Some(length) = expression::end(text) {
            return Ok(length);
        }
        self.unclosed += 1;
        probably(text)
            .filter(|_| self.unclosed <= UNCLOSED)
            .ok_or_else(|| self.error(from..from + 2, "The policy expression is not closed."))
    }

    fn decoded(&self, span: Range<usize>) -> Result<String, Diagnostic> {
        let raw = &self.text[span.clone()];
        let mut value = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some((before, after)) = rest.split_once('&') {
            value.push_str(before);
            let at = span.start + (raw.len() - after.len()) - 1;
            let entity = after.split_once(';').map(|(entity, _)| entity);
            let Some((character, entity)) = entity.and_then(|entity| Some((character(entity)?, entity)))
            else {
                return Err(self.error(at..at + 1, "An error occurred while parsing EntityName."));
            };
            value.push(character);
            rest = &after[entity.len() + 1..];
        }
        value.push_str(rest);
        Ok(value)
    }

    fn name(&mut self) -> Result<Range<usize>, Diagnostic> {
        let rest = self.rest();
        let length = rest
            .find(|found: char| !(found.is_alphanumeric() || matches!(found, '-' | '_' | '.' | ':')))
            .unwrap_or(rest.len());
        let starts_well = rest.starts_with(|first: char| first.is_alphabetic() || first == '_');
        // Names are many: the rest of the document is not searched for each of them.
        let reference = rest.starts_with("{{").then(|| named_value(rest)).flatten();
        if let Some((name, span)) = reference.filter(|(_, span)| span.start == 0) {
            let message = format!("Cannot find a property '{name}'.");
            return Err(self.source.problem(codes::NAMED_VALUE, &(self.at..self.at + span.end), message));
        }
        if length == 0 || !starts_well {
            return Err(self.unexpected("a name"));
        }
        let span = self.at..self.at + length;
        self.at = span.end;
        Ok(span)
    }

    /// Comments, processing instructions and blanks outside the root element.
    fn skip_outside(&mut self) -> Result<(), Diagnostic> {
        loop {
            self.skip_blanks();
            if self.rest().starts_with("<!") || self.rest().starts_with("<?") {
                self.skip_markup()?;
            } else {
                return Ok(());
            }
        }
    }

    fn skip_markup(&mut self) -> Result<(), Diagnostic> {
        let rest = self.rest();
        let span = self.at..self.at + 2;
        let (opening, closing) = if rest.starts_with("<!--") {
            ("<!--", "-->")
        } else if rest.starts_with("<?") {
            ("<?", "?>")
        } else {
            return Err(self.error(span, "For security reasons DTD is prohibited in this XML document."));
        };
        let length = rest[opening.len()..].find(closing).ok_or_else(|| {
            self.error(span, "Unexpected end of file has occurred in a comment or instruction.")
        })?;
        self.at += opening.len() + length + closing.len();
        Ok(())
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str) -> Result<(), Diagnostic> {
        if self.take(token) { Ok(()) } else { Err(self.unexpected(&format!("'{token}'"))) }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn unexpected(&self, expected: &str) -> Diagnostic {
        let Some(found) = self.rest().chars().next() else {
            return self.error(self.at..self.at, "Unexpected end of file has occurred.");
        };
        let message = format!("'{found}' is an unexpected token. Expecting {expected}.");
        self.error(self.at..self.at + found.len_utf8(), &message)
    }

    fn mismatch(&self, name: &str, opened: &Range<usize>, closing: Range<usize>) -> Diagnostic {
        let Position { line, column } = self.source.position(opened.start);
        let found = &self.text[closing.clone()];
        let message = format!(
            "The '{name}' start tag on line {line} position {column} does not match the end tag of '{found}'."
        );
        self.error(closing, &message)
    }

    fn error(&self, span: Range<usize>, message: &str) -> Diagnostic {
        let Position { line, column } = self.source.position(span.start);
        self.source.problem(codes::SYNTAX, &span, format!("{message} Line {line}, position {column}."))
    }
}

/// Where an attribute's value probably ends whose expression does not: at a quote with the rest of a tag behind it. What
/// is wrong is reported where the expression is compiled, and the rest of the document is looked at all the same.
fn value_length(text: &str, quote: char) -> Option<usize> {
    let ends = |at: &usize| ends_tag(text.get(at + 1..).unwrap_or_default(), ATTRIBUTES);
    text.match_indices(quote).map(|(at, _)| at).find(ends)
}

/// Some attributes and the end of a tag.
fn ends_tag(text: &str, attributes: usize) -> bool {
    let next = text.trim_start();
    if next.starts_with("/>") || next.starts_with('>') {
        return true;
    }
    if attributes == 0 || next.len() == text.len() {
        return false;
    }
    let behind = next.trim_start_matches(|found: char| found.is_alphanumeric() || "-_.:".contains(found));
    let value = behind.trim_start().strip_prefix('=').filter(|_| behind.len() < next.len());
    let Some(value) = value.map(str::trim_start) else { return false };
    let Some(quote @ ('"' | '\'')) = value.chars().next() else { return false };
    let value = &value[1..];
    let length = expression::end(value).unwrap_or_default();
    let rest = value.get(length..).and_then(|rest| rest.split_once(quote));
    rest.is_some_and(|(_, rest)| ends_tag(rest, attributes - 1))
}

fn push_text(children: &mut Vec<Node>, value: String, span: Range<usize>) {
    children.push(Node::Text(Text { value, span }));
}

/// The character that an entity or a character reference stands for.
pub fn character(entity: &str) -> Option<char> {
    if let Some(number) = entity.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
            None => number.parse(),
        };
        return char::from_u32(code.ok()?);
    }
    ENTITIES.iter().find(|(name, _)| *name == entity).map(|(_, character)| *character)
}
