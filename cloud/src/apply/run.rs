//! One run: what it knows, and how one node is made.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::ApplyOptions;
use super::failures::{Principal, Reaction, explained, reaction};
use super::journal::{Journal, Step};
use crate::answer::Answer;
use crate::kubernetes::clusters::Clusters;
use crate::node::{Node, NodeKind};
use crate::operation::Watch;
use crate::plan::Action;
use crate::plan::order::{Graph, body};
use crate::plan::read::{Observed, learn};
use crate::{Client, Error, Outputs, ProgressEvent, reference};

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// One run.
pub(super) struct Run<'a> {
    pub(super) client: &'a Client,
    pub(super) graph: &'a Graph<'a>,
    pub(super) options: &'a ApplyOptions,
    pub(super) clusters: Clusters,
    pub(super) journal: Journal,
    /// What was there when the run began.
    pub(super) before: BTreeMap<usize, Value>,
    outputs: Mutex<Outputs>,
    made: Mutex<BTreeSet<usize>>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        client: &'a Client,
        graph: &'a Graph<'a>,
        options: &'a ApplyOptions,
        (journal, clusters, observed): (Journal, Clusters, Observed),
    ) -> Self {
        Self {
            client,
            graph,
            options,
            clusters,
            journal,
            before: observed.live,
            outputs: Mutex::new(observed.outputs),
            made: Mutex::default(),
        }
    }

    /// Makes one node what it shall be.
    pub(super) async fn make(&self, position: usize, planned: Action) -> Result<(), Error> {
        let Some(node) = self.graph.nodes.get(position) else { return Ok(()) };
        let task = Task { run: self, position, node, started: self.client.clock().elapsed() };
        if planned != Action::Unchanged {
            self.tell(&ProgressEvent::Started { key: node.key.clone(), title: node.title.clone() });
        }
        let result = match &node.kind {
            NodeKind::Arm { .. } => task.resource().await,
            NodeKind::Application { .. } | NodeKind::ServicePrincipal { .. } | NodeKind::Password { .. } => {
                task.directory_object(planned).await
            }
            NodeKind::KubernetesObject { .. } => task.object(planned).await,
        };
        match &result {
            Ok(Action::Unchanged) => {}
            Ok(_) => self.journal.note(&node.key, Step::Done, |_| {}),
            Err(error) => {
                let code = error.code().unwrap_or("error").to_owned();
                self.journal.note(&node.key, Step::Failed, |record| record.error = Some(code));
            }
        }
        let action = result?;
        if action == Action::Create {
            locked(&self.made).insert(position);
        }
        let elapsed = task.elapsed();
        self.tell(&ProgressEvent::Done { key: node.key.clone(), title: node.title.clone(), action, elapsed });
        Ok(())
    }

    /// Ends the run.
    pub(super) async fn end(self, failures: Vec<(usize, Error)>) -> Result<Outputs, Error> {
        let Self { graph, journal, outputs, .. } = self;
        let written = journal.end().await;
        let more = failures.len().saturating_sub(1);
        if let Some((position, error)) = failures.into_iter().next() {
            let title = graph.nodes.get(position).map(|node| node.title.as_str()).unwrap_or_default();
            return Err(Error::Apply { first: format!("{title}: {error}"), more, source: Box::new(error) });
        }
        written?;
        Ok(outputs.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn tell(&self, event: &ProgressEvent) {
        self.options.progress.event(event);
    }

    pub(super) fn outputs(&self) -> MutexGuard<'_, Outputs> {
        locked(&self.outputs)
    }
}

/// One node being made.
pub(super) struct Task<'a> {
    pub(super) run: &'a Run<'a>,
    pub(super) position: usize,
    pub(super) node: &'a Node,
    pub(super) started: Duration,
}

impl Task<'_> {
    pub(super) fn elapsed(&self) -> Duration {
        self.run.client.clock().elapsed().saturating_sub(self.started)
    }

    /// What was there when the run began.
    pub(super) fn before(&self) -> Option<&Value> {
        self.run.before.get(&self.position)
    }

    /// Notes the node's present state for others.
    pub(super) fn learn(&self, live: &Value) {
        learn(&mut self.run.outputs(), self.node, live);
    }

    pub(super) fn waiting(&self, state: &str) {
        let event = ProgressEvent::Waiting {
            key: self.node.key.clone(),
            state: state.to_owned(),
            elapsed: self.elapsed(),
        };
        self.run.tell(&event);
    }

    /// A body with everything in it.
    pub(super) fn resolved(&self, body: &Value) -> Result<Value, Error> {
        reference::resolve(body, &self.run.outputs()).map_err(|missing| {
            let what = missing.join("`, `");
            Error::Graph(format!("`{}` needs `{what}`, which its node did not make known", self.node.key))
        })
    }

    /// Sends a request until it is accepted, taken as done, or refused for good. None: what was wanted is there.
    pub(super) async fn insist<F>(&self, mut send: impl FnMut() -> F) -> Result<Option<Answer>, Error>
    where
        F: Future<Output = Result<Answer, Error>>,
    {
        let clock = self.run.client.clock();
        let began = clock.elapsed();
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match send().await?.success() {
                Ok(answer) => return Ok(Some(answer)),
                Err(error) => error,
            };
            match reaction(&error, self.principal()) {
                Reaction::Repeat(bound) if clock.elapsed().saturating_sub(began) < bound => {
                    self.waiting(error.code().unwrap_or("busy"));
                    clock.sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Reaction::Adopt => return Ok(None),
                Reaction::Repeat(_) => return Err(error),
                Reaction::Stop(help) => return Err(explained(error, help)),
            }
        }
    }

    /// Whether the node names a principal that this run has made.
    fn principal(&self) -> Principal {
        let graph = self.run.graph;
        let made = locked(&self.run.made);
        let is_fresh = |position: &usize| {
            made.contains(position)
                && graph.nodes.get(*position).is_some_and(|node| {
                    matches!(
                        node.kind,
                        NodeKind::Application { .. }
                            | NodeKind::ServicePrincipal { .. }
                            | NodeKind::Password { .. }
                    )
                })
        };
        let named: Vec<usize> = match body(&self.node.kind) {
            Some(body) => {
                let references = reference::references(body);
                references.into_iter().filter_map(|reference| graph.referred(reference)).collect()
            }
            None => graph.needs.get(self.position).into_iter().flatten().copied().collect(),
        };
        if named.iter().any(is_fresh) { Principal::Fresh } else { Principal::Settled }
    }
}

/// Operations of the node are told to the user and kept in the journal.
impl Watch for Task<'_> {
    fn state(&self, state: &str) {
        self.waiting(state);
    }

    fn poll_url(&self, url: &str) {
        self.run
            .journal
            .note(&self.node.key, Step::Accepted, |record| record.poll_url = Some(url.to_owned()));
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
