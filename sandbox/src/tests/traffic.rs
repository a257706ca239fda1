//! What the control plane knows of requests that the gateway served, and what it changes for the next ones.

use serde_json::{Value, json};

use super::backends::Control;
use super::{client, start, token, url};
use crate::{Endpoint, Sandbox};

const SERVICE: &str = "/providers/Microsoft.ApiManagement/service/apim";

fn below(path: &str) -> String {
    format!("{SERVICE}/{path}")
}

/// A sandbox with a service whose APIs answer by themselves: `open`, and `counted` with two calls an hour.
async fn published(state: &std::path::Path) -> (Sandbox, Control) {
    let sandbox = start(state).await;
    let (client, settings) = (client(sandbox.folder(), None), sandbox.settings().clone());
    let token = token(&client, &settings).await;
    let control = Control { client, settings, token };
    control.put("", json!({"location": "westus2"})).await;
    let service = json!({"location": "westus2", "sku": {"name": "Developer", "capacity": 1},
        "properties": {"publisherName": "P", "publisherEmail": "p@example.com"}});
    control.put(SERVICE, service).await;
    let quota = r#"<quota-by-key calls="2" renewal-period="3600" counter-key="a key" />"#;
    for (name, policy) in [("open", ""), ("counted", quota)] {
        let api = json!({"properties": {"displayName": format!("The {name} one"), "path": name,
            "protocols": ["http"], "subscriptionRequired": false}});
        control.put(&below(&format!("apis/{name}")), api).await;
        let operation = json!({"properties": {"displayName": "get", "method": "GET", "urlTemplate": "/x"}});
        control.put(&below(&format!("apis/{name}/operations/get")), operation).await;
        let text = format!(
            "<policies><inbound>{policy}<return-response><set-status code=\"200\" reason=\"OK\" />\
             <set-body>12345</set-body></return-response></inbound></policies>"
        );
        let policy = json!({"properties": {"format": "rawxml", "value": text}});
        control.put(&below(&format!("apis/{name}/policies/policy")), policy).await;
    }
    (sandbox, control)
}

