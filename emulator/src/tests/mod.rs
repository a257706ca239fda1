//! The control plane as clients meet it: requests in, responses out, and what the other parts are told.

mod access;
mod activity_log;
mod api_management;
mod attachments;
mod authorizations;
mod backends;
mod backups;
mod caches;
mod children;
mod cluster_operations;
mod clusters;
mod compiled_templates;
mod configurations;
mod connectivity;
mod deployments;
mod examples;
mod faults;
mod identities;
mod key_vaults;
mod locks;
mod models;
mod networks;
mod odd;
mod operations;
mod private_dns;
mod private_links;
mod published;
mod quotas;
mod replay;
mod reports;
mod revisions;
mod robustness;
mod rows;
mod service_actions;
mod survival;
mod types;
mod users;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use diagnostic::Diagnostic;
use http::{HeaderMap, Request};
use network::Fabric;
use serde_json::{Value, json};
use sim::{Clock, Ids, Pace, Timestamp};
use tempfile::TempDir;

use crate::{Config, Database, Emulator, Seed};

const TENANT: &str = "11111111-1111-1111-1111-111111111111";
pub const SUBSCRIPTION: &str = "22222222-2222-2222-2222-222222222222";
pub const CLIENT: &str = "33333333-3333-3333-3333-333333333333";
pub const SECRET: &str = "pw~123";
pub const ORIGIN: &str = "https://127.0.0.1:8443";
pub const GROUP: &str = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/g";

/// What the gateway was told.
#[derive(Default)]
pub struct DataPlane(
    pub Mutex<Vec<apim::Snapshot>>,
    pub Mutex<Option<apim::QuotaCounter>>,
    pub Mutex<apim::Traffic>,
    pub Mutex<Vec<String>>,
);

impl apim::DataPlane for DataPlane {
    fn check(&self, candidate: &apim::Shared<apim::Service>) -> Result<(), Vec<Diagnostic>> {
        let policies = candidate
            .apis
            .iter()
            .flat_map(|api| api.operations.iter().map(|operation| &operation.policy).chain([&api.policy]))
            .chain([&candidate.policy]);
        for policy in policies.flatten() {
            if let Some(at) = policy.text.find("<bad") {
                let problem = Diagnostic::new("APL0001", "unknown policy `bad`");
                return Err(vec![problem.at(&policy.text, at..at + 4).of(policy.path.clone())]);
            }
        }
        Ok(())
    }

    fn publish(&self, snapshot: apim::Snapshot) -> Result<(), Vec<Diagnostic>> {
        self.0.lock().expect("a lock").push(snapshot);
        Ok(())
    }

    fn read<'a>(&'a self, url: &'a str, _: usize) -> apim::Reading<'a> {
        let policy = |name| format!("<policies><!-- {name} --></policies>");
        let document = |name| {
            format!(
                r#"{{"openapi": "3.0.1", "info": {{"title": "{name}", "version": "1"}}, "paths": {{"/a": {{"get": {{"operationId": "{name}"}}}}}}}}"#
            )
        };
        let found = url.strip_prefix("http://link/").map(policy);
        let found = found.or_else(|| url.strip_prefix("http://openapi/").map(document));
        Box::pin(async { found.ok_or_else(|| "it answers with 404".to_owned()) })
    }

    fn debug_token(&self, asked: &apim::DebugCredentials) -> Option<String> {
        Some(format!("aid={}&p=tracing&ex={}", asked.api, asked.lifetime.as_secs()))
    }

    fn probe<'a>(&'a self, asked: &'a apim::Probe) -> apim::Probing<'a> {
        let status = asked.request.as_ref().map(|_| 418);
        Box::pin(async move { Ok(apim::Probed { took: Duration::from_millis(7), status }) })
    }

    fn traffic(&self, _: &str) -> apim::Traffic {
        self.2.lock().expect("a lock").clone()
    }

    /// The counter of the key `a key`.
    fn quota<'a>(&'a self, key: &'a apim::QuotaKey, change: apim::QuotaChange) -> apim::Counted<'a> {
        let mut counter = self.1.lock().expect("a lock");
        let counter = counter
            .as_mut()
            .filter(|counter| key.key == "a key" && change.start.is_none_or(|start| start == counter.start));
        let told = counter.map(|counter| {
            counter.calls = change.calls.unwrap_or(counter.calls);
            counter.bytes = change.bytes.unwrap_or(counter.bytes);
            *counter
        });
        Box::pin(async move { told })
    }

    fn policies(&self) -> Vec<apim::PolicyDescription> {
        use apim::PolicyScope::{Api, Operation, Product, Tenant};
        let policy = |name, scopes: &[apim::PolicyScope]| apim::PolicyDescription {
            name,
            summary: "What it does.",
            scopes: scopes.to_vec(),
        };
        vec![
            policy("base", &[Product, Api, Operation]),
            policy("quota", &[Product]),
            policy("trace", &[Tenant]),
        ]
    }

