//! `set-body`: replaces the body of the request (inbound, backend) or of the response (outbound, on-error). In every
//! section, at every scope.
//! <https://learn.microsoft.com/azure/api-management/set-body-policy>
//!
//! **Differs from Azure:** a template that is no Liquid is refused when the policy is saved, in the words of `DotLiquid`. On-error
//! is allowed, as Azure does in fact.

use bytes::Bytes;
use diagnostic::Diagnostic;
use expression::Host;
use http::header::CONTENT_TYPE;

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::body::Body;
use crate::context::{Evaluation, Exchange};
use crate::document::{Compiler, Decoded, Element, codes};
use crate::error::LastError;
use crate::liquid::{self, Reading, Template};
use crate::pipeline::{Act, Flow, Section, Step};
use crate::value::{Value, boolean, failed};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "set-body",
    summary: "Replaces the body of the request or of the response.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::optional("template", "How the body is written.", ValueKind::OneOf(&["none", "liquid"])),
        Attribute::optional(
            "xsi-nil",
            "What Liquid makes of elements with `xsi:nil`.",
            ValueKind::OneOf(&["blank", "null"]),
        ),
        Attribute::optional(
            "parse-date",
            "Whether Liquid makes dates of texts of JSON that look like dates.",
            ValueKind::Boolean,
        ),
        Attribute::optional(
            "html-decode-expression",
            "Whether entities in an expression's value are decoded.",
            ValueKind::Boolean,
        ),
    ],
    content: Content::Anything,
    fidelity: Fidelity::Faithful,
    examples: EXAMPLES,
    compile,
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "an expression reads what it replaces",
        section: Section::Outbound,
        fragment: "<base /><set-body>@{ var body = context.Response.Body.As<string>(); return body.ToUpper() + \"!\"; }</set-body>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "content-length: 8", "BACKEND!"],
    },
    Example {
        title: "the request's body gets another length",
        section: Section::Inbound,
        fragment: "<base /><set-body>{ \"a\": 1 }</set-body>",
        request: &["PUT /api/x HTTP/1.1", "Content-Length: 0"],
        seen: &["PUT /x HTTP/1.1", "content-length: 10", "!content-length: 0"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    },
    Example {
        title: "the response's body, elements as they are written",
        section: Section::Outbound,
        fragment: "<base /><set-body><a b='c'/></set-body>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK", "X-A: 1"],
        response: &["HTTP/1.1 200 OK", "x-a: 1", "content-length: 10", "<a b='c'/>"],
    },
    Example {
        title: "on-error says it in its own words",
        section: Section::OnError,
        fragment: "<base /><set-body>no</set-body>",
        request: &["GET /api/no/such HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &["HTTP/1.1 404 Not Found", "content-type: application/json", "no"],
    },
    Example {
        title: "Liquid reads JSON, and what else is known",
        section: Section::Outbound,
        fragment: "<base /><set-variable name=\"v\" value=\"@(new JObject(new JProperty(\"x\", 5)))\" />\
                       <set-header name=\"Content-Type\"><value>application/json</value></set-header><set-body>{\"a\":[1,2],\"d\":\"2024-05-01T00:00:00Z\"}</set-body>\
                       <set-body template=\"liquid\">{% for i in body.a %}{{ i | Times: 2 }};{% endfor %}{{ body.d }} {{ context.Variables[\"v\"].x }} {{ context.Request.Method }} {{ context.Request.Headers.X-A }} {{ context.Response.StatusCode }} {{ context.Request.Url.Path }}</set-body>",
        request: &["GET /api/x HTTP/1.1", "X-A: 1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "2;4;05/01/2024 00:00:00 5 GET 1 200 /x"],
    },
    Example {
        title: "Liquid reads XML; nil can be told from nothing",
        section: Section::Outbound,
        fragment: "<base /><set-header name=\"Content-Type\"><value>text/xml</value></set-header>\
                       <set-body><e:Envelope xmlns:e=\"urn:e\"><e:Body><A>1</A><N i:nil=\"true\" xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" /></e:Body></e:Envelope></set-body>\
                       <set-body template=\"liquid\" xsi-nil=\"null\"><a>{{body.envelope.body.A}}{% if body.envelope.body.N == nil %}none{% endif %}</a></set-body>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "<a>1none</a>"],
    },
    Example {
        title: "dates as they are written",
        section: Section::Outbound,
        fragment: "<base /><set-header name=\"Content-Type\"><value>application/json</value></set-header><set-body>{\"d\":\"2024-05-01T00:00:00Z\"}</set-body>\
                       <set-body template=\"liquid\" parse-date=\"false\">{{ body.d }}</set-body>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "2024-05-01T00:00:00Z"],
    },
    Example {
        title: "Liquid needs a body",
        section: Section::Inbound,
        fragment: "<base /><set-body template=\"liquid\">x</set-body>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &[
            "HTTP/1.1 500 Internal Server Error",
            "{ \"statusCode\": 500, \"message\": \"Internal server error\", \"activityId\": \"00000000-0000-0000-0000-000000000001\" }",
        ],
    },
    Example {
        title: "entities in what an expression says are decoded",
        section: Section::Outbound,
        fragment: "<base /><set-body html-decode-expression=\"true\">@(\"a &amp;lt; b\")</set-body>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "a < b"],
    },
];

