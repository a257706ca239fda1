//! `validate-odata-request`: compares requests of `OData` with the schema. In inbound, at every scope but operations.
//! <https://learn.microsoft.com/azure/api-management/validate-odata-request-policy>
//!
//! **Differs from Azure:** requests are compared with the syntax of `OData`, not with the metadata of the API. What the
//! messages say is not published.

use std::sync::Arc;

use diagnostic::Diagnostic;
use http::HeaderMap;
use percent_encoding::percent_decode_str;

use super::{Attribute, Content, Definition, EVERY_GATEWAY, Example, Fidelity, ValueKind};
use crate::body::Body;
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::odata;
use crate::pipeline::{Flow, Pending, ScopeKind, Section, Step, Wait};
use crate::validation::{self, Action, Finding};
use crate::value::{Typed, integer};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "validate-odata-request",
    summary: "Compares OData requests with the schema.",
    sections: &[Section::Inbound],
    scopes: &[ScopeKind::Global, ScopeKind::Workspace, ScopeKind::Product, ScopeKind::Api],
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::optional("error-variable-name", "The variable for what was found.", ValueKind::Text),
        Attribute::optional(
            "default-odata-version",
            "The version if none is named: 4.0 unless given.",
            ValueKind::Text,
        )
        .or_expression(),
        Attribute::optional("min-odata-version", "The oldest version.", ValueKind::Text).or_expression(),
        Attribute::optional("max-odata-version", "The newest version.", ValueKind::Text).or_expression(),
        Attribute::optional("max-size", "How many bytes it may have.", ValueKind::Text).or_expression(),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Approximate("the syntax, not the metadata of the API; other messages"),
    examples: &[
        Example {
            title: "a filter that cannot be read",
            section: Section::Inbound,
            fragment: "<base /><validate-odata-request />",
            request: &["GET /api/Products?$filter=Price%20gt HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &[
                "HTTP/1.1 400 Bad Request",
                "{ \"statusCode\": 400, \"message\": \"Syntax error at position 8 in 'Price gt': a name is expected.\" }",
            ],
        },
        Example {
            title: "a version that is too old; what is found can be read",
            section: Section::Inbound,
            fragment: "<base /><validate-odata-request error-variable-name=\"e\" default-odata-version=\"3.0\" min-odata-version=\"4.0\" max-odata-version=\"4.01\" />",
            request: &["GET /api/Products HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &[
                "HTTP/1.1 400 Bad Request",
                "{ \"statusCode\": 400, \"message\": \"The OData version 3.0 is less than the minimum of 4.0.\" }",
            ],
        },
        Example {
            title: "a body that is too large",
            section: Section::Inbound,
            fragment: "<base /><set-body>{\"Id\": 1}</set-body><validate-odata-request max-size=\"4\" />",
            request: &["PUT /api/Products HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &[
                "HTTP/1.1 400 Bad Request",
                "{ \"statusCode\": 400, \"message\": \"The request has 9 bytes, which exceeds the maximum of 4.\" }",
            ],
        },
        Example {
            title: "a request that is as it should be passes",
            section: Section::Inbound,
            fragment: "<base /><validate-odata-request max-odata-version=\"4.0\" />",
            request: &[
                "GET /api/Products(1)?$filter=contains(Name,'x')%20and%20Price%20gt%205&$expand=Category($select=Name)&own=1 HTTP/1.1",
                "OData-Version: 4.0",
            ],
            seen: &[
                "GET /Products(1)?$filter=contains(Name,'x')%20and%20Price%20gt%205&$expand=Category($select=Name)&own=1 HTTP/1.1",
            ],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
    ],
    compile,
};

/// A version of the protocol: `4.01` is a later minor version than `4.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32);

#[derive(Debug)]
struct ValidateODataRequest {
    variable: Option<Arc<str>>,
    default: Typed<Version>,
    least: Option<Typed<Version>>,
    most: Option<Typed<Version>>,
    max_size: Option<Typed<i64>>,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let default = compiler.typed(element, "default-odata-version", Version::read);
    Ok(Step::Wait(Box::new(ValidateODataRequest {
        variable: validation::variable(element, "error-variable-name"),
        default: default.unwrap_or(Typed::Fixed(Version(4, 0))),
        least: compiler.typed(element, "min-odata-version", Version::read),
        most: compiler.typed(element, "max-odata-version", Version::read),
        max_size: compiler.typed(element, "max-size", integer),
    })))
}

