//! MetalLB's kinds. <https://metallb.io/apis/>

use serde_json::{Value, json};

use super::NAMESPACE;

/// Kind, plural, and versions; the last version is the one that is stored.
const KINDS: &[(&str, &str, &[&str])] = &[
    ("BFDProfile", "bfdprofiles", &["v1beta1"]),
    ("BGPAdvertisement", "bgpadvertisements", &["v1beta1"]),
    ("BGPPeer", "bgppeers", &["v1beta1", "v1beta2"]),
    ("Community", "communities", &["v1beta1"]),
    ("ConfigurationState", "configurationstates", &["v1beta1"]),
    ("IPAddressPool", "ipaddresspools", &["v1beta1"]),
    ("L2Advertisement", "l2advertisements", &["v1beta1"]),
    ("ServiceBGPStatus", "servicebgpstatuses", &["v1beta1"]),
    ("ServiceL2Status", "servicel2statuses", &["v1beta1"]),
];

/// All definitions.
pub fn all() -> Vec<Value> {
    KINDS.iter().map(|(kind, plural, versions)| definition(kind, plural, versions)).collect()
}

fn definition(kind: &str, plural: &str, versions: &[&str]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .map(|version| {
            json!({
                "name": version, "served": true, "storage": Some(version) == versions.last(),
                "schema": { "openAPIV3Schema": schema(kind) },
                "subresources": { "status": {} },
                "additionalPrinterColumns": columns(kind),
            })
        })
        .collect();
    let mut spec = json!({
        "group": "metallb.io",
        "names": {
            "kind": kind, "listKind": format!("{kind}List"), "plural": plural, "singular": kind.to_lowercase(),
        },
        "scope": "Namespaced",
        "versions": versions,
    });
    if versions.len() > 1 {
        // The controller writes its certificate in here.
        spec["conversion"] = json!({
            "strategy": "Webhook",
            "webhook": {
                "clientConfig": {
                    "service": { "name": "metallb-webhook-service", "namespace": NAMESPACE, "path": "/convert" },
                },
                "conversionReviewVersions": ["v1beta1", "v1beta2"],
            },
        });
    }
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("{plural}.metallb.io") },
        "spec": spec,
    })
}

fn schema(kind: &str) -> Value {
    let open = || json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
    let texts = || json!({ "type": "array", "items": { "type": "string" } });
    let selectors = || json!({ "type": "array", "items": open() });
    let spec = match kind {
        "IPAddressPool" => json!({
            "type": "object",
            "required": ["addresses"],
            "properties": {
                "addresses": texts(),
                "autoAssign": { "type": "boolean", "default": true },
                "avoidBuggyIPs": { "type": "boolean", "default": false },
                "serviceAllocation": open(),
            },
        }),
        "L2Advertisement" => json!({
            "type": "object",
            "properties": {
                "interfaces": texts(),
                "ipAddressPools": texts(),
                "ipAddressPoolSelectors": selectors(),
                "nodeSelectors": selectors(),
                "serviceSelectors": selectors(),
            },
        }),
        _ => open(),
    };
    let mut schema = json!({ "type": "object", "properties": { "spec": spec, "status": open() } });
    if kind == "IPAddressPool" {
        schema["required"] = json!(["spec"]);
    }
    schema
}

/// What `kubectl get` shows.
fn columns(kind: &str) -> Vec<Value> {
    let rows: &[(&str, &str, &str)] = match kind {
        "IPAddressPool" => &[
            ("Auto Assign", "boolean", ".spec.autoAssign"),
            ("Avoid Buggy IPs", "boolean", ".spec.avoidBuggyIPs"),
            ("Addresses", "string", ".spec.addresses"),
        ],
        "L2Advertisement" => &[
            ("IPAddressPools", "string", ".spec.ipAddressPools"),
            ("Interfaces", "string", ".spec.interfaces"),
        ],
        "ServiceL2Status" => &[
            ("Allocated Node", "string", ".status.node"),
            ("Service Name", "string", ".status.serviceName"),
            ("Service Namespace", "string", ".status.serviceNamespace"),
        ],
        "ConfigurationState" => &[
            ("Type", "string", ".spec.type"),
            ("Node", "string", ".spec.nodeName"),
            ("Valid", "boolean", ".status.validConfig"),
            ("LastError", "string", ".status.lastError"),
        ],
        _ => &[],
    };
    let mut columns: Vec<Value> =
        rows.iter().map(|(name, of, path)| json!({ "name": name, "type": of, "jsonPath": path })).collect();
    columns.push(json!({ "name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp" }));
    columns
}