/// The compiled policy.
#[derive(Debug)]
pub enum SetBody {
    /// A text or an expression.
    Value(Value),
    /// An expression whose value has entities to decode.
    Decoded(Value),
    /// A template of Liquid.
    Liquid(Template, Reading),
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    Ok(Step::Act(Box::new(SetBody::compile(element, compiler)?)))
}

impl SetBody {
    /// Compiles the element, as a policy or as a part of another one.
    ///
    /// # Errors
    /// The template is wrong.
    pub fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Self, Diagnostic> {
        let flag = |name: &str| element.attribute(name).map(boolean).and_then(Result::ok);
        let value = compiler.content(element);
        let (Some("liquid"), Some(text)) = (element.attribute("template"), value.constant()) else {
            let decode = flag("html-decode-expression").unwrap_or(false) && value.constant().is_none();
            return Ok(if decode { Self::Decoded(value) } else { Self::Value(value) });
        };
        let template = Template::parse(text).map_err(|why| compiler.problem(codes::VALUE, element, &why))?;
        compiler.reads_bodies();
        for name in template.unknown_filters() {
            let message = format!("Liquid has no filter '{name}'; the value stays as it is");
            let warning = compiler.problem(codes::VALUE, element, &message).warning();
            compiler.report(warning.help("filters have the names of C#, such as `Upcase`"));
        }
        let nil_is_null = element.attribute("xsi-nil") == Some("null");
        let parse_date = flag("parse-date").unwrap_or(true);
        Ok(Self::Liquid(template, Reading { nil_is_null, parse_date }))
    }

    /// What it says about this request.
    ///
    /// # Errors
    /// An expression or a template failed.
    pub fn evaluate(&self, exchange: &mut Exchange) -> Result<Bytes, LastError> {
        let Self::Liquid(template, reading) = self else { return self.evaluate_alone(exchange) };
        let content_type = exchange.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        let body = match exchange.message_body() {
            Body::Full(bytes) => {
                liquid::Value::body(bytes, &content_type, *reading).map_err(|why| failed(&why))?
            }
            _ => liquid::Value::text(""),
        };
        rendered(template, body, exchange)
    }

    /// The same where there is no message: a template sees an empty body.
    ///
    /// # Errors
    /// An expression or a template failed.
    pub fn evaluate_alone(&self, exchange: &mut Exchange) -> Result<Bytes, LastError> {
        match self {
            Self::Value(value) => value.bytes(exchange),
            Self::Decoded(value) => {
                let text = value.text(exchange)?;
                Ok(Bytes::from(Decoded::new(&text).text))
            }
            Self::Liquid(template, _) => rendered(template, liquid::Value::text(""), exchange),
        }
    }
}

fn rendered(template: &Template, body: liquid::Value, exchange: &Exchange) -> Result<Bytes, LastError> {
    let context = liquid::Value::from_expression(&Evaluation::of(exchange).context());
    template.render(body, context).map(Bytes::from).map_err(|why| failed(&why))
}

impl Act for SetBody {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        if matches!(self, Self::Liquid(..)) && exchange.response.is_none() && exchange.request.body.is_empty()
        {
            return Err(failed("A Liquid template needs a message body, and the request has none."));
        }
        let bytes = self.evaluate(exchange)?;
        exchange.set_body(bytes);
        Ok(Flow::Continue)
    }
}
