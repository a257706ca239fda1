//! The controller's webhook, which refuses pools that contradict each other.
//! <https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/>

use serde_json::{Value, json};

use super::NAMESPACE;

/// What is checked: singular, plural, version.
const CHECKED: &[(&str, &str, &str)] = &[
    ("bfdprofile", "bfdprofiles", "v1beta1"),
    ("bgpadvertisement", "bgpadvertisements", "v1beta1"),
    ("bgppeer", "bgppeers", "v1beta2"),
    ("community", "communities", "v1beta1"),
    ("ipaddresspool", "ipaddresspools", "v1beta1"),
    ("l2advertisement", "l2advertisements", "v1beta1"),
];

/// The Secret that the controller puts its certificate into, and the Service in front of it.
pub fn backing() -> Vec<Value> {
    vec![
        json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": { "name": "metallb-webhook-cert", "namespace": NAMESPACE },
        }),
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": { "name": "metallb-webhook-service", "namespace": NAMESPACE },
            "spec": {
                "ports": [{ "port": 443, "targetPort": 9443 }],
                "selector": { "component": "controller" },
            },
        }),
    ]
}

/// What the API server asks before it stores MetalLB's objects.
pub fn configuration() -> Value {
    let webhook = |(singular, plural, version): &(&str, &str, &str)| {
        let operations = if *singular == "bfdprofile" { ["CREATE", "DELETE"] } else { ["CREATE", "UPDATE"] };
        json!({
            "name": format!("{singular}validationwebhook.metallb.io"),
            "admissionReviewVersions": ["v1"],
            "clientConfig": {
                "service": {
                    "name": "metallb-webhook-service", "namespace": NAMESPACE,
                    "path": format!("/validate-metallb-io-{version}-{singular}"),
                },
            },
            "failurePolicy": "Fail",
            "rules": [{
                "apiGroups": ["metallb.io"], "apiVersions": [version],
                "operations": operations, "resources": [plural],
            }],
            "sideEffects": "None",
        })
    };
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": { "name": "metallb-webhook-configuration" },
        "webhooks": CHECKED.iter().map(webhook).collect::<Vec<Value>>(),
    })
}
