//! Kubeconfigs: <https://learn.microsoft.com/rest/api/aks/managed-clusters/list-cluster-user-credentials>.
//!
//! **Differs from Azure:** users and administrators get the same kubeconfig.

use arm::{ErrorResponse, ResourceId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::Config;
use crate::engine::{ActionCall, Answer, property};

/// The kubeconfig of a user.
pub fn user(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    credentials(call, "clusterUser")
}

/// The kubeconfig of the administrator.
pub fn administrator(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    if property(call.resource.properties(), &["disableLocalAccounts"]).as_bool() == Some(true) {
        let message =
            "Getting static credential is not allowed because this cluster is set to disable local accounts.";
        return Err(ErrorResponse::new(400, "BadRequest", message));
    }
    credentials(call, "clusterAdmin")
}

/// The kubeconfig of who watches the cluster.
pub fn monitoring(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    credentials(call, "clusterMonitoringUser")
}

/// The cluster runs, or will not.
pub fn ready(config: &Config, id: &ResourceId) -> bool {
    config.cluster.kubeconfig(id.as_str()).is_some() || config.cluster.failure(id.as_str()).is_some()
}

fn credentials(call: &ActionCall<'_, '_>, name: &str) -> Result<Answer, ErrorResponse> {
    let id = &call.resource.id;
    let Some(kubeconfig) = call.world.config.cluster.kubeconfig(id.as_str()) else {
        if let Some(failure) = call.world.config.cluster.failure(id.as_str()) {
            let message = format!("The cluster '{}' could not be made: {failure}", id.name());
            return Err(ErrorResponse::new(409, "ControlPlaneFailed", message));
        }
        let message = format!("The cluster '{}' does not run (yet). Try again later.", id.name());
        return Err(ErrorResponse::new(409, "ControlPlaneNotFound", message));
    };
    let value = STANDARD.encode(kubeconfig);
    Ok(Answer::json(200, json!({"kubeconfigs": [{"name": name, "value": value}]})))
}