impl Version {
    fn read(text: &str) -> Result<Self, String> {
        let (major, minor) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
        match (major.parse(), minor.parse()) {
            (Ok(major), Ok(minor)) => Ok(Self(major, minor)),
            _ => Err("it is no version of OData".to_owned()),
        }
    }
}

/// As the protocol spells them: `4.0`, `4.01`.
impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.1 == 0 { write!(f, "{}.0", self.0) } else { write!(f, "{}.{:02}", self.0, self.1) }
    }
}

impl Wait for ValidateODataRequest {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.validate(exchange))
    }
}

impl ValidateODataRequest {
    async fn validate(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        if self.max_size.is_some() {
            exchange.collect_request().await?;
        }
        let wrong = self.wrong(exchange)?;
        let finding = |(rule, details): (&'static str, String)| Finding {
            name: String::new(),
            kind: "ODataRequest",
            rule,
            public: details.clone(),
            details,
            action: Action::Prevent,
        };
        let found = wrong.map(finding).into_iter().collect();
        validation::conclude(exchange, "validate-odata-request", self.variable.as_ref(), found)
    }

    /// The first thing that is wrong, and the rule that it breaks.
    fn wrong(&self, exchange: &mut Exchange) -> Result<Option<(&'static str, String)>, LastError> {
        if let Some(most) = &self.max_size {
            let most = most.get(exchange)?;
            let size = if let Body::Full(body) = &exchange.request.body { body.len() } else { 0 };
            if i64::try_from(size).unwrap_or(i64::MAX) > most {
                let text = format!("The request has {size} bytes, which exceeds the maximum of {most}.");
                return Ok(Some(("SizeLimit", text)));
            }
        }
        if let Some(why) = self.version(exchange)? {
            return Ok(Some(("IncorrectVersion", why)));
        }
        let message = &exchange.request;
        let path = message.path.get(message.remainder..).unwrap_or_default();
        let segments = path.split('/').map(|segment| percent_decode_str(segment).decode_utf8_lossy());
        let keys = segments.into_iter().try_for_each(|segment| odata::key(&segment));
        let query = keys.and_then(|()| odata::query(message.query.as_deref().unwrap_or_default()));
        Ok(query.err().map(|why| ("IncorrectRequest", why)))
    }

    /// What is wrong with the versions that a request names.
    fn version(&self, exchange: &mut Exchange) -> Result<Option<String>, LastError> {
        let named = header(&exchange.request.headers, "odata-version");
        let latest = header(&exchange.request.headers, "odata-maxversion");
        let (named, latest) = match (named, latest) {
            (Ok(named), Ok(latest)) => (named, latest),
            (Err(why), _) | (_, Err(why)) => return Ok(Some(why)),
        };
        let version = named.map_or_else(|| self.default.get(exchange), Ok)?;
        if let Some(least) = &self.least {
            let least = least.get(exchange)?;
            if let Some(low) = [Some(version), latest].into_iter().flatten().find(|low| *low < least) {
                return Ok(Some(format!("The OData version {low} is less than the minimum of {least}.")));
            }
        }
        if let Some(most) = &self.most {
            let most = most.get(exchange)?;
            if version > most {
                return Ok(Some(format!("The OData version {version} exceeds the maximum of {most}.")));
            }
        }
        Ok(None)
    }
}

/// The version in a header; some clients add their name after a semicolon.
fn header(headers: &HeaderMap, name: &str) -> Result<Option<Version>, String> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    Version::read(text).map(Some).map_err(|_| format!("The header '{name}' holds no version of OData."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_an_order() {
        let read = |text: &str| Version::read(text).expect("a version");
        assert!(read("3.0") < read("4.0") && read("4.0") < read("4.01") && read("4") == read("4.0"));
        assert_eq!((read("4.01").to_string(), read(" 4.0 ").to_string()), ("4.01".into(), "4.0".into()));
        for bad in ["", "x", "4.x", "-4.0", "4.0.0"] {
            assert!(Version::read(bad).is_err(), "{bad}");
        }
    }
}