impl Control {
    async fn call(&self, path: &str) -> u16 {
        let request = self.client.get(url(&self.settings, Endpoint::Gateway, path));
        let answer = request.header("host", "apim.azure-api.net").send().await.expect("an answer");
        let status = answer.status().as_u16();
        drop(answer.bytes().await.expect("a body"));
        status
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.send(method, &below(path), &body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }
}

#[tokio::test]
async fn a_quota_is_read_and_set_where_the_gateway_counts() {
    let parent = tempfile::tempdir().expect("a directory");
    let (sandbox, control) = published(&parent.path().join("state")).await;
    assert_eq!(control.send("GET", &below("quotas/a key"), &Value::Null).await.0, 404);
    for expected in [200, 200, 403] {
        assert_eq!(control.call("/counted/x").await, expected);
    }
    let told = control.ask("GET", "quotas/a key", Value::Null).await;
    assert_eq!(told["value"][0]["value"]["callsCount"], 2, "{told}");
    let period = told["value"][0]["periodKey"].as_str().expect("a key").to_owned();
    let path = format!("quotas/a key/periods/{period}");
    let set = control.ask("PATCH", &path, json!({"properties": {"callsCount": 1}})).await;
    assert_eq!((&set["periodKey"], &set["value"]["callsCount"]), (&json!(period), &json!(1)));
    for expected in [200, 403] {
        assert_eq!(control.call("/counted/x").await, expected);
    }
    control.ask("PATCH", "quotas/a key", json!({"properties": {"callsCount": 0}})).await;
    assert_eq!(control.call("/counted/x").await, 200);
    sandbox.stop().await;
}

#[tokio::test]
async fn reports_tell_what_the_gateway_served() {
    let parent = tempfile::tempdir().expect("a directory");
    let (sandbox, control) = published(&parent.path().join("state")).await;
    let calls = [
        "/open/x?a=b",
        "/open/x?subscription-key=wrong",
        "/open/none",
        "/counted/x",
        "/counted/x",
        "/counted/x",
    ];
    for (path, expected) in calls.into_iter().zip([200, 401, 404, 200, 200, 403]) {
        assert_eq!(control.call(path).await, expected, "{path}");
    }
    let report = async |path: &str| {
        let path = format!(
            "/subscriptions/{}/resourceGroups/group{SERVICE}/reports/{path}&api-version=2024-05-01",
            control.settings.subscription_id
        );
        let url = url(&control.settings, Endpoint::ResourceManager, &path);
        let request = control.client.get(url).bearer_auth(&control.token);
        let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
        answer["value"].as_array().unwrap_or_else(|| panic!("{path}: {answer}")).clone()
    };
    let since = "$filter=timestamp ge datetime'2020-01-01T00:00:00'";
    let apis = report(&format!("byApi?{since}&$orderby=callCountTotal desc, name")).await;
    let counts = |row: &Value| {
        let count = |name: &str| row[name].as_u64().expect("a number");
        ["callCountSuccess", "callCountBlocked", "callCountFailed", "callCountOther", "callCountTotal"]
            .map(count)
    };
    let rows: Vec<_> = apis.iter().map(|row| (row["name"].as_str().expect("text"), counts(row))).collect();
    assert_eq!(rows, [("The counted one", [2, 1, 0, 0, 3]), ("The open one", [1, 1, 0, 1, 3])]);
    assert_eq!(apis[0]["apiId"], "/apis/counted");
    assert!(apis[0]["bandwidth"].as_u64() > Some(10), "{}", apis[0]);
    assert!(apis[0]["apiTimeMax"].as_f64() > Some(0.0), "{}", apis[0]);
    assert_eq!(apis[0]["serviceTimeAvg"], 0.0);

    let times = report(&format!("byTime?interval=PT15M&{since}")).await;
    assert_eq!(times.iter().map(|row| counts(row)[4]).sum::<u64>(), 6);
    let operations = report(&format!("byOperation?{since} and apiId eq '/apis/open'")).await;
    assert_eq!((operations.len(), &operations[0]["operationId"]), (1, &json!("/apis/open/operations/get")));
    assert!(
        report("byApi?$filter=timestamp le datetime'2020-01-01T00:00:00'")
            .await
            .iter()
            .all(|row| { counts(row) == [0; 5] })
    );

    let requests = report(&format!("byRequest?{since}")).await;
    assert_eq!(requests.len(), 6);
    let (first, second) = (&requests[0], &requests[1]);
    assert_eq!(first["url"], "http://apim.azure-api.net/open/x?a=b");
    assert_eq!(second["url"], "http://apim.azure-api.net/open/x?subscription-key=[redacted]");
    assert_eq!((&first["responseCode"], &second["responseCode"]), (&json!(200), &json!(401)));
    assert_eq!((&first["responseSize"], &first["productId"]), (&json!(5), &json!("/products/-")));
    sandbox.stop().await;
}

#[tokio::test]
async fn a_restored_service_is_served_as_it_was() {
    let parent = tempfile::tempdir().expect("a directory");
    let state = parent.path().join("state");
    let (sandbox, control) = published(&state).await;
    let blob = json!({"storageAccount": "account", "containerName": "container", "backupName": "b",
        "accessKey": "key"});
    let (status, answer) = control.send("POST", &below("backup"), &blob).await;
    assert_eq!(status, 202, "{answer}");
    let policy = json!({"properties": {"format": "rawxml", "value": "<policies><inbound><return-response>\
        <set-status code=\"418\" reason=\"Teapot\" /></return-response></inbound></policies>"}});
    control.put(&below("apis/open/policies/policy"), policy).await;
    assert_eq!(control.call("/open/x").await, 418);
    let (status, answer) = control.send("POST", &below("restore"), &blob).await;
    assert_eq!(status, 202, "{answer}");
    assert_eq!(control.call("/open/x").await, 200);
    sandbox.stop().await;
    let folder = crate::StateFolder::open(&state).expect("readable").expect("ours");
    let lock = folder.lock().expect("released");
    folder.purge(lock).expect("backups are ours");
}
