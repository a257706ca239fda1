//! Issues that users report about an API: <https://learn.microsoft.com/rest/api/apimanagement/api-issue>.

use arm::ErrorResponse;

use super::stored::STORED;
use super::{users, validation};
use crate::engine::{Definition, Draft, Example, set, set_default, text};

const STATES: [&str; 5] = ["proposed", "open", "removed", "resolved", "closed"];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/apis/issues",
    summary: "What a user found wrong with an API.",
    names: validation::NAME_256,
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/apis/example-api/issues/example-issue",
        body: r#"{"properties": {"title": "Example", "description": "It is slow.", "userId": "/users/example-user"}}"#,
        patch: Some(r#"{"properties": {"state": "closed"}}"#),
        after: &[users::DEFINITION.name],
    }],
    defaults: |draft| {
        begin(draft);
        set_default(&mut draft.body, &["properties", "state"], "proposed");
        let api = draft.id.parent().map(|api| api.to_string()).unwrap_or_default();
        set(&mut draft.body, &["properties", "apiId"], api);
        Ok(())
    },
    check: |draft| {
        validation::required(draft, "title", 1_000)?;
        validation::required(draft, "description", 10_000)?;
        check_user(draft)?;
        let state = text(draft.properties(), &["state"]).unwrap_or_default();
        if STATES.contains(&state) {
            return Ok(());
        }
        Err(validation::field("state", format!("The state '{state}' is not valid.")))
    },
    ..STORED
};

/// Says since when it is there.
pub fn begin(draft: &mut Draft<'_, '_>) {
    let before = text(draft.before(), &["createdDate"]).map(str::to_owned);
    let created = before.unwrap_or_else(|| draft.world.call.now.rfc3339());
    set_default(&mut draft.body, &["properties", "createdDate"], created);
}

/// The user who wrote it must be one of the service's.
pub fn check_user(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    validation::required(draft, "userId", 512)?;
    let id = text(draft.properties(), &["userId"]).unwrap_or_default();
    let name = id.rsplit('/').next().unwrap_or_default();
    let service = validation::service_of(draft.tx, &draft.id);
    if service.is_some_and(|service| draft.tx.get(&service.id.child("users", name)).is_some()) {
        return Ok(());
    }
    Err(validation::field("userId", format!("User with specified ID '{name}' not found.")))
}
