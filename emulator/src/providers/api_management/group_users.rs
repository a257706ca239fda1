//! A user is in a group. <https://learn.microsoft.com/rest/api/apimanagement/group-user>.

use super::links::{self, LINK};
use crate::engine::{Definition, Example, Fidelity, Model};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/groups/users",
    summary: "A user is in a group.",
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Approximate("only expressions of policies see it: there is no developer portal"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/groups/example-group/users/example-user",
        body: "",
        patch: None,
        after: &["Microsoft.ApiManagement/service/users"],
    }],
    check: |draft| links::check(draft, "users", "User"),
    view: |link, store, shown| links::view(link, store, "users", shown),
    ..LINK
};
