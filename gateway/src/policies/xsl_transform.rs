//! `xsl-transform`: turns a body of XML into something else with a stylesheet. In inbound and outbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/xsl-transform-policy>
//!
//! The stylesheet is XSLT 1.0. What is wrong in it is said when the policy is saved, at its place.
//!
//! **Differs from Azure:** results are UTF-8, and what `xsl:sort` does with texts has no culture. Nobody published the
//! schema, or what happens to `Content-Type`: here a parameter's name is in `name` or `parameter-name`, the header stays.

use std::sync::Arc;

use diagnostic::Diagnostic;
use tokio::task::spawn_blocking;
use xslt::Stylesheet;

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::body::Body;
use crate::context::Exchange;
use crate::conversion;
use crate::document::{Compiler, Element, codes};
use crate::error::LastError;
use crate::pipeline::{Flow, Pending, Section, Step, Wait};
use crate::value::Value;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "xsl-transform",
    summary: "Turns a body of XML into something else with a stylesheet.",
    sections: &[Section::Inbound, Section::Outbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[],
    content: Content::Anything,
    fidelity: Fidelity::Approximate("results are UTF-8, and texts are sorted without a culture"),
    examples: EXAMPLES,
    compile,
};

/// The attributes of `parameter`.
const PARAMETER: &[Attribute] = &[
    Attribute::optional("name", "The parameter of the stylesheet.", ValueKind::NotEmpty),
    Attribute::optional("parameter-name", "The same.", ValueKind::NotEmpty),
];

