//! `watch`: what happens, as it happens.
//! <https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes>

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use http::Response;
use serde_json::{Value, json};
use tokio::sync::watch::Receiver;

use super::accept::View;
use super::respond::{self, Body};
use super::status::Failure;
use super::table::{self, Columns, Include};
use super::{Api, Call, read};
use crate::embedded::kinds::Definition;
use crate::embedded::selector::Selector;
use crate::embedded::store::{Change, ChangeKind, Object};

/// How long a watch lives that does not say so.
const LONGEST: Duration = Duration::from_mins(45);
/// How often an idle watch is told how far it has come.
const BOOKMARK: Duration = Duration::from_mins(1);

/// A watch that runs.
struct Watch {
    api: Arc<Api>,
    of: &'static Definition,
    namespace: Option<String>,
    selector: Selector,
    view: View,
    include: Include,
    bookmarks: Bookmarks,
    /// What the client has seen.
    version: u64,
    changed: Receiver<u64>,
    /// When it ends, on the clock.
    end: Duration,
    queue: VecDeque<Bytes>,
    columns: Columns,
    over: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bookmarks {
    Sent,
    NotSent,
}

/// Answers a watch.
pub fn watch(
    call: &Call<'_>,
    of: &'static Definition,
    namespace: Option<&str>,
) -> Result<Response<Body>, Failure> {
    if call.representation.view == View::Aggregated {
        return Err(Failure::not_acceptable());
    }
    let selector = read::selector(call, of)?;
    let wanted = match call.query.get("resourceVersion") {
        "" | "0" => None,
        text => Some(text.parse::<u64>().map_err(|_| {
            Failure::bad_request(format!("invalid resource version \"{text}\": a number is required"))
        })?),
    };
    let initial = call.query.on("sendInitialEvents") && !call.query.get("sendInitialEvents").is_empty();
    if initial && call.query.get("resourceVersionMatch") != "NotOlderThan" {
        return Err(Failure::bad_request(
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ));
    }
    let lives = call.query.number("timeoutSeconds")?.map_or(LONGEST, Duration::from_secs).min(LONGEST);
    let api = Arc::clone(call.api);
    let mut watch = Watch {
        of,
        namespace: namespace.map(str::to_owned),
        selector,
        view: call.representation.view,
        include: table::include(call)?,
        bookmarks: if call.query.on("allowWatchBookmarks") { Bookmarks::Sent } else { Bookmarks::NotSent },
        version: wanted.unwrap_or(0),
        changed: api.store.changed(),
        end: api.clock.elapsed() + lives,
        queue: VecDeque::new(),
        columns: Columns::Told,
        over: false,
        api,
    };
    if initial || wanted.is_none() {
        watch.begin(initial);
    }
    Ok(respond::stream(respond::Kind::Json, watch.into_stream()))
}

impl Watch {
    /// Starts with what there is.
    fn begin(&mut self, announced: bool) {
        let (mut objects, version) = self.api.store.list(self.of.key(), self.namespace.as_deref());
        objects.retain(|object| self.selector.matches(object));
        for object in &objects {
            self.event("ADDED", object);
        }
        self.version = version;
        if announced && self.bookmarks == Bookmarks::Sent {
            self.bookmark(&json!({"k8s.io/initial-events-end": "true"}));
        }
    }

    fn into_stream(self) -> impl Stream<Item = Bytes> + Send + 'static {
        stream::unfold(self, |mut watch| async move {
            loop {
                if let Some(line) = watch.queue.pop_front() {
                    return Some((line, watch));
                }
                if watch.over {
                    return None;
                }
                watch.advance();
                if watch.queue.is_empty() && !watch.over {
                    watch.wait().await;
                }
            }
        })
        .fuse()
    }

    /// Queues what has happened since.
    fn advance(&mut self) {
        self.changed.mark_unchanged();
        match self.api.store.changes_after(self.version) {
            Ok(changes) => {
                for change in changes {
                    self.change(&change);
                    self.version = change.version;
                }
            }
            Err(expired) => {
                self.push(&json!({"type": "ERROR", "object": Failure::expired(expired).status()}));
                self.over = true;
            }
        }
    }

    async fn wait(&mut self) {
        let left = self.end.saturating_sub(self.api.clock.elapsed());
        if left.is_zero() {
            self.over = true;
            return;
        }
        let bookmark = self.bookmarks == Bookmarks::Sent && left > BOOKMARK;
        let sleep = if bookmark { BOOKMARK } else { left };
        let clock = self.api.clock.clone();
        tokio::select! {
            changed = self.changed.changed() => self.over = changed.is_err(),
            () = clock.sleep(sleep) => {
                if self.bookmarks == Bookmarks::Sent {
                    self.bookmark(&Value::Null);
                }
            }
        }
    }

    fn change(&mut self, change: &Change) {
        let here = |object: &Object| {
            self.namespace.as_deref().is_none_or(|namespace| object["metadata"]["namespace"] == namespace)
                && self.selector.matches(object)
        };
        if &*change.resource != self.of.key() {
            return;
        }
        let now = change.kind != ChangeKind::Deleted && here(&change.object);
        let before = change.previous.as_deref().is_some_and(here);
        match (before, now) {
            (false, true) => self.event("ADDED", &change.object),
            (true, true) => self.event("MODIFIED", &change.object),
            (true, false) => self.event("DELETED", &change.object),
            (false, false) => {}
        }
    }

    fn event(&mut self, kind: &str, object: &Object) {
        let line = match self.view {
            View::Table => {
                let how = (self.include, self.columns);
                let mut table = table::table(self.of, [object], how, self.api.clock.now());
                table["metadata"]["resourceVersion"] = object["metadata"]["resourceVersion"].clone();
                self.columns = Columns::Known;
                json!({"type": kind, "object": table})
            }
            View::Metadata => json!({"type": kind, "object": table::metadata(object)}),
            View::Object | View::Aggregated => json!({"type": kind, "object": object}),
        };
        self.push(&line);
    }

    fn bookmark(&mut self, annotations: &Value) {
        let mut metadata = json!({ "resourceVersion": self.version.to_string() });
        if annotations.is_object() {
            metadata["annotations"] = annotations.clone();
        }
        let object = match self.view {
            View::Table => {
                let mut table =
                    table::table(self.of, [], (self.include, Columns::Known), self.api.clock.now());
                table["metadata"] = metadata;
                table
            }
            View::Metadata => {
                json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata})
            }
            _ => json!({"kind": self.of.kind, "apiVersion": self.of.api_version(), "metadata": metadata}),
        };
        self.push(&json!({"type": "BOOKMARK", "object": object}));
    }

    fn push(&mut self, line: &Value) {
        let mut text = line.to_string();
        text.push('\n');
        self.queue.push_back(Bytes::from(text));
    }
}
