//! From a Pod object to what the runtime runs: environment, ports, probes, history.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::Value;
use sim::Timestamp;

use crate::embedded::controllers::object::{items, name, namespace, number, text, uid};
use crate::embedded::store::{Object, Store};
use crate::embedded::workloads::{Check, ContainerSpec, History, PodSpec, Probe, RestartPolicy, Terminated};

/// What the runtime needs, or why a container cannot be configured: its name and a message.
pub fn of(pod: &Object, address: Ipv4Addr, store: &Store) -> Result<PodSpec, (String, String)> {
    let restart = match text(&pod["spec"]["restartPolicy"]) {
        "Never" => RestartPolicy::Never,
        "OnFailure" => RestartPolicy::OnFailure,
        _ => RestartPolicy::Always,
    };
    let containers = |field: &str, statuses: &str, restart: RestartPolicy| {
        let read = |container: &Value| {
            let all = items(&pod["status"][statuses]);
            let status = all.iter().find(|status| status["name"] == container["name"]);
            container_of(container, status, restart, &Source { pod, address, store })
        };
        items(&pod["spec"][field]).iter().map(read).collect::<Result<Vec<_>, _>>()
    };
    let once = if restart == RestartPolicy::Never { RestartPolicy::Never } else { RestartPolicy::OnFailure };
    Ok(PodSpec {
        uid: uid(pod).to_owned(),
        namespace: namespace(pod).to_owned(),
        name: name(pod).to_owned(),
        address,
        restart,
        init: containers("initContainers", "initContainerStatuses", once)?,
        containers: containers("containers", "containerStatuses", restart)?,
    })
}

/// What references in the environment refer to.
struct Source<'a> {
    pod: &'a Object,
    address: Ipv4Addr,
    store: &'a Store,
}

fn container_of(
    container: &Value,
    status: Option<&Value>,
    restart: RestartPolicy,
    source: &Source,
) -> Result<ContainerSpec, (String, String)> {
    let env =
        environment(container, source).map_err(|message| (text(&container["name"]).to_owned(), message))?;
    let expanded =
        |field: &str| items(&container[field]).iter().map(|word| expand(text(word), &env)).collect();
    let declared = items(&container["ports"]);
    let port = |port: &Value| port["containerPort"].as_u64().and_then(|port| u16::try_from(port).ok());
    Ok(ContainerSpec {
        name: text(&container["name"]).to_owned(),
        image: text(&container["image"]).to_owned(),
        command: expanded("command"),
        args: expanded("args"),
        ports: declared.iter().filter_map(port).collect(),
        readiness: probe(&container["readinessProbe"], declared),
        liveness: probe(&container["livenessProbe"], declared),
        startup: probe(&container["startupProbe"], declared),
        history: status.map(|status| history(status, restart)).unwrap_or_default(),
        env,
    })
}

/// What a container was before the sandbox was restarted: if it ran, it has been interrupted.
fn history(status: &Value, restart: RestartPolicy) -> History {
    let restarts = u32::try_from(number(&status["restartCount"], 0)).unwrap_or(u32::MAX);
    let moment = |value: &Value| Timestamp::parse(text(value)).unwrap_or(Timestamp::from_unix_seconds(0));
    let ended = |ended: &Value| Terminated {
        code: ended["exitCode"].as_i64().and_then(|code| i32::try_from(code).ok()).unwrap_or(255),
        reason: text(&ended["reason"]).to_owned(),
        message: text(&ended["message"]).to_owned(),
        started: moment(&ended["startedAt"]),
        finished: moment(&ended["finishedAt"]),
    };
    let last = status["lastState"].get("terminated").map(ended);
    if let Some(terminated) = status["state"].get("terminated").map(ended) {
        if restart.restarts(terminated.code) {
            return History { restarts: restarts.saturating_add(1), last: Some(terminated), finished: None };
        }
        return History { restarts, last, finished: Some(terminated) };
    }
    match status["state"].get("running") {
        None => History { restarts, last, finished: None },
        Some(running) => {
            let interrupted = Terminated {
                code: 255,
                reason: "Unknown".to_owned(),
                message: "the sandbox was restarted".to_owned(),
                started: moment(&running["startedAt"]),
                finished: moment(&running["startedAt"]),
            };
            History { restarts: restarts.saturating_add(1), last: Some(interrupted), finished: None }
        }
    }
}