const EXAMPLES: &[Example] = &[
    Example {
        title: "the response's body, with a parameter that an expression says",
        section: Section::Outbound,
        fragment: "<base /><set-header name=\"Content-Type\"><value>text/xml</value></set-header>\
                       <set-body><r><a k=\"1\">x</a><a k=\"2\">y</a></r></set-body>\
                       <xsl-transform><parameter name=\"who\">@(context.Request.Headers.GetValueOrDefault(\"User-Agent\", \"none\"))</parameter>\
                       <xsl:stylesheet version=\"1.0\" xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\">\
                       <xsl:output omit-xml-declaration=\"yes\" /><xsl:param name=\"who\" />\
                       <xsl:template match=\"/\"><list for=\"{$who}\"><xsl:for-each select=\"//a\"><xsl:sort select=\"@k\" order=\"descending\" />\
                       <i n=\"{position()}\"><xsl:value-of select=\".\" /></i></xsl:for-each></list></xsl:template></xsl:stylesheet></xsl-transform>",
        request: &["GET /api/x HTTP/1.1", "User-Agent: me"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &[
            "HTTP/1.1 200 OK",
            "content-type: text/xml",
            "<list for=\"me\"><i n=\"1\">y</i><i n=\"2\">x</i></list>",
        ],
    },
    Example {
        title: "the request's body",
        section: Section::Inbound,
        fragment: "<base /><set-body><a>7</a></set-body><xsl-transform><xsl:stylesheet version=\"1.0\" xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\">\
                       <xsl:output method=\"text\" /><xsl:template match=\"a\">{\"a\":<xsl:value-of select=\".\" />}</xsl:template></xsl:stylesheet></xsl-transform>",
        request: &["PUT /api/x HTTP/1.1", "Content-Length: 0"],
        seen: &["PUT /x HTTP/1.1", "content-length: 7"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    },
    Example {
        title: "a body that is not XML fails the request",
        section: Section::Inbound,
        fragment: "<base /><set-body>no XML</set-body><xsl-transform><xsl:stylesheet version=\"1.0\" xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" /></xsl-transform>",
        request: &["PUT /api/x HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &[
            "HTTP/1.1 500 Internal Server Error",
            "{ \"statusCode\": 500, \"message\": \"Internal server error\", \"activityId\": \"00000000-0000-0000-0000-000000000001\" }",
        ],
    },
    Example {
        title: "a stylesheet that ends the transformation fails the request",
        section: Section::Outbound,
        fragment: "<base /><set-body><a /></set-body><xsl-transform><xsl:stylesheet version=\"1.0\" xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\">\
                       <xsl:template match=\"/\"><xsl:message terminate=\"yes\">no</xsl:message></xsl:template></xsl:stylesheet></xsl-transform>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &[
            "HTTP/1.1 500 Internal Server Error",
            "{ \"statusCode\": 500, \"message\": \"Internal server error\", \"activityId\": \"00000000-0000-0000-0000-000000000001\" }",
        ],
    },
];

#[derive(Debug)]
struct XslTransform {
    parameters: Vec<(String, Value)>,
    stylesheet: Arc<Stylesheet>,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let mut parameters = Vec::new();
    let mut stylesheet = None;
    for child in element.elements() {
        match child.name.rsplit(':').next() {
            Some("parameter") if stylesheet.is_none() => {
                compiler.check_attributes(child, PARAMETER);
                let Some(name) = child.attribute("name").or_else(|| child.attribute("parameter-name")) else {
                    return Err(compiler.problem(codes::MISSING, child, "The parameter has no 'name'."));
                };
                parameters.push((name.to_owned(), compiler.content(child)));
            }
            Some("stylesheet" | "transform") if stylesheet.is_none() => stylesheet = Some(child),
            _ => {
                let message = "A transformation holds 'parameter' elements, then one 'xsl:stylesheet'.";
                return Err(compiler.problem(codes::ELEMENT, child, message));
            }
        }
    }
    let Some(child) = stylesheet else {
        return Err(compiler.problem(codes::MISSING, element, "The 'xsl:stylesheet' is missing."));
    };
    let stylesheet = Arc::new(read(element, child, compiler)?);
    Ok(Step::Wait(Box::new(XslTransform { parameters, stylesheet })))
}

/// Compiles the stylesheet; what is wrong in it is said at its place in the document.
fn read(element: &Element, child: &Element, compiler: &mut Compiler<'_>) -> Result<Stylesheet, Diagnostic> {
    let start = child.span.start - element.inner.start;
    let text = compiler.inner(element).get(start..start + child.span.len()).unwrap_or_default();
    let problems = match Stylesheet::compile(text) {
        Ok(stylesheet) => return Ok(stylesheet),
        Err(problems) => problems,
    };
    let mut found = Vec::new();
    for problem in problems {
        let within = problem.span.map_or(0..child.span.len(), |span| span.bytes);
        let span = child.span.start + within.start..child.span.start + within.end;
        found.push(compiler.problem_at(problem.code, element, span, &problem.message));
    }
    let mut found = found.into_iter();
    let first = found.next();
    found.for_each(|problem| compiler.report(problem));
    Err(first.unwrap_or_else(|| compiler.problem(codes::VALUE, child, "The stylesheet is invalid.")))
}

impl XslTransform {
    async fn transform(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        exchange.collect_message().await?;
        let body = match exchange.message_body() {
            Body::Full(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            _ => String::new(),
        };
        let mut parameters = Vec::new();
        for (name, value) in &self.parameters {
            parameters.push((name.clone(), value.text(exchange)?.into_owned()));
        }
        // A stylesheet may take long; the thread has other requests to serve.
        let stylesheet = Arc::clone(&self.stylesheet);
        let result = spawn_blocking(move || stylesheet.transform(&body, &parameters)).await;
        let failed = |why: &str| conversion::failed("xsl-transform", why);
        let result = result.map_err(|error| failed(&error.to_string()))?;
        let result = result.map_err(|error| failed(&error.to_string()))?;
        exchange.set_body(result.into());
        Ok(Flow::Continue)
    }
}

impl Wait for XslTransform {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.transform(exchange))
    }
}

#[cfg(test)]
mod tests {
    use apim::DataPlane;

    use crate::tests::world::{World, policy, service};

    #[tokio::test(flavor = "current_thread")]
    async fn what_is_wrong_in_a_stylesheet_is_said_at_its_place_in_the_document() {
        let mut service = service();
        let world = World::with(service.clone()).await;
        service.apis[0].policy = Some(policy(
            "p",
            "<policies><inbound>\n<xsl-transform>\n <xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform'>\n\
             <xsl:template match='/'>\n  <a b='{nothing()}' />\n  <xsl:value-of select='$v' />\n</xsl:template></xsl:stylesheet>\n\
             </xsl-transform></inbound></policies>",
        ));
        let found = world.gateway.check(&service.clone().into()).expect_err("problems");
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        let has = |part: &str| found.iter().any(|problem| problem.contains(part));
        assert!(has("5:10: ") && has("there is no function 'nothing()'"), "{found:?}");
        assert!(has("6:25: ") && has("'v' is not defined"), "{found:?}");
    }
}
