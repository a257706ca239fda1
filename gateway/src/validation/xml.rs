//! Schemas of XML, compiled when they are asked for.
//! <https://learn.microsoft.com/azure/api-management/validate-content-policy>
//!
//! **Differs from Azure:** a schema finds those that it includes or imports by their identifiers in the service or API, or by
//! their namespaces.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use roxmltree::Node;

use super::Missing;
use crate::xsd::{self, Schema};

/// The namespaces of SOAP's envelopes.
const ENVELOPES: [&str; 2] =
    ["http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"];

/// What a body of XML is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// The root is what the schema declares.
    Plain,
    /// It is in SOAP's envelope.
    Soap,
}

/// The schemas of XML of a service or an API.
#[derive(Default)]
pub struct XmlSchemas {
    documents: Vec<(String, String)>,
    compiled: Mutex<HashMap<String, Result<Arc<Schema>, Missing>>>,
}

/// Whether a schema is one of XML.
pub fn is_xml(schema: &apim::Schema) -> bool {
    schema.content_type.eq_ignore_ascii_case("xml") || schema.content_type.ends_with("+xml")
}

impl XmlSchemas {
    /// Those of these that are for XML.
    pub fn new(schemas: &[apim::Schema]) -> Self {
        let documents = schemas.iter().filter(|schema| is_xml(schema));
        let documents = documents.map(|schema| (schema.name.clone(), schema.document.clone()));
        Self { documents: documents.collect(), compiled: Mutex::default() }
    }

    /// What a body breaks of the schema of this name, or of all without one.
    ///
    /// # Errors
    /// There is nothing to compare with, or the body cannot be read.
    pub fn check(&self, name: &str, markup: Markup, body: &[u8]) -> Result<Option<String>, Missing> {
        let schema = self.schema(name)?;
        let text = std::str::from_utf8(body).map_err(|error| Missing::Invalid(error.to_string()))?;
        let document = xsd::parse(text.trim_start_matches('\u{feff}')).map_err(Missing::Invalid)?;
        let found = match markup {
            Markup::Plain => schema.check(document.root_element()),
            Markup::Soap => content(document.root_element())
                .and_then(|inside| inside.into_iter().try_for_each(|element| schema.check(element))),
        };
        Ok(found.err())
    }

    /// Everything that is wrong with the schemas, each with its name.
    pub fn problems(&self) -> Vec<(&str, String)> {
        let problem = |(name, _): &'_ (String, String)| match self.schema(name) {
            Err(Missing::Invalid(why)) => Some(why),
            _ => None,
        };
        self.documents.iter().filter_map(|found| Some((found.0.as_str(), problem(found)?))).collect()
    }

    fn schema(&self, name: &str) -> Result<Arc<Schema>, Missing> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = compiled.get(&name.to_lowercase()) {
            return known.clone();
        }
        let own = self.documents.iter().map(|(own, _)| own.as_str());
        let names: Vec<&str> = own.filter(|own| name.is_empty() || own.eq_ignore_ascii_case(name)).collect();
        if names.is_empty() {
            return Err(Missing::Schema);
        }
        let known: Vec<(&str, &str)> =
            self.documents.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let made = Schema::read(&names, &known).map(Arc::new).map_err(Missing::Invalid);
        compiled.insert(name.to_lowercase(), made.clone());
        made
    }
}

/// What the body of SOAP's envelope holds.
fn content<'a, 'i>(root: Node<'a, 'i>) -> Result<Vec<Node<'a, 'i>>, String> {
    let is = |node: Node<'_, '_>, name: &str| {
        ENVELOPES.iter().any(|namespace| node.has_tag_name((*namespace, name)))
    };
    if !is(root, "Envelope") {
        return Err("The root element is not the envelope of SOAP.".to_owned());
    }
    let body = root.children().find(|child| is(*child, "Body"));
    let body = body.ok_or("The envelope of SOAP has no body.")?;
    // Faults are SOAP's own.
    Ok(body.children().filter(|child| child.is_element() && !is(*child, "Fault")).collect())
}

impl fmt::Debug for XmlSchemas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.documents.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_find_one_another_and_the_content_of_envelopes() {
        let schema = |name: &str, inside: &str| apim::Schema {
            name: name.to_owned(),
            content_type: "application/vnd.ms-azure-apim.xsd+xml".to_owned(),
            document: format!(
                "<d><xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' xmlns:p='urn:part' {inside}</xs:schema></d>"
            ),
        };
        let schemas = XmlSchemas::new(&[
            schema(
                "whole",
                "targetNamespace='urn:w'><xs:import namespace='urn:part'/><xs:include schemaLocation='../more.xsd'/>",
            ),
            schema("more", "><xs:import namespace='urn:part'/><xs:element name='w' type='p:P'/>"),
            schema(
                "part",
                "targetNamespace='urn:part'><xs:simpleType name='P'><xs:restriction base='xs:int'/></xs:simpleType>",
            ),
            schema("bad", "><xs:element name='w' type='p:Q'/>"),
        ]);
        let envelope = |inside: &str| {
            let soap = "http://www.w3.org/2003/05/soap-envelope";
            format!("<s:Envelope xmlns:s='{soap}' xmlns='urn:w'><s:Header/>{inside}</s:Envelope>")
        };
        let check = |markup: Markup, body: &str, wrong: Option<&str>| {
            let found = schemas.check("Whole", markup, body.as_bytes()).expect("a schema");
            assert_eq!(found.is_some(), wrong.is_some(), "{body}: {found:?}");
            assert!(found.unwrap_or_default().contains(wrong.unwrap_or_default()), "{body}");
        };
        check(Markup::Plain, "\u{feff}<w xmlns='urn:w'>1</w>", None);
        check(Markup::Plain, "<w xmlns='urn:w'>x</w>", Some("'urn:part:P'"));
        check(Markup::Soap, &envelope("<s:Body><w>1</w></s:Body>"), None);
        check(Markup::Soap, &envelope("<s:Body><w/></s:Body>"), Some("is invalid"));
        check(Markup::Soap, &envelope("<s:Body><s:Fault/></s:Body>"), None);
        check(Markup::Soap, &envelope(""), Some("no body"));
        check(Markup::Soap, "<w xmlns='urn:w'>1</w>", Some("not the envelope"));
        let missing = |name: &str, body: &str| schemas.check(name, Markup::Plain, body.as_bytes());
        assert_eq!(missing("none", "<w/>"), Err(Missing::Schema));
        assert!(matches!(missing("whole", "<w>"), Err(Missing::Invalid(_))));
        assert!(matches!(missing("bad", "<w/>"), Err(Missing::Invalid(_))));
        let problems = schemas.problems();
        assert_eq!(problems.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["bad"], "{problems:?}");
    }
}
