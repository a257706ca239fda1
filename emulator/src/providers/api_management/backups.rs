//! Backups of services: everything below a service in a file, and back again.
//! <https://learn.microsoft.com/azure/api-management/api-management-howto-disaster-recovery-backup-restore>
//!
//! **Differs from Azure:** a storage account is a folder in the state of the sandbox, for its owner only, and no key is
//! compared with anything; a restored service is in effect when its operation begins; backups do not expire.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use arm::{ErrorResponse, ProvisioningState, ResourceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::validation;
use crate::engine::{
    ActionCall, Answer, Kind, Model, Operation, Record, Resource, Timing, complete, operation_headers, text,
};

/// How long a backup and a restore take in Azure.
const BACKING_UP: Timing = Timing { azure: Duration::from_mins(15), state: "Updating" };
const RESTORING: Timing = Timing { azure: Duration::from_mins(45), state: "Updating" };
/// How many bytes a backup may have.
const LARGEST: u64 = 64 << 20;
/// How many backups a container may have.
const MOST: usize = 100;
/// What files say they are.
const FORMAT: &str = "apimlab backup 1";
/// What belongs to where a service is, not to what it does.
const LEFT_OUT: &str = "Microsoft.ApiManagement/service/privateEndpointConnections";

/// What is in a file.
#[derive(Serialize, Deserialize)]
struct Backup {
    format: String,
    /// The ARM id of the service.
    service: String,
    /// Its tier.
    tier: String,
    resources: Vec<Record>,
}

/// `POST …/backup`
pub fn back_up(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    idle(call)?;
    let path = Blob::asked(call)?.path(&call.world.config.backups);
    let service = &call.resource;
    let resources = call.tx.below(&service.id).filter(|part| part.definition.name != LEFT_OUT);
    let backup = Backup {
        format: FORMAT.to_owned(),
        service: service.id.to_string(),
        tier: tier(service).to_owned(),
        resources: resources.map(|part| part.record()).collect(),
    };
    let bytes = serde_json::to_vec(&backup).map_err(|error| ErrorResponse::internal(error.to_string()))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LARGEST) {
        let message =
            format!("The backup would be larger than {LARGEST} bytes, the most that the sandbox keeps.");
        return Err(ErrorResponse::new(400, "BackupTooLarge", message));
    }
    write(&path, &bytes)?;
    let id = call.world.config.ids.uuid();
    let operation = Operation::begin(id, Kind::Action, service, BACKING_UP, call.world.call);
    call.tx.put_operation(operation.clone());
    Ok(operation_headers(Answer::empty(202), &operation, service, call.world.call))
}

/// `POST …/restore`
pub fn restore(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    idle(call)?;
    let path = Blob::asked(call)?.path(&call.world.config.backups);
    let backup = read(&path)?;
    let id = call.resource.id.clone();
    if !backup.tier.eq_ignore_ascii_case(tier(&call.resource)) {
        let message = format!("The backup is of a service of the tier {}, and this one is not.", backup.tier);
        return Err(ErrorResponse::new(400, "RestoreTierMismatch", message));
    }
    let resources = rebased(backup, &id)?;
    let below: Vec<ResourceId> = call
        .tx
        .below(&id)
        .filter(|part| part.definition.name != LEFT_OUT)
        .map(|part| part.id.clone())
        .collect();
    for part in &below {
        call.tx.remove(part);
    }
    for part in resources {
        call.tx.put(part);
    }
    call.tx.touch(Model::ApiManagement);
    validation::check_service(call.world.config, call.tx, &id)?;
    let mut restored = call.resource.as_ref().clone();
    let operation =
        Operation::begin(call.world.config.ids.uuid(), Kind::Update, &restored, RESTORING, call.world.call);
    restored.state = ProvisioningState::Updating;
    restored.label = Some(RESTORING.state.to_owned());
    restored.operation = Some(operation.id.clone());
    restored.etag = call.world.config.ids.hex(16);
    let answer = operation_headers(Answer::empty(202), &operation, &restored, call.world.call);
    call.tx.put(restored);
    call.tx.put_operation(operation.clone());
    if operation.is_due(call.world.call.now) {
        complete(call.world.config, call.tx, &operation);
    }
    Ok(answer)
}

fn tier(service: &Resource) -> &str {
    text(&service.body, &["sku", "name"]).unwrap_or_default()
}

fn idle(call: &ActionCall<'_, '_>) -> Result<(), ErrorResponse> {
    let service = &call.resource;
    if service.operation.is_none() {
        return Ok(());
    }
    Err(ErrorResponse::another_operation_in_progress(&service.id, &service.state_label()))
}

/// Where a backup is.
struct Blob {
    account: String,
    container: String,
    name: String,
}

