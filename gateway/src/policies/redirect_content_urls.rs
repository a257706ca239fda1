//! `redirect-content-urls`: puts the gateway's address where the body has the backend's. In inbound and outbound, at
//! every scope.
//! <https://learn.microsoft.com/azure/api-management/redirect-content-urls-policy>
//!
//! **Differs from Azure:** whole addresses are replaced, not relative ones. A body that is not UTF-8 stays as it is.

use bytes::Bytes;
use diagnostic::Diagnostic;

use super::{Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity};
use crate::body::Body;
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Flow, Pending, Section, Step, Wait};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "redirect-content-urls",
    summary: "Puts the gateway's address where the body has the backend's.",
    sections: &[Section::Inbound, Section::Outbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[],
    content: Content::Nothing,
    fidelity: Fidelity::Approximate("relative addresses stay"),
    examples: EXAMPLES,
    compile,
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "in outbound the backend's address becomes the gateway's",
        section: Section::Outbound,
        fragment: "<base /><set-body>{\"next\":\"http://10.10.1.5/x?page=2\",\"other\":\"http://10.10.1.50/x\"}</set-body><redirect-content-urls />",
        request: &["GET /api/x HTTP/1.1", "Host: blog-apim.azure-api.net"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &[
            "{\"next\":\"http://blog-apim.azure-api.net/api/x?page=2\",\"other\":\"http://10.10.1.50/x\"}",
        ],
    },
    Example {
        title: "in inbound the gateway's address becomes the backend's",
        section: Section::Inbound,
        fragment: "<base /><set-body>see http://blog-apim.azure-api.net/api/x</set-body><redirect-content-urls /><return-response><set-body>@(context.Request.Body.As<string>())</set-body></return-response>",
        request: &["PUT /api/x HTTP/1.1", "Host: blog-apim.azure-api.net"],
        seen: &[],
        answer: &[],
        response: &["HTTP/1.1 200 OK", "see http://10.10.1.5/x"],
    },
];

#[derive(Debug)]
struct RedirectContentUrls;

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(_: &Element, _: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    Ok(Step::Wait(Box::new(RedirectContentUrls)))
}

impl Wait for RedirectContentUrls {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(redirect(exchange))
    }
}

async fn redirect(exchange: &mut Exchange) -> Result<Flow, LastError> {
    let (Some(backend), Some(api)) = (exchange.backend.clone(), exchange.matched.api.clone()) else {
        return Ok(Flow::Continue);
    };
    exchange.collect_message().await?;
    let scheme = if backend.tls { "https" } else { "http" };
    let base = backend.target("", None).map(|uri| uri.path().trim_end_matches('/').to_owned());
    let host = backend.host_header.to_str().unwrap_or_default();
    let behind = format!("{scheme}://{host}{}", base.unwrap_or_default());
    let scheme = if exchange.tls { "https" } else { "http" };
    let slash = if api.path.is_empty() { "" } else { "/" };
    let before = format!("{scheme}://{}{slash}{}", exchange.request.host, api.path);
    let (from, to) = if exchange.response.is_some() { (behind, before) } else { (before, behind) };
    let replaced = match exchange.message_body() {
        Body::Full(bytes) => std::str::from_utf8(bytes).ok().and_then(|text| redirected(text, &from, &to)),
        _ => None,
    };
    if let Some(text) = replaced {
        exchange.set_body(Bytes::from(text));
    }
    Ok(Flow::Continue)
}

/// The text with one address for another; `None` if it has none. What only begins alike is another address.
fn redirected(text: &str, from: &str, to: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut any = false;
    while let Some((before, after)) = rest.split_once(from) {
        out.push_str(before);
        let goes_on =
            after.starts_with(|found: char| found.is_alphanumeric() || matches!(found, '.' | '-' | ':'));
        any |= !goes_on;
        out.push_str(if goes_on { from } else { to });
        rest = after;
    }
    out.push_str(rest);
    any.then_some(out)
}
