//! Connections to managed clusters:
//! <https://learn.microsoft.com/rest/api/aks/managed-clusters/list-cluster-user-credentials>.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::Value;
use tokio::sync::{Mutex, OnceCell};

use crate::answer::Answer;
use crate::node::{Node, NodeKind};
use crate::{Client, Error, Kubernetes};

/// A cluster that was made a moment ago has no control plane yet, and says so; this long is waited for it.
const BOUND: Duration = Duration::from_mins(15);
const PAUSE: Duration = Duration::from_millis(500);
const NOT_YET: &str = "ControlPlaneNotFound";

/// One connection per cluster, made when it is first needed.
#[derive(Default)]
pub(crate) struct Clusters(Mutex<BTreeMap<String, Arc<OnceCell<Kubernetes>>>>);

impl Clusters {
    /// The connection to the managed cluster that `node` describes.
    pub(crate) async fn of(&self, client: &Client, node: &Node) -> Result<Kubernetes, Error> {
        let cell = self.0.lock().await.entry(node.key.clone()).or_default().clone();
        cell.get_or_try_init(|| connect(client, node)).await.cloned()
    }
}

async fn connect(client: &Client, node: &Node) -> Result<Kubernetes, Error> {
    let NodeKind::Arm { id, api_version, .. } = &node.kind else {
        return Err(Error::Graph(format!("`{}` is no managed cluster", node.key)));
    };
    let path = format!("{id}/listClusterUserCredential?api-version={api_version}");
    let body = insist(client, &path).await?.success()?.body;
    let unexpected = |reason: &str| Error::Unexpected { path: path.clone(), reason: reason.to_owned() };
    let encoded = body.pointer("/kubeconfigs/0/value").and_then(Value::as_str);
    let encoded = encoded.ok_or_else(|| unexpected("it has no kubeconfig"))?;
    let bytes = STANDARD.decode(encoded).map_err(|_| unexpected("its kubeconfig is not base64"))?;
    let kubeconfig = String::from_utf8(bytes).map_err(|_| unexpected("its kubeconfig is no text"))?;
    client.kubernetes(&kubeconfig)
}

/// Asks until the control plane is there.
async fn insist(client: &Client, path: &str) -> Result<Answer, Error> {
    let clock = client.clock();
    let began = clock.elapsed();
    loop {
        let answer = client.arm(Method::POST, path, None, &[]).await?;
        let is_early = answer.status == 409
            && answer.body.pointer("/error/code").and_then(Value::as_str) == Some(NOT_YET);
        if !is_early || clock.elapsed().saturating_sub(began) > BOUND {
            return Ok(answer);
        }
        clock.sleep(PAUSE).await;
    }
}
