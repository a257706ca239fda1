//! A plain HTTP client for the sandbox's public doors: what any program would use.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::{Certificate, Client, Method, Response};
use serde_json::Value;

/// A client of one sandbox's control plane, with a token.
pub struct Azure {
    pub client: Client,
    pub origin: String,
    pub subscription: String,
    token: String,
}

impl Azure {
    /// Logs in with the client secret that `status -o env` prints.
    pub async fn login(environment: &BTreeMap<String, String>) -> Self {
        let client = trusting(&environment["APIMLAB_CA_FILE"]);
        let origin = environment["APIMLAB_ARM_URL"].trim_end_matches('/').to_owned();
        let token_url = format!("{origin}/{}/oauth2/v2.0/token", environment["APIMLAB_TENANT_ID"]);
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={origin}/.default",
            environment["APIMLAB_CLIENT_ID"], environment["APIMLAB_CLIENT_SECRET"]
        );
        let answer = client
            .post(token_url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await
            .expect("a token answer");
        let token: Value = answer.json().await.expect("JSON");
        let token = token["access_token"].as_str().unwrap_or_else(|| panic!("no token: {token}")).to_owned();
        Self { client, origin, subscription: environment["APIMLAB_SUBSCRIPTION_ID"].clone(), token }
    }

    /// Sends a request; `path` begins after the subscription.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Response {
        self.try_send(method, path, body).await.expect("an answer")
    }

    /// Sends a request that may find nobody listening.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> reqwest::Result<Response> {
        let url = format!("{}/subscriptions/{}{path}", self.origin, self.subscription);
        let mut request = self.client.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await
    }

    /// The status and body of a GET.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        let answer = self.send(Method::GET, path, None).await;
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    /// All items of a list, page after page.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let start = format!("{}/subscriptions/{}", self.origin, self.subscription);
        let (mut items, mut next) = (Vec::new(), Some(path.to_owned()));
        while let Some(path) = next {
            let (status, page) = self.get(&path).await;
            assert_eq!(status, 200, "{path}: {page}");
            items.extend(page["value"].as_array().cloned().unwrap_or_default());
            next = page["nextLink"].as_str().and_then(|link| link.strip_prefix(&start)).map(str::to_owned);
        }
        items
    }
}

/// A client that trusts the sandbox's certificate authority, and nothing else.
pub fn trusting(ca_file: &str) -> Client {
    // Whoever is first decides for the process; it is the same provider either way.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let authority = std::fs::read(ca_file).expect("the certificate authority's file");
    Client::builder()
        .tls_certs_only([Certificate::from_pem(&authority).expect("a certificate")])
        .no_proxy()
        .timeout(Duration::from_secs(20))
        .build()
        .expect("a client")
}

/// A client for plain HTTP.
pub fn plain() -> Client {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    Client::builder()
        .tls_certs_only([])
        .no_proxy()
        .timeout(Duration::from_secs(20))
        .build()
        .expect("a client")
}
