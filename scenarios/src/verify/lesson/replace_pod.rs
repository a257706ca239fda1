//! Deletes one Pod of a Deployment and waits until another one has taken its place.

use std::time::Duration;

use cloud::Kubernetes;
use serde_json::Value;

use super::{Lecture, Stop};
use crate::model::ReplacePod;
use crate::verify::patience::Patience;
use crate::verify::report::Seen;
use crate::verify::session::told;

/// A Pod that is ready and not on its way out.
struct Pod {
    name: String,
    uid: String,
    address: String,
}

/// A Deployment's Pods.
struct Pods<'k> {
    kubernetes: &'k Kubernetes,
    path: String,
    replicas: usize,
}

pub(super) async fn take(lecture: &mut Lecture<'_>, step: &ReplacePod) -> Result<(), Stop> {
    let replacing = replace(lecture, step);
    let seen = lecture.timed(replacing).await;
    lecture.conclude("A deleted Pod is replaced by one with another address", Some("kubernetes"), seen)
}

async fn replace(lecture: &Lecture<'_>, step: &ReplacePod) -> Seen {
    let session = lecture.session;
    let pods = pods(session.kubernetes().await?, step).await?;
    let before = pods.ready().await?;
    let lost =
        before.first().ok_or_else(|| format!("Deployment {} has no Pod that is ready", *step.deployment))?;
    lecture.act(&format!("deletes Pod {} ({})", lost.name, lost.address));
    let path = format!("/api/v1/namespaces/{}/pods/{}", step.namespace, lost.name);
    pods.kubernetes.delete(&path).await.map_err(told)?;
    let mut patience = Patience::new(session.clock(), Duration::from_secs(step.within_seconds.into()));
    loop {
        let now = pods.ready().await?;
        let new = now.iter().find(|pod| before.iter().all(|old| old.uid != pod.uid));
        if let Some(new) = new.filter(|_| now.len() >= pods.replicas) {
            let change =
                format!("{} ({}) gave way to {} ({})", lost.name, lost.address, new.name, new.address);
            return if new.address == lost.address {
                Err(format!("{change}: the same address"))
            } else {
                Ok(change)
            };
        }
        if !patience.again().await {
            return Err(format!("{} of {} Pods are ready and none of them is new", now.len(), pods.replicas));
        }
    }
}

async fn pods<'k>(kubernetes: &'k Kubernetes, step: &ReplacePod) -> Result<Pods<'k>, String> {
    let path = format!("/apis/apps/v1/namespaces/{}/deployments/{}", step.namespace, *step.deployment);
    let deployment = kubernetes.get(&path).await.map_err(told)?;
    let deployment = deployment.ok_or_else(|| format!("there is no Deployment {}", *step.deployment))?;
    let labels = deployment.pointer("/spec/selector/matchLabels").and_then(Value::as_object);
    let selector: Vec<String> = labels
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some(format!("{}%3D{}", name.replace('/', "%2F"), value.as_str()?)))
        .collect();
    let replicas = deployment.pointer("/spec/replicas").and_then(Value::as_u64).unwrap_or(1);
    Ok(Pods {
        kubernetes,
        path: format!("/api/v1/namespaces/{}/pods?labelSelector={}", step.namespace, selector.join("%2C")),
        replicas: usize::try_from(replicas).unwrap_or(usize::MAX),
    })
}

impl Pods<'_> {
    async fn ready(&self) -> Result<Vec<Pod>, String> {
        let pods = self.kubernetes.list(&self.path).await.map_err(told)?;
        Ok(pods.iter().filter_map(ready).collect())
    }
}

fn ready(pod: &Value) -> Option<Pod> {
    let text = |pointer: &str| pod.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let conditions = pod.pointer("/status/conditions")?.as_array()?;
    let ready =
        conditions.iter().any(|condition| condition["type"] == "Ready" && condition["status"] == "True");
    let leaving = pod.pointer("/metadata/deletionTimestamp").is_some();
    let found =
        Pod { name: text("/metadata/name")?, uid: text("/metadata/uid")?, address: text("/status/podIP")? };
    (ready && !leaving).then_some(found)
}
