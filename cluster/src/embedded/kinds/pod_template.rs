//! What Pods and the templates of workloads share: fields, defaults, checks.
//! <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodSpec>
//!
//! **Differs from Kubernetes:** quantities stay as they were written (`0.5` does not become `500m`); volumes, probes,
//! security contexts and affinity are stored without being checked.

use serde_json::{Map, Value, json};

use super::Problems;
use super::cell::items;
use super::name::is_label;
use super::shape::{Keyed, METADATA, Shape, Type};

/// A template of a Pod.
pub const TEMPLATE: Shape = &[("metadata", Type::Object(METADATA)), ("spec", Type::Object(SPEC))];

/// The `spec` of a Pod.
pub const SPEC: Shape = &[
    ("activeDeadlineSeconds", Type::Any),
    ("affinity", Type::Any),
    ("automountServiceAccountToken", Type::Any),
    ("containers", CONTAINERS),
    ("dnsConfig", Type::Any),
    ("dnsPolicy", Type::Any),
    ("enableServiceLinks", Type::Any),
    ("ephemeralContainers", CONTAINERS),
    (
        "hostAliases",
        keyed(&Keyed { merge: "ip", keys: &["ip"], fields: &[("hostnames", Type::Any), ("ip", Type::Any)] }),
    ),
    ("hostIPC", Type::Any),
    ("hostNetwork", Type::Any),
    ("hostPID", Type::Any),
    ("hostUsers", Type::Any),
    ("hostname", Type::Any),
    ("hostnameOverride", Type::Any),
    ("imagePullSecrets", keyed(&Keyed { merge: "name", keys: &["name"], fields: &[("name", Type::Any)] })),
    ("initContainers", CONTAINERS),
    ("nodeName", Type::Any),
    ("nodeSelector", Type::Any),
    ("os", Type::Any),
    ("overhead", Type::Any),
    ("preemptionPolicy", Type::Any),
    ("priority", Type::Any),
    ("priorityClassName", Type::Any),
    ("readinessGates", Type::Any),
    ("resourceClaims", Type::Any),
    ("resources", Type::Any),
    ("restartPolicy", Type::Any),
    ("runtimeClassName", Type::Any),
    ("schedulerName", Type::Any),
    ("schedulingGates", Type::Any),
    ("securityContext", Type::Any),
    ("serviceAccount", Type::Any),
    ("serviceAccountName", Type::Any),
    ("setHostnameAsFQDN", Type::Any),
    ("shareProcessNamespace", Type::Any),
    ("subdomain", Type::Any),
    ("terminationGracePeriodSeconds", Type::Any),
    ("tolerations", Type::List(TOLERATION)),
    ("topologySpreadConstraints", Type::Any),
    ("volumes", keyed(&Keyed { merge: "name", keys: &["name"], fields: VOLUME })),
];

const CONTAINERS: Type = keyed(&Keyed { merge: "name", keys: &["name"], fields: CONTAINER });

const CONTAINER: Shape = &[
    ("args", Type::Any),
    ("command", Type::Any),
    ("env", keyed(&Keyed { merge: "name", keys: &["name"], fields: ENV })),
    ("envFrom", Type::Any),
    ("image", Type::Any),
    ("imagePullPolicy", Type::Any),
    ("lifecycle", Type::Any),
    ("livenessProbe", Type::Object(PROBE)),
    ("name", Type::Any),
    ("ports", keyed(&Keyed { merge: "containerPort", keys: &["containerPort", "protocol"], fields: PORT })),
    ("readinessProbe", Type::Object(PROBE)),
    ("resizePolicy", Type::Any),
    ("resources", Type::Object(&[("claims", Type::Any), ("limits", Type::Any), ("requests", Type::Any)])),
    ("restartPolicy", Type::Any),
    ("restartPolicyRules", Type::Any),
    ("securityContext", Type::Any),
    ("startupProbe", Type::Object(PROBE)),
    ("stdin", Type::Any),
    ("stdinOnce", Type::Any),
    ("targetContainerName", Type::Any),
    ("terminationMessagePath", Type::Any),
    ("terminationMessagePolicy", Type::Any),
    ("tty", Type::Any),
    ("volumeDevices", Type::Any),
    ("volumeMounts", keyed(&Keyed { merge: "mountPath", keys: &["mountPath"], fields: MOUNT })),
    ("workingDir", Type::Any),
];

