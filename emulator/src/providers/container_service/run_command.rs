//! Commands that run beside a cluster: <https://learn.microsoft.com/azure/aks/access-private-cluster>.
//!
//! **Differs from Azure:** a command is one call of `kubectl`, without a shell, by the `kubectl` of this machine with
//! the cluster's own kubeconfig; files (`context`) are refused. Results are forgotten when the sandbox ends.

use arm::ErrorResponse;
use serde_json::{Value, json};

use super::changes;
use crate::emulator::Emulator;
use crate::engine::{ActionCall, Answer, Call, Store, text};

/// The longest command.
const MAX_COMMAND: usize = 16 * 1_024;

/// `POST …/runCommand`
pub fn run(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let wanted = call.world.call.json()?;
    let Some(command) = text(&wanted, &["command"]).filter(|command| command.len() <= MAX_COMMAND) else {
        let message = format!("The command must be given and have at most {MAX_COMMAND} characters.");
        return Err(ErrorResponse::new(400, "InvalidParameter", message).target("command"));
    };
    if text(&wanted, &["context"]).is_some() {
        return Err(ErrorResponse::not_implemented("runCommand with files (context)"));
    }
    let cluster = &call.resource;
    if changes::is_stopped(&cluster.body) {
        let message = format!("The cluster '{}' is stopped; start it first.", cluster.id.name());
        return Err(ErrorResponse::new(400, "OperationNotAllowed", message));
    }
    let id = call.world.config.ids.hex(32);
    let started = call.world.config.cluster.run_command(cluster.id.as_str(), &id, command);
    started.map_err(|reason| ErrorResponse::new(409, "RunCommandFailed", reason))?;
    Ok(waiting(call.world.call, &format!("{}/commandResults/{id}", cluster.id)))
}

/// `GET …/commandResults/{id}`: 202 while it runs.
pub fn result(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let store = Store::read(&emulator.store);
    let cluster = call.holder(&store)?;
    let id = call.segments().last().copied().unwrap_or_default().to_owned();
    match emulator.config.cluster.command_result(cluster.id.as_str(), &id) {
        None => {
            let message = format!("There is no result of a command '{id}'.");
            Err(ErrorResponse::new(404, "NotFound", message))
        }
        Some(result) if result.ended.is_none() => {
            // The CLI reads the state from the body, not from the status code.
            let mut answer = waiting(call, &format!("{}/commandResults/{id}", cluster.id));
            answer.body = Some(shown(&id, &result));
            Ok(answer)
        }
        Some(result) => Ok(Answer::json(200, shown(&id, &result))),
    }
}

fn waiting(call: &Call, path: &str) -> Answer {
    let url = format!("{}{path}?api-version={}", call.origin, call.version_text());
    Answer::empty(202).header("location", &url).header("retry-after", "1")
}

fn time(seconds: i64) -> String {
    sim::Timestamp::from_unix_seconds(seconds).rfc3339()
}

fn shown(id: &str, result: &aks::CommandResult) -> Value {
    let ended = result.ended.as_ref();
    json!({"id": id, "properties": {
        "provisioningState": if ended.is_some() { "Succeeded" } else { "Running" },
        "startedAt": time(result.started),
        "finishedAt": ended.map(|ended| time(ended.at)),
        "exitCode": ended.map(|ended| ended.exit_code),
        "logs": ended.map(|ended| ended.logs.as_str()),
    }})
}
