//! A backend from the control plane to the request that reaches it.

use reqwest::Client;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::{client, start, token, url};
use crate::{Endpoint, Settings};

/// The control plane, as a client with a token sees it.
pub(super) struct Control {
    pub client: Client,
    pub settings: Settings,
    pub token: String,
}

impl Control {
    pub async fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let version = if path.contains("providers") { "2024-05-01" } else { "2021-04-01" };
        let path = format!(
            "/subscriptions/{}/resourceGroups/group{path}?api-version={version}",
            self.settings.subscription_id
        );
        let url = url(&self.settings, Endpoint::ResourceManager, &path);
        let request = self.client.request(method.parse().expect("a method"), url).bearer_auth(&self.token);
        let answer = request.header("if-match", "*").json(body).send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("text");
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub async fn put(&self, path: &str, body: Value) {
        let (status, answer) = self.send("PUT", path, &body).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
    }
}

/// A backend that always fails; the heads of the requests that it got.
async fn failing() -> (u16, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (seen, heads) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let Ok(byte) = stream.read_u8().await else { break };
                head.push(byte);
            }
            let answer =
                b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            drop(stream.write_all(answer).await);
            drop(seen.send(String::from_utf8_lossy(&head).into_owned()));
        }
    });
    (port, heads)
}

#[tokio::test]
async fn a_backend_that_was_put_is_called_with_its_credentials_until_its_circuit_opens() {
    const SERVICE: &str = "/providers/Microsoft.ApiManagement/service/apim";
    let parent = tempfile::tempdir().expect("a directory");
    let sandbox = start(&parent.path().join("state")).await;
    let (client, settings) = (client(sandbox.folder(), None), sandbox.settings().clone());
    let token = token(&client, &settings).await;
    let control = Control { client: client.clone(), settings: settings.clone(), token };
    let (port, mut heads) = failing().await;
    control.put("", json!({"location": "westus2"})).await;
    let service = json!({"location": "westus2", "sku": {"name": "Developer", "capacity": 1},
        "properties": {"publisherName": "P", "publisherEmail": "p@example.com"}});
    control.put(SERVICE, service).await;
    let below = |path: &str| format!("{SERVICE}/{path}");
    let key = json!({"properties": {"displayName": "backend-key", "value": "k1", "secret": true}});
    control.put(&below("namedValues/backend-key"), key).await;
    let backend = json!({"properties": {"url": format!("http://127.0.0.1:{port}/base"), "protocol": "http",
        "credentials": {"header": {"x-backend-key": ["{{backend-key}}"]}},
        "circuitBreaker": {"rules": [{"name": "trip", "tripDuration": "PT1H", "failureCondition":
            {"count": 2, "interval": "PT1M", "statusCodeRanges": [{"min": 500, "max": 599}]}}]}}});
    let api = json!({"properties": {"displayName": "a", "path": "a", "protocols": ["http"], "subscriptionRequired": false}});
    control.put(&below("apis/a"), api).await;
    let operation = json!({"properties": {"displayName": "get", "method": "GET", "urlTemplate": "/x"}});
    control.put(&below("apis/a/operations/get"), operation).await;
    let policy = json!({"properties": {"format": "rawxml", "value": "<policies><inbound><base />\
        <set-backend-service backend-id=\"failing\" /></inbound><backend><base /></backend></policies>"}});
    let (status, refused) = control.send("PUT", &below("apis/a/policies/policy"), &policy).await;
    assert_eq!((status, &refused["error"]["code"]), (400, &json!("ValidationError")));
    let message = refused["error"]["details"][0]["message"].as_str().expect("a message");
    assert!(message.ends_with("Backend with id 'failing' could not be found."), "{message}");
    control.put(&below("backends/failing"), backend).await;
    control.put(&below("apis/a/policies/policy"), policy).await;

    let called = url(&settings, Endpoint::Gateway, "/a/x?y=1");
    let call = async || client.get(&called).send().await.expect("an answer");
    for _ in 0..2 {
        assert_eq!(call().await.status(), 500);
        let head = heads.recv().await.expect("a request").to_lowercase();
        assert!(head.starts_with("get /base/x?y=1 http/1.1\r\n"), "{head}");
        assert!(head.contains("\r\nx-backend-key: k1\r\n"), "{head}");
    }
    let left_alone = call().await;
    assert_eq!(left_alone.status(), 503);
    assert!(left_alone.headers().contains_key("retry-after"));
    assert!(heads.try_recv().is_err(), "the backend is left alone");
    let (status, kept) = control.send("DELETE", &below("backends/failing"), &Value::Null).await;
    assert_eq!(status, 400, "{kept}");
    sandbox.stop().await;
}
