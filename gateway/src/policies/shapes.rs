//! What several rows have in common.

use super::{Attribute, Child, Content, Occurs, ValueKind};

/// What happens to what does not fit.
pub const ACTION: ValueKind = ValueKind::OneOf(&["ignore", "prevent", "detect"]);

/// Dimensions of a metric.
pub const DIMENSION: Child = Child::empty(
    "dimension",
    Occurs::Between(0, 10),
    &[
        Attribute::required("name", "The dimension.", ValueKind::Text).or_expression(),
        Attribute::optional("value", "Its value, unless the gateway knows it.", ValueKind::Text)
            .or_expression(),
    ],
);

/// Claims of a token.
pub const CLAIM: Child = Child {
    attributes: &[
        Attribute::optional("name", "The claim.", ValueKind::Text).or_expression(),
        Attribute::optional("match", "Whether all values must be there.", ValueKind::OneOf(&["all", "any"]))
            .or_expression()
            .or_else("all"),
        Attribute::optional("separator", "What stands between values.", ValueKind::Text).or_expression(),
    ],
    ..Child::new(
        "claim",
        Occurs::Repeated,
        Content::Children(&[Child::new("value", Occurs::Repeated, Content::Text)]),
    )
};
