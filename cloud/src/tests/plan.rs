//! Plans.

use serde_json::json;

use super::azure::{Azure, CANARY, group_id, resource, system};
use super::server::{Reply, Server};
use crate::plan::{Action, plan};
use crate::{Error, Node, NodeKind};

fn action_of(plan: &crate::Plan, key: &str) -> Action {
    plan.changes.iter().find(|change| change.key == key).map(|change| change.action).expect("a change")
}

#[tokio::test]
async fn the_first_plan_creates_everything_in_order_and_changes_nothing() {
    let azure = Azure::start().await;
    let plan = plan(&azure.server.client(), &system()).await.expect("a plan");
    assert_eq!(azure.writes(), Vec::<String>::new());
    assert_eq!((plan.count(Action::Create), plan.count(Action::Update)), (10, 1));
    let at = |key: &str| plan.changes.iter().position(|change| change.key == key).expect("a change");
    for (before, after) in [
        ("group", "apim"),
        ("app", "sp"),
        ("password", "cluster"),
        ("cluster", "kubernetes/Service/default/web"),
        ("kubernetes/Service/default/web", "api/x"),
        ("api/x", "apim/join"),
    ] {
        assert!(at(before) < at(after), "{before} before {after}");
    }
    let text = serde_json::to_string(&plan).expect("json");
    assert!(text.contains("(known after apply)") && text.contains("(secret)"), "{text}");
    let request = plan.changes[at("api/x")].request.as_ref().expect("a request");
    assert_eq!(request.method, "PUT");
    assert!(request.url.ends_with("/apis/x?api-version=2024-05-01"), "{}", request.url);
    assert_eq!(request.body, Some(json!({"properties": {"path": "x", "serviceUrl": "(known after apply)"}})));
    // Nothing in a missing group is asked for.
    assert!(!azure.server.requests().iter().any(|line| line.contains("managedClusters")));
}

#[tokio::test]
async fn a_difference_is_an_update_with_its_fields() {
    let azure = Azure::start().await;
    let options = super::apply::options();
    crate::apply(&azure.server.client(), &system(), &options.1).await.expect("applied");
    let mut nodes = system();
    for node in &mut nodes {
        if let (NodeKind::Arm { body, .. }, "api/x") = (&mut node.kind, node.key.as_str()) {
            body["properties"]["path"] = "y".into();
        }
    }
    let plan = plan(&azure.server.client(), &nodes).await.expect("a plan");
    assert_eq!((plan.count(Action::Update), plan.count(Action::Unchanged)), (1, 10));
    let change = plan.changes.iter().find(|change| change.key == "api/x").expect("a change");
    let [field] = change.fields.as_slice() else { panic!("{:?}", change.fields) };
    assert_eq!(field.path, "properties.path");
    assert_eq!((&field.from, &field.to), (&Some(json!("x")), &Some(json!("y"))));
    assert!(!serde_json::to_string(&plan).expect("json").contains(CANARY));
}

#[tokio::test]
async fn a_group_of_somebody_else_blocks() {
    for tags in [json!(null), json!({"apimlab-scenario": "other"})] {
        let azure = Azure::start().await;
        azure
            .world()
            .resources
            .insert(group_id().to_lowercase(), json!({"location": "westus2", "tags": tags}));
        let client = azure.server.client();
        let plan = plan(&client, &system()).await.expect("a plan");
        assert_eq!(action_of(&plan, "group"), Action::Blocked);
        let error = crate::apply(&client, &system(), &super::apply::options().1).await.expect_err("refused");
        assert!(matches!(error, Error::Blocked { .. }), "{error}");
        assert_eq!(azure.writes(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_inconsistent_desired_state_is_refused() {
    let azure = Azure::start().await;
    let client = azure.server.client();
    let with = |key: &str, depends: &str| {
        let mut node = resource(key, format!("{}/providers/N/t/{key}", group_id()), json!({}));
        node.depends = vec![depends.to_owned()];
        node
    };
    let refers = resource("a", group_id(), json!({"x": {"$ref": "nobody.id"}}));
    let cases: [(Vec<Node>, &str); 4] = [
        (vec![with("a", "b"), with("b", "a")], "need each other: a, b"),
        (vec![with("a", "nobody")], "there is no such node"),
        (vec![refers], "nobody.id"),
        (vec![system().remove(0), system().remove(0)], "two nodes"),
    ];
    for (nodes, message) in cases {
        let error = plan(&client, &nodes).await.expect_err("refused").to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[tokio::test]
async fn a_missing_subscription_is_no_missing_group() {
    let server = Server::start(|seen| {
        if seen.path.starts_with("/v1.0/") {
            return Reply::new(200, json!({"value": []}));
        }
        Reply::new(404, json!({"error": {"code": "SubscriptionNotFound", "message": "no such"}}))
    })
    .await;
    let error = plan(&server.client(), &system()).await.expect_err("refused");
    assert_eq!(error.code(), Some("SubscriptionNotFound"));
}
