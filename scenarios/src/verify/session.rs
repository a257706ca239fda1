//! What all checks and lessons of one run share: the client, the desired state, the cluster's connection.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cloud::{ApplyOptions, Client, Kubernetes, Method, NoProgress, Node, NodeKind, Outputs};
use serde_json::{Value, json};
use sim::{Clock, Ids};
use tokio::sync::OnceCell;

use super::{VerifyEvent, VerifyOptions};
use crate::Scenario;
use crate::compile::{self, key};
use crate::model::{ObjectReference, Text};
use crate::template::{ServiceName, Template};

/// One run of checks and lessons.
pub(super) struct Session<'s> {
    pub(super) scenario: &'s Scenario,
    pub(super) client: &'s Client,
    pub(super) nodes: Vec<Node>,
    pub(super) ids: Ids,
    options: &'s VerifyOptions,
    kubernetes: OnceCell<Kubernetes>,
}

/// A resource behind Resource Manager.
pub(super) struct Resource<'n> {
    pub(super) title: &'n str,
    pub(super) id: &'n str,
    pub(super) path: String,
    pub(super) headers: &'static [(&'static str, &'static str)],
}

impl<'s> Session<'s> {
    pub(super) fn new(scenario: &'s Scenario, client: &'s Client, options: &'s VerifyOptions) -> Self {
        let nodes = scenario.nodes(&client.environment().subscription_id);
        Self { scenario, client, nodes, ids: Ids::random(), options, kubernetes: OnceCell::new() }
    }

    pub(super) fn clock(&self) -> &Clock {
        self.client.clock()
    }

    pub(super) fn tell(&self, event: &VerifyEvent<'_>) {
        self.options.progress.event(event);
    }

    /// The ARM resource with the scenario key `wanted`.
    pub(super) fn resource(&self, wanted: &str) -> Result<Resource<'_>, String> {
        let node = self.nodes.iter().find(|node| node.key == wanted);
        match node.map(|node| (node, &node.kind)) {
            Some((node, NodeKind::Arm { id, api_version, if_match_any, .. })) => Ok(Resource {
                title: &node.title,
                id,
                path: format!("{id}?api-version={api_version}"),
                headers: if *if_match_any { &[("if-match", "*")] } else { &[] },
            }),
            _ => Err(format!("`{wanted}` is no Azure resource of the scenario")),
        }
    }

    /// The cluster of the scenario.
    pub(super) async fn kubernetes(&self) -> Result<&Kubernetes, String> {
        self.kubernetes.get_or_try_init(|| self.connect()).await
    }

    async fn connect(&self) -> Result<Kubernetes, String> {
        let cluster = self.resource(key::CLUSTER)?;
        let path = cluster.path.replacen(cluster.id, &format!("{}/listClusterUserCredential", cluster.id), 1);
        let answer =
            self.client.arm(Method::POST, &path, None, &[]).await.map_err(told)?.success().map_err(told)?;
        let encoded = answer.body.pointer("/kubeconfigs/0/value").and_then(Value::as_str);
        let decoded = encoded
            .and_then(|text| STANDARD.decode(text).ok())
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let kubeconfig = decoded.ok_or_else(|| format!("{} gives no kubeconfig", cluster.title))?;
        self.client.kubernetes(&kubeconfig).map_err(told)
    }

    /// The object as it is now, if there is one.
    pub(super) async fn object(&self, wanted: &ObjectReference) -> Result<Option<Value>, String> {
        let kubernetes = self.kubernetes().await?;
        let path = kubernetes.path(&reference(wanted)).await.map_err(told)?;
        kubernetes.get(&path).await.map_err(told)
    }

    /// The text with the addresses that its Services have now.
    pub(super) async fn fill(&self, text: &Text) -> Result<String, String> {
        let template = Template::parse(text)?;
        let mut addresses = BTreeMap::new();
        for service in template.services() {
            if let Some(address) = self.address(service).await? {
                addresses.insert(service.clone(), address);
            }
        }
        template
            .fill(|service| addresses.get(service).cloned())
            .map_err(|service| format!("Service {}/{} has no address yet", service.namespace, service.name))
    }

    async fn address(&self, service: &ServiceName) -> Result<Option<String>, String> {
        let path = format!("/api/v1/namespaces/{}/services/{}", service.namespace, service.name);
        let object = self.kubernetes().await?.get(&path).await.map_err(told)?;
        let address = object.as_ref().and_then(|object| object.pointer("/status/loadBalancer/ingress/0/ip"));
        Ok(address.and_then(Value::as_str).map(str::to_owned))
    }

    /// Makes the resources with these keys what the scenario says, and what they need to know besides.
    pub(super) async fn restore(&self, keys: &[&str]) -> Result<Outputs, String> {
        let options = ApplyOptions {
            journal: self.options.journal.clone(),
            progress: Arc::new(NoProgress),
            tags: BTreeMap::new(),
        };
        let nodes = compile::part(&self.nodes, keys);
        cloud::apply(self.client, &nodes, &options).await.map_err(told)
    }
}

/// An object with nothing but its name.
pub(super) fn reference(wanted: &ObjectReference) -> Value {
    json!({
        "apiVersion": wanted.api_version,
        "kind": *wanted.kind,
        "metadata": {"namespace": wanted.namespace, "name": *wanted.name},
    })
}

/// An error as a text for a report.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(super) fn told(error: cloud::Error) -> String {
    error.to_string()
}