fn environment(container: &Value, source: &Source) -> Result<Vec<(String, String)>, String> {
    let mut env: Vec<(String, String)> = Vec::new();
    for from in items(&container["envFrom"]) {
        let prefix = text(&from["prefix"]);
        for (resource, kind) in [("configMapRef", Kind::ConfigMap), ("secretRef", Kind::Secret)] {
            let Some(reference) = from.get(resource) else { continue };
            let Some(object) = referenced(reference, kind, source)? else { continue };
            for key in object["data"].as_object().into_iter().flatten().map(|(key, _)| key) {
                env.push((format!("{prefix}{key}"), kind.value(&object, key).unwrap_or_default()));
            }
        }
    }
    for variable in items(&container["env"]) {
        let value = match variable.get("valueFrom") {
            None => Some(expand(text(&variable["value"]), &env)),
            Some(from) => value_from(from, container, source)?,
        };
        if let Some(value) = value {
            env.push((text(&variable["name"]).to_owned(), value));
        }
    }
    Ok(env)
}

fn value_from(from: &Value, container: &Value, source: &Source) -> Result<Option<String>, String> {
    if let Some(field) = from.get("fieldRef") {
        return Ok(Some(field_of(text(&field["fieldPath"]), source)));
    }
    if let Some(resource) = from.get("resourceFieldRef") {
        let (list, name) = text(&resource["resource"]).split_once('.').unwrap_or_default();
        return Ok(Some(text(&container["resources"][list][name]).to_owned()));
    }
    for (reference, kind) in [("configMapKeyRef", Kind::ConfigMap), ("secretKeyRef", Kind::Secret)] {
        let Some(reference) = from.get(reference) else { continue };
        let Some(object) = referenced(reference, kind, source)? else { return Ok(None) };
        let key = text(&reference["key"]);
        return match kind.value(&object, key) {
            Some(value) => Ok(Some(value)),
            None if reference["optional"] == true => Ok(None),
            None => Err(format!("couldn't find key {key} in {} {}", kind.name(), place(reference, source))),
        };
    }
    Err("an environment variable has a `valueFrom` that is not known".to_owned())
}

#[derive(Clone, Copy)]
enum Kind {
    ConfigMap,
    Secret,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }

    /// The text of a key.
    fn value(self, object: &Object, key: &str) -> Option<String> {
        use base64::Engine as _;
        let text = object["data"].get(key)?.as_str()?;
        match self {
            Self::ConfigMap => Some(text.to_owned()),
            Self::Secret => {
                let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
                String::from_utf8(bytes).ok()
            }
        }
    }
}

fn referenced(
    reference: &Value,
    kind: Kind,
    source: &Source,
) -> Result<Option<std::sync::Arc<Object>>, String> {
    let resource = match kind {
        Kind::ConfigMap => "configmaps",
        Kind::Secret => "secrets",
    };
    match source.store.get(resource, namespace(source.pod), text(&reference["name"])) {
        None if reference["optional"] != true => {
            Err(format!("{} \"{}\" not found", kind.name().to_lowercase(), text(&reference["name"])))
        }
        found => Ok(found),
    }
}

fn place(reference: &Value, source: &Source) -> String {
    format!("{}/{}", namespace(source.pod), text(&reference["name"]))
}

fn field_of(path: &str, source: &Source) -> String {
    let pod = source.pod;
    let labelled = |list: &str| {
        let key = path.split_once("['").and_then(|(_, rest)| rest.strip_suffix("']")).unwrap_or_default();
        text(&pod["metadata"][list][key]).to_owned()
    };
    match path {
        "metadata.name" => name(pod).to_owned(),
        "metadata.namespace" => namespace(pod).to_owned(),
        "metadata.uid" => uid(pod).to_owned(),
        "spec.nodeName" => text(&pod["spec"]["nodeName"]).to_owned(),
        "spec.serviceAccountName" => text(&pod["spec"]["serviceAccountName"]).to_owned(),
        "status.podIP" | "status.podIPs" => source.address.to_string(),
        "status.hostIP" | "status.hostIPs" => text(&pod["status"]["hostIP"]).to_owned(),
        _ if path.starts_with("metadata.labels[") => labelled("labels"),
        _ if path.starts_with("metadata.annotations[") => labelled("annotations"),
        _ => String::new(),
    }
}

