//! Secrets of key vaults, which named values and certificates refer to:
//! <https://learn.microsoft.com/azure/api-management/api-management-howto-properties#key-vault-secrets>.
//!
//! The vaults are a file on this machine, an object of vaults, each an object of secrets: `{"my-vault": {"my-secret":
//! "…"}}`. A name may have a version (`my-secret/0123…`), which then only that version's identifier means. The secret of
//! a certificate is its PFX file in Base64, without a password.
//!
//! **Differs from Azure:** the service needs an identity, and who has one may read every vault of the file. Secrets are
//! read when somebody saves or refreshes what refers to them, not every four hours. Messages are the sandbox's own.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use arm::{ErrorResponse, ResourceId};
use serde_json::{Value, json};

use super::validation;
use crate::Config;
use crate::engine::{ActionCall, Draft, Resource, Store, property, set, take, text};
use crate::providers::managed_identity::assigned;

/// How large the file may be.
const LARGEST: u64 = 8 << 20;

/// Why a secret cannot be had: a code and a sentence.
type Refusal = (&'static str, String);

/// The draft refers to a secret of a key vault.
pub fn is_reference(properties: &Value) -> bool {
    property(properties, &["keyVault"]).is_object()
}

/// The secret that a draft refers to; when it was read, the draft says.
pub fn of_draft(draft: &mut Draft<'_, '_>) -> Result<String, ErrorResponse> {
    let reference = property(draft.properties(), &["keyVault"]).clone();
    let found = secret((draft.world.config, draft.tx), &draft.id, &reference);
    let secret = found.map_err(|(_, message)| validation::field("keyVault.secretIdentifier", message))?;
    let before = property(draft.before(), &["keyVault"]);
    let same = text(before, &["secretIdentifier"]) == text(&reference, &["secretIdentifier"]);
    let status = property(before, &["lastStatus"]).clone();
    let status = if same && status.is_object() { status } else { success(&draft.world.call.now.rfc3339()) };
    set(&mut draft.body, &["properties", "keyVault", "lastStatus"], status);
    Ok(secret)
}

/// Reads the secret of what an action is about once more, and says how that went; what was read before stays if it
/// cannot be had.
pub fn refreshed(call: &ActionCall<'_, '_>) -> Result<(Resource, Option<String>), ErrorResponse> {
    let mut resource = call.resource.as_ref().clone();
    let reference = property(resource.properties(), &["keyVault"]).clone();
    if !reference.is_object() {
        let message = "Only what refers to a secret of a key vault can be refreshed.";
        return Err(ErrorResponse::new(400, "ValidationError", message));
    }
    let now = call.world.call.now.rfc3339();
    let found = secret((call.world.config, call.tx), &resource.id, &reference);
    let (status, secret) = match found {
        Ok(secret) => (success(&now), Some(secret)),
        Err((code, message)) => (json!({"code": code, "message": message, "timeStampUtc": now}), None),
    };
    set(&mut resource.body, &["properties", "keyVault", "lastStatus"], status);
    resource.etag = call.world.config.ids.hex(16);
    Ok((resource, secret))
}

/// A body that refers to no secret says nothing of one.
pub fn forget(body: &mut Value) {
    take(body, &["properties", "keyVault"]);
}

fn success(now: &str) -> Value {
    json!({"code": "Success", "timeStampUtc": now})
}

fn secret((config, store): (&Config, &Store), id: &ResourceId, reference: &Value) -> Result<String, Refusal> {
    let identifier = text(reference, &["secretIdentifier"]).unwrap_or_default();
    let (vault, name) = parts(identifier).ok_or_else(|| {
        let message = format!(
            "'{identifier}' is not https://VAULT.vault.azure.net/secrets/NAME or one with a version."
        );
        ("InvalidSecretIdentifier", message)
    })?;
    check_identity(store, id, reference)?;
    let file = read(&config.key_vaults)?;
    let found = file.as_object().and_then(|vaults| {
        let own = vaults.iter().find(|(known, _)| known.eq_ignore_ascii_case(vault))?;
        own.1.as_object()?.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?.1.as_str()
    });
    found.map(str::to_owned).ok_or_else(|| {
        let message = format!(
            "The secret '{name}' of the key vault '{vault}' was not found in {}.",
            config.key_vaults.display()
        );
        ("SecretNotFound", message)
    })
}

/// The vault, and the name with what follows it.
fn parts(identifier: &str) -> Option<(&str, &str)> {
    let (host, path) = identifier.strip_prefix("https://")?.split_once('/')?;
    let (vault, domain) = host.split_once('.')?;
    let name = path.strip_prefix("secrets/")?.trim_end_matches('/');
    let plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let whole = name.split('/').count() <= 2 && name.split('/').all(plain);
    (domain.starts_with("vault.") && plain(vault) && whole).then_some((vault, name))
}

/// The service acts as its own identity, or as the one that is named and assigned to it.
fn check_identity(store: &Store, id: &ResourceId, reference: &Value) -> Result<(), Refusal> {
    let service = validation::service_of(store, id);
    let body = service.as_ref().map_or(&Value::Null, |service| &service.body);
    let has = match text(reference, &["identityClientId"]) {
        None => text(body, &["identity", "principalId"]).is_some(),
        Some(client) => assigned::has_client(body, client),
    };
    if has {
        return Ok(());
    }
    let message = "The service has not got the managed identity that the secret is read with.".to_owned();
    Err(("ManagedIdentityNotFound", message))
}

fn read(path: &Path) -> Result<Value, Refusal> {
    let refusal = |why: String| ("KeyVaultNotReachable", format!("{} cannot be read: {why}", path.display()));
    let file = File::open(path).map_err(|error| refusal(error.to_string()))?;
    let mut text = String::new();
    file.take(LARGEST).read_to_string(&mut text).map_err(|error| refusal(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| refusal(format!("line {}: it is not JSON", error.line())))
}
