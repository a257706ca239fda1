//! `http-data-source`: answers a resolver from an HTTP backend. In resolvers of GraphQL APIs.
//! <https://learn.microsoft.com/azure/api-management/http-data-source-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::{Child, Content, Definition, Fidelity, GatewayKind, Occurs};
use crate::pipeline::ScopeKind;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "http-data-source",
    summary: "Answers a resolver from an HTTP backend.",
    sections: &[],
    scopes: &[ScopeKind::Resolver],
    gateways: &[GatewayKind::Classic, GatewayKind::V2, GatewayKind::Consumption],
    attributes: &[],
    content: Content::Children(&[
        Child::new(
            "http-request",
            Occurs::Once,
            Content::Children(&[
                Child::new("get-authorization-context", Occurs::AtMostOnce, Content::Policy),
                Child::new("set-backend-service", Occurs::AtMostOnce, Content::Policy),
                Child::new("set-method", Occurs::Once, Content::Policy),
                Child::new("set-url", Occurs::Once, Content::Text),
                Child::new("include-fragment", Occurs::Repeated, Content::Policy),
                Child::new("set-header", Occurs::Repeated, Content::Policy),
                Child::new("set-body", Occurs::AtMostOnce, Content::Policy),
                Child::new("authentication-certificate", Occurs::AtMostOnce, Content::Policy),
            ]),
        ),
        Child::new(
            "backend",
            Occurs::AtMostOnce,
            Content::Children(&[Child::new("forward-request", Occurs::AtMostOnce, Content::Policy)]),
        ),
        Child::new(
            "http-response",
            Occurs::AtMostOnce,
            Content::Children(&[
                Child::new("set-body", Occurs::AtMostOnce, Content::Policy),
                Child::new("json-to-xml", Occurs::AtMostOnce, Content::Policy),
                Child::new("xml-to-json", Occurs::AtMostOnce, Content::Policy),
                Child::new("find-and-replace", Occurs::AtMostOnce, Content::Policy),
                Child::new("publish-event", Occurs::AtMostOnce, Content::Policy),
                Child::new("include-fragment", Occurs::Repeated, Content::Policy),
            ]),
        ),
    ]),
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