impl Blob {
    /// What the request names; nothing of it leads out of the folder.
    fn asked(call: &ActionCall<'_, '_>) -> Result<Self, ErrorResponse> {
        let body = call.world.call.json()?;
        let part = |name: &str, (least, most): (usize, usize), accepts: fn(char) -> bool| {
            let given = text(&body, &[name]).unwrap_or_default();
            let fits = (least..=most).contains(&given.len()) && given.chars().all(accepts);
            if fits && !given.starts_with(['.', '-']) {
                return Ok(given.to_owned());
            }
            let message = format!(
                "{name} is required: {least} to {most} letters, digits and what names of its kind take."
            );
            Err(validation::field(name, message))
        };
        let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let asked = Self {
            account: part("storageAccount", (3, 24), lower)?,
            container: part("containerName", (3, 63), |c| {
                c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
            })?,
            name: part("backupName", (1, 128), |c| {
                c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ')
            })?,
        };
        access(&body, &call.resource)?;
        Ok(asked)
    }

    fn path(&self, folder: &Path) -> PathBuf {
        folder.join(&self.account).join(&self.container).join(format!("{}.json", self.name))
    }
}

/// There is a key, or the service has the identity that is to be used.
fn access(body: &Value, service: &Resource) -> Result<(), ErrorResponse> {
    let kind = text(body, &["accessType"]).unwrap_or("AccessKey");
    let identity = text(&service.body, &["identity", "type"]).unwrap_or_default();
    let (fits, field, message) = match kind {
        "AccessKey" => (
            text(body, &["accessKey"]).is_some(),
            "accessKey",
            "AccessKey is required for the access type AccessKey.",
        ),
        "SystemAssignedManagedIdentity" => (
            identity.contains("SystemAssigned"),
            "accessType",
            "The service has no system-assigned managed identity.",
        ),
        "UserAssignedManagedIdentity" => (
            identity.contains("UserAssigned") && text(body, &["clientId"]).is_some(),
            "clientId",
            "ClientId of a user-assigned managed identity of the service is required.",
        ),
        _ => (false, "accessType", "The access type is none that there is."),
    };
    if fits { Ok(()) } else { Err(validation::field(field, message)) }
}

/// Writes a file for the owner only, whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> Result<(), ErrorResponse> {
    let folder = path.parent().unwrap_or(path);
    let draft = path.with_extension("new");
    let kept = || -> io::Result<usize> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        Ok(fs::read_dir(folder)?.count())
    };
    if kept().map_err(|error| disk(&error))? >= MOST && !path.exists() {
        let message =
            format!("The container has {MOST} backups, the most that the sandbox keeps: delete some.");
        return Err(ErrorResponse::new(409, "TooManyBackups", message));
    }
    let written = || -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        File::open(folder)?.sync_all()
    };
    written().map_err(|error| disk(&error))
}

fn read(path: &Path) -> Result<Backup, ErrorResponse> {
    let missing = || {
        let message = "There is no such backup in the storage account.";
        ErrorResponse::new(404, "BackupNotFound", message)
    };
    let file = File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => missing(),
        _ => disk(&error),
    })?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| disk(&error))?;
    let read: Option<Backup> = serde_json::from_slice(&bytes).ok();
    read.filter(|backup| backup.format == FORMAT).ok_or_else(broken)
}

fn disk(error: &io::Error) -> ErrorResponse {
    ErrorResponse::internal(format!("A backup could not be written or read: {error}."))
}

fn broken() -> ErrorResponse {
    ErrorResponse::new(
        400,
        "BackupCorrupt",
        "The backup cannot be read: it is damaged or of another version.",
    )
}

/// What is in a backup, as parts of this service.
fn rebased(backup: Backup, service: &ResourceId) -> Result<Vec<Resource>, ErrorResponse> {
    let Backup { service: before, resources, .. } = backup;
    let parts = resources.into_iter().map(|record| {
        let bytes = record.to_bytes();
        let bytes = if before.eq_ignore_ascii_case(service.as_str()) {
            bytes
        } else {
            let text = String::from_utf8(bytes).map_err(|_| broken())?;
            replaced(&text, &before, service.as_str()).into_bytes()
        };
        let mut part = Record::read("backup", &bytes).map_err(|_| broken())?;
        // What was still being made then is whole now: nobody would end its operation.
        part.state = ProvisioningState::Succeeded;
        (part.label, part.previous, part.operation) = (None, None, None);
        let is_below = part.id.key().starts_with(&format!("{}/", service.key()));
        if is_below { Ok(part) } else { Err(broken()) }
    });
    parts.collect()
}

/// The text with another id, whatever the letter case of the one before; ids have no letters but those of ASCII.
fn replaced(text: &str, before: &str, after: &str) -> String {
    let (lower, before) = (text.to_ascii_lowercase(), before.to_ascii_lowercase());
    let mut made = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in lower.match_indices(&before) {
        let behind = lower.get(at + before.len()..).and_then(|rest| rest.chars().next());
        // A longer name that begins alike is another service's.
        if behind.is_none_or(|c| matches!(c, '/' | '"' | '\\' | '?' | '#')) {
            made.push_str(text.get(from..at).unwrap_or_default());
            made.push_str(after);
            from = at + before.len();
        }
    }
    made.push_str(text.get(from..).unwrap_or_default());
    made
}