    fn reconnect(&self, after: Duration) -> bool {
        self.3.lock().expect("a lock").push(format!("reconnect after {} s", after.as_secs()));
        true
    }

    fn forget_debug_tokens(&self, service: &str) -> bool {
        let name = service.rsplit('/').next().unwrap_or_default();
        self.3.lock().expect("a lock").push(format!("forget the tokens of {name}"));
        true
    }

    fn trace(&self, service: &str, id: &str) -> Option<apim::TraceDocument> {
        let service = service.rsplit('/').next()?.to_owned();
        let entry = apim::TraceEntry {
            source: "cors".to_owned(),
            timestamp: "2026-01-02T03:04:05.0000000Z".to_owned(),
            elapsed: "00:00:00.0000010".to_owned(),
            data: Value::Null,
        };
        let document = apim::TraceDocument { service, id: id.to_owned(), ..apim::TraceDocument::default() };
        (id == "known").then(|| apim::TraceDocument { inbound: vec![entry], ..document })
    }
}

/// What the Kubernetes back end was told.
#[derive(Default)]
pub struct Cluster(pub Mutex<Vec<Vec<aks::ManagedCluster>>>);

impl aks::Cluster for Cluster {
    fn apply(&self, clusters: Vec<aks::ManagedCluster>) {
        self.0.lock().expect("a lock").push(clusters);
    }

    fn kubeconfig(&self, cluster_id: &str) -> Option<String> {
        let told = self.0.lock().expect("a lock");
        let runs = told.last()?.iter().any(|cluster| cluster.id.eq_ignore_ascii_case(cluster_id));
        runs.then(|| "kind: Config".to_owned())
    }

    fn can_pause(&self) -> bool {
        true
    }

    fn run_command(&self, _: &str, _: &str, command: &str) -> Result<(), String> {
        if command == "kubectl get nodes" { Ok(()) } else { Err("no".to_owned()) }
    }

    fn command_result(&self, _: &str, id: &str) -> Option<aks::CommandResult> {
        let logs = "NAME".to_owned();
        let ended = aks::CommandEnd { at: 1_800_000_001, exit_code: 0, logs };
        let ended = (id != "running").then_some(ended);
        matches!(id.len(), 7 | 32).then_some(aks::CommandResult { started: 1_800_000_000, ended })
    }
}

/// A control plane with stand-ins for everything around it.
pub struct World {
    pub emulator: Arc<Emulator>,
    pub clock: Clock,
    pub data_plane: Arc<DataPlane>,
    pub cluster: Arc<Cluster>,
    pub fabric: Arc<Fabric>,
    pub token: String,
    pace: Pace,
    pub directory: Arc<TempDir>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    #[track_caller]
    pub fn expect_error(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.body);
        self
    }
}

impl World {
    /// A control plane whose operations end at once.
    pub async fn instant() -> Self {
        Self::at(Pace::Instant, Arc::new(tempfile::tempdir().expect("a directory"))).await
    }

    /// A control plane whose operations take as long as in Azure.
    pub async fn realistic() -> Self {
        Self::at(Pace::Realistic, Arc::new(tempfile::tempdir().expect("a directory"))).await
    }

    /// The same control plane after its process was killed, at a later time.
    pub async fn restarted(self, after: Duration) -> Self {
        let Self { emulator, clock, pace, directory, .. } = self;
        drop(emulator);
        let now = clock.now().after(after);
        Self::with(Clock::manual(now), pace, directory).await
    }

    async fn at(pace: Pace, directory: Arc<TempDir>) -> Self {
        Self::with(Clock::manual(Timestamp::from_unix_seconds(1_800_000_000)), pace, directory).await
    }

    async fn with(clock: Clock, pace: Pace, directory: Arc<TempDir>) -> Self {
        let (data_plane, cluster, fabric): (Arc<DataPlane>, Arc<Cluster>, Arc<Fabric>) = Default::default();
        let config = Config {
            clock: clock.clone(),
            ids: Ids::random(),
            pace,
            origin: ORIGIN.to_owned(),
            seed: Seed {
                tenant_id: TENANT.to_owned(),
                subscription_id: SUBSCRIPTION.to_owned(),
                client_id: CLIENT.to_owned(),
                client_secret: SECRET.to_owned(),
            },
            database: Database::open(&directory.path().join("state.db")).expect("a database"),
            backups: directory.path().join("backups"),
            data_plane: data_plane.clone(),
            cluster: cluster.clone(),
            fabric: fabric.clone(),
            configurations: directory.path().join("configurations"),
            key_vaults: directory.path().join("key-vaults.json"),
        };
        let emulator = Emulator::open(config).expect("a control plane");
        let mut world =
            Self { emulator, clock, data_plane, cluster, fabric, token: String::new(), pace, directory };
        world.token = world.token_of(CLIENT, SECRET).await;
        world
    }