const TOLERATION: Shape = &[
    ("effect", Type::Any),
    ("key", Type::Any),
    ("operator", Type::Any),
    ("tolerationSeconds", Type::Any),
    ("value", Type::Any),
];
const ENV: Shape = &[("name", Type::Any), ("value", Type::Any), ("valueFrom", Type::Any)];
const PORT: Shape = &[
    ("containerPort", Type::Any),
    ("hostIP", Type::Any),
    ("hostPort", Type::Any),
    ("name", Type::Any),
    ("protocol", Type::Any),
];
const MOUNT: Shape = &[
    ("mountPath", Type::Any),
    ("mountPropagation", Type::Any),
    ("name", Type::Any),
    ("readOnly", Type::Any),
    ("recursiveReadOnly", Type::Any),
    ("subPath", Type::Any),
    ("subPathExpr", Type::Any),
];
const PROBE: Shape = &[
    ("exec", Type::Any),
    ("failureThreshold", Type::Any),
    ("grpc", Type::Any),
    ("httpGet", Type::Any),
    ("initialDelaySeconds", Type::Any),
    ("periodSeconds", Type::Any),
    ("successThreshold", Type::Any),
    ("tcpSocket", Type::Any),
    ("terminationGracePeriodSeconds", Type::Any),
    ("timeoutSeconds", Type::Any),
];
/// Sources of volumes are many; only these fields are told apart.
const VOLUME: Shape = &[
    ("azureDisk", Type::Any),
    ("azureFile", Type::Any),
    ("configMap", Type::Any),
    ("csi", Type::Any),
    ("downwardAPI", Type::Any),
    ("emptyDir", Type::Any),
    ("ephemeral", Type::Any),
    ("hostPath", Type::Any),
    ("image", Type::Any),
    ("iscsi", Type::Any),
    ("name", Type::Any),
    ("nfs", Type::Any),
    ("persistentVolumeClaim", Type::Any),
    ("projected", Type::Any),
    ("secret", Type::Any),
];

const fn keyed(keyed: &'static Keyed) -> Type {
    Type::Map(keyed)
}

/// Fills in what the `spec` of a Pod left out.
pub fn default_spec(spec: &mut Map<String, Value>) {
    for list in ["initContainers", "containers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(container) = container.as_object_mut() {
                default_container(container);
            }
        }
    }
    for (field, value) in [
        ("restartPolicy", json!("Always")),
        ("terminationGracePeriodSeconds", json!(30)),
        ("dnsPolicy", json!("ClusterFirst")),
        ("securityContext", json!({})),
        ("schedulerName", json!("default-scheduler")),
    ] {
        spec.entry(field).or_insert(value);
    }
}

fn default_container(container: &mut Map<String, Value>) {
    let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
    let tag = image.rsplit('/').next().and_then(|last| last.split_once(':')).map(|(_, tag)| tag);
    let latest = !image.contains('@') && matches!(tag, None | Some("latest"));
    let policy = if latest { "Always" } else { "IfNotPresent" };
    for (field, value) in [
        ("resources", json!({})),
        ("terminationMessagePath", json!("/dev/termination-log")),
        ("terminationMessagePolicy", json!("File")),
        ("imagePullPolicy", json!(policy)),
    ] {
        container.entry(field).or_insert(value);
    }
    for port in container.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(port) = port.as_object_mut() {
            port.entry("protocol").or_insert_with(|| "TCP".into());
        }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = container.get_mut(probe).and_then(Value::as_object_mut) {
            default_probe(probe);
        }
    }
}

fn default_probe(probe: &mut Map<String, Value>) {
    for (field, value) in
        [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)]
    {
        probe.entry(field).or_insert_with(|| value.into());
    }
    if let Some(get) = probe.get_mut("httpGet").and_then(Value::as_object_mut) {
        get.entry("path").or_insert_with(|| "/".into());
        get.entry("scheme").or_insert_with(|| "HTTP".into());
    }
}

/// Tells what is wrong with the `spec` of a Pod at `path`.
pub fn validate_spec(spec: &Value, path: &str, problems: &mut Problems) {
    let containers = items(&spec["containers"]);
    if containers.is_empty() {
        problems.required(format!("{path}.containers"), "");
    }
    for list in ["initContainers", "containers"] {
        let mut seen: Vec<&Value> = Vec::new();
        for (index, container) in items(&spec[list]).iter().enumerate() {
            let at = format!("{path}.{list}[{index}]");
            validate_container(container, &at, problems);
            if seen.contains(&&container["name"]) {
                problems.duplicate(format!("{at}.name"), &container["name"]);
            }
            seen.push(&container["name"]);
        }
    }
    let policy = &spec["restartPolicy"];
    if !policy.is_null() && !["Always", "OnFailure", "Never"].iter().any(|known| policy == known) {
        problems.not_supported(format!("{path}.restartPolicy"), policy, &["Always", "OnFailure", "Never"]);
    }
}

