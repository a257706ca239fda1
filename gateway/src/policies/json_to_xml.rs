//! `json-to-xml`: turns a body of JSON into XML. In inbound, outbound and on-error, at every scope.
//! <https://learn.microsoft.com/azure/api-management/json-to-xml-policy>
//!
//! **Differs from Azure:** the root `Document` of a body with several properties, `True` and `False`, and `xsi:nil` are
//! from captures; the rest follows the documentation where it says something. Items of an array without a name are
//! called `Array`. What stands before the separator is a prefix only if a namespace is declared for it.

use diagnostic::Diagnostic;

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::context::Exchange;
use crate::conversion::{self, FromJson, When};
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Flow, Pending, Section, Step, Wait};
use crate::value::{Value, boolean};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "json-to-xml",
    summary: "Turns a body of JSON into XML.",
    sections: &[Section::Inbound, Section::Outbound, Section::OnError],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required(
            "apply",
            "Whether the media type counts.",
            ValueKind::OneOf(&["always", "content-type-json"]),
        )
        .or_expression(),
        Attribute::optional("consider-accept-header", "Whether `Accept` counts.", ValueKind::Boolean)
            .or_expression(),
        Attribute::optional(
            "parse-date",
            "Whether texts that look like dates are dates.",
            ValueKind::Boolean,
        ),
        Attribute::optional("attribute-block-name", "The property that holds attributes.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("attribute-prefix", "What attributes begin with.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("namespace-block-name", "The property that holds namespaces.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("namespace-separator", "What stands between prefix and name.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("namespace-prefix", "The property that declares a namespace.", ValueKind::Text)
            .or_expression(),
        Attribute::optional(
            "invalid-character-replacement",
            "What characters become that XML does not have.",
            ValueKind::Text,
        )
        .or_expression(),
        Attribute::optional("null-values", "What nulls become.", ValueKind::Text).or_expression(),
        Attribute::optional("trim-values", "Whether blanks around values go.", ValueKind::Boolean),
        Attribute::optional(
            "empty-values",
            "What empty values become.",
            ValueKind::OneOf(&["preserve", "as-null"]),
        )
        .or_expression(),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Approximate("nobody published what some attributes do"),
    examples: EXAMPLES,
    compile,
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "several properties get a root; values as .NET writes them",
        section: Section::Outbound,
        fragment: "<base /><set-body>{\"a\":1,\"b\":[true,null],\"c\":\"2024-05-01T10:00:00Z\",\"d e\":{}}</set-body>\
                   <json-to-xml apply=\"always\" consider-accept-header=\"false\" />",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK", "Content-Type: application/json"],
        response: &[
            "content-type: text/xml; charset=utf-8",
            "<Document><a>1</a><b>True</b><b xsi:nil=\"true\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" /><c>05/01/2024 10:00:00</c><d_x0020_e /></Document>",
        ],
    },
    Example {
        title: "namespaces and attributes; dates as they are",
        section: Section::Outbound,
        fragment: "<base /><set-body>{\"s:E\":{\"xmlns:s\":\"urn:s\",\"s:id\":{\"attrs\":{\"type\":\"x\"},\"value\":\"2024-05-01T10:00:00Z\"}}}</set-body>\
                   <json-to-xml apply=\"content-type-json\" consider-accept-header=\"true\" parse-date=\"false\" namespace-separator=\":\" namespace-prefix=\"xmlns\" attribute-block-name=\"attrs\" />",
        request: &["GET /api/x HTTP/1.1", "Accept: text/html, application/xml"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK", "Content-Type: application/json; charset=utf-8"],
        response: &[
            "<s:E xmlns:s=\"urn:s\"><s:id type=\"x\"><value>2024-05-01T10:00:00Z</value></s:id></s:E>",
        ],
    },
    Example {
        title: "what the schema has besides",
        section: Section::Outbound,
        fragment: "<base /><set-body>{\"a\":{\"@k\":\" v \",\"ns\":{\"p\":\"urn:p\"},\"p_b\":\"\",\"c\":null,\"d$\":\" x \"}}</set-body>\
                   <json-to-xml apply=\"always\" consider-accept-header=\"false\" attribute-prefix=\"@\" namespace-block-name=\"ns\" invalid-character-replacement=\"-\" null-values=\"none\" trim-values=\"true\" empty-values=\"as-null\" />",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["<a xmlns:p=\"urn:p\" k=\"v\"><p:b>none</p:b><c>none</c><d->x</d-></a>"],
    },
    Example {
        title: "a client that does not ask for XML gets what there is",
        section: Section::Outbound,
        fragment: "<base /><json-to-xml apply=\"always\" />",
        request: &["GET /api/x HTTP/1.1", "Accept: application/json"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    },
    Example {
        title: "a body that says it is something else stays",
        section: Section::Outbound,
        fragment: "<base /><json-to-xml apply=\"content-type-json\" consider-accept-header=\"false\" />",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK", "Content-Type: text/plain"],
        response: &["content-type: text/plain", "backend"],
    },
];

#[derive(Debug)]
struct JsonToXml {
    when: When,
    parse_date: bool,
    trim: bool,
    separator: Option<Value>,
    namespace_prefix: Option<Value>,
    namespace_block: Option<Value>,
    attribute_prefix: Option<Value>,
    attribute_block: Option<Value>,
    replacement: Option<Value>,
    null: Option<Value>,
    empty: Option<Value>,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let flag = |name: &str| element.attribute(name).map(boolean).and_then(Result::ok);
    let (parse_date, trim) = (flag("parse-date").unwrap_or(true), flag("trim-values").unwrap_or(false));
    let when = When::compile(element, compiler);
    let mut value = |name: &str| compiler.value(element, name);
    Ok(Step::Wait(Box::new(JsonToXml {
        when,
        parse_date,
        trim,
        separator: value("namespace-separator"),
        namespace_prefix: value("namespace-prefix"),
        namespace_block: value("namespace-block-name"),
        attribute_prefix: value("attribute-prefix"),
        attribute_block: value("attribute-block-name"),
        replacement: value("invalid-character-replacement"),
        null: value("null-values"),
        empty: value("empty-values"),
    })))
}

impl JsonToXml {
    fn options(&self, exchange: &mut Exchange) -> Result<FromJson, LastError> {
        let mut text = |value: &Option<Value>| match value {
            Some(value) => value.text(exchange).map(|text| Some(text.into_owned())),
            None => Ok(None),
        };
        Ok(FromJson {
            parse_date: self.parse_date,
            trim: self.trim,
            separator: text(&self.separator)?.unwrap_or_else(|| "_".to_owned()),
            namespace_prefix: text(&self.namespace_prefix)?,
            namespace_block: text(&self.namespace_block)?,
            attribute_prefix: text(&self.attribute_prefix)?,
            attribute_block: text(&self.attribute_block)?,
            replacement: text(&self.replacement)?,
            null: text(&self.null)?,
            empty_as_null: text(&self.empty)?.as_deref() == Some("as-null"),
        })
    }

    async fn convert(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let Some(body) = self.when.body(exchange, "json", "xml").await? else { return Ok(Flow::Continue) };
        let options = self.options(exchange)?;
        let xml = conversion::to_xml(&String::from_utf8_lossy(&body), &options)
            .map_err(|why| conversion::failed("json-to-xml", &why))?;
        conversion::replace(exchange, xml, "text/xml; charset=utf-8");
        Ok(Flow::Continue)
    }
}

impl Wait for JsonToXml {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.convert(exchange))
    }
}
