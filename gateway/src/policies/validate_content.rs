//! `validate-content`: compares bodies with schemas. In inbound, outbound and on-error, at every scope.
//! <https://learn.microsoft.com/azure/api-management/validate-content-policy>
//!
//! **Differs from Azure:** schemas say what is wrong in other words than Json.NET and .NET's reader of XML, those of JSON with
//! a path in place of line and position. Of SOAP the content of the envelope's body is compared, headers and actions are not.
//! A message without a body is not looked at.

use std::sync::Arc;

use diagnostic::Diagnostic;
use http::header::CONTENT_TYPE;

use super::shapes;
use super::{
    Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, Occurs, ValueKind,
};
use crate::body::Body;
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Flow, Pending, Section, Step, Wait};
use crate::validation::{self, Action, Finding, INTERNAL, Markup, Missing, Options};
use crate::value::{Typed, Value, boolean, integer};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "validate-content",
    summary: "Compares bodies with schemas.",
    sections: &[Section::Inbound, Section::Outbound, Section::OnError],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required(
            "unspecified-content-type-action",
            "What happens to media types that are not named.",
            shapes::ACTION,
        )
        .or_expression(),
        Attribute::required("max-size", "How many bytes are looked at.", ValueKind::Unsigned).or_expression(),
        Attribute::required("size-exceeded-action", "What happens to larger bodies.", shapes::ACTION)
            .or_expression(),
        Attribute::optional("errors-variable-name", "The variable for what was found.", ValueKind::Text),
    ],
    content: Content::Children(&[
        Child {
            attributes: &[
                Attribute::optional(
                    "any-content-type-value",
                    "What every media type counts as.",
                    ValueKind::Text,
                )
                .or_expression(),
                Attribute::optional(
                    "missing-content-type-value",
                    "What no media type counts as.",
                    ValueKind::Text,
                )
                .or_expression(),
            ],
            ..Child::new(
                "content-type-map",
                Occurs::AtMostOnce,
                Content::Children(&[Child::empty(
                    "type",
                    Occurs::Repeated,
                    &[
                        Attribute::optional("from", "The media type.", ValueKind::Text).or_expression(),
                        Attribute::optional("when", "Whether this counts.", ValueKind::Boolean)
                            .or_expression(),
                        Attribute::required("to", "What it counts as.", ValueKind::Text).or_expression(),
                    ],
                )]),
            )
        },
        Child::empty(
            "content",
            Occurs::Repeated,
            &[
                Attribute::required(
                    "validate-as",
                    "What the body is.",
                    ValueKind::OneOf(&["json", "xml", "soap"]),
                ),
                Attribute::optional("type", "The media type.", ValueKind::Text).or_expression(),
                Attribute::required("action", "What happens to wrong bodies.", shapes::ACTION)
                    .or_expression(),
                Attribute::optional("schema-id", "The schema.", ValueKind::Text).or_expression(),
                Attribute::optional("schema-ref", "The part of the schema.", ValueKind::Text).or_expression(),
                Attribute::optional(
                    "allow-additional-properties",
                    "Whether others may be there.",
                    ValueKind::Boolean,
                ),
                Attribute::optional(
                    "case-insensitive-property-names",
                    "Whether case counts.",
                    ValueKind::Boolean,
                ),
            ],
        ),
    ]),
    fidelity: Fidelity::Approximate("other words than .NET's; SOAP's headers are not compared"),
    examples: EXAMPLES,
    compile,
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "a body that is not what the API says",
        section: Section::Inbound,
        fragment: "<base /><set-header name=\"Content-Type\"><value>application/json; charset=utf-8</value></set-header><set-body>{\"id\":\"x\"}</set-body>\
                   <validate-content unspecified-content-type-action=\"prevent\" max-size=\"1000\" size-exceeded-action=\"prevent\"><content type=\"application/json\" validate-as=\"json\" action=\"prevent\" /></validate-content>",
        request: &["PUT /api/x HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &[
            "HTTP/1.1 400 Bad Request",
            "{ \"statusCode\": 400, \"message\": \"Body of the request does not conform to the definition Pet, which is associated with the content type application/json.\\n\\n\\\"x\\\" is not of type \\\"integer\\\" Path '/id'.\" }",
        ],
    },
    Example {
        title: "a body that is what the API says",
        section: Section::Inbound,
        fragment: "<base /><set-header name=\"Content-Type\"><value>application/json</value></set-header><set-body>{\"id\":1}</set-body>\
                   <validate-content unspecified-content-type-action=\"prevent\" max-size=\"1000\" size-exceeded-action=\"prevent\"><content validate-as=\"json\" action=\"prevent\" /></validate-content>",
        request: &["PUT /api/x HTTP/1.1"],
        seen: &["PUT /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    },
    Example {
        title: "a larger body; 502 in outbound, where the client learns nothing",
        section: Section::Outbound,
        fragment: "<base /><validate-content unspecified-content-type-action=\"ignore\" max-size=\"6\" size-exceeded-action=\"prevent\" />",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &[
            "HTTP/1.1 502 Bad Gateway",
            "{ \"statusCode\": 502, \"message\": \"The request could not be processed due to an internal error. Contact the API owner.\" }",
        ],
    },
    Example {
        title: "a media type that the API does not name, after what it counts as",
        section: Section::Inbound,
        fragment: "<base /><set-body>x</set-body><validate-content unspecified-content-type-action=\"prevent\" max-size=\"10\" size-exceeded-action=\"prevent\"><content-type-map missing-content-type-value=\"text/none\"><type from=\"text/none\" to=\"text/plain\" /></content-type-map></validate-content>",
        request: &["PUT /api/x HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &[
            "HTTP/1.1 400 Bad Request",
            "{ \"statusCode\": 400, \"message\": \"Unspecified content type text/plain is not allowed.\" }",
        ],
    },
    Example {
        title: "what is found is written down; names in any case, other properties refused",
        section: Section::Inbound,
        fragment: "<base /><set-body>{\"ID\":1,\"more\":2}</set-body><validate-content unspecified-content-type-action=\"ignore\" max-size=\"100\" size-exceeded-action=\"prevent\" errors-variable-name=\"e\"><content-type-map any-content-type-value=\"application/json\"><type when=\"@(false)\" to=\"text/plain\" /></content-type-map>\
                   <content type=\"application/json\" validate-as=\"json\" action=\"detect\" allow-additional-properties=\"false\" case-insensitive-property-names=\"true\" /></validate-content>\
                   <set-header name=\"X-Found\"><value>@(((JArray)context.Variables[\"e\"]).Count + \" \" + ((JArray)context.Variables[\"e\"])[0][\"ValidationRule\"])</value></set-header>",
        request: &["PUT /api/x HTTP/1.1"],
        seen: &["x-found: 1 IncorrectMessage"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    },
    Example {
        title: "XML that is not what a schema of the service says",
        section: Section::Inbound,
        fragment: "<base /><set-header name=\"Content-Type\"><value>text/xml</value></set-header><set-body>&lt;n xmlns=\"urn:n\">x&lt;/n></set-body>\
                   <validate-content unspecified-content-type-action=\"prevent\" max-size=\"1000\" size-exceeded-action=\"prevent\"><content type=\"text/xml\" validate-as=\"xml\" schema-id=\"number\" action=\"prevent\" /></validate-content>",
        request: &["PUT /api/x HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &[
            "HTTP/1.1 400 Bad Request",
            "{ \"statusCode\": 400, \"message\": \"Body of the request does not conform to the definition number, which is associated with the content type text/xml.\\n\\nThe 'n' in namespace 'urn:n' element is invalid - The value 'x' is invalid according to its datatype 'http://www.w3.org/2001/XMLSchema:int' - The string 'x' is not a valid int value.\" }",
        ],
    },
    Example {
        title: "SOAP whose body is what a schema of the service says",
        section: Section::Inbound,
        fragment: "<base /><set-header name=\"Content-Type\"><value>text/xml</value></set-header><set-body>&lt;e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\">&lt;e:Body>&lt;n xmlns=\"urn:n\">1&lt;/n>&lt;/e:Body>&lt;/e:Envelope></set-body>\
                   <validate-content unspecified-content-type-action=\"prevent\" max-size=\"1000\" size-exceeded-action=\"prevent\"><content type=\"text/xml\" validate-as=\"soap\" schema-id=\"number\" action=\"prevent\" /></validate-content>",
        request: &["PUT /api/x HTTP/1.1"],
        seen: &["PUT /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    },
    Example {
        title: "what is no XML",
        section: Section::Inbound,
        fragment: "<base /><set-header name=\"Content-Type\"><value>text/xml</value></set-header><set-body>x</set-body>\
                   <validate-content unspecified-content-type-action=\"prevent\" max-size=\"1000\" size-exceeded-action=\"prevent\"><content type=\"text/xml\" validate-as=\"xml\" schema-id=\"number\" action=\"prevent\" /></validate-content>",
        request: &["PUT /api/x HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &[
            "HTTP/1.1 400 Bad Request",
            "{ \"statusCode\": 400, \"message\": \"The request could not be processed due to an internal error. Contact the API owner.\" }",
        ],
    },
    Example {
        title: "a schema of the service that is not there",
        section: Section::Inbound,
        fragment: "<base /><set-header name=\"Content-Type\"><value>application/json</value></set-header><set-body>{}</set-body><validate-content unspecified-content-type-action=\"ignore\" max-size=\"100\" size-exceeded-action=\"prevent\"><content type=\"application/json\" validate-as=\"json\" schema-id=\"none\" schema-ref=\"#/definitions/x\" action=\"prevent\" /></validate-content>",
        request: &["PUT /api/x HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &[
            "HTTP/1.1 400 Bad Request",
            "{ \"statusCode\": 400, \"message\": \"The request could not be processed due to an internal error. Contact the API owner.\" }",
        ],
    },
];

/// How many bytes are looked at, whatever the policy says.
const LARGEST: i64 = 4 << 20;

#[derive(Debug)]
struct ValidateContent {
    unspecified: Typed<Action>,
    max_size: Typed<i64>,
    exceeded: Typed<Action>,
    variable: Option<Arc<str>>,
    map: Map,
    contents: Vec<Rule>,
}

/// What media types count as.
#[derive(Debug, Default)]
struct Map {
    any: Option<Value>,
    missing: Option<Value>,
    types: Vec<(Option<Value>, Option<Typed<bool>>, Value)>,
}

/// What a media type is compared with.
#[derive(Debug)]
struct Rule {
    media_type: Option<Value>,
    action: Typed<Action>,
    schema: Option<Value>,
    definition: Option<Value>,
    options: Options,
    form: Form,
}

/// What a body is read as.
#[derive(Debug, Clone, Copy)]
enum Form {
    Json,
    Markup(Markup),
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let mut map = Map::default();
    let mut contents = Vec::new();
    for child in element.elements() {
        if child.name == "content-type-map" {
            map = Map::compile(child, compiler);
            continue;
        }
        let form = match child.attribute("validate-as") {
            Some("xml") => Form::Markup(Markup::Plain),
            Some("soap") => Form::Markup(Markup::Soap),
            _ => Form::Json,
        };
        let flag = |name: &str| child.attribute(name).and_then(|text| boolean(text).ok());
        let options = Options {
            additional: flag("allow-additional-properties"),
            ignore_case: flag("case-insensitive-property-names").unwrap_or(false),
        };
        contents.push(Rule {
            media_type: compiler.value(child, "type"),
            action: compiler.required(child, "action", Action::read),
            schema: compiler.value(child, "schema-id"),
            definition: compiler.value(child, "schema-ref"),
            options,
            form,
        });
    }
    Ok(Step::Wait(Box::new(ValidateContent {
        unspecified: compiler.required(element, "unspecified-content-type-action", Action::read),
        max_size: compiler.required(element, "max-size", integer),
        exceeded: compiler.required(element, "size-exceeded-action", Action::read),
        variable: validation::variable(element, "errors-variable-name"),
        map,
        contents,
    })))
}

impl Map {
    fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Self {
        let types = element.elements().map(|child| {
            let to = compiler.value(child, "to").unwrap_or_else(Value::nothing);
            (compiler.value(child, "from"), compiler.typed(child, "when", boolean), to)
        });
        let types = types.collect();
        let any = compiler.value(element, "any-content-type-value");
        Self { any, missing: compiler.value(element, "missing-content-type-value"), types }
    }

    /// What the message's media type counts as.
    fn apply(&self, exchange: &mut Exchange, found: Option<String>) -> Result<Option<String>, LastError> {
        let text =
            |value: &Value, exchange: &mut Exchange| value.text(exchange).map(std::borrow::Cow::into_owned);
        let found = match (&self.any, &self.missing, found) {
            (Some(any), _, _) => Some(text(any, exchange)?),
            (None, Some(missing), None) => Some(text(missing, exchange)?),
            (None, _, found) => found,
        };
        for (from, when, to) in &self.types {
            let from = from.as_ref().map(|from| text(from, exchange)).transpose()?;
            let named = from
                .is_none_or(|from| found.as_deref().is_some_and(|found| found.eq_ignore_ascii_case(&from)));
            if named && when.as_ref().map_or(Ok(true), |when| when.get(exchange))? {
                return text(to, exchange).map(Some);
            }
        }
        Ok(found)
    }
}

impl Wait for ValidateContent {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.validate(exchange))
    }
}

impl ValidateContent {
    async fn validate(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        exchange.collect_message().await?;
        let Body::Full(body) = exchange.message_body() else { return Ok(Flow::Continue) };
        let body = body.clone();
        let found = self.findings(exchange, &body)?;
        validation::conclude(exchange, "validate-content", self.variable.as_ref(), found)
    }

    fn findings(&self, exchange: &mut Exchange, body: &[u8]) -> Result<Vec<Finding>, LastError> {
        let message = Message::of(exchange);
        let most = self.max_size.get(exchange)?.min(LARGEST);
        if i64::try_from(body.len()).unwrap_or(i64::MAX) > most {
            let size = body.len();
            let text = |limit: &str| {
                format!(
                    "{}'s body is {size} bytes long and it exceeds the {limit} of {most} bytes.",
                    message.title
                )
            };
            let (details, public) = (text("configured limit"), text("limit"));
            let finding = Finding {
                name: String::new(),
                details,
                public,
                action: self.exceeded.get(exchange)?,
                ..message.finding("SizeLimit")
            };
            return Ok(vec![message.told(finding)]);
        }
        let found = exchange.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let found = found.map(|value| media_type(value).to_owned()).filter(|value| !value.is_empty());
        let content_type = self.map.apply(exchange, found)?.unwrap_or_default();
        let declared = declared(exchange);
        let is_declared =
            declared.iter().any(|known| media_type(&known.content_type).eq_ignore_ascii_case(&content_type));
        let mut findings = Vec::new();
        let mut any = false;
        for rule in &self.contents {
            let own = rule.media_type.as_ref().map(|own| own.text(exchange)).transpose()?;
            let applies = match own {
                Some(own) if !own.trim().is_empty() => media_type(&own).eq_ignore_ascii_case(&content_type),
                _ => is_declared,
            };
            if applies {
                any = true;
                findings.extend(rule.check(exchange, &message, &content_type, body)?);
            }
        }
        if !any && !is_declared {
            let text = format!("Unspecified content type {content_type} is not allowed.");
            let action = self.unspecified.get(exchange)?;
            let finding = Finding {
                name: content_type,
                details: text.clone(),
                public: text,
                action,
                ..message.finding("Unspecified")
            };
            findings.push(message.told(finding));
        }
        Ok(findings)
    }
}

/// Which message is looked at.
#[derive(Debug, Clone, Copy)]
struct Message {
    title: &'static str,
    word: &'static str,
    kind: &'static str,
}

impl Message {
    fn of(exchange: &Exchange) -> Self {
        if exchange.response.is_some() {
            return Self { title: "Response", word: "response", kind: "ResponseBody" };
        }
        Self { title: "Request", word: "request", kind: "RequestBody" }
    }

    fn finding(self, rule: &'static str) -> Finding {
        let (details, public) = (String::new(), INTERNAL.to_owned());
        Finding { name: String::new(), kind: self.kind, rule, details, public, action: Action::Ignore }
    }

    fn told(self, finding: Finding) -> Finding {
        if self.kind == "ResponseBody" { finding.of_response() } else { finding }
    }
}

impl Rule {
    fn check(
        &self,
        exchange: &mut Exchange,
        message: &Message,
        content_type: &str,
        body: &[u8],
    ) -> Result<Option<Finding>, LastError> {
        let action = self.action.get(exchange)?;
        if action == Action::Ignore {
            return Ok(None);
        }
        let (schema, definition) = self.names(exchange, content_type)?;
        let finding = |rule: &'static str, details: String| Finding {
            name: content_type.to_owned(),
            details,
            action,
            ..message.finding(rule)
        };
        let word = message.word;
        let found = self.compared(exchange, (&schema, &definition), body);
        let api_schema = |details: &str| Finding { kind: "ApiSchema", ..finding("", details.to_owned()) };
        let why = match found {
            Ok(None) => return Ok(None),
            Ok(Some(why)) => why,
            Err(Missing::Schema) => {
                return Ok(Some(api_schema("API's schema does not exist or it could not be resolved.")));
            }
            Err(Missing::Definitions) => {
                return Ok(Some(api_schema("API's schema does not specify definitions.")));
            }
            Err(Missing::Definition) => {
                let details = format!(
                    "API's schema does not contain definition {definition}, which is associated with the content type {content_type}."
                );
                return Ok(Some(finding("MissingDefinition", details)));
            }
            Err(Missing::Invalid(why)) => {
                let details = format!(
                    "Body of the {word} cannot be validated for the content type {content_type}.\n\n{why}"
                );
                return Ok(Some(finding("ValidationException", details)));
            }
        };
        let definition = if definition.is_empty() { schema } else { definition };
        let text = format!(
            "Body of the {word} does not conform to the definition {definition}, which is associated with the content type {content_type}.\n\n{why}"
        );
        Ok(Some(message.told(Finding { public: text.clone(), ..finding("IncorrectMessage", text) })))
    }

    /// What the body breaks of a definition in a schema.
    fn compared(
        &self,
        exchange: &Exchange,
        (schema, definition): (&str, &str),
        body: &[u8],
    ) -> Result<Option<String>, Missing> {
        let schemas = match (&self.schema, &exchange.matched.api) {
            (None, Some(api)) => &api.schemas,
            _ => &exchange.matched.service.schemas,
        };
        if let Form::Markup(markup) = self.form {
            return schemas.xml.check(schema, markup, body);
        }
        let value = serde_json::from_slice(body).map_err(|error| Missing::Invalid(error.to_string()))?;
        Ok(schemas.check(schema, definition, self.options, &value)?.into_iter().next())
    }

    /// The schema and what in it: the policy's own, or what the API says of the media type.
    fn names(&self, exchange: &mut Exchange, content_type: &str) -> Result<(String, String), LastError> {
        let mut text = |value: &Option<Value>| match value {
            Some(value) => value.text(exchange).map(std::borrow::Cow::into_owned),
            None => Ok(String::new()),
        };
        if self.schema.is_some() {
            return Ok((text(&self.schema)?, text(&self.definition)?));
        }
        let known = declared(exchange)
            .into_iter()
            .find(|known| media_type(&known.content_type).eq_ignore_ascii_case(content_type));
        Ok(known.and_then(|known| known.schema).unwrap_or_default())
    }
}

/// The bodies that the API declares for the message.
fn declared(exchange: &Exchange) -> Box<[apim::Representation]> {
    let Some(operation) = &exchange.matched.operation else { return Box::default() };
    let contract = &operation.contract;
    match &exchange.response {
        None => contract.representations.clone(),
        Some(response) => {
            let status = response.status.as_u16();
            let known = contract.responses.iter().find(|known| known.status == status);
            known.map(|known| known.representations.clone()).unwrap_or_default()
        }
    }
}

fn media_type(text: &str) -> &str {
    text.split(';').next().unwrap_or_default().trim()
}
