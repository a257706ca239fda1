//! A client of the running sandbox's own API.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response, StatusCode};
use sandbox::{Endpoint, Settings};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::exit::{Exit, Failure};

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
