//! The configuration of a service in a repository: saved as files, changed by hand, validated, deployed.
//! <https://learn.microsoft.com/rest/api/apimanagement/tenant-configuration>
//!
//! **Differs from Azure:** a branch is a folder of JSON files in the state of the sandbox
//! (`configurations/SERVICE/BRANCH`), on which Git may work or not; only the newest state of it is known, so `force` has
//! nothing to overrule when it saves. A commit's identifier is a hash of the files. Loggers, diagnostics, releases, other
//! revisions than the current and the developer portal are in no file. The words of a log are the sandbox's own.

use std::path::PathBuf;
use std::time::Duration;

use arm::{ErrorDetail, ErrorResponse, ResourceId};
use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::{Value, json};

use super::configuration_files::{self as files, Files, KINDS};
use super::{operation_results, validation};
use crate::Config;
use crate::emulator::Emulator;
use crate::engine::{
    ActionCall, Answer, Call, Definition, Store, Timing, World, delete, property, put, set, text,
};

/// What the configuration is called.
pub const NAME: &str = "configuration";
/// The branch that is meant where none is named.
const BRANCH: &str = "master";
/// How long each of the operations takes in Azure.
const TIMING: Timing = Timing { azure: Duration::from_mins(1), state: "InProgress" };

/// What was done and, if it failed, why.
type Outcome = (Vec<Value>, Option<ErrorDetail>);

/// `POST …/tenant/configuration/save`
pub fn save(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let (service, branch) = asked(call)?;
    let saved = files::of_service(call.tx, &service);
    files::write(&folder(call.world.config, &service, &branch), &saved).map_err(|error| disk(&error))?;
    let log = saved.keys().map(|path| row("Saved", path)).collect();
    remember(call, &service, (&branch, &files::commit(&saved), true));
    Ok(operation_results::begin(call, TIMING, (log, None)))
}

/// `POST …/tenant/configuration/validate`
pub fn validate(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let (service, branch) = asked(call)?;
    let files = branch_files(call.world.config, &service, &branch)?;
    let before = call.tx.mark();
    let outcome = apply(call, &service, &files);
    call.tx.back_to(before);
    Ok(operation_results::begin(call, TIMING, outcome))
}

/// `POST …/tenant/configuration/deploy`
pub fn deploy(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let (service, branch) = asked(call)?;
    let files = branch_files(call.world.config, &service, &branch)?;
    let before = call.tx.mark();
    let outcome = apply(call, &service, &files);
    if outcome.1.is_some() {
        call.tx.back_to(before);
    } else {
        remember(call, &service, (&branch, &files::commit(&files), false));
    }
    Ok(operation_results::begin(call, TIMING, outcome))
}

/// `GET …/tenant/configuration/syncState`
pub fn sync_state(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let store = Store::read(&emulator.store);
    let service = call.holder(&store)?;
    let id = service.id.child("tenant", NAME);
    let mut state = json!({"id": format!("{id}/syncState"), "name": "syncState",
        "type": "Microsoft.ApiManagement/service/tenant/syncState", "properties": {"isGitEnabled": true}});
    if let Some(known) = store.get(&id) {
        state["properties"] = known.properties().clone();
        let commit = files::commit(&files::of_service(&store, &service.id));
        let synced = text(known.properties(), &["commitId"]) == Some(&commit);
        set(&mut state, &["properties", "isSynced"], synced);
    }
    Ok(Answer::json(200, state))
}

/// The service and the branch that a request is about.
fn asked(call: &ActionCall<'_, '_>) -> Result<(ResourceId, String), ErrorResponse> {
    let id = &call.resource.id;
    let Some(service) = id.parent().filter(|_| id.name().eq_ignore_ascii_case(NAME)) else {
        return Err(ErrorResponse::resource_not_found(id));
    };
    let body = call.world.call.json()?;
    let branch = text(&body, &["properties", "branch"]).unwrap_or(BRANCH);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if (1..=100).contains(&branch.len()) && branch.chars().all(plain) {
        return Ok((service, branch.to_owned()));
    }
    Err(validation::field("branch", "Branch must be 1 to 100 letters, digits, '-' and '_'."))
}

fn folder(config: &Config, service: &ResourceId, branch: &str) -> PathBuf {
    config.configurations.join(service.name().to_lowercase()).join(branch)
}

