//! Bodies turned from JSON into XML and back, and what both policies decide by.

mod json_to_xml;
mod xml_to_json;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};

use crate::body::Body;
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::{LastError, Reason, Source};
use crate::value::{Typed, boolean};

pub use json_to_xml::{FromJson, to_xml};
pub use xml_to_json::{FromXml, Kind, to_json};

/// How deep what is converted may be nested.
pub const DEPTH: usize = 128;

/// When a body is converted.
#[derive(Debug)]
pub struct When {
    always: Typed<bool>,
    consider_accept: Typed<bool>,
}

impl When {
    /// Reads `apply` and `consider-accept-header`.
    pub fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Self {
        let always = compiler.required(element, "apply", apply);
        let consider_accept = compiler.typed(element, "consider-accept-header", boolean);
        Self { always, consider_accept: consider_accept.unwrap_or(Typed::Fixed(true)) }
    }

    /// The body at work, if it is to be converted: it says that it is `from`, and the client asks for `to`, where
    /// either counts.
    pub async fn body(
        &self,
        exchange: &mut Exchange,
        from: &str,
        to: &str,
    ) -> Result<Option<Bytes>, LastError> {
        let (always, consider_accept) = (self.always.get(exchange)?, self.consider_accept.get(exchange)?);
        let asked = !consider_accept || mentions(&exchange.request.headers, &ACCEPT, to);
        if !asked || !(always || mentions(exchange.headers(), &CONTENT_TYPE, from)) {
            return Ok(None);
        }
        exchange.collect_message().await?;
        Ok(match exchange.message_body() {
            Body::Full(bytes) => Some(bytes.clone()),
            _ => None,
        })
    }
}

/// Puts what a body became in its place.
pub fn replace(exchange: &mut Exchange, body: String, media_type: &'static str) {
    exchange.headers().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    exchange.set_body(Bytes::from(body));
}

/// A policy cannot do with this body what it should.
pub fn failed(policy: &'static str, why: &str) -> LastError {
    LastError::new(Source::Policy(policy), Reason::ExpressionValueEvaluationFailure, why)
}

fn apply(text: &str) -> Result<bool, String> {
    match text {
        "always" => Ok(true),
        "content-type-json" | "content-type-xml" => Ok(false),
        _ => Err("it is neither 'always' nor a content type".to_owned()),
    }
}

/// A media type in the header is `application/json`, `text/xml`, `application/soap+xml` or the like.
fn mentions(headers: &HeaderMap, name: &HeaderName, format: &str) -> bool {
    let texts = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).any(|range| is(range, format))
}

/// The media type stands for `format`, which is `json` or `xml`.
pub fn is(media_type: &str, format: &str) -> bool {
    let name = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let subtype = name.rsplit(['/', '+']).next().unwrap_or_default();
    subtype == format
}
