//! `pods/{name}/log`: what a container has written.
//! <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod>
//!
//! **Differs from Kubernetes:** the log of a container's previous run is not kept.

use std::collections::VecDeque;

use bytes::Bytes;
use futures_util::{Stream, stream};
use http::Response;

use super::Call;
use super::change::Place;
use super::respond::{self, Body, Kind};
use super::status::Failure;
use crate::embedded::kinds::cell::items;
use crate::embedded::store::Object;
use crate::embedded::workloads::{LogLine, LogReader};

/// How a log is to be shown.
struct Options {
    timestamps: bool,
    tail: Option<usize>,
    since: Option<sim::Timestamp>,
    bytes: Option<usize>,
}

/// Answers with a log.
pub fn log(call: &Call<'_>, at: Place<'_>) -> Result<Response<Body>, Failure> {
    let pod = at.find(call.api)?;
    let container = container(&pod, call.query.get("container"), at.name)?;
    if call.query.on("previous") && call.query.get("previous") != "false" {
        return Err(Failure::bad_request(format!(
            "previous terminated container \"{container}\" in pod \"{}\" not found",
            at.name
        )));
    }
    let options = options(call)?;
    let uid = pod["metadata"]["uid"].as_str().unwrap_or_default();
    let Some(mut reader) = call.api.runtime.logs(uid, &container) else {
        return Err(Failure::bad_request(format!(
            "container \"{container}\" in pod \"{}\" is waiting to start: {}",
            at.name,
            waiting(&pod, &container)
        )));
    };
    let mut lines = reader.read();
    if let Some(since) = options.since {
        lines.retain(|line| line.time >= since);
    }
    if let Some(tail) = options.tail {
        lines.drain(..lines.len().saturating_sub(tail));
    }
    let first = print(&lines, &options);
    if call.query.on("follow") {
        return Ok(respond::stream(Kind::Text, follow(first, reader, options)));
    }
    let mut text = first;
    text.truncate(options.bytes.unwrap_or(usize::MAX));
    Ok(respond::text(text))
}

fn options(call: &Call<'_>) -> Result<Options, Failure> {
    let number = |name: &str| -> Result<Option<usize>, Failure> {
        Ok(call.query.number(name)?.map(|number| usize::try_from(number).unwrap_or(usize::MAX)))
    };
    let since = match call.query.number("sinceSeconds")? {
        Some(seconds) => {
            let now = call.api.clock.now().unix_seconds();
            Some(sim::Timestamp::from_unix_seconds(now - i64::try_from(seconds).unwrap_or(now).min(now)))
        }
        None => sim::Timestamp::parse(call.query.get("sinceTime")),
    };
    let (tail, bytes) = (number("tailLines")?, number("limitBytes")?);
    Ok(Options { timestamps: call.query.on("timestamps"), tail, since, bytes })
}

fn container(pod: &Object, wanted: &str, name: &str) -> Result<String, Failure> {
    let spec = &pod["spec"];
    let names = |list: &str| -> Vec<String> {
        items(&spec[list]).iter().filter_map(|one| one["name"].as_str()).map(str::to_owned).collect()
    };
    let (init, containers) = (names("initContainers"), names("containers"));
    if wanted.is_empty() {
        return match containers.as_slice() {
            [only] => Ok(only.clone()),
            _ => Err(Failure::bad_request(format!(
                "a container name must be specified for pod {name}, choose one of: [{}]",
                containers.join(" ")
            ))),
        };
    }
    if init.iter().chain(&containers).any(|one| one == wanted) {
        return Ok(wanted.to_owned());
    }
    Err(Failure::bad_request(format!("container {wanted} is not valid for pod {name}")))
}

fn waiting(pod: &Object, container: &str) -> String {
    let status = items(&pod["status"]["containerStatuses"]).iter().find(|one| one["name"] == container);
    let waiting = status.map(|one| &one["state"]["waiting"]);
    let reason = waiting.and_then(|one| one["reason"].as_str()).unwrap_or("ContainerCreating");
    match reason {
        "ImagePullBackOff" | "ErrImagePull" => "trying and failing to pull image".to_owned(),
        other => other.to_owned(),
    }
}

fn print(lines: &[LogLine], options: &Options) -> Vec<u8> {
    let mut text = Vec::new();
    for line in lines {
        if options.timestamps {
            text.extend_from_slice(line.time.rfc3339_millis().as_bytes());
            text.push(b' ');
        }
        text.extend_from_slice(line.text.as_bytes());
        text.push(b'\n');
    }
    text
}

fn follow(first: Vec<u8>, reader: LogReader, options: Options) -> impl Stream<Item = Bytes> + Send + 'static {
    let queue = VecDeque::from([Bytes::from(first)]);
    stream::unfold((queue, reader, options), |(mut queue, mut reader, options)| async move {
        loop {
            if let Some(chunk) = queue.pop_front().filter(|chunk| !chunk.is_empty()) {
                return Some((chunk, (queue, reader, options)));
            }
            if !reader.wait().await {
                return None;
            }
            queue.push_back(Bytes::from(print(&reader.read(), &options)));
        }
    })
}
