//! Calls from within the cluster: a Pod that runs curl once.
//!
//! The Pod's log is what curl printed. It works the same on AKS, where the image is pulled, and in the sandbox,
//! which has a curl of its own.

use std::time::Duration;

use cloud::Kubernetes;
use serde_json::{Value, json};

use super::answer::{Answer, Outcome};
use super::internet::Call;
use super::patience::Patience;
use super::session::{Session, told};

/// What the Pod runs.
pub(crate) const CURL_IMAGE: &str = "curlimages/curl:8.11.1";
const NAMESPACE: &str = "default";
/// Pulling the image may take most of it.
const BOUND: Duration = Duration::from_mins(2);
/// Exit codes of curl that say that there was nobody: no such host, no connection, time is up, closed without a word.
const UNREACHABLE: [i64; 4] = [6, 7, 28, 52];

/// Makes the call from a Pod.
pub(super) async fn call(session: &Session<'_>, call: &Call<'_>) -> Outcome {
    let name = format!("apimlab-check-{}", session.ids.hex(8));
    let outcome = match session.kubernetes().await {
        Ok(kubernetes) => {
            let outcome = run(session, kubernetes, &name, call).await;
            // The Pod is of no use any more; one that cannot be deleted ends by itself.
            if let Err(error) = kubernetes.delete(&format!("{}/{name}", pods())).await {
                tracing::warn!(pod = name, %error, "a finished Pod is left behind");
            }
            outcome
        }
        Err(reason) => Err(reason),
    };
    outcome.unwrap_or_else(Outcome::Failed)
}

async fn run(
    session: &Session<'_>,
    kubernetes: &Kubernetes,
    name: &str,
    call: &Call<'_>,
) -> Result<Outcome, String> {
    kubernetes.apply(&pod(name, call)).await.map_err(told)?;
    let path = format!("{}/{name}", pods());
    let mut patience = Patience::new(session.clock(), BOUND);
    loop {
        let pod = kubernetes.get(&path).await.map_err(told)?.unwrap_or_default();
        let phase = pod.pointer("/status/phase").and_then(Value::as_str).unwrap_or_default();
        if matches!(phase, "Succeeded" | "Failed") {
            let log = kubernetes.log(NAMESPACE, name).await.map_err(told)?;
            return Ok(outcome(exit_code(&pod), &log));
        }
        if !patience.again().await {
            let waiting =
                pod.pointer("/status/containerStatuses/0/state/waiting/reason").and_then(Value::as_str);
            let state = waiting.unwrap_or(phase);
            return Err(format!(
                "the Pod {name} with {CURL_IMAGE} did not run within {} s: {state}",
                BOUND.as_secs()
            ));
        }
    }
}

fn pods() -> String {
    format!("/api/v1/namespaces/{NAMESPACE}/pods")
}

fn pod(name: &str, call: &Call<'_>) -> Value {
    let mut args = vec!["-sS".to_owned(), "-i".to_owned(), "-m".to_owned(), "10".to_owned()];
    if call.method != "GET" {
        args.extend(["-X".to_owned(), call.method.to_owned()]);
    }
    for (name, value) in call.headers {
        args.extend(["-H".to_owned(), format!("{name}: {value}")]);
    }
    args.push(call.url.to_owned());
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "labels": {"app.kubernetes.io/managed-by": "apimlab"},
        },
        "spec": {
            "restartPolicy": "Never",
            "activeDeadlineSeconds": BOUND.as_secs(),
            "containers": [{"name": "curl", "image": CURL_IMAGE, "args": args}],
        },
    })
}

fn exit_code(pod: &Value) -> i64 {
    pod.pointer("/status/containerStatuses/0/state/terminated/exitCode")
        .and_then(Value::as_i64)
        .unwrap_or_default()
}

fn outcome(exit_code: i64, log: &str) -> Outcome {
    let first = log.lines().find(|line| !line.trim().is_empty()).unwrap_or("curl printed nothing");
    let first: String = first.chars().take(200).collect();
    match Answer::parse(log) {
        Some(answer) if exit_code == 0 => Outcome::Answer(answer),
        _ if UNREACHABLE.contains(&exit_code) => Outcome::Unreachable(first),
        _ => Outcome::Failed(format!("curl ended with {exit_code}: {first}")),
    }
}
