//! `cosmosdb-data-source`: answers a resolver from Azure Cosmos DB. In resolvers of GraphQL APIs.
//! <https://learn.microsoft.com/azure/api-management/cosmosdb-data-source-policy>
//!
//! **Differs from Azure:** checked, not executed: there is no such database in the sandbox.

use super::refused::refused;
use super::{Attribute, Child, Content, Definition, Fidelity, GatewayKind, Occurs, ValueKind};
use crate::pipeline::ScopeKind;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "cosmosdb-data-source",
    summary: "Answers a resolver from Azure Cosmos DB.",
    sections: &[],
    scopes: &[ScopeKind::Resolver],
    gateways: &[GatewayKind::Classic, GatewayKind::V2],
    attributes: &[],
    content: Content::Children(&[
        Child::new(
            "connection-info",
            Occurs::Once,
            Content::Children(&[
                Child {
                    attributes: &[
                        Attribute::optional(
                            "use-managed-identity",
                            "Whether the service's identity opens it.",
                            ValueKind::Text,
                        )
                        .or_expression(),
                        Attribute::optional("client-id", "The user-assigned identity.", ValueKind::Text)
                            .or_expression(),
                    ],
                    ..Child::new("connection-string", Occurs::Once, Content::Text)
                },
                Child::new("database-name", Occurs::Once, Content::Text),
                Child::new("container-name", Occurs::Once, Content::Text),
            ]),
        ),
        Child {
            attributes: &[Attribute::optional(
                "enable-low-precision-order-by",
                "How numbers are ordered.",
                ValueKind::Boolean,
            )],
            ..Child::new(
                "query-request",
                Occurs::AtMostOnce,
                Content::WithText(&Content::Children(&[
                    Child::new("sql-statement", Occurs::AtMostOnce, Content::Text),
                    Child::new(
                        "parameters",
                        Occurs::AtMostOnce,
                        Content::Children(&[Child {
                            attributes: &[
                                Attribute::required("name", "The parameter.", ValueKind::Text)
                                    .or_expression(),
                                Attribute::optional("type", "Its type.", ValueKind::Text).or_expression(),
                            ],
                            ..Child::new("parameter", Occurs::Repeated, Content::Text)
                        }]),
                    ),
                    PARTITION_KEY,
                    Child::new(
                        "paging",
                        Occurs::AtMostOnce,
                        Content::Children(&[
                            Child::new("max-item-count", Occurs::Once, Content::Text),
                            Child::new("continuation-token", Occurs::Once, Content::Text),
                        ]),
                    ),
                ])),
            )
        },
        Child::new(
            "read-request",
            Occurs::AtMostOnce,
            Content::WithText(&Content::Children(&[KEY, PARTITION_KEY])),
        ),
        Child {
            attributes: &[CONSISTENCY, PRE_TRIGGER, POST_TRIGGER],
            ..Child::new(
                "delete-request",
                Occurs::AtMostOnce,
                Content::WithText(&Content::Children(&[KEY, PARTITION_KEY, ETAG])),
            )
        },
        Child {
            attributes: &[
                Attribute::optional("type", "Whether it inserts, replaces or does either.", ValueKind::Text)
                    .or_expression(),
                CONSISTENCY,
                Attribute::optional(
                    "enable-content-response-on-write",
                    "Whether the item comes back.",
                    ValueKind::Text,
                )
                .or_expression(),
                Attribute::optional("indexing-directive", "Whether it is indexed.", ValueKind::Text)
                    .or_expression(),
                PRE_TRIGGER,
                POST_TRIGGER,
            ],
            ..Child::new(
                "write-request",
                Occurs::AtMostOnce,
                Content::WithText(&Content::Children(&[
                    PARTITION_KEY,
                    ETAG,
                    Child::new("set-body", Occurs::AtMostOnce, Content::Policy),
                    Child::new("include-fragment", Occurs::Repeated, Content::Policy),
                ])),
            )
        },
        Child::new(
            "response",
            Occurs::AtMostOnce,
            Content::Children(&[
                Child::new("set-body", Occurs::AtMostOnce, Content::Policy),
                Child::new("publish-event", Occurs::AtMostOnce, Content::Policy),
                Child::new("include-fragment", Occurs::Repeated, Content::Policy),
            ]),
        ),
    ]),
    fidelity: Fidelity::Refused("there is no Azure Cosmos DB in the sandbox to ask"),
    examples: &[],
    compile: refused,
};

const KEY: Child = Child::new("id", Occurs::Once, Content::Text);
const PARTITION_KEY: Child = Child {
    attributes: &[Attribute::optional("data-type", "Its type.", ValueKind::Text).or_expression()],
    ..Child::new("partition-key", Occurs::AtMostOnce, Content::Text)
};
const ETAG: Child = Child {
    attributes: &[Attribute::optional("type", "What it is compared with.", ValueKind::Text).or_expression()],
    ..Child::new("etag", Occurs::AtMostOnce, Content::Text)
};
const CONSISTENCY: Attribute =
    Attribute::optional("consistency-level", "How fresh the data are.", ValueKind::Text).or_expression();
const PRE_TRIGGER: Attribute =
    Attribute::optional("pre-trigger", "What runs before.", ValueKind::Text).or_expression();
const POST_TRIGGER: Attribute =
    Attribute::optional("post-trigger", "What runs behind.", ValueKind::Text).or_expression();
