//! The Kubernetes client.

use serde_json::{Value, json};

use super::server::{Reply, Server};
use crate::Kubernetes;

fn kubeconfig(server: &str) -> String {
    format!(
        "apiVersion: v1
kind: Config
current-context: b
contexts:
- name: a
  context: {{cluster: nowhere, user: nobody}}
- name: b
  context: {{cluster: k, user: u, namespace: default}}
clusters:
- name: k
  cluster: {{server: '{server}/prefix/'}}
users:
- name: u
  user: {{token: canary}}
"
    )
}

async fn connect(answer: fn(&super::server::Seen) -> Reply) -> (Server, Kubernetes) {
    let server = Server::start(answer).await;
    let kubernetes = server.client().kubernetes(&kubeconfig(&server.url)).expect("a cluster");
    (server, kubernetes)
}

#[tokio::test]
async fn objects_are_applied_read_and_deleted_under_the_servers_prefix() {
    let (server, kubernetes) = connect(|seen| match seen.method.as_str() {
        "GET" if seen.path.ends_with("/missing") => Reply::new(404, json!({"kind": "Status"})),
        "GET" if seen.path.ends_with("/log") => Reply::new(200, json!("{\"not\": \"parsed\"}\n")),
        "DELETE" if seen.path.ends_with("/missing") => Reply::new(404, Value::Null),
        _ => Reply::new(200, json!({"kind": "Pod", "items": [1]})),
    })
    .await;
    assert!(!format!("{kubernetes:?}").contains("canary"));
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}});
    kubernetes.apply(&pod).await.expect("applied");
    let deployment =
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "n"}});
    assert_eq!(
        kubernetes.path(&deployment).await.expect("a path"),
        "/apis/apps/v1/namespaces/n/deployments/d"
    );
    assert_eq!(kubernetes.get("/api/v1/namespaces/default/pods/missing").await.expect("an answer"), None);
    assert_eq!(kubernetes.log("default", "p").await.expect("a log"), "{\"not\": \"parsed\"}\n");
    assert!(kubernetes.delete("/api/v1/namespaces/default/pods/p").await.expect("deleted"));
    assert!(!kubernetes.delete("/api/v1/namespaces/default/pods/missing").await.expect("deleted"));
    assert_eq!(kubernetes.list("/api/v1/pods").await.expect("a list"), [json!(1)]);
    let seen = &server.seen()[0];
    assert_eq!(seen.path, "/prefix/api/v1/namespaces/default/pods/p");
    assert_eq!((seen.method.as_str(), seen.query.as_str()), ("PATCH", "fieldManager=apimlab&force=true"));
    assert_eq!(seen.headers["authorization"], "Bearer canary");
}

#[tokio::test]
async fn an_unusual_kind_is_looked_up_in_the_cluster() {
    let (_server, kubernetes) = connect(|seen| match seen.path.as_str() {
        "/prefix/apis/networking.k8s.io/v1" => {
            let resources = json!([
                {"name": "ingresses/status", "kind": "Ingress", "namespaced": true},
                {"name": "ingresses", "kind": "Ingress", "namespaced": true},
                {"name": "ingressclasses", "kind": "IngressClass", "namespaced": false},
            ]);
            Reply::new(200, json!({"resources": resources}))
        }
        _ => Reply::new(404, Value::Null),
    })
    .await;
    let object =
        |kind: &str| json!({"apiVersion": "networking.k8s.io/v1", "kind": kind, "metadata": {"name": "x"}});
    let path = kubernetes.path(&object("Ingress")).await.expect("a path");
    assert_eq!(path, "/apis/networking.k8s.io/v1/namespaces/default/ingresses/x");
    let path = kubernetes.path(&object("IngressClass")).await.expect("a path");
    assert_eq!(path, "/apis/networking.k8s.io/v1/ingressclasses/x");
    assert!(kubernetes.path(&object("Other")).await.is_err());
    assert!(
        kubernetes
            .path(&json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "../x"}}))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn the_newest_warning_about_an_object_is_found() {
    let (_server, kubernetes) = connect(|seen| {
        assert!(seen.query.contains("involvedObject.name%3Dweb"), "{}", seen.query);
        let event = |kind: &str, name: &str, at: &str, message: &str| {
            json!({
                "type": kind, "reason": "SyncLoadBalancerFailed", "message": message, "lastTimestamp": at,
                "involvedObject": {"kind": "Service", "name": name},
            })
        };
        let items = [
            event("Warning", "web", "2026-01-01T00:00:02Z", "newest"),
            event("Warning", "web", "2026-01-01T00:00:01Z", "older"),
            event("Normal", "web", "2026-01-01T00:00:03Z", "normal"),
            event("Warning", "other", "2026-01-01T00:00:04Z", "other"),
        ];
        Reply::new(200, json!({"items": items}))
    })
    .await;
    let warning = kubernetes.newest_warning("default", "Service", "web").await.expect("an answer");
    assert_eq!(warning.as_deref(), Some("SyncLoadBalancerFailed: newest"));
}

#[tokio::test]
async fn a_broken_kubeconfig_is_refused_without_its_content() {
    let server = Server::start(|_| Reply::new(200, Value::Null)).await;
    let client = server.client();
    let good = kubeconfig(&server.url);
    for text in
        [String::new(), "canary: [".to_owned(), good.replace("current-context: b", "current-context: c")]
    {
        let error = client.kubernetes(&text).expect_err("refused").to_string();
        assert!(error.contains("kubeconfig") && !error.contains("canary"), "{error}");
    }
}
