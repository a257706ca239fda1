//! Connections to managed clusters:
//! <https://learn.microsoft.com/rest/api/aks/managed-clusters/list-cluster-user-credentials>.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::Value;
use tokio::sync::{Mutex, OnceCell};

use crate::node::{Node, NodeKind};
use crate::{Client, Error, Kubernetes};

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
    let body = client.arm(Method::POST, &path, None, &[]).await?.success()?.body;
    let unexpected = |reason: &str| Error::Unexpected { path: path.clone(), reason: reason.to_owned() };
    let encoded = body.pointer("/kubeconfigs/0/value").and_then(Value::as_str);
    let encoded = encoded.ok_or_else(|| unexpected("it has no kubeconfig"))?;
    let bytes = STANDARD.decode(encoded).map_err(|_| unexpected("its kubeconfig is not base64"))?;
    let kubeconfig = String::from_utf8(bytes).map_err(|_| unexpected("its kubeconfig is no text"))?;
    client.kubernetes(&kubeconfig)
}
