//! Tokens with which a user shows who they are: <https://learn.microsoft.com/rest/api/apimanagement/user>.
//!
//! **Differs from Azure:** there is no developer portal, so the URLs lead nowhere, and no direct management API that
//! takes the tokens. What exactly is signed is not documented.

use std::sync::Arc;
use std::time::Duration;

use apim::Key;
use arm::ErrorResponse;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use sim::Timestamp;

use super::{users, validation};
use crate::engine::{ActionCall, Answer, Resource, set, text};

/// Where the keys wait; nobody is shown them.
pub const KEYS: [&str; 2] = ["primaryKey", "secondaryKey"];
/// How long a token is good at most.
const LONGEST: Duration = Duration::from_hours(30 * 24);
/// How long one for signing in is good.
const SIGN_IN: Duration = Duration::from_mins(5);

/// `POST …/users/{user}/token`
pub fn token(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let body = call.world.call.json()?;
    let key = match text(&body, &["properties", "keyType"]).unwrap_or_default() {
        "primary" => KEYS[0],
        "secondary" => KEYS[1],
        other => {
            let message = format!("The key type '{other}' is neither primary nor secondary.");
            return Err(validation::field("keyType", message));
        }
    };
    let now = call.world.call.now;
    let until = text(&body, &["properties", "expiry"]).and_then(Timestamp::parse);
    let Some(until) = until.filter(|until| *until > now && until.since(now) <= LONGEST) else {
        return Err(validation::field("expiry", "Expiry must be a time within the next 30 days."));
    };
    let user = Arc::clone(&call.resource);
    Ok(Answer::json(200, json!({"value": signed(call, &user, key, until)})))
}

/// `POST …/users/{user}/generateSsoUrl`
#[expect(clippy::unnecessary_wraps, reason = "the signature that actions share")]
pub fn sign_in_url(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let user = Arc::clone(&call.resource);
    Ok(Answer::json(200, json!({"value": url(call, &user)})))
}

/// `POST …/getssotoken`: the administrator signs in.
pub fn administrator(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let id = call.resource.id.child("users", users::ADMINISTRATOR);
    let user = call.tx.get(&id).ok_or_else(|| ErrorResponse::resource_not_found(&id))?;
    Ok(Answer::json(200, json!({"redirectUri": url(call, &user)})))
}

fn url(call: &mut ActionCall<'_, '_>, user: &Resource) -> String {
    let service = user.id.parent().map(|service| service.name().to_lowercase()).unwrap_or_default();
    let until = call.world.call.now.after(SIGN_IN);
    let token = signed(call, user, KEYS[0], until);
    let token = utf8_percent_encode(&token, NON_ALPHANUMERIC);
    format!("https://{service}.developer.azure-api.net/signin-sso?token={token}")
}

/// A token of a user, who gets keys when the first is asked for.
fn signed(call: &mut ActionCall<'_, '_>, user: &Resource, key: &str, until: Timestamp) -> String {
    let mut user = user.clone();
    if KEYS.iter().any(|key| text(user.properties(), &[key]).is_none()) {
        for key in KEYS {
            set(&mut user.body, &["properties", key], call.world.config.ids.hex(32));
        }
        call.tx.put(user.clone());
    }
    let key = Key::new(text(user.properties(), &[key]).unwrap_or_default());
    apim::shared_access_token(user.id.name(), &key, &until.rfc3339())
}

/// What a user keeps when somebody writes them anew.
pub fn kept(before: &Value) -> Vec<(&'static str, String)> {
    KEYS.into_iter().filter_map(|key| Some((key, text(before, &[key])?.to_owned()))).collect()
}
