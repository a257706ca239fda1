//! `authentication-certificate`: shows a client certificate to the backend. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/authentication-certificate-policy>
//!
//! **Differs from Azure:** the reason of a certificate that cannot be had is not known.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use diagnostic::Diagnostic;

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::backend::Identity;
use crate::context::Exchange;
use crate::document::{Compiler, Element, codes};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::{Act, Flow, Section, Step};
use crate::value::Value;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "authentication-certificate",
    summary: "Shows a client certificate to the backend.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::optional("thumbprint", "The certificate by its thumbprint.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("certificate-id", "The certificate by its identifier.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("body", "The certificate itself.", ValueKind::Text).or_expression(),
        Attribute::optional("password", "The password of `body`.", ValueKind::Text).or_expression(),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Faithful,
    examples: &[
        Example {
            title: "a backend without TLS asks for none",
            section: Section::Inbound,
            fragment: "<base /><authentication-certificate certificate-id=\"client\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "a certificate that is not there",
            section: Section::Inbound,
            fragment: "<authentication-certificate thumbprint=\"CA06F56B258B7A0D4F2B05470939478651151984\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &[
                "HTTP/1.1 500 Internal Server Error",
                "{ \"statusCode\": 500, \"message\": \"Internal server error\", \"activityId\": \
                 \"00000000-0000-0000-0000-000000000001\" }",
            ],
        },
    ],
    compile,
};

/// Which certificate to show.
pub enum AuthenticationCertificate {
    /// The service's with this thumbprint.
    Thumbprint(Value),
    /// The service's with this identifier.
    Name(Value),
    /// This one, with its password.
    Body(Value, Value),
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    Ok(Step::Act(Box::new(AuthenticationCertificate::compile(element, compiler)?)))
}

impl Act for AuthenticationCertificate {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        exchange.session.identity = Some(self.identity(exchange)?);
        Ok(Flow::Continue)
    }
}

impl AuthenticationCertificate {
    /// Compiles the element, which stands in a section or in a request of its own.
    pub fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Self, Diagnostic> {
        let mut value = |name: &str| compiler.value(element, name);
        let found = match (value("thumbprint"), value("certificate-id"), value("body")) {
            (Some(thumbprint), None, None) => Some(Self::Thumbprint(thumbprint)),
            (None, Some(name), None) => Some(Self::Name(name)),
            (None, None, Some(body)) => {
                let password = value("password").unwrap_or_else(Value::nothing);
                Some(Self::Body(body, password))
            }
            _ => None,
        };
        found.ok_or_else(|| {
            let message = "Exactly one of 'thumbprint', 'certificate-id' and 'body' is required.";
            compiler.problem(codes::MISSING, element, message)
        })
    }

    /// The certificate for a request, with its key.
    pub fn identity(&self, exchange: &mut Exchange) -> Result<Arc<Identity>, LastError> {
        let service = Arc::clone(&exchange.matched.service);
        let (found, what) = match self {
            Self::Thumbprint(thumbprint) => {
                let text: String = thumbprint.text(exchange)?.split_whitespace().collect();
                let mut known = service.model.certificates.iter();
                (known.find(|known| thumbprint_of(&known.der).eq_ignore_ascii_case(&text)).cloned(), text)
            }
            Self::Name(name) => {
                let name = name.text(exchange)?.into_owned();
                (service.certificate(&name).cloned(), name)
            }
            Self::Body(body, password) => {
                let body = body.bytes(exchange)?;
                let password = password.text(exchange)?;
                let read = apim::Certificate::from_pfx("body", &body, &password);
                (Some(read.map_err(|error| failed(&error.to_string()))?), "body".to_owned())
            }
        };
        let found = found.ok_or_else(|| failed(&format!("the certificate '{what}' was not found")))?;
        let identity = Identity::of(&found);
        identity.map(Arc::new).ok_or_else(|| failed(&format!("the certificate '{what}' has no private key")))
    }
}

/// The thumbprint of a certificate, as Azure writes it.
pub fn thumbprint_of(der: &[u8]) -> String {
    use std::fmt::Write as _;
    digest(&SHA1_FOR_LEGACY_USE_ONLY, der).as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

fn failed(why: &str) -> LastError {
    let source = Source::Policy("authentication-certificate");
    LastError::new(source, Reason::CertificateNotFound, format!("No client certificate can be shown: {why}."))
}
