//! `graphql-data-source`: answers a resolver from another GraphQL service. In resolvers of GraphQL APIs; undocumented.
//! <https://learn.microsoft.com/azure/api-management/http-data-source-policy>
//!
//! **Differs from Azure:** checked, not executed: it is undocumented what of the answer is the value of the field.

use super::refused::refused;
use super::{Attribute, Child, Content, Definition, Fidelity, GatewayKind, Occurs, ValueKind};
use crate::pipeline::ScopeKind;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "graphql-data-source",
    summary: "Answers a resolver from another GraphQL service.",
    sections: &[],
    scopes: &[ScopeKind::Resolver],
    gateways: &[GatewayKind::Classic, GatewayKind::V2],
    attributes: &[],
    content: Content::Children(&[
        Child::new(
            "request",
            Occurs::Once,
            Content::Children(&[
                Child::new("authentication-basic", Occurs::AtMostOnce, Content::Policy),
                Child::new("authentication-certificate", Occurs::AtMostOnce, Content::Policy),
                Child::new("authentication-managed-identity", Occurs::AtMostOnce, Content::Policy),
                Child::new("get-authorization-context", Occurs::AtMostOnce, Content::Policy),
                Child::new("set-backend-service", Occurs::AtMostOnce, Content::Policy),
                Child::new("set-url", Occurs::AtMostOnce, Content::Text),
                Child::new("set-header", Occurs::AtMostOnce, Content::Policy),
                Child::new("include-fragment", Occurs::Repeated, Content::Policy),
                Child::new("document", Occurs::Once, Content::Text),
                Child::new("operationName", Occurs::AtMostOnce, Content::Text),
                Child::new(
                    "variables",
                    Occurs::AtMostOnce,
                    Content::Children(&[Child {
                        attributes: &[
                            Attribute::required("name", "The variable.", ValueKind::Text).or_expression()
                        ],
                        ..Child::new("variable", Occurs::AtLeastOnce, Content::Text)
                    }]),
                ),
            ]),
        ),
        Child::new(
            "response",
            Occurs::AtMostOnce,
            Content::Children(&[
                Child::new("set-body", Occurs::AtMostOnce, Content::Policy),
                Child::new("include-fragment", Occurs::Repeated, Content::Policy),
                Child::new("publish-event", Occurs::AtMostOnce, Content::Policy),
            ]),
        ),
    ]),
    fidelity: Fidelity::Refused(
        "it is undocumented: where in the answer a field finds its value is not published",
    ),
    examples: &[],
    compile: refused,
};
