//! `sql-data-source`: answers a resolver from Azure SQL. In resolvers of GraphQL APIs.
//! <https://learn.microsoft.com/azure/api-management/sql-data-source-policy>
//!
//! **Differs from Azure:** checked, not executed: there is no such database in the sandbox.

use super::refused::refused;
use super::{Attribute, Child, Content, Definition, Fidelity, GatewayKind, Occurs, ValueKind};
use crate::pipeline::ScopeKind;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "sql-data-source",
    summary: "Answers a resolver from Azure SQL.",
    sections: &[],
    scopes: &[ScopeKind::Resolver],
    gateways: &[GatewayKind::Classic, GatewayKind::V2],
    attributes: &[],
    content: Content::Children(&[
        Child::new(
            "connection-info",
            Occurs::Once,
            Content::Children(&[
                Child::new("get-authorization-context", Occurs::AtMostOnce, Content::Policy),
                Child {
                    attributes: &[
                        Attribute::optional(
                            "use-managed-identity",
                            "Whether the service's identity opens it.",
                            ValueKind::Boolean,
                        )
                        .or_expression()
                        .or_else("false"),
                        Attribute::optional("scope", "What the token is for.", ValueKind::Text)
                            .or_expression(),
                        Attribute::optional("client-id", "The user-assigned identity.", ValueKind::Text)
                            .or_expression(),
                    ],
                    ..Child::new("connection-string", Occurs::Once, Content::Text)
                },
                Child::new("include-fragment", Occurs::Repeated, Content::Policy),
                Child::new("authentication-certificate", Occurs::AtMostOnce, Content::Policy),
            ]),
        ),
        Child::new("include-fragment", Occurs::Repeated, Content::Policy),
        Child {
            attributes: &[Attribute::optional(
                "single-result",
                "Whether there is one row at most.",
                ValueKind::Boolean,
            )
            .or_expression()
            .or_else("false")],
            ..Child::new(
                "request",
                Occurs::Once,
                Content::Children(&[
                    Child::new("include-fragment", Occurs::AtMostOnce, Content::Policy),
                    Child::new("set-body", Occurs::AtMostOnce, Content::Policy),
                    Child::new("sql-statement", Occurs::Once, Content::Text),
                    Child::new(
                        "parameters",
                        Occurs::AtMostOnce,
                        Content::Children(&[Child {
                            attributes: &[
                                Attribute::required("name", "The parameter.", ValueKind::Text)
                                    .or_expression(),
                                Attribute::optional("sql-type", "Its type.", ValueKind::Text).or_expression(),
                            ],
                            ..Child::new("parameter", Occurs::AtLeastOnce, Content::Text)
                        }]),
                    ),
                ]),
            )
        },
        Child::new(
            "response",
            Occurs::AtMostOnce,
            Content::Children(&[
                Child::new("include-fragment", Occurs::AtMostOnce, Content::Policy),
                Child::new("set-body", Occurs::AtMostOnce, Content::Policy),
                Child::new("publish-event", Occurs::AtMostOnce, Content::Policy),
            ]),
        ),
    ]),
    fidelity: Fidelity::Refused("there is no Azure SQL in the sandbox to ask"),
    examples: &[],
    compile: refused,
};
