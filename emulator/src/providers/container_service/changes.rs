//! POSTs that take time: the cluster changes while their operation runs.
//!
//! <https://learn.microsoft.com/azure/aks/start-stop-cluster>,
//! <https://learn.microsoft.com/azure/aks/certificate-rotation>

use std::time::Duration;

use arm::{ErrorResponse, ProvisioningState};
use serde_json::{Value, json};

use crate::engine::{
    self, ActionCall, Answer, Kind, Operation, Resource, Status, Timing, array, operation_headers, property,
    set, text,
};

const STARTING: Timing = Timing { azure: Duration::from_mins(4), state: "Starting" };
const STOPPING: Timing = Timing { azure: Duration::from_mins(3), state: "Stopping" };
const ROTATING: Timing = Timing { azure: Duration::from_mins(8), state: "RotatingClusterCertificates" };
const UPDATING: Timing = Timing { azure: Duration::from_mins(3), state: "Updating" };
const UPGRADING: Timing = Timing { azure: Duration::from_mins(2), state: "UpgradingNodeImageVersion" };
const CANCELING: Timing = Timing { azure: Duration::from_secs(30), state: "Canceling" };

/// How often the credentials of a cluster were rotated: beside `properties`, where no client sees it.
pub const ROTATIONS: &str = "rotations";

/// The cluster is stopped, or on its way there.
pub fn is_stopped(body: &Value) -> bool {
    text(body, &["properties", "powerState", "code"]) == Some("Stopped")
}

/// `POST …/start`
pub fn start(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    check_pause(call)?;
    change(call, STARTING, |body| set(body, &["properties", "powerState"], json!({"code": "Running"})))
}

/// `POST …/stop`: the API server and the nodes go away, what is stored in the cluster stays.
pub fn stop(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    check_pause(call)?;
    change(call, STOPPING, |body| set(body, &["properties", "powerState"], json!({"code": "Stopped"})))
}

/// `POST …/rotateClusterCertificates`: kubeconfigs that were handed out before are no longer let in.
pub fn rotate_certificates(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    check_pause(call)?;
    if is_stopped(&call.resource.body) {
        let message = format!("The cluster '{}' is stopped; start it first.", call.resource.id.name());
        return Err(ErrorResponse::new(400, "OperationNotAllowed", message));
    }
    change(call, ROTATING, |body| {
        let before = property(body, &[ROTATIONS]).as_u64().unwrap_or_default();
        set(body, &[ROTATIONS], before.saturating_add(1));
    })
}

/// `POST …/resetServicePrincipalProfile`: another principal, or another secret of the same.
pub fn reset_service_principal(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let wanted = call.world.call.json()?;
    let client = text(&wanted, &["clientId"]).unwrap_or_default().to_owned();
    let secret = text(&wanted, &["secret"]);
    if text(call.resource.properties(), &["servicePrincipalProfile", "clientId"]) == Some("msi") {
        let message = "The cluster has a managed identity, not a service principal.";
        return Err(ErrorResponse::new(400, "OperationNotAllowed", message));
    }
    super::managed_clusters::check_principal(call.world, &client, secret)?;
    change(call, UPDATING, |body| {
        set(body, &["properties", "servicePrincipalProfile"], json!({"clientId": client}));
    })
}

/// `POST …/agentPools/{pool}/upgradeNodeImageVersion`: there is one image, so nothing changes on the nodes.
pub fn upgrade_node_image(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let cluster = cluster_of(call)?;
    begin(call, &cluster, UPGRADING, |_| ())
}

