//! `validate-client-certificate`: lets only callers with the right certificate in. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/validate-client-certificate-policy>
//!
//! **Differs from Azure:** nothing is looked up about revocation. What the client is told is not documented: here 403.

use diagnostic::Diagnostic;
use http::StatusCode;
use rustls::pki_types::CertificateDer;
use x509_parser::extensions::GeneralName;

use super::{
    Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, Occurs, ValueKind,
    thumbprint_of,
};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::{Act, Flow, Section, Step};
use crate::trust::trusts;
use crate::value::{Value, boolean};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "validate-client-certificate",
    summary: "Lets only callers with the right certificate in.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::optional("validate-revocation", "Whether it must not be revoked.", ValueKind::Boolean),
        Attribute::optional("validate-trust", "Whether it must be trusted.", ValueKind::Boolean),
        Attribute::optional("validate-not-before", "Whether its time must have come.", ValueKind::Boolean),
        Attribute::optional("validate-not-after", "Whether its time must not be over.", ValueKind::Boolean),
        Attribute::optional("ignore-error", "Goes on with a wrong one.", ValueKind::Boolean),
    ],
    content: Content::Children(&[Child::new(
        "identities",
        Occurs::AtMostOnce,
        Content::Children(&[Child {
            attributes: &[
                part("thumbprint"),
                part("serial-number"),
                part("common-name"),
                part("subject"),
                part("dns-name"),
                part("issuer-subject"),
                part("issuer-thumbprint"),
                part("issuer-certificate-id"),
            ],
            ..Child::new("identity", Occurs::Between(1, 10), Content::Text)
        }]),
    )]),
    fidelity: Fidelity::Approximate("nothing is looked up about revocation"),
    examples: &[
        Example {
            title: "a client without a certificate",
            section: Section::Inbound,
            fragment: "<validate-client-certificate><identities><identity common-name=\"client\" /></identities>\
                       </validate-client-certificate>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &[
                "HTTP/1.1 403 Forbidden",
                "{ \"statusCode\": 403, \"message\": \"Invalid client certificate\" }",
            ],
        },
        Example {
            title: "a wrong certificate that is ignored",
            section: Section::Inbound,
            fragment: "<base /><validate-client-certificate ignore-error=\"true\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
    ],
    compile,
};

const fn part(name: &'static str) -> Attribute {
    Attribute::optional(name, "What this part of the certificate must be.", ValueKind::Text).or_expression()
}

struct ValidateClientCertificate {
    trust: Demand,
    not_before: Demand,
    not_after: Demand,
    ignore: bool,
    /// Each is a list of parts and what they must be.
    identities: Vec<Vec<(String, Value)>>,
}

/// Whether something about a certificate is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Demand {
    Made,
    Waived,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let is = |name: &str, word: bool| element.attribute(name).is_some_and(|text| boolean(text) == Ok(word));
    let demand = |name: &str| if is(name, false) { Demand::Waived } else { Demand::Made };
    let identities = element.elements().flat_map(Element::elements).map(|identity| {
        let names = identity.attributes.iter().map(|attribute| attribute.name.clone());
        names.filter_map(|name| Some((name.clone(), compiler.value(identity, &name)?))).collect()
    });
    Ok(Step::Act(Box::new(ValidateClientCertificate {
        identities: identities.collect(),
        trust: demand("validate-trust"),
        not_before: demand("validate-not-before"),
        not_after: demand("validate-not-after"),
        ignore: is("ignore-error", true),
    })))
}

impl Act for ValidateClientCertificate {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        match self.check(exchange)? {
            Err(why) if !self.ignore => {
                let source = Source::Policy("validate-client-certificate");
                let error = LastError::new(source, Reason::ClientCertificateNotAllowed, why);
                Err(error.answered(StatusCode::FORBIDDEN, "Invalid client certificate"))
            }
            _ => Ok(Flow::Continue),
        }
    }
}

impl ValidateClientCertificate {
    fn check(&self, exchange: &mut Exchange) -> Result<Result<(), String>, LastError> {
        let chain = std::sync::Arc::clone(&exchange.certificates);
        let Some(shown) = chain.first().and_then(|der| expression::Certificate::read(der)) else {
            return Ok(Err("The client has shown no certificate.".to_owned()));
        };
        let now = exchange.gateway.clock.now().unix_millis();
        let (from, to) = shown.validity();
        if self.not_before == Demand::Made && now < from {
            return Ok(Err("The client certificate is not valid yet.".to_owned()));
        }
        if self.not_after == Demand::Made && now > to {
            return Ok(Err("The client certificate has expired.".to_owned()));
        }
        let at = now.max(from).min(to).div_euclid(1_000);
        if self.trust == Demand::Made && !trusts(&exchange.gateway.roots, &chain, at) {
            return Ok(Err("The client certificate is not trusted.".to_owned()));
        }
        if self.identities.is_empty() {
            return Ok(Ok(()));
        }
        for identity in &self.identities {
            if fits(identity, &chain, exchange)? {
                return Ok(Ok(()));
            }
        }
        Ok(Err(format!("The client certificate of '{}' is none of the identities.", shown.subject())))
    }
}

/// The certificate is what all parts say.
fn fits(
    identity: &[(String, Value)],
    chain: &[CertificateDer<'_>],
    exchange: &mut Exchange,
) -> Result<bool, LastError> {
    for (name, value) in identity {
        let value = value.text(exchange)?.trim().to_owned();
        if name != "id" && !value.is_empty() && !part_fits(name, &value, chain, exchange) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn part_fits(name: &str, value: &str, chain: &[CertificateDer<'_>], exchange: &Exchange) -> bool {
    let Some(shown) = chain.first().and_then(|der| expression::Certificate::read(der)) else { return false };
    let service = &exchange.matched.service;
    let digits = || value.split_whitespace().collect::<String>();
    match name {
        "thumbprint" => shown.thumbprint().eq_ignore_ascii_case(&digits()),
        "serial-number" => shown.serial().eq_ignore_ascii_case(&digits()),
        "common-name" => shown.common_name() == value,
        "subject" => shown.subject() == value,
        "dns-name" => chain.first().is_some_and(|der| is_for(der, value)),
        "issuer-subject" => shown.issuer() == value,
        "issuer-thumbprint" => {
            let known = service.model.certificates.iter().map(|known| known.der.as_slice());
            let mut issuers = chain.iter().skip(1).map(AsRef::as_ref).chain(known);
            let is_issuer = |der: &[u8]| chain.first().is_some_and(|leaf| issued(der, leaf));
            issuers.any(|der| thumbprint_of(der).eq_ignore_ascii_case(&digits()) && is_issuer(der))
        }
        "issuer-certificate-id" => service
            .certificate(value)
            .is_some_and(|known| chain.first().is_some_and(|leaf| issued(&known.der, leaf))),
        _ => false,
    }
}

/// One certificate's owner issued the other, by their names: whether the chain holds is the question of trust.
fn issued(issuer: &[u8], certificate: &[u8]) -> bool {
    let read = |der| x509_parser::parse_x509_certificate(der).ok().map(|(_, found)| found);
    match (x509_parser::parse_x509_certificate(issuer), read(certificate)) {
        (Ok((_, issuer)), Some(certificate)) => issuer.subject() == certificate.issuer(),
        _ => false,
    }
}

fn is_for(der: &[u8], host: &str) -> bool {
    let Ok((_, certificate)) = x509_parser::parse_x509_certificate(der) else { return false };
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return false };
    let mut names = names.value.general_names.iter();
    names.any(|name| matches!(name, GeneralName::DNSName(name) if name.eq_ignore_ascii_case(host)))
}
