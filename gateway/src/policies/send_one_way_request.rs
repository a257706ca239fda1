//! `send-one-way-request`: sends a request of its own and does not wait for the answer. In every section, at every
//! scope.
//! <https://learn.microsoft.com/azure/api-management/send-one-way-request-policy>
//!
//! **Differs from Azure:** checked, not executed.

use super::refused::refused;
use super::send_request;
use super::{Attribute, Definition, EVERYWHERE, Fidelity, NOT_IN_WORKSPACE_GATEWAYS, ValueKind};
use crate::pipeline::Section;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "send-one-way-request",
    summary: "Sends a request of its own and does not wait for the answer.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: NOT_IN_WORKSPACE_GATEWAYS,
    attributes: &[
        Attribute::optional("mode", "Whether it begins as a copy.", ValueKind::OneOf(&["new", "copy"]))
            .or_expression(),
        Attribute::optional("timeout", "Seconds to wait: 60 unless given.", ValueKind::Integer),
    ],
    content: send_request::PARTS,
    fidelity: Fidelity::Refused("it is not written yet"),
    examples: &[],
    compile: refused,
};
