//! `xml-to-json`: turns a body of XML into JSON. In inbound, outbound and on-error, at every scope.
//! <https://learn.microsoft.com/azure/api-management/xml-to-json-policy>
//!
//! **Differs from Azure:** comments are left out and CDATA is text. Nobody published the shape of `javascript-friendly`: here
//! attributes are properties like elements, and a text beside them is `text`.

use diagnostic::Diagnostic;

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::context::Exchange;
use crate::conversion::{self, FromXml, Kind, When};
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Flow, Pending, Section, Step, Wait};
use crate::value::{Read, Typed, boolean};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "xml-to-json",
    summary: "Turns a body of XML into JSON.",
    sections: &[Section::Inbound, Section::Outbound, Section::OnError],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required(
            "kind",
            "What the JSON looks like.",
            ValueKind::OneOf(&["javascript-friendly", "direct"]),
        )
        .or_expression(),
        Attribute::required(
            "apply",
            "Whether the media type counts.",
            ValueKind::OneOf(&["always", "content-type-xml"]),
        )
        .or_expression(),
        Attribute::optional("consider-accept-header", "Whether `Accept` counts.", ValueKind::Boolean)
            .or_expression(),
        Attribute::optional(
            "preserve-whitespace-nodes",
            "Whether blanks between elements stay.",
            ValueKind::Boolean,
        )
        .or_expression(),
        Attribute::optional(
            "empty-values",
            "What empty elements become.",
            ValueKind::OneOf(&["preserve", "as-null"]),
        )
        .or_expression(),
        Attribute::optional("trim-values", "Whether blanks around values go.", ValueKind::Boolean)
            .or_expression(),
        Attribute::optional(
            "always-array-child-elements",
            "Whether all children are in arrays.",
            ValueKind::Boolean,
        )
        .or_expression()
        .or_else("false"),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Approximate("nobody published the shape of `javascript-friendly`"),
    examples: EXAMPLES,
    compile,
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "direct: what the document has, names with `$` for the colon",
        section: Section::Outbound,
        fragment: "<base /><set-body><![CDATA[<?xml version=\"1.0\"?><s:E xmlns:s=\"urn:s\" k=\"v\"> <a>1</a><a> 2 </a><b/><c></c><d e=\"f\">g</d> </s:E>]]></set-body><xml-to-json kind=\"direct\" apply=\"always\" consider-accept-header=\"false\" />",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK", "Content-Type: text/xml"],
        response: &[
            "content-type: application/json",
            "{\"version\":\"1.0\",\"s$E\":{\"@xmlns$s\":\"urn:s\",\"@k\":\"v\",\"a\":[\"1\",\" 2 \"],\"b\":null,\"c\":\"\",\"d\":{\"@e\":\"f\",\"#text\":\"g\"}}}",
        ],
    },
    Example {
        title: "javascript-friendly: names that are identifiers",
        section: Section::Outbound,
        fragment: "<base /><set-body><![CDATA[<?xml version=\"1.0\"?><s:E xmlns:s=\"urn:s\" k=\"v\"> <a>1</a><a> 2 </a><b/><c></c><d e=\"f\">g</d> </s:E>]]></set-body><xml-to-json kind=\"javascript-friendly\" apply=\"content-type-xml\" empty-values=\"as-null\" trim-values=\"true\" />",
        request: &["GET /api/x HTTP/1.1", "Accept: application/json"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK", "Content-Type: application/soap+xml"],
        response: &[
            "content-type: application/json",
            "{\"version\":\"1.0\",\"s$E\":{\"xmlns$s\":\"urn:s\",\"k\":\"v\",\"a\":[\"1\",\"2\"],\"b\":null,\"c\":null,\"d\":{\"e\":\"f\",\"text\":\"g\"}}}",
        ],
    },
    Example {
        title: "all children in arrays, blanks kept",
        section: Section::Outbound,
        fragment: "<base /><set-body><![CDATA[<r> <a>1</a></r>]]></set-body><xml-to-json kind=\"direct\" apply=\"always\" consider-accept-header=\"false\" always-array-child-elements=\"true\" preserve-whitespace-nodes=\"true\" />",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["{\"r\":{\"a\":[\"1\"],\"#text\":\" \"}}"],
    },
    Example {
        title: "a client that does not ask for JSON gets what there is",
        section: Section::Outbound,
        fragment: "<base /><xml-to-json kind=\"direct\" apply=\"always\" />",
        request: &["GET /api/x HTTP/1.1", "Accept: text/xml"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    },
    Example {
        title: "a body that is not XML fails the request",
        section: Section::Inbound,
        fragment: "<base /><set-body>no XML</set-body><xml-to-json kind=\"direct\" apply=\"always\" consider-accept-header=\"false\" />",
        request: &["PUT /api/x HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &[
            "HTTP/1.1 500 Internal Server Error",
            "{ \"statusCode\": 500, \"message\": \"Internal server error\", \"activityId\": \"00000000-0000-0000-0000-000000000001\" }",
        ],
    },
];

#[derive(Debug)]
struct XmlToJson {
    when: When,
    kind: Typed<Kind>,
    keep_blanks: Typed<bool>,
    empty_as_null: Typed<bool>,
    trim: Typed<bool>,
    always_array: Typed<bool>,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let when = When::compile(element, compiler);
    let kind = compiler.required(element, "kind", Kind::read);
    let mut flag =
        |name: &str, read: Read<bool>| compiler.typed(element, name, read).unwrap_or(Typed::Fixed(false));
    Ok(Step::Wait(Box::new(XmlToJson {
        when,
        kind,
        keep_blanks: flag("preserve-whitespace-nodes", boolean),
        empty_as_null: flag("empty-values", |text| Ok(text == "as-null")),
        trim: flag("trim-values", boolean),
        always_array: flag("always-array-child-elements", boolean),
    })))
}

impl XmlToJson {
    async fn convert(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let Some(body) = self.when.body(exchange, "xml", "json").await? else { return Ok(Flow::Continue) };
        let options = FromXml {
            kind: self.kind.get(exchange)?,
            keep_blanks: self.keep_blanks.get(exchange)?,
            empty_as_null: self.empty_as_null.get(exchange)?,
            trim: self.trim.get(exchange)?,
            always_array: self.always_array.get(exchange)?,
        };
        let json = conversion::to_json(&String::from_utf8_lossy(&body), options)
            .map_err(|why| conversion::failed("xml-to-json", &why))?;
        conversion::replace(exchange, json, "application/json");
        Ok(Flow::Continue)
    }
}

impl Wait for XmlToJson {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.convert(exchange))
    }
}