/// `POST …/abort` on a cluster or one of its pools: what was in effect before stays.
pub fn abort(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let cluster = cluster_of(call)?;
    let running = cluster.operation.as_ref().and_then(|id| call.tx.operation(id)).cloned();
    let Some(running) = running.filter(|running| running.kind != Kind::Delete) else {
        let message =
            format!("There is no operation in progress on '{}' that can be aborted.", cluster.id.name());
        return Err(ErrorResponse::new(400, "OperationNotAllowed", message));
    };
    let aborted = arm::ErrorDetail {
        code: "Canceled".to_owned(),
        message: "The operation was aborted.".to_owned(),
        ..arm::ErrorDetail::default()
    };
    call.tx.put_operation(Operation { status: Status::Failed, error: Some(aborted), ..running });
    let mut back = cluster.as_ref().clone();
    back.body = back.previous.take().unwrap_or(back.body);
    (back.state, back.label, back.operation) = (ProvisioningState::Canceled, None, None);
    back.etag = call.world.config.ids.hex(16);
    call.tx.put(back);
    let id = call.world.config.ids.uuid();
    let operation = Operation::begin(id, Kind::Action, &cluster, CANCELING, call.world.call);
    call.tx.put_operation(operation.clone());
    Ok(operation_headers(Answer::empty(202), &operation, &cluster, call.world.call))
}

/// The cluster that an action is on, or on a pool of.
fn cluster_of(call: &ActionCall<'_, '_>) -> Result<std::sync::Arc<Resource>, ErrorResponse> {
    let definition = &super::managed_clusters::DEFINITION;
    if call.resource.definition == definition {
        return Ok(call.resource.clone());
    }
    let parent = call.resource.id.parent().and_then(|id| call.tx.get(&id));
    parent.ok_or_else(|| ErrorResponse::resource_not_found(&call.resource.id))
}

/// The back end can stop a cluster and start it again.
fn check_pause(call: &ActionCall<'_, '_>) -> Result<(), ErrorResponse> {
    if call.world.config.cluster.can_pause() {
        return Ok(());
    }
    let what = "Stopping, starting and rotating certificates of clusters that kind runs";
    Err(ErrorResponse::not_implemented(what))
}

fn change(
    call: &mut ActionCall<'_, '_>,
    timing: Timing,
    change: impl FnOnce(&mut Value),
) -> Result<Answer, ErrorResponse> {
    let cluster = call.resource.clone();
    begin(call, &cluster, timing, change)
}

/// Changes the stored cluster and begins the operation that makes the change real.
fn begin(
    call: &mut ActionCall<'_, '_>,
    cluster: &Resource,
    timing: Timing,
    change: impl FnOnce(&mut Value),
) -> Result<Answer, ErrorResponse> {
    if cluster.operation.is_some() {
        return Err(ErrorResponse::another_operation_in_progress(&cluster.id, &cluster.state_label()));
    }
    let id = call.world.config.ids.uuid();
    let operation = Operation::begin(id.clone(), Kind::Action, cluster, timing, call.world.call);
    let mut changed = cluster.clone();
    changed.previous = Some(changed.body.clone());
    change(&mut changed.body);
    changed.etag = call.world.config.ids.hex(16);
    changed.state = ProvisioningState::Updating;
    changed.label = Some(timing.state.to_owned());
    changed.operation = Some(id);
    let answer = operation_headers(Answer::empty(202), &operation, &changed, call.world.call);
    call.tx.put(changed);
    call.tx.put_operation(operation.clone());
    if operation.is_due(call.world.call.now) {
        engine::complete(call.world.config, call.tx, &operation);
    }
    Ok(answer)
}

/// Shows whether the cluster and its pools run.
pub fn show_power(shown: &mut Value) {
    let code = if is_stopped(shown) { "Stopped" } else { "Running" };
    set(shown, &["properties", "powerState"], json!({"code": code}));
    if let Some(shown) = shown.as_object_mut() {
        shown.remove(ROTATIONS);
    }
    let count = array(shown, &["properties", "agentPoolProfiles"]).len();
    for at in 0..count {
        if let Some(pool) = shown.pointer_mut(&format!("/properties/agentPoolProfiles/{at}")) {
            set(pool, &["powerState"], json!({"code": code}));
        }
    }
}
