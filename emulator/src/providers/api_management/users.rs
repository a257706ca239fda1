//! Users: <https://learn.microsoft.com/rest/api/apimanagement/user>.
//!
//! **Differs from Azure:** nobody can sign in, as there is no developer portal, and nobody is notified; passwords are
//! not kept.

use arm::{ErrorResponse, ResourceId};
use serde_json::{Value, json};

use super::stored::SLOW_DELETE;
use super::{group_users, links, notification_users, stored, user_tokens, validation};
use crate::engine::{
    Action, Definition, Draft, Example, Fidelity, Listing, Model, Verb, set, set_default, take, text,
};

/// The name of the user that every service begins with.
pub const ADMINISTRATOR: &str = "1";
/// What becomes of a user.
const STATES: [&str; 4] = ["active", "blocked", "deleted", "pending"];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/users",
    summary: "A person that uses APIs.",
    feeds: &[Model::ApiManagement],
    modelled: "2024-05-01",
    names: validation::NAME,
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    actions: &[
        Action::new("generateSsoUrl", "generateSsoUrl/action", user_tokens::sign_in_url),
        Action::new("token", "token/action", user_tokens::token),
    ],
    listing: Listing::Counted,
    fidelity: Fidelity::Approximate("nobody can sign in"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/users/example-user",
        body: r#"{"properties": {"firstName": "Ada", "lastName": "Example", "email": "ada@example.com"}}"#,
        patch: Some(r#"{"properties": {"note": "Another"}}"#),
        after: &[],
    }],
    defaults,
    check,
    view: |_, _, shown| stored::hide(shown, &user_tokens::KEYS),
    removable: |removal| {
        if removal.resource.id.name() != ADMINISTRATOR {
            return Ok(());
        }
        Err(ErrorResponse::new(400, "ValidationError", "The administrator cannot be deleted."))
    },
    removed: |removal| {
        links::remove_to(removal, &[&group_users::DEFINITION, &notification_users::DEFINITION]);
    },
    long_running: SLOW_DELETE,
    slow_delete_since: "2024-05-01",
    ..Definition::CHILD
};

#[expect(clippy::unnecessary_wraps, reason = "the signature that rows share")]
fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let registered = text(draft.before(), &["registrationDate"]).map(str::to_owned);
    let registered = registered.unwrap_or_else(|| draft.world.call.now.rfc3339());
    let kept = user_tokens::kept(draft.before());
    let body = &mut draft.body;
    for written in ["password", "appType", "confirmation", "groups"].iter().chain(&user_tokens::KEYS) {
        take(body, &["properties", written]);
    }
    for (name, key) in kept {
        set(body, &["properties", name], key);
    }
    set(body, &["properties", "registrationDate"], registered);
    set_default(body, &["properties", "state"], "active");
    set_default(body, &["properties", "note"], Value::Null);
    let email = text(body, &["properties", "email"]).unwrap_or_default().to_owned();
    set_default(body, &["properties", "identities"], json!([{"provider": "Basic", "id": email}]));
    Ok(())
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    validation::required(draft, "firstName", 100)?;
    validation::required(draft, "lastName", 100)?;
    validation::required(draft, "email", 254)?;
    let email = text(draft.properties(), &["email"]).unwrap_or_default();
    if !email.contains('@') {
        return Err(validation::field("email", "Email is not a valid e-mail address."));
    }
    let state = text(draft.properties(), &["state"]).unwrap_or_default();
    if !STATES.contains(&state) {
        return Err(validation::field("state", format!("The state '{state}' is not valid.")));
    }
    let taken = draft.tx.of_type(DEFINITION.name, draft.id.parent().as_ref()).any(|other| {
        other.id != draft.id
            && text(other.properties(), &["email"]).is_some_and(|own| own.eq_ignore_ascii_case(email))
    });
    if taken {
        return Err(validation::field("email", "A user with the same email already exists."));
    }
    Ok(())
}

/// The administrator, unless the service has one.
pub fn make_administrator(draft: &mut Draft<'_, '_>, service: &ResourceId) {
    let id = service.child("users", ADMINISTRATOR);
    if draft.tx.get(&id).is_some() {
        return;
    }
    let email = text(draft.properties(), &["publisherEmail"]).unwrap_or_default().to_owned();
    let body = json!({"properties": {
        "firstName": "Administrator", "lastName": "", "email": email, "state": "active",
        "registrationDate": draft.world.call.now.rfc3339(), "note": null,
        "identities": [{"provider": "Azure", "id": email}],
    }});
    let member = service.child("groups", "administrators").child("users", ADMINISTRATOR);
    for (id, definition, body) in [(id, &DEFINITION, body), (member, &group_users::DEFINITION, json!({}))] {
        draft.put_part(id, definition, body);
    }
}
