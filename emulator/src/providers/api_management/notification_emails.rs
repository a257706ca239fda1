//! Addresses that are told of what happens:
//! <https://learn.microsoft.com/rest/api/apimanagement/notification-recipient-email>.

use super::links::LINK;
use crate::engine::{Definition, Example, Fidelity, Names, set};

/// The type. Its name is the address.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/notifications/recipientEmails",
    summary: "An address that is told of what happens.",
    names: Names::Rule {
        min: 3,
        max: 254,
        accepts: |name| name.contains('@') && !name.contains(char::is_whitespace),
        rule: "an e-mail address",
    },
    fidelity: Fidelity::Approximate("no mail is sent"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/notifications/BCC/recipientEmails/ada@example.com",
        body: "",
        patch: None,
        after: &[],
    }],
    view: |link, _, shown| set(shown, &["properties", "email"], link.id.name()),
    ..LINK
};
