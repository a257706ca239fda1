//! MetalLB's programs: the controller gives addresses, a speaker on each node announces them.
//! <https://metallb.io/concepts/layer2/>

use serde_json::{Value, json};

use super::{IMAGES, NAMESPACE};

/// The Deployment of the controller.
pub fn controller() -> Value {
    let container = json!({
        "name": "controller",
        "image": IMAGES.first(),
        "args": ["--port=7472", "--log-level=info"],
        "env": [
            from_field("METALLB_POD_NAME", "metadata.name"),
            { "name": "METALLB_ML_SECRET_NAME", "value": "memberlist" },
            { "name": "METALLB_DEPLOYMENT", "value": "controller" },
        ],
        "ports": [
            { "name": "monitoring", "containerPort": 7472 },
            { "name": "webhook-server", "containerPort": 9443 },
        ],
        "livenessProbe": probe(),
        "readinessProbe": probe(),
        "securityContext": {
            "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] }, "readOnlyRootFilesystem": true,
        },
        "volumeMounts": [
            { "name": "cert", "mountPath": "/tmp/k8s-webhook-server/serving-certs", "readOnly": true },
        ],
    });
    let pod = json!({
        "containers": [container],
        "nodeSelector": { "kubernetes.io/os": "linux" },
        "securityContext": { "runAsNonRoot": true, "runAsUser": 65534, "fsGroup": 65534 },
        "serviceAccountName": "controller",
        "terminationGracePeriodSeconds": 0,
        "volumes": [{ "name": "cert", "secret": { "defaultMode": 420, "secretName": "metallb-webhook-cert" } }],
    });
    workload("Deployment", "controller", &pod)
}

/// The `DaemonSet` of the speakers.
pub fn speaker() -> Value {
    let container = json!({
        "name": "speaker",
        "image": IMAGES.get(1),
        "args": ["--port=7472", "--log-level=info"],
        "env": [
            from_field("METALLB_NODE_NAME", "spec.nodeName"),
            from_field("METALLB_POD_NAME", "metadata.name"),
            from_field("METALLB_HOST", "status.hostIP"),
            from_field("METALLB_ML_BIND_ADDR", "status.podIP"),
            { "name": "METALLB_ML_LABELS", "value": "app=metallb,component=speaker" },
            { "name": "METALLB_ML_SECRET_KEY_PATH", "value": "/etc/ml_secret_key" },
        ],
        "ports": [
            { "name": "monitoring", "containerPort": 7472 },
            { "name": "memberlist-tcp", "containerPort": 7946 },
            { "name": "memberlist-udp", "containerPort": 7946, "protocol": "UDP" },
        ],
        "livenessProbe": probe(),
        "readinessProbe": probe(),
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": { "add": ["NET_RAW"], "drop": ["ALL"] },
            "readOnlyRootFilesystem": true,
        },
        "volumeMounts": [
            { "name": "memberlist", "mountPath": "/etc/ml_secret_key", "readOnly": true },
            { "name": "metallb-excludel2", "mountPath": "/etc/metallb", "readOnly": true },
        ],
    });
    let tolerated = |role: &str| json!({ "key": format!("node-role.kubernetes.io/{role}"), "operator": "Exists", "effect": "NoSchedule" });
    let pod = json!({
        "containers": [container],
        "hostNetwork": true,
        "nodeSelector": { "kubernetes.io/os": "linux" },
        "serviceAccountName": "speaker",
        "terminationGracePeriodSeconds": 2,
        "tolerations": [tolerated("master"), tolerated("control-plane")],
        "volumes": [
            { "name": "memberlist", "secret": { "defaultMode": 420, "secretName": "memberlist" } },
            { "name": "metallb-excludel2", "configMap": { "defaultMode": 256, "name": "metallb-excludel2" } },
        ],
    });
    workload("DaemonSet", "speaker", &pod)
}

fn workload(kind: &str, component: &str, pod: &Value) -> Value {
    let labels = json!({ "app": "metallb", "component": component });
    json!({
        "apiVersion": "apps/v1", "kind": kind,
        "metadata": { "name": component, "namespace": NAMESPACE, "labels": labels },
        "spec": {
            "selector": { "matchLabels": labels },
            "template": { "metadata": { "labels": labels }, "spec": pod },
        },
    })
}

fn from_field(name: &str, path: &str) -> Value {
    json!({ "name": name, "valueFrom": { "fieldRef": { "fieldPath": path } } })
}

/// Both programs answer with their metrics once they work.
fn probe() -> Value {
    json!({
        "httpGet": { "path": "/metrics", "port": "monitoring" },
        "initialDelaySeconds": 2, "periodSeconds": 5, "failureThreshold": 6,
    })
}