/// `$(NAME)` becomes the variable's value, `$$` a dollar sign; other references stay as they are.
fn expand(value: &str, env: &[(String, String)]) -> String {
    let mut text = String::new();
    let mut rest = value;
    while let Some(at) = rest.find('$') {
        text.push_str(rest.get(..at).unwrap_or_default());
        let behind = rest.get(at + 1..).unwrap_or_default();
        if let Some(after) = behind.strip_prefix('$') {
            text.push('$');
            rest = after;
            continue;
        }
        let reference = behind.strip_prefix('(').and_then(|behind| behind.split_once(')'));
        let known = reference.and_then(|(name, after)| {
            env.iter().rev().find(|(key, _)| key == name).map(|(_, value)| (value, after))
        });
        let (value, after) = known.map_or(("$", behind), |(value, after)| (value.as_str(), after));
        text.push_str(value);
        rest = after;
    }
    text + rest
}

fn probe(probe: &Value, ports: &[Value]) -> Option<Probe> {
    let fields = probe.as_object()?;
    let check = if let Some(get) = fields.get("httpGet") {
        http_check(get, ports)
    } else if let Some(socket) = fields.get("tcpSocket") {
        Check::Tcp { port: port(&socket["port"], ports) }
    } else {
        let kind = ["exec", "grpc"].into_iter().find(|kind| fields.contains_key(*kind));
        Check::NotRun(kind.unwrap_or("empty").to_owned())
    };
    let seconds = |field: &str, default: u64| Duration::from_secs(number(&probe[field], default));
    let count =
        |field: &str, default: u64| u32::try_from(number(&probe[field], default).max(1)).unwrap_or(u32::MAX);
    Some(Probe {
        check,
        initial_delay: seconds("initialDelaySeconds", 0),
        period: seconds("periodSeconds", 10).max(Duration::from_secs(1)),
        timeout: seconds("timeoutSeconds", 1).max(Duration::from_secs(1)),
        successes: count("successThreshold", 1),
        failures: count("failureThreshold", 3),
    })
}

fn http_check(get: &Value, ports: &[Value]) -> Check {
    if text(&get["scheme"]).eq_ignore_ascii_case("https") {
        return Check::NotRun("HTTPS".to_owned());
    }
    let header = |header: &Value| (text(&header["name"]).to_owned(), text(&header["value"]).to_owned());
    let path = Some(text(&get["path"])).filter(|path| !path.is_empty()).unwrap_or("/");
    Check::Http {
        path: if path.starts_with('/') { path.to_owned() } else { format!("/{path}") },
        port: port(&get["port"], ports),
        headers: items(&get["httpHeaders"]).iter().map(header).collect(),
    }
}

/// The port of a Pod that a Service's port leads to.
pub fn target(service_port: &Value, pod: &Object) -> u16 {
    let wanted =
        service_port.get("targetPort").filter(|wanted| !wanted.is_null()).unwrap_or(&service_port["port"]);
    let containers = items(&pod["spec"]["containers"]).iter();
    let declared: Vec<Value> = containers.flat_map(|container| items(&container["ports"])).cloned().collect();
    port(wanted, &declared)
}

/// A port by number or by name; 0, on which nothing listens, if there is none of that name.
fn port(wanted: &Value, ports: &[Value]) -> u16 {
    let number = match wanted {
        Value::String(name) => match name.parse::<u64>() {
            Ok(number) => Some(number),
            Err(_) => ports
                .iter()
                .find(|port| port["name"] == name.as_str())
                .and_then(|port| port["containerPort"].as_u64()),
        },
        number => number.as_u64(),
    };
    number.and_then(|number| u16::try_from(number).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_in_values_are_expanded() {
        let env = [("HOST".to_owned(), "api".to_owned())];
        for (value, expected) in [
            ("http://$(HOST)/", "http://api/"),
            ("$$(HOST)", "$(HOST)"),
            ("$(NONE) $x", "$(NONE) $x"),
            ("", ""),
        ] {
            assert_eq!(expand(value, &env), expected);
        }
    }

    #[test]
    fn ports_have_numbers_or_names() {
        let ports = [json!({ "name": "http", "containerPort": 8080 })];
        for (wanted, expected) in [(json!(80), 80), (json!("http"), 8080), (json!("81"), 81), (json!("x"), 0)]
        {
            assert_eq!(port(&wanted, &ports), expected, "{wanted}");
        }
    }

    #[test]
    fn a_container_that_ran_before_a_restart_has_been_restarted() {
        let running =
            json!({ "restartCount": 2, "state": { "running": { "startedAt": "2026-01-01T00:00:00Z" } } });
        let history = history(&running, RestartPolicy::Always);
        assert_eq!((history.restarts, history.last.map(|last| last.code)), (3, Some(255)));
        let ended =
            json!({ "restartCount": 0, "state": { "terminated": { "exitCode": 0, "reason": "Completed" } } });
        assert!(super::history(&ended, RestartPolicy::OnFailure).finished.is_some());
    }
}
