//! A client of the running sandbox's own API.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use sandbox::{Endpoint, Settings};
use serde::Deserialize;
use serde_json::{Value, json};
use sim::Pace;

use crate::exit::{Exit, Failure};
use crate::progress::Steps;

/// An answer on loopback that takes longer than this does not come any more.
const PATIENCE: Duration = Duration::from_secs(10);

/// The API of one sandbox.
#[derive(Debug, Clone)]
pub struct Admin {
    client: Client,
    base: String,
    token: String,
}

/// What runs in the sandbox; the part of `GET /status` that is used here.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Clusters.
    pub clusters: Vec<Cluster>,
    /// API Management services.
    pub services: Vec<Service>,
    /// Resident memory.
    pub memory_bytes: Option<u64>,
    /// Since when it runs.
    pub uptime_seconds: u64,
}

/// A cluster in the sandbox.
#[derive(Debug, Clone, Deserialize)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// The file to reach it with.
    pub kubeconfig: Option<String>,
    /// How far it is, if it is one of containers.
    #[serde(default)]
    pub report: Option<ClusterReport>,
}

/// How far a cluster of containers is, and how its nodes are.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ClusterReport {
    /// `preparing`, `booting`, …, `ready`, `failed`.
    pub phase: String,
    /// How much of that is done.
    pub percent: Option<u8>,
    /// What is going on.
    pub message: String,
    /// Why the last attempt failed.
    pub failure: Option<String>,
    /// Its nodes.
    pub nodes: Vec<Node>,
    /// The last sentences, oldest first.
    pub lines: Vec<Line>,
}

/// A node of a cluster of containers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// `control-plane` or `worker`.
    pub role: String,
    /// The container's state.
    pub container: String,
    /// Whether Kubernetes calls it Ready.
    pub ready: Option<bool>,
    /// Its address.
    pub address: Option<String>,
}

/// Something that was said about a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Line {
    /// When, RFC 3339.
    pub at: String,
    /// What.
    pub text: String,
}

/// Images that are to be in all nodes.
#[derive(Debug, Clone, Default)]
pub struct ImageOrder {
    /// By name.
    pub images: Vec<String>,
    /// In files, by their absolute paths.
    pub archives: Vec<PathBuf>,
    /// Clusters to come get them as well.
    pub always: bool,
}

/// An image in a node.
#[derive(Debug, Clone, Deserialize)]
pub struct LoadedImage {
    /// The image.
    pub image: String,
    /// The node.
    pub node: String,
    /// What was done: `unchanged`, `tagged`, `copied`.
    pub action: String,
}

/// An API Management service in the sandbox.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// Its host names.
    pub host_names: Vec<String>,
    /// Its APIs.
    pub apis: Vec<Api>,
}

/// An API of a service.
#[derive(Debug, Clone, Deserialize)]
pub struct Api {
    /// Its name.
    pub name: String,
    /// The first part of its URLs.
    pub path: String,
}

impl Admin {
    /// The API of the sandbox with these settings.
    pub fn new(settings: &Settings) -> anyhow::Result<Self> {
        let base = settings
            .url(Endpoint::Admin)
            .ok_or_else(|| Failure::new(Exit::Missing, "the sandbox has not been started yet"))?;
        // Plain HTTP on loopback: neither a proxy nor certificate authorities are of interest.
        let client = Client::builder().no_proxy().tls_certs_only([]).connect_timeout(PATIENCE).build()?;
        Ok(Self { client, base, token: settings.admin_token.clone() })
    }

    /// The sandbox answers.
    pub async fn is_healthy(&self) -> bool {
        let answer = self.client.get(format!("{}/healthz", self.base)).timeout(PATIENCE).send().await;
        answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
    }

    /// What runs in it, as it says it.
    pub async fn status_json(&self) -> anyhow::Result<Value> {
        Ok(self
            .send(self.client.get(format!("{}/status", self.base)).timeout(PATIENCE))
            .await?
            .json()
            .await?)
    }

    /// What runs in it.
    pub async fn status(&self) -> anyhow::Result<Status> {
        Ok(serde_json::from_value(self.status_json().await?)?)
    }

    /// Replaces the table of what runs for container images.
    pub async fn set_workloads(&self, workloads: &[(String, Vec<String>)]) -> anyhow::Result<()> {
        let table: Vec<Value> =
            workloads.iter().map(|(image, command)| json!({ "image": image, "command": command })).collect();
        let request = self.client.put(format!("{}/workloads", self.base)).json(&table).timeout(PATIENCE);
        self.send(request).await?;
        Ok(())
    }