fn branch_files(config: &Config, service: &ResourceId, branch: &str) -> Result<Files, ErrorResponse> {
    let found = files::read(&folder(config, service, branch)).map_err(|error| disk(&error))?;
    found.ok_or_else(|| {
        let message = format!("The branch '{branch}' does not exist: save the configuration to it first.");
        ErrorResponse::new(400, "BranchNotFound", message)
    })
}

fn disk(error: &std::io::Error) -> ErrorResponse {
    ErrorResponse::internal(format!("The configuration's files cannot be written or read: {error}."))
}

/// What was saved or deployed last.
fn remember(
    call: &mut ActionCall<'_, '_>,
    service: &ResourceId,
    (branch, commit, export): (&str, &str, bool),
) {
    let id = service.child("tenant", NAME);
    let now = call.world.call.now.rfc3339();
    let body = json!({"properties": {
        "branch": branch, "commitId": commit, "isExport": export, "isSynced": true, "isGitEnabled": true,
        "syncDate": now, "configurationChangeDate": now,
    }});
    let mut state = crate::engine::Resource::new(id, call.resource.definition, body);
    state.etag = call.world.config.ids.hex(16);
    call.tx.put(state);
}

/// Makes the service what the files say: what they have is put, then what they have not is deleted.
fn apply(call: &mut ActionCall<'_, '_>, service: &ResourceId, files: &Files) -> Outcome {
    let mut log = Vec::new();
    let error = apply_all(call, service, files, &mut log).err().map(|error| error.error);
    (log, error)
}

fn apply_all(
    call: &mut ActionCall<'_, '_>,
    service: &ResourceId,
    files: &Files,
    log: &mut Vec<Value>,
) -> Result<(), ErrorResponse> {
    let mut wanted = Vec::new();
    for (path, bytes) in files {
        let unknown =
            || ErrorResponse::new(400, "InvalidFile", format!("{path}.json is about nothing known."));
        let id = files::id(service, path).ok_or_else(unknown)?;
        let kind = KINDS.iter().position(|kind| id.resource_type().is(kind.name)).ok_or_else(unknown)?;
        let message = || ErrorResponse::new(400, "InvalidFile", format!("{path}.json is no object of JSON."));
        wanted.push((kind, path, id, files::body(bytes).ok_or_else(message)?));
    }
    wanted.sort_by_key(|(kind, path, ..)| (*kind, *path));
    for (kind, path, id, body) in &wanted {
        let definition = KINDS.get(*kind).copied().unwrap_or(KINDS[0]);
        let before = call.tx.get(id).map(|known| known.etag.clone());
        write(call, (id, definition), Some(body)).map_err(|error| of_file(error, path))?;
        match (before, call.tx.get(id).map(|known| known.etag.clone())) {
            (None, _) => log.push(row("Created", path)),
            (Some(before), after) if Some(&before) != after.as_ref() => log.push(row("Updated", path)),
            _ => {}
        }
    }
    for definition in KINDS.into_iter().rev() {
        for resource in call.tx.within(definition, Some(service)) {
            let named = wanted.iter().any(|(_, _, id, _)| id.key() == resource.id.key());
            // What goes with its parent is gone already.
            if named || !files::is_kept(&resource) || call.tx.get(&resource.id).is_none() {
                continue;
            }
            write(call, (&resource.id, definition), None)?;
            log.push(row("Deleted", resource.id.as_str()));
        }
    }
    Ok(())
}

/// Puts or deletes a resource as a client would.
fn write(
    call: &mut ActionCall<'_, '_>,
    (id, definition): (&ResourceId, &'static Definition),
    body: Option<&Value>,
) -> Result<(), ErrorResponse> {
    let asked = call.world.call.json()?;
    let force = property(&asked, &["properties", "force"]).as_bool() == Some(true);
    let mut own = call.world.call.clone();
    own.headers = HeaderMap::new();
    own.query.push(("deleteSubscriptions".to_owned(), force.to_string()));
    own.method = if body.is_some() { Method::PUT } else { Method::DELETE };
    own.body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
    let world = World { call: &own, ..call.world };
    match body {
        Some(_) => put(world, call.tx, id, definition).map(|_| ()),
        None => delete(world, call.tx, id, definition).map(|_| ()),
    }
}

/// Says which file is wrong.
fn of_file(mut error: ErrorResponse, path: &str) -> ErrorResponse {
    error.error.message = format!("{path}.json: {}", error.error.message);
    error
}

fn row(action: &str, path: &str) -> Value {
    let kind = path.rsplit('/').nth(1).unwrap_or_default();
    json!({"objectType": kind, "action": action, "objectKey": path})
}
