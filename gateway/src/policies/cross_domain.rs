//! `cross-domain`: lets Flash and Silverlight of other origins call. In inbound, at the global scope.
//! <https://learn.microsoft.com/azure/api-management/cross-domain-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{Attribute, Child, Content, Definition, Fidelity, NOT_IN_WORKSPACE_GATEWAYS, Occurs, ValueKind};
use crate::pipeline::{ScopeKind, Section};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "cross-domain",
    summary: "Lets Flash and Silverlight of other origins call.",
    sections: &[Section::Inbound],
    scopes: &[ScopeKind::Global],
    gateways: NOT_IN_WORKSPACE_GATEWAYS,
    attributes: &[],
    content: Content::Children(&[Child::new(
        "cross-domain-policy",
        Occurs::AtMostOnce,
        Content::Children(&[
            Child::empty(
                "site-control",
                Occurs::AtMostOnce,
                &[Attribute::required(
                    "permitted-cross-domain-policies",
                    "Which policy files count.",
                    ValueKind::OneOf(&["all", "by-content-type", "master-only", "none"]),
                )],
            ),
            Child::empty("allow-access-from", Occurs::Repeated, &[DOMAIN, SECURE]),
            Child::empty(
                "allow-http-request-headers-from",
                Occurs::Repeated,
                &[
                    DOMAIN,
                    Attribute::required(
                        "headers",
                        "The headers.",
                        ValueKind::Shape(is_header_list, "a list of headers, or '*'"),
                    ),
                    SECURE,
                ],
            ),
        ]),
    )]),
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};

const DOMAIN: Attribute = Attribute::required(
    "domain",
    "Where the caller is from.",
    ValueKind::Shape(is_domain, "a domain, or '*'"),
);
const SECURE: Attribute =
    Attribute::optional("secure", "Whether only HTTPS counts.", ValueKind::OneOf(&["true", "false"]))
        .or_else("true");

/// A domain, perhaps with a star before it.
fn is_domain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let name = text.strip_prefix('*').unwrap_or(text);
    text == "*" || (!name.is_empty() && name.bytes().all(plain))
}

/// Names of headers, separated by commas, perhaps with a star behind each.
fn is_header_list(text: &str) -> bool {
    let plain = |byte: u8| matches!(byte, 0x21..=0x29 | 0x2b | 0x2d..=0x39 | 0x3b..=0x7e);
    let is_name = |name: &str| {
        let name = name.strip_suffix('*').unwrap_or(name);
        !name.is_empty() && name.bytes().all(plain)
    };
    text == "*" || text.split(',').all(is_name)
}