    /// Brings images into all nodes, and tells each step.
    pub async fn load_images(&self, order: &ImageOrder, steps: &Steps) -> anyhow::Result<Vec<LoadedImage>> {
        let body = json!({ "images": order.images, "archives": order.archives });
        let method = if order.always { Method::PUT } else { Method::POST };
        let request = self.client.request(method, format!("{}/images", self.base)).json(&body);
        let mut answer = self.send(request).await?;
        let mut text = Vec::new();
        while let Some(piece) = answer.chunk().await? {
            text.extend_from_slice(&piece);
            while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = text.drain(..=end).collect();
                let line: Value = serde_json::from_slice(&line)?;
                if let Some(progress) = line.get("progress") {
                    let percent = progress["percent"].as_u64().and_then(|percent| u8::try_from(percent).ok());
                    steps.step(progress["message"].as_str().unwrap_or_default(), percent);
                } else if let Some(loaded) = line.get("loaded") {
                    return Ok(serde_json::from_value(loaded.clone())?);
                } else {
                    let reason = line["failed"].as_str().unwrap_or("no reason given");
                    return Err(Failure::new(Exit::Missing, reason).into());
                }
            }
        }
        Err(Failure::new(Exit::Wrong, "the sandbox ended while it loaded images").into())
    }

    /// Has the logs of all nodes written below a folder.
    pub async fn collect_logs(&self, folder: &Path) -> anyhow::Result<Vec<String>> {
        let request = self.client.post(format!("{}/clusters/logs", self.base));
        let answer: Value = self.send(request.json(&json!({ "folder": folder }))).await?.json().await?;
        Ok(serde_json::from_value(answer["files"].clone())?)
    }

    /// The effective policy of an API or of one of its operations.
    pub async fn policy(&self, wanted: &[(&str, &str)]) -> anyhow::Result<Value> {
        let url = reqwest::Url::parse_with_params(&format!("{}/policies/effective", self.base), wanted)?;
        let request = self.client.get(url).timeout(PATIENCE);
        Ok(self.send(request).await?.json().await?)
    }

    /// The way from a place to an address or a name, hop by hop.
    pub async fn path(&self, from: &str, to: &str, port: u16) -> anyhow::Result<Value> {
        let port = port.to_string();
        let wanted = [("from", from), ("to", to), ("port", &port)];
        let url = reqwest::Url::parse_with_params(&format!("{}/path", self.base), wanted)?;
        Ok(self.send(self.client.get(url).timeout(PATIENCE)).await?.json().await?)
    }

    /// The traces that are kept, the newest first.
    pub async fn traces(&self) -> anyhow::Result<Vec<Value>> {
        let request = self.client.get(format!("{}/traces", self.base)).timeout(PATIENCE);
        Ok(self.send(request).await?.json().await?)
    }

    /// One trace, by its identifier or as `latest`.
    pub async fn trace(&self, id: &str) -> anyhow::Result<Value> {
        let mut url = reqwest::Url::parse(&format!("{}/traces", self.base))?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.push(id);
        }
        Ok(self.send(self.client.get(url).timeout(PATIENCE)).await?.json().await?)
    }

    /// From now on so many requests of a second leave a trace unasked.
    pub async fn sample_traces(&self, per_second: u32) -> anyhow::Result<()> {
        let request = self.client.put(format!("{}/traces/sampling", self.base)).timeout(PATIENCE);
        self.send(request.json(&json!({ "perSecond": per_second }))).await?;
        Ok(())
    }

    /// What requests are to suffer.
    pub async fn faults(&self) -> anyhow::Result<Vec<Value>> {
        let request = self.client.get(format!("{}/faults", self.base)).timeout(PATIENCE);
        Ok(self.send(request).await?.json().await?)
    }

    /// Asks for a fault; gives it with its number.
    pub async fn add_fault(&self, fault: &Value) -> anyhow::Result<Value> {
        let request = self.client.post(format!("{}/faults", self.base)).timeout(PATIENCE);
        Ok(self.send(request.json(fault)).await?.json().await?)
    }

    /// Removes one fault, or all; says how many that were.
    pub async fn clear_faults(&self, id: Option<u32>) -> anyhow::Result<u64> {
        let one = id.map(|id| format!("/{id}")).unwrap_or_default();
        let request = self.client.delete(format!("{}/faults{one}", self.base)).timeout(PATIENCE);
        let answer: Value = self.send(request).await?.json().await?;
        Ok(answer["removed"].as_u64().unwrap_or_default())
    }

    /// How fast long-running operations progress, and which run.
    pub async fn time(&self) -> anyhow::Result<Value> {
        let request = self.client.get(format!("{}/time", self.base)).timeout(PATIENCE);
        Ok(self.send(request).await?.json().await?)
    }

    /// From now on operations that begin progress so fast.
    pub async fn set_pace(&self, pace: Pace) -> anyhow::Result<()> {
        let request = self.client.put(format!("{}/time", self.base)).timeout(PATIENCE);
        self.send(request.json(&json!({ "pace": pace.as_str() }))).await?;
        Ok(())
    }

    /// Lets time pass for the operations that run; says how many ended and how many still run.
    pub async fn forward(&self, seconds: Option<u32>) -> anyhow::Result<(u64, u64)> {
        let request = self.client.post(format!("{}/time/forward", self.base)).timeout(PATIENCE);
        let answer: Value = self.send(request.json(&json!({ "seconds": seconds }))).await?.json().await?;
        let number = |name: &str| answer[name].as_u64().unwrap_or_default();
        Ok((number("ended"), number("running")))
    }

    /// Asks it to end.
    pub async fn shutdown(&self) -> anyhow::Result<()> {
        self.send(self.client.post(format!("{}/shutdown", self.base)).timeout(PATIENCE)).await?;
        Ok(())
    }

    /// Its log: the last lines, and with `follow` what comes after them.
    pub async fn logs(&self, tail: Option<usize>, follow: bool) -> anyhow::Result<Response> {
        let tail = tail.map(|tail| format!("&tail={tail}")).unwrap_or_default();
        self.send(self.client.get(format!("{}/logs?follow={follow}{tail}", self.base))).await
    }

    /// What policies sent after the one with this number, oldest first.
    pub async fn emissions(&self, after: u64) -> anyhow::Result<Vec<Value>> {
        let request = self.client.get(format!("{}/emissions?after={after}", self.base)).timeout(PATIENCE);
        Ok(self.send(request).await?.json().await?)
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let answer = request.bearer_auth(&self.token).send().await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let body: Value = answer.json().await.unwrap_or_default();
        let message = body.pointer("/error/message").and_then(Value::as_str).unwrap_or("no reason given");
        Err(Failure::new(Exit::Wrong, format!("the sandbox answered {status}: {message}")).into())
    }
}
