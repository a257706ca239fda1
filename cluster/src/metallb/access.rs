//! Who MetalLB's programs are, and what they may do.
//! <https://kubernetes.io/docs/reference/access-authn-authz/rbac/>

use serde_json::{Value, json};

use super::NAMESPACE;

const READ: &[&str] = &["get", "list", "watch"];
const EVENTS: &[&str] = &["create", "patch"];
const ALL: &[&str] = &["create", "delete", "get", "list", "patch", "update", "watch"];

/// A rule: group, resources, verbs.
type Rule = (&'static str, &'static [&'static str], &'static [&'static str]);

const CONTROLLER: &[Rule] = &[
    ("", &["services", "namespaces", "nodes"], READ),
    ("", &["services/status"], &["update"]),
    ("", &["events"], EVENTS),
    (
        "admissionregistration.k8s.io",
        &["validatingwebhookconfigurations", "mutatingwebhookconfigurations"],
        ALL,
    ),
    ("apiextensions.k8s.io", &["customresourcedefinitions"], ALL),
    ("authentication.k8s.io", &["tokenreviews"], &["create"]),
    ("authorization.k8s.io", &["subjectaccessreviews"], &["create"]),
];
const SPEAKER: &[Rule] = &[
    ("", &["services", "endpoints", "nodes", "namespaces"], READ),
    ("", &["events"], EVENTS),
    ("discovery.k8s.io", &["endpointslices"], READ),
    ("authentication.k8s.io", &["tokenreviews"], &["create"]),
    ("authorization.k8s.io", &["subjectaccessreviews"], &["create"]),
];
const CONTROLLER_AT_HOME: &[Rule] = &[
    ("", &["secrets"], ALL),
    ("", &["pods", "configmaps"], READ),
    ("apps", &["deployments"], &["get"]),
    ("metallb.io", &["*"], ALL),
];
const SPEAKER_AT_HOME: &[Rule] =
    &[("", &["pods", "secrets", "configmaps"], READ), ("metallb.io", &["*"], ALL)];

/// Accounts, roles and bindings.
pub fn all() -> Vec<Value> {
    let programs = [
        ("controller", "controller", CONTROLLER, CONTROLLER_AT_HOME),
        ("speaker", "pod-lister", SPEAKER, SPEAKER_AT_HOME),
    ];
    programs
        .into_iter()
        .flat_map(|(account, at_home, everywhere, rules)| {
            let cluster = format!("metallb-system:{account}");
            [
                json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(account, Some(NAMESPACE)) }),
                role("ClusterRole", &metadata(&cluster, None), everywhere),
                role("Role", &metadata(at_home, Some(NAMESPACE)), rules),
                binding("ClusterRole", &metadata(&cluster, None), account),
                binding("Role", &metadata(at_home, Some(NAMESPACE)), account),
            ]
        })
        .collect()
}

fn metadata(name: &str, namespace: Option<&str>) -> Value {
    let mut metadata = json!({ "name": name, "labels": { "app": "metallb" } });
    if let Some(namespace) = namespace {
        metadata["namespace"] = namespace.into();
    }
    metadata
}

fn role(kind: &str, metadata: &Value, rules: &[Rule]) -> Value {
    let rules: Vec<Value> = rules
        .iter()
        .map(|(group, resources, verbs)| json!({ "apiGroups": [group], "resources": resources, "verbs": verbs }))
        .collect();
    json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata, "rules": rules })
}

fn binding(of: &str, metadata: &Value, account: &str) -> Value {
    let name = metadata["name"].clone();
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": format!("{of}Binding"), "metadata": metadata,
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": of, "name": name },
        "subjects": [{ "kind": "ServiceAccount", "name": account, "namespace": NAMESPACE }],
    })
}
