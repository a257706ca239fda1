//! Users that are told of what happens:
//! <https://learn.microsoft.com/rest/api/apimanagement/notification-recipient-user>.

use super::links::{self, LINK};
use super::users;
use crate::engine::{Definition, Example, Fidelity, set};

/// The type. Its name is that of the user.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/notifications/recipientUsers",
    summary: "A user that is told of what happens.",
    fidelity: Fidelity::Approximate("no mail is sent"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/notifications/BCC/recipientUsers/example-user",
        body: "",
        patch: None,
        after: &[users::DEFINITION.name],
    }],
    check: |draft| links::check(draft, "users", "User"),
    view: |link, store, shown| {
        let Some(user) = links::target(store, &link.id, "users") else { return };
        set(shown, &["properties", "userId"], user.id.as_str());
    },
    ..LINK
};
