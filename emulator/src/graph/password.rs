//! Passwords ("client secrets") of applications and service principals.
//! <https://learn.microsoft.com/graph/api/application-addpassword>
//!
//! The text is in the answer of `addPassword` and nowhere else: kept are a salt and a hash.

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::rand::fill;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sim::Timestamp;

use super::answer::Answer;
use super::call::{Call, Key};
use super::entity::{Definition, find};
use super::error::GraphError;
use super::state::Write;

/// How long a password is valid if nothing else is asked for: two years.
const VALIDITY: Duration = Duration::from_hours(17520);

/// How many passwords one object can have.
const LIMIT: usize = 100;

/// Characters of a generated password; 64 of them, so that a random byte picks each with the same probability.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A password, as far as it is kept.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Secret {
    pub(super) key_id: String,
    display_name: Option<String>,
    hint: String,
    start: String,
    end: String,
    salt: String,
    hash: String,
}

/// `POST /{set}/{id}/addPassword`.
pub(super) async fn add(
    call: &Call<'_>,
    entity: &'static Definition,
    key: &Key<'_>,
) -> Result<Answer, GraphError> {
    let asked = match call.json()?.remove("passwordCredential") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(asked)) => asked,
        Some(_) => return Err(GraphError::invalid_value("passwordCredential", entity.resource)),
    };
    let directory = call.directory;
    let (secret, text) = Secret::generate(directory.ids.uuid(), &asked, directory.clock.now(), entity)?;
    let mut view = secret.view();
    directory
        .write(|state| {
            let mut object = find(state, entity, key)?.clone();
            if object.secrets.len() >= LIMIT {
                return Err(GraphError::quota_exceeded(entity.resource));
            }
            object.secrets.push(secret);
            Ok((vec![Write::Put(object)], ()))
        })
        .await?;
    view["secretText"] = json!(text);
    Ok(Answer::Entity { status: 200, context: "microsoft.graph.passwordCredential".to_owned(), view })
}

/// `POST /{set}/{id}/removePassword`.
pub(super) async fn remove(
    call: &Call<'_>,
    entity: &'static Definition,
    key: &Key<'_>,
) -> Result<Answer, GraphError> {
    let body = call.json()?;
    let key_id = body.get("keyId").and_then(Value::as_str);
    let key_id = key_id.ok_or_else(|| GraphError::required("keyId", "PasswordCredential"))?;
    call.directory
        .write(|state| {
            let mut object = find(state, entity, key)?.clone();
            let before = object.secrets.len();
            object.secrets.retain(|secret| !secret.key_id.eq_ignore_ascii_case(key_id));
            if object.secrets.len() == before {
                return Err(GraphError::no_such_password(key_id));
            }
            Ok((vec![Write::Put(object)], ()))
        })
        .await?;
    Ok(Answer::NoContent)
}

impl Secret {
    /// The seed's password, which does not expire. `None` if the machine has no randomness.
    pub(super) fn seeded(key_id: String, text: &str, now: Timestamp) -> Option<Self> {
        let (salt, hash) = salted(text)?;
        let display_name = Some("seed".to_owned());
        let (start, end) = (now.rfc3339(), "2299-12-31T00:00:00Z".to_owned());
        Some(Self { key_id, display_name, hint: hint(text), start, end, salt, hash })
    }

    fn generate(
        key_id: String,
        asked: &Map<String, Value>,
        now: Timestamp,
        entity: &Definition,
    ) -> Result<(Self, String), GraphError> {
        let start = moment(asked, "startDateTime", entity)?.unwrap_or(now);
        let end = moment(asked, "endDateTime", entity)?.unwrap_or_else(|| start.after(VALIDITY));
        if end <= start {
            return Err(GraphError::invalid_value("endDateTime", entity.resource));
        }
        let display_name = match asked.get("displayName") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) if name.chars().count() <= 256 => Some(name.clone()),
            Some(_) => return Err(GraphError::invalid_value("displayName", entity.resource)),
        };
        let text = random_text().ok_or_else(GraphError::no_randomness)?;
        let (salt, hash) = salted(&text).ok_or_else(GraphError::no_randomness)?;
        let (start, end) = (start.rfc3339_millis(), end.rfc3339_millis());
        Ok((Self { key_id, display_name, hint: hint(&text), start, end, salt, hash }, text))
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let (Ok(salt), Ok(hash)) = (BASE64.decode(&self.salt), BASE64.decode(&self.hash)) else {
            return false;
        };
        verify_slices_are_equal(&digest(&salt, text), &hash).is_ok()
    }

    pub(super) fn is_valid(&self, now: Timestamp) -> bool {
        let (start, end) = (Timestamp::parse(&self.start), Timestamp::parse(&self.end));
        start.is_none_or(|start| start <= now) && end.is_some_and(|end| now < end)
    }

    /// What clients see, without the text.
    pub(super) fn view(&self) -> Value {
        json!({
            "customKeyIdentifier": null,
            "displayName": self.display_name,
            "endDateTime": self.end,
            "hint": self.hint,
            "keyId": self.key_id,
            "secretText": null,
            "startDateTime": self.start,
        })
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

fn moment(
    asked: &Map<String, Value>,
    name: &str,
    entity: &Definition,
) -> Result<Option<Timestamp>, GraphError> {
    match asked.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let moment = value.as_str().and_then(Timestamp::parse);
            moment.map(Some).ok_or_else(|| GraphError::invalid_value(name, entity.resource))
        }
    }
}

/// Forty characters with a `~` in the fourth place, as Entra's look.
fn random_text() -> Option<String> {
    let mut bytes = [0; 39];
    fill(&mut bytes).ok()?;
    let mut text: String = bytes
        .iter()
        .filter_map(|byte| ALPHABET.get(usize::from(byte % 64)))
        .map(|&c| char::from(c))
        .collect();
    text.insert(3, '~');
    Some(text)
}

fn hint(text: &str) -> String {
    text.chars().take(3).collect()
}

fn salted(text: &str) -> Option<(String, String)> {
    let mut salt = [0; 16];
    fill(&mut salt).ok()?;
    Some((BASE64.encode(salt), BASE64.encode(digest(&salt, text))))
}

/// A generated password has 234 random bits, so one round is enough: there is nothing to guess.
fn digest(salt: &[u8], text: &str) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    context.update(salt);
    context.update(text.as_bytes());
    context.finish().as_ref().to_vec()
}
