//! A whole sandbox in this process, over its real sockets.

mod backends;
mod self_hosted;
mod traffic;

use std::path::Path;
use std::time::Duration;

use reqwest::{Certificate, Client, Proxy};
use serde_json::Value;
use sim::{Clock, Ids, Pace};

use crate::{Config, Endpoint, Error, Ports, Sandbox, Settings, StateFolder};

fn config(state_dir: &Path, ports: Ports) -> Config {
    Config {
        state_dir: state_dir.to_owned(),
        ports,
        pace: Pace::Instant,
        cluster: crate::WantedCluster::default(),
        redis: None,
        machine: crate::Machine::default(),
        supervisor: Vec::new(),
        clock: Clock::system(),
        ids: Ids::random(),
    }
}

async fn start(state_dir: &Path) -> Sandbox {
    Sandbox::start(config(state_dir, Ports::Auto)).await.expect("a sandbox")
}

/// A client that trusts the sandbox's authority and nobody else.
fn client(folder: &StateFolder, proxy: Option<String>) -> Client {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let ca = folder.read("ca.pem").expect("readable").expect("a certificate");
    let ca = Certificate::from_pem(ca.as_bytes()).expect("a certificate");
    let builder = Client::builder().tls_certs_only([ca]).no_proxy().timeout(Duration::from_secs(10));
    let builder = match proxy {
        Some(proxy) => builder.proxy(Proxy::all(proxy).expect("a proxy")),
        None => builder,
    };
    builder.build().expect("a client")
}

fn url(settings: &Settings, endpoint: Endpoint, path: &str) -> String {
    format!("{}{path}", settings.url(endpoint).expect("it was started"))
}

/// A token for the control plane.
async fn token(client: &Client, settings: &Settings) -> String {
    let token = format!("/{}/oauth2/v2.0/token", settings.tenant_id);
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope=https%3A%2F%2Fmanagement.azure.com%2F.default",
        settings.client_id, settings.client_secret
    );
    let request = client.post(url(settings, Endpoint::ResourceManager, &token)).body(form);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
    answer["access_token"].as_str().expect("a token").to_owned()
}

#[tokio::test]
async fn a_sandbox_is_healthy_and_tells_only_its_owner_more() {
    let parent = tempfile::tempdir().expect("a directory");
    let sandbox = start(&parent.path().join("state")).await;
    let (client, settings) = (client(sandbox.folder(), None), sandbox.settings().clone());
    let get = async |path: &str, token: &str| {
        let request = client.get(url(&settings, Endpoint::Admin, path)).bearer_auth(token);
        request.send().await.expect("an answer")
    };
    assert_eq!(get("/healthz", "").await.status(), 200);
    assert_eq!(get("/status", "wrong").await.status(), 401);
    let status: Value = get("/status", &settings.admin_token).await.json().await.expect("JSON");
    assert_eq!(status["endpoints"].as_array().map(Vec::len), Some(6), "{status}");
    let log = get("/logs?tail=1000", &settings.admin_token).await.text().await.expect("text");
    assert!(!log.contains(&settings.client_secret) && !log.contains(&settings.admin_token));
    sandbox.stop().await;
}

#[tokio::test]
async fn the_control_plane_gives_tokens_and_wants_them() {
    let parent = tempfile::tempdir().expect("a directory");
    let sandbox = start(&parent.path().join("state")).await;
    let (client, settings) = (client(sandbox.folder(), None), sandbox.settings().clone());
    let groups = format!("/subscriptions/{}/resourcegroups?api-version=2021-04-01", settings.subscription_id);
    let groups = url(&settings, Endpoint::ResourceManager, &groups);
    assert_eq!(client.get(&groups).send().await.expect("an answer").status(), 401);
    let token = token(&client, &settings).await;
    let listed = client.get(&groups).bearer_auth(token).send().await.expect("an answer");
    assert_eq!(listed.status(), 200);
    sandbox.stop().await;
}

#[tokio::test]
async fn the_proxy_has_no_way_out_and_says_why() {
    let parent = tempfile::tempdir().expect("a directory");
    let sandbox = start(&parent.path().join("state")).await;
    let settings = sandbox.settings().clone();
    let client = client(sandbox.folder(), settings.url(Endpoint::Proxy));
    let cases = [
        ("http://example.com/", None, 502, "the sandbox is offline"),
        ("http://127.0.0.1:1/", None, 502, "the sandbox is offline"),
        ("http://10.10.1.5/", None, 502, "10.10.1.5"),
        ("http://nobody.azure-api.net/", None, 502, "no API Management service"),
        ("http://10.10.1.5/", Some("Bearer wrong"), 407, "token"),
    ];
    for (url, token, status, text) in cases {
        let mut request = client.get(url);
        if let Some(token) = token {
            request = request.header("x-apimlab-from", "aks-subnet").header("proxy-authorization", token);
        }
        let answer = request.send().await.expect("an answer");
        let unreachable = answer.headers().contains_key("x-apimlab-unreachable");
        assert_eq!(answer.status(), status, "{url}");
        let body = answer.text().await.expect("text");
        assert!(body.contains(text), "{url}: {body}");
        assert_eq!(unreachable, status == 502 && !body.contains("offline"), "{url}: {body}");
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn a_restart_keeps_ports_and_secrets_and_a_running_one_is_not_doubled() {
    let parent = tempfile::tempdir().expect("a directory");
    let path = parent.path().join("state");
    let sandbox = start(&path).await;
    let before = sandbox.settings().clone();
    let second = Sandbox::start(config(&path, Ports::Auto)).await;
    assert!(matches!(second, Err(Error::InUse(_))));
    sandbox.stop().await;
    let sandbox = start(&path).await;
    assert_eq!(sandbox.settings().ports, before.ports);
    assert_eq!(sandbox.settings().client_secret, before.client_secret);
    sandbox.stop().await;
    let folder = StateFolder::open(&path).expect("readable").expect("ours");
    let lock = folder.lock().expect("released");
    folder.purge(lock).expect("only files of ours");
    assert!(!path.exists());
}

#[tokio::test]
async fn a_request_to_end_is_noticed() {
    let parent = tempfile::tempdir().expect("a directory");
    let sandbox = start(&parent.path().join("state")).await;
    let (client, settings) = (client(sandbox.folder(), None), sandbox.settings().clone());
    let request = client.post(url(&settings, Endpoint::Admin, "/shutdown"));
    let answer = request.bearer_auth(&settings.admin_token).send().await.expect("an answer");
    assert_eq!(answer.status(), 202);
    sandbox.stop_requested().await;
    sandbox.stop().await;
    assert!(client.get(url(&settings, Endpoint::Admin, "/healthz")).send().await.is_err());
}
