//! The desired state of the catalog's scenarios.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cloud::{Node, NodeKind};
use serde_json::{Value, json};

use crate::{Files, Scenario, Source, catalog, load};

const SUBSCRIPTION: &str = "11111111-1111-1111-1111-111111111111";

fn private_api() -> Scenario {
    load("getting-started/private-api").expect("the scenario is right")
}

/// Everything of a node that its requests depend on.
fn shown(node: &Node) -> Value {
    let kind = match &node.kind {
        NodeKind::Arm { id, api_version, body, method, if_match_any, read_only } => {
            let if_match = if_match_any.then_some("*");
            json!({"request": format!("{method:?} {id}?api-version={api_version}"), "ifMatch": if_match, "notCompared": read_only, "body": body})
        }
        NodeKind::Application { display_name } => json!({"application": display_name}),
        NodeKind::ServicePrincipal { application } => json!({"servicePrincipalOf": application}),
        NodeKind::Password { owner, display_name } => json!({"passwordOf": owner, "name": display_name}),
        NodeKind::KubernetesObject { cluster, object } => json!({"cluster": cluster, "object": object}),
    };
    json!({
        "key": node.key,
        "title": node.title,
        "depends": node.depends,
        "minutes": node.minutes,
        "monthlyUsd": node.monthly_usd,
        "costNote": node.cost_note,
        "kind": kind,
    })
}

#[test]
fn the_articles_scenario_compiles_to_the_golden_requests() {
    let nodes: Vec<Value> = private_api().nodes(SUBSCRIPTION).iter().map(shown).collect();
    let fresh = format!("{:#}\n", Value::from(nodes));
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/golden/private-api.json");
    if fs::read_to_string(&golden).is_ok_and(|text| text == fresh) {
        return;
    }
    let written = std::env::temp_dir().join("apimlab-private-api.json");
    fs::write(&written, fresh).expect("the new requests are written");
    panic!(
        "other requests than before: diff {} {}; copy it if they are right",
        golden.display(),
        written.display()
    );
}

#[test]
fn every_edge_leads_to_a_node_and_every_node_is_told_once() {
    for entry in catalog() {
        let scenario = load(&entry.id).expect("the scenario is right");
        let nodes = scenario.nodes(SUBSCRIPTION);
        let keys: BTreeSet<&str> = nodes.iter().map(|node| node.key.as_str()).collect();
        assert_eq!(keys.len(), nodes.len(), "keys are unique");
        for node in &nodes {
            for needed in &node.depends {
                assert!(keys.contains(needed.as_str()), "{} needs {needed}", node.key);
            }
        }
        let deploys: Vec<&str> =
            scenario.steps().iter().flat_map(|step| &step.deploys).map(|key| key.as_str()).collect();
        for key in keys {
            let told = deploys.iter().filter(|wanted| match wanted.strip_suffix('*') {
                Some(prefix) => key.starts_with(prefix),
                None => **wanted == key,
            });
            assert_eq!(told.count(), 1, "{key} is told in one step of {}", entry.id);
        }
    }
}

#[test]
fn the_same_file_means_the_same_names_and_another_subscription_other_ids() {
    let ids = |subscription: &str| -> Vec<String> {
        let nodes = private_api().nodes(subscription);
        nodes
            .into_iter()
            .filter_map(|node| match node.kind {
                NodeKind::Arm { id, .. } => Some(id),
                _ => None,
            })
            .collect()
    };
    assert_eq!(ids(SUBSCRIPTION), ids(SUBSCRIPTION));
    let other = ids("99999999-9999-9999-9999-999999999999");
    assert!(other.iter().all(|id| id.starts_with("/subscriptions/99999999-9999-9999-9999-999999999999/")));
}

#[test]
fn a_kind_of_gateway_becomes_a_tag_of_the_service() {
    for (line, expected) in
        [("", Value::Null), ("gateway: self-hosted", json!("self-hosted")), ("gateway: v2", json!("v2"))]
    {
        let text = format!(
            "name: a\ntitle: A\nsummary: A.\nlocation: westus2\nresourceGroup: a-group\napiManagement:\n  name: a-apim\n  sku: Premium\n  publisherName: Somebody\n  publisherEmail: owner@example.com\n  {line}\n"
        );
        let source = Source { name: "s.yaml".to_owned(), text, files: Files::Embedded(&[]) };
        let nodes = Scenario::read(source).expect("the scenario is right").nodes(SUBSCRIPTION);
        let service = nodes.iter().find(|node| node.key == "apim").expect("a service");
        let NodeKind::Arm { body, .. } = &service.kind else { panic!("a request") };
        assert_eq!(body["tags"]["apimlab-gateway"], expected, "{line}");
    }
}