    /// A token for an application.
    pub async fn token_of(&self, client: &str, secret: &str) -> String {
        let form = format!(
            "grant_type=client_credentials&client_id={client}&client_secret={secret}&scope={ORIGIN}%2F.default"
        );
        let request = Request::post(format!("/{TENANT}/oauth2/v2.0/token"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(form))
            .expect("a request");
        let response = self.emulator.handle(request).await;
        let body: Value = serde_json::from_slice(response.body()).expect("JSON");
        body["access_token"].as_str().unwrap_or_else(|| panic!("no token: {body}")).to_owned()
    }

    /// Sends a request as the seed's principal, with a current api-version unless the path has one.
    pub async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        self.send_with(method, path, body, &[]).await
    }

    pub async fn send_with(&self, method: &str, path: &str, body: Value, headers: &[(&str, &str)]) -> Answer {
        let separator = if path.contains('?') { '&' } else { '?' };
        let path = if path.contains("api-version=") || path.starts_with("/v1.0") {
            path.to_owned()
        } else {
            format!("{path}{separator}api-version=2025-10-01")
        };
        let mut request =
            Request::builder().method(method).uri(path.replace(' ', "%20").replace('\'', "%27"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let response = self.emulator.handle(request.body(body).expect("a request")).await;
        let (parts, body) = response.into_parts();
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).expect("JSON") };
        let answer = Answer { status: parts.status.as_u16(), headers: parts.headers, body };
        types::check(method, &path, &answer);
        answer
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, Value::Null).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, body).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, Value::Null).await
    }

    /// A resource group `g` with a virtual network `vnet` and two subnets.
    pub async fn network(&self) -> String {
        self.put(GROUP, json!({"location": "West US 2"})).await.expect(201);
        let guard = format!("{GROUP}/providers/Microsoft.Network/networkSecurityGroups/guard");
        self.put(&guard, json!({"location": "westus2"})).await.expect(201);
        let vnet = format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet");
        let body = json!({"location": "westus2", "properties": {
            "addressSpace": {"addressPrefixes": ["10.10.0.0/16"]},
            "subnets": [
                {"name": "aks", "properties": {"addressPrefix": "10.10.1.0/24"}},
                {"name": "apim", "properties": {"addressPrefixes": ["10.10.2.0/24"],
                    "networkSecurityGroup": {"id": guard}}},
            ],
        }});
        self.put(&vnet, body).await.expect(201);
        self.clock.advance(Duration::from_mins(1));
        vnet
    }

    /// An API Management service `apim` in the group, which must exist.
    pub async fn service(&self) -> String {
        let service = format!("{GROUP}/providers/Microsoft.ApiManagement/service/apim");
        let body = json!({"location": "westus2", "sku": {"name": "Developer", "capacity": 1},
            "properties": {"publisherName": "P", "publisherEmail": "p@example.com"}});
        self.put(&service, body).await.expect(201);
        service
    }

    /// A new application with a service principal: its app id, object id, the principal's object id, its secret.
    pub async fn application(&self, name: &str) -> [String; 4] {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let application =
            self.send("POST", "/v1.0/applications", json!({"displayName": name})).await.expect(201).body;
        let body = json!({"appId": application["appId"]});
        let principal = self.send("POST", "/v1.0/servicePrincipals", body).await.expect(201).body;
        let path = format!("/v1.0/servicePrincipals/{}/addPassword", text(&principal["id"]));
        let password = self.send("POST", &path, json!({"passwordCredential": {}})).await.expect(200).body;
        [
            text(&application["appId"]),
            text(&application["id"]),
            text(&principal["id"]),
            text(&password["secretText"]),
        ]
    }

    /// Where the configurations of services are as files.
    pub fn configurations(&self) -> std::path::PathBuf {
        self.directory.path().join("configurations")
    }

    /// The secrets of all key vaults from now on.
    pub fn key_vaults(&self, vaults: &Value) {
        std::fs::write(self.directory.path().join("key-vaults.json"), vaults.to_string()).expect("a file");
    }

    /// What the gateway serves: the only service.
    pub fn served(&self) -> Option<apim::Service> {
        let told = self.data_plane.0.lock().expect("a lock");
        told.last()
            .and_then(|snapshot| snapshot.services.first().map(|service| apim::Service::clone(service)))
    }

    /// What the Kubernetes back end runs: the only cluster.
    pub fn cluster(&self) -> Option<aks::ManagedCluster> {
        let told = self.cluster.0.lock().expect("a lock");
        told.last().and_then(|clusters| clusters.first().cloned())
    }
}
