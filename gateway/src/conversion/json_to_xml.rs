//! JSON as XML: properties become elements, arrays become elements that repeat.
//!
//! **Differs from Azure:** what the attributes do that are in the schema but not in the documentation is what their names
//! say; nobody published it.

use std::collections::HashSet;
use std::fmt::Write;

use expression::Value;
use serde_json::{Map, Value as Json};

use super::DEPTH;

const NIL: &str = " xsi:nil=\"true\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";

/// How it is converted.
#[derive(Debug, Clone)]
pub struct FromJson {
    /// Texts that look like dates are written as .NET writes dates.
    pub parse_date: bool,
    /// What stands in a property's name between prefix and name.
    pub separator: String,
    /// What the names of properties begin with that declare namespaces.
    pub namespace_prefix: Option<String>,
    /// The property whose properties declare namespaces.
    pub namespace_block: Option<String>,
    /// What the names of properties begin with that are attributes.
    pub attribute_prefix: Option<String>,
    /// The property whose properties are attributes.
    pub attribute_block: Option<String>,
    /// What characters become that XML's names do not have; their code if there is nothing here.
    pub replacement: Option<String>,
    /// What null is written as; `xsi:nil` if there is nothing here.
    pub null: Option<String>,
    /// Blanks around values go.
    pub trim: bool,
    /// Empty texts are null.
    pub empty_as_null: bool,
}

/// The XML of a text of JSON.
///
/// # Errors
/// It is not JSON, or nested too deep.
pub fn to_xml(text: &str, options: &FromJson) -> Result<String, String> {
    let json: Json = serde_json::from_str(text).map_err(|error| format!("the body is not JSON: {error}"))?;
    let mut writer = Writer { options, out: String::with_capacity(text.len() * 2), depth: 0 };
    let scope = HashSet::new();
    match &json {
        Json::Object(object) if object.len() == 1 => match object.iter().next() {
            Some((name, value)) if !value.is_array() => writer.element(name, value, &scope)?,
            _ => writer.element("Document", &json, &scope)?,
        },
        Json::Array(items) => {
            writer.out.push_str("<Document>");
            items.iter().try_for_each(|item| writer.element("Array", item, &scope))?;
            writer.out.push_str("</Document>");
        }
        _ => writer.element("Document", &json, &scope)?,
    }
    Ok(writer.out)
}

/// The prefixes that are declared.
type Prefixes = HashSet<String>;

struct Writer<'a> {
    options: &'a FromJson,
    out: String,
    depth: usize,
}

/// What the properties of an object are.
#[derive(Default)]
struct Parts<'j> {
    namespaces: Vec<(String, String)>,
    attributes: Vec<(&'j str, &'j Json)>,
    children: Vec<(&'j str, &'j Json)>,
}

