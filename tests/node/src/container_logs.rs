//! `/var/log/containers`: the logs of Pods, where a real kubelet has its container runtime write them.
//! <https://kubernetes.io/docs/concepts/cluster-administration/logging/>
//!
//! **Differs from Kubernetes:** plain files instead of links, with the last lines only, a moment late; the control
//! plane has those of all nodes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::api::Api;
use crate::error::Error;
use crate::node::replace;

const FOLDER: &str = "/var/log/containers";
const PERIOD: Duration = Duration::from_secs(2);
const LINES: usize = 500;

/// Writes logs until the container ends.
pub async fn run(api: Arc<Api>) {
    loop {
        // What cannot be written now can be in a moment.
        drop(round(&api).await);
        tokio::time::sleep(PERIOD).await;
    }
}

async fn round(api: &Api) -> Result<(), Error> {
    let pods = api.get("/api/v1/pods").await?;
    let mut present = BTreeSet::new();
    for pod in pods["items"].as_array().into_iter().flatten() {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (namespace, name) = (text(&pod["metadata"]["namespace"]), text(&pod["metadata"]["name"]));
        for container in pod["status"]["containerStatuses"].as_array().into_iter().flatten() {
            let (own, id) = (text(&container["name"]), text(&container["containerID"]));
            let Some(id) = id.strip_prefix("containerd://") else { continue };
            let file = Path::new(FOLDER).join(format!("{name}_{namespace}_{own}-{id}.log"));
            let query = format!("container={own}&tailLines={LINES}&timestamps=true");
            let said = api.text(&format!("/api/v1/namespaces/{namespace}/pods/{name}/log?{query}")).await;
            if let Ok(said) = said {
                write(&file, &said)?;
            }
            present.insert(file);
        }
    }
    forget(&present)
}

/// Each line in the form that container runtimes write: time, stream, whether it is whole, text.
fn write(file: &Path, said: &str) -> Result<(), Error> {
    let lines = said.lines().map(|line| {
        let (time, text) = line.split_once(' ').unwrap_or((line, ""));
        format!("{time} stdout F {text}\n")
    });
    let content: String = lines.collect();
    match fs::read(file) {
        Ok(present) if present == content.as_bytes() => Ok(()),
        _ => replace(file, content.as_bytes()),
    }
}

fn forget(present: &BTreeSet<PathBuf>) -> Result<(), Error> {
    let files = fs::read_dir(FOLDER).map_err(Error::file(FOLDER))?;
    for file in files.flatten().map(|entry| entry.path()).filter(|path| !present.contains(path)) {
        fs::remove_file(&file).map_err(Error::file(&file))?;
    }
    Ok(())
}
