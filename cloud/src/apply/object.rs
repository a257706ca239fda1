//! Making an object in a cluster, and waiting until it works: a Service of type `LoadBalancer` until it has its
//! address, a Deployment until its Pods are ready. While it waits, the newest warning says why.

use std::time::Duration;

use serde_json::Value;

use super::journal::Step;
use super::run::Task;
use crate::kubernetes::kinds::ObjectName;
use crate::node::NodeKind;
use crate::plan::difference::verdict;
use crate::plan::{Action, read};
use crate::{Error, Kubernetes};

const BOUND: Duration = Duration::from_mins(5);
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// When it is no longer a matter of moments, and the reason becomes interesting.
const PATIENCE: Duration = Duration::from_millis(250);

impl Task<'_> {
    /// Makes the object of this node what it shall be.
    pub(super) async fn object(&self, planned: Action) -> Result<Action, Error> {
        let NodeKind::KubernetesObject { cluster, object } = &self.node.kind else {
            return Ok(Action::Unchanged);
        };
        let cluster =
            self.run.graph.position(cluster).and_then(|position| self.run.graph.nodes.get(position));
        let cluster = cluster.ok_or_else(|| Error::Graph(format!("`{}` has no cluster", self.node.key)))?;
        let kubernetes = self.run.clusters.of(self.run.client, cluster).await?;
        let wanted = self.resolved(object)?;
        let action = match self.before() {
            Some(live) => {
                let outputs = self.run.outputs();
                verdict(self.run.graph, self.node, Some(live), &outputs).action
            }
            None if planned == Action::Unchanged => Action::Create,
            None => planned,
        };
        let live = if let (Action::Unchanged, Some(live)) = (action, self.before()) {
            live.clone()
        } else {
            self.run.journal.note(&self.node.key, Step::Intent, |record| {
                record.method = Some("APPLY".to_owned());
            });
            kubernetes.apply(&wanted).await?
        };
        let live = self.working(&kubernetes, live).await?;
        self.learn(&live);
        Ok(action)
    }

    /// Waits until the object works.
    async fn working(&self, kubernetes: &Kubernetes, mut live: Value) -> Result<Value, Error> {
        let clock = self.run.client.clock();
        let began = clock.elapsed();
        let mut pause = FIRST_PAUSE;
        let path = kubernetes.path(&live_name(&live, &self.node.kind)).await?;
        while let Some(state) = pending(&live) {
            let waited = clock.elapsed().saturating_sub(began);
            let reason = if waited < PATIENCE { None } else { self.warning(kubernetes, &live).await };
            let reason = reason.unwrap_or_else(|| state.to_owned());
            if waited > BOUND {
                return Err(Error::TimedOut { what: self.node.title.clone(), waited, reason });
            }
            self.waiting(&reason);
            clock.sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            live = kubernetes.get(&path).await?.ok_or_else(|| Error::Unexpected {
                path: path.clone(),
                reason: "somebody deleted it while it was waited for".to_owned(),
            })?;
        }
        Ok(live)
    }

    /// The newest warning about the object, or about one of its Pods.
    async fn warning(&self, kubernetes: &Kubernetes, live: &Value) -> Option<String> {
        let name = ObjectName::of(live).ok()?;
        if let Ok(Some(warning)) = kubernetes.newest_warning(name.namespace, name.kind, name.name).await {
            return Some(warning);
        }
        let labels = live.pointer("/spec/selector/matchLabels")?.as_object()?;
        let selector: Vec<String> =
            labels.iter().filter_map(|(key, value)| Some(format!("{key}%3D{}", value.as_str()?))).collect();
        let path =
            format!("/api/v1/namespaces/{}/pods?labelSelector={}", name.namespace, selector.join("%2C"));
        for pod in kubernetes.list(&path).await.ok()? {
            let pod = pod.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            if let Ok(Some(warning)) = kubernetes.newest_warning(name.namespace, "Pod", pod).await {
                return Some(warning);
            }
        }
        None
    }
}

/// What the object is called: as the cluster says, else as it was wanted.
fn live_name(live: &Value, kind: &NodeKind) -> Value {
    match kind {
        NodeKind::KubernetesObject { object, .. } if ObjectName::of(live).is_err() => object.clone(),
        _ => live.clone(),
    }
}

/// Why the object does not work yet.
fn pending(live: &Value) -> Option<&'static str> {
    let text = |pointer: &str| live.pointer(pointer).and_then(Value::as_str);
    let number = |pointer: &str| live.pointer(pointer).and_then(Value::as_u64);
    match text("/kind")? {
        "Service" if text("/spec/type") == Some("LoadBalancer") && read::address(live).is_none() => {
            Some("EXTERNAL-IP <pending>")
        }
        "Deployment" => {
            let is_seen = number("/status/observedGeneration") >= number("/metadata/generation");
            let wanted = number("/spec/replicas").unwrap_or(1);
            let is_ready = number("/status/readyReplicas").unwrap_or(0) >= wanted
                && number("/status/updatedReplicas").unwrap_or(0) >= wanted;
            (!is_seen || !is_ready).then_some("Pods are not ready")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn services_wait_for_addresses_and_deployments_for_pods() {
        let service =
            |kind: &str, status: Value| json!({"kind": "Service", "spec": {"type": kind}, "status": status});
        let deployment = |status: Value| json!({"kind": "Deployment", "metadata": {"generation": 2}, "spec": {"replicas": 2}, "status": status});
        let address = json!({"loadBalancer": {"ingress": [{"ip": "10.10.1.5"}]}});
        let cases = [
            (service("LoadBalancer", json!({})), true),
            (service("LoadBalancer", address), false),
            (service("ClusterIP", json!({})), false),
            (deployment(json!({"observedGeneration": 1, "readyReplicas": 2, "updatedReplicas": 2})), true),
            (deployment(json!({"observedGeneration": 2, "readyReplicas": 1, "updatedReplicas": 2})), true),
            (deployment(json!({"observedGeneration": 2, "readyReplicas": 2, "updatedReplicas": 2})), false),
            (json!({"kind": "ConfigMap"}), false),
        ];
        for (object, is_pending) in cases {
            assert_eq!(pending(&object).is_some(), is_pending, "{object}");
        }
    }
}