impl Writer<'_> {
    fn element(&mut self, name: &str, value: &Json, scope: &Prefixes) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("the body is nested deeper than {DEPTH} levels"));
        }
        match value {
            Json::Array(items) if items.is_empty() => {
                let name = self.name(name, scope);
                let _ = write!(self.out, "<{name} />");
            }
            Json::Array(items) => {
                items.iter().try_for_each(|item| self.item(name, item, scope))?;
            }
            Json::Object(object) => self.object(name, object, scope)?,
            scalar => self.scalar(name, scalar, scope),
        }
        self.depth -= 1;
        Ok(())
    }

    /// An array in an array is an element with the items in it.
    fn item(&mut self, name: &str, item: &Json, scope: &Prefixes) -> Result<(), String> {
        if !item.is_array() {
            return self.element(name, item, scope);
        }
        let tag = self.name(name, scope);
        let _ = write!(self.out, "<{tag}>");
        self.element(name, item, scope)?;
        let _ = write!(self.out, "</{tag}>");
        Ok(())
    }

    fn object(&mut self, name: &str, object: &Map<String, Json>, scope: &Prefixes) -> Result<(), String> {
        let parts = self.parts(object);
        let mut inner = scope.clone();
        inner.extend(parts.namespaces.iter().map(|(prefix, _)| prefix.clone()));
        let tag = self.name(name, &inner);
        let _ = write!(self.out, "<{tag}");
        for (prefix, uri) in &parts.namespaces {
            let colon = if prefix.is_empty() { "" } else { ":" };
            let _ = write!(self.out, " xmlns{colon}{prefix}=\"{}\"", escaped(uri, true));
        }
        for (name, value) in &parts.attributes {
            let (name, value) = (self.name(name, &inner), self.text(value));
            let _ = write!(self.out, " {name}=\"{}\"", escaped(&value, true));
        }
        if parts.children.is_empty() {
            self.out.push_str(" />");
            return Ok(());
        }
        self.out.push('>');
        for (name, value) in &parts.children {
            if *name == "#text" && !value.is_object() && !value.is_array() {
                let text = self.text(value);
                self.out.push_str(&escaped(&text, false));
            } else {
                self.element(name, value, &inner)?;
            }
        }
        let _ = write!(self.out, "</{tag}>");
        Ok(())
    }

    fn scalar(&mut self, name: &str, value: &Json, scope: &Prefixes) {
        let tag = self.name(name, scope);
        let text = self.text(value);
        let null = value.is_null() || (text.is_empty() && self.options.empty_as_null);
        match (&self.options.null, null) {
            (None, true) => drop(write!(self.out, "<{tag}{NIL} />")),
            (Some(instead), true) if !instead.is_empty() => {
                let _ = write!(self.out, "<{tag}>{}</{tag}>", escaped(instead, false));
            }
            _ if text.is_empty() => drop(write!(self.out, "<{tag} />")),
            _ => drop(write!(self.out, "<{tag}>{}</{tag}>", escaped(&text, false))),
        }
    }

    fn parts<'j>(&self, object: &'j Map<String, Json>) -> Parts<'j> {
        let mut parts = Parts::default();
        for (name, value) in object {
            let block = value.as_object();
            if let (Some(block), true) = (block, self.options.attribute_block.as_deref() == Some(name)) {
                parts.attributes.extend(block.iter().map(|(name, value)| (name.as_str(), value)));
            } else if let (Some(block), true) = (block, self.options.namespace_block.as_deref() == Some(name))
            {
                let declared = block.iter().map(|(prefix, uri)| (prefix.clone(), self.text(uri)));
                parts.namespaces.extend(declared);
            } else if let (Some(prefix), Json::String(uri)) = (self.declared(name), value) {
                parts.namespaces.push((prefix, uri.clone()));
            } else if let Some(attribute) = self.attribute(name).filter(|_| !value.is_object()) {
                parts.attributes.push((attribute, value));
            } else {
                parts.children.push((name.as_str(), value));
            }
        }
        parts
    }

    /// The prefix of the namespace that a property of this name declares.
    fn declared(&self, name: &str) -> Option<String> {
        let rest = name.strip_prefix(self.options.namespace_prefix.as_deref()?)?;
        if rest.is_empty() {
            return Some(String::new());
        }
        rest.strip_prefix(&self.options.separator).map(|prefix| encoded(prefix, self.replacement()))
    }

    fn attribute<'j>(&self, name: &'j str) -> Option<&'j str> {
        let prefix = self.options.attribute_prefix.as_deref().filter(|prefix| !prefix.is_empty())?;
        name.strip_prefix(prefix).filter(|rest| !rest.is_empty())
    }

    fn replacement(&self) -> Option<&str> {
        self.options.replacement.as_deref()
    }

    /// A name as XML may have it; what stands before the separator is a prefix if it is declared.
    fn name(&self, name: &str, scope: &Prefixes) -> String {
        let parts = if self.options.separator.is_empty() {
            None
        } else {
            name.split_once(&self.options.separator).filter(|(prefix, _)| scope.contains(*prefix))
        };
        match parts {
            Some((prefix, local)) => format!("{prefix}:{}", encoded(local, self.replacement())),
            None => encoded(name, self.replacement()),
        }
    }

    /// A value as .NET writes it.
    fn text(&self, value: &Json) -> String {
        let text = match value {
            Json::Null => String::new(),
            Json::Bool(true) => "True".to_owned(),
            Json::Bool(false) => "False".to_owned(),
            Json::Number(number) if number.is_f64() => {
                number.as_f64().map(expression::double).unwrap_or_default()
            }
            Json::String(text) => match self.options.parse_date.then(|| expression::iso_date(text)).flatten()
            {
                Some(Value::DateTime(date)) => date.format("G").unwrap_or_else(|_| text.clone()),
                _ => text.clone(),
            },
            other => other.to_string(),
        };
        if self.options.trim { text.trim().to_owned() } else { text }
    }
}

/// A name whose characters XML does not have are written as .NET's `XmlConvert` writes them.
fn encoded(name: &str, replacement: Option<&str>) -> String {
    let mut out = String::with_capacity(name.len());
    for (at, found) in name.chars().enumerate() {
        let fits = if at == 0 { found.is_alphabetic() || found == '_' } else { is_name(found) };
        match replacement {
            _ if fits => out.push(found),
            Some(replacement) => out.push_str(replacement),
            None => drop(write!(out, "_x{:04X}_", u32::from(found))),
        }
    }
    if out.is_empty() { "_".to_owned() } else { out }
}

fn is_name(found: char) -> bool {
    found.is_alphanumeric() || matches!(found, '_' | '-' | '.' | '\u{b7}')
}

/// A text as it stands between tags, or in an attribute; characters that XML does not have are left out.
fn escaped(text: &str, in_attribute: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for found in text.chars() {
        match found {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if in_attribute => out.push_str("&quot;"),
            '\t' | '\n' | '\r' if in_attribute => drop(write!(out, "&#x{:X};", u32::from(found))),
            '\t' | '\n' | '\r' => out.push(found),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            other => out.push(other),
        }
    }
    out
}