fn validate_container(container: &Value, path: &str, problems: &mut Problems) {
    match container["name"].as_str() {
        None | Some("") => problems.required(format!("{path}.name"), ""),
        Some(name) if !is_label(name) || name.len() > 63 => {
            let why = super::NameRule::Label.problem(name).unwrap_or_default();
            problems.invalid(format!("{path}.name"), &container["name"], &why);
        }
        Some(_) => {}
    }
    if container["image"].as_str().is_none_or(|image| image.trim().is_empty()) {
        problems.required(format!("{path}.image"), "");
    }
    for (index, port) in items(&container["ports"]).iter().enumerate() {
        port_number(&port["containerPort"], &format!("{path}.ports[{index}].containerPort"), problems);
        protocol(&port["protocol"], &format!("{path}.ports[{index}].protocol"), problems);
    }
    for (index, variable) in items(&container["env"]).iter().enumerate() {
        if variable["name"].as_str().is_none_or(str::is_empty) {
            problems.required(format!("{path}.env[{index}].name"), "");
        }
    }
    let pull = &container["imagePullPolicy"];
    if !pull.is_null() && !["Always", "IfNotPresent", "Never"].iter().any(|known| pull == known) {
        problems.not_supported(format!("{path}.imagePullPolicy"), pull, &["Always", "IfNotPresent", "Never"]);
    }
}

/// A port must be a number from 1 to 65535.
pub fn port_number(port: &Value, path: &str, problems: &mut Problems) {
    match port.as_i64() {
        Some(1..=65_535) => {}
        Some(_) => problems.invalid(path, port, "must be between 1 and 65535, inclusive"),
        None => problems.required(path, ""),
    }
}

/// A protocol must be one of three.
pub fn protocol(protocol: &Value, path: &str, problems: &mut Problems) {
    if !protocol.is_null() && !["SCTP", "TCP", "UDP"].iter().any(|known| protocol == known) {
        problems.not_supported(path, protocol, &["SCTP", "TCP", "UDP"]);
    }
}

/// The selector of a workload must be there, select its own template, and stay as it is.
pub fn validate_workload(object: &Value, old: Option<&Value>, problems: &mut Problems) {
    let spec = &object["spec"];
    if let Some(replicas) = spec["replicas"].as_i64()
        && replicas < 0
    {
        problems.invalid("spec.replicas", &spec["replicas"], "must be greater than or equal to 0");
    }
    let labels = &spec["template"]["metadata"]["labels"];
    let selector = &spec["selector"];
    let empty = |field: &str| match &selector[field] {
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => true,
    };
    if selector.is_null() {
        problems.required("spec.selector", "");
    } else if empty("matchLabels") && empty("matchExpressions") {
        problems.invalid("spec.selector", selector, "empty selector is invalid for deployment");
    } else if !crate::embedded::controllers::selects(selector, labels) {
        problems.invalid(
            "spec.template.metadata.labels",
            labels,
            "`selector` does not match template `labels`",
        );
    }
    validate_spec(&spec["template"]["spec"], "spec.template.spec", problems);
    let policy = &spec["template"]["spec"]["restartPolicy"];
    if policy == "OnFailure" || policy == "Never" {
        problems.not_supported("spec.template.spec.restartPolicy", policy, &["Always"]);
    }
    if old.is_some_and(|old| old["spec"]["selector"] != *selector) {
        problems.invalid("spec.selector", selector, "field is immutable");
    }
}

/// The fields of an object at a path, made if they are missing.
pub fn object_at<'a>(object: &'a mut Value, field: &str) -> Option<&'a mut Map<String, Value>> {
    object.as_object_mut()?.entry(field).or_insert_with(|| json!({})).as_object_mut()
}

/// The `spec` of the template in the `spec` of a workload.
pub fn template_spec(spec: &mut Map<String, Value>) -> Option<&mut Map<String, Value>> {
    spec.get_mut("template")?.get_mut("spec")?.as_object_mut()
}
