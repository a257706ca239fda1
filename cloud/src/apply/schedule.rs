//! Who is next: what has all it needs, the longest way first, at most eight at a time.

use std::collections::{BTreeSet, HashMap};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::access::lock;
use super::run::Run;
use crate::plan::Action;
use crate::plan::order::Graph;
use crate::plan::read::PARALLEL;
use crate::{Error, ProgressEvent};

/// Makes every node; gives the failures, in the order of the plan.
pub(super) async fn run(run: &Run<'_>, actions: Vec<Action>) -> Vec<(usize, Error)> {
    let mut queue = Queue::new(run.graph);
    let mut running = FuturesUnordered::new();
    let mut failures = Vec::new();
    loop {
        while running.len() < PARALLEL {
            let Some(position) = queue.next() else { break };
            let action = actions.get(position).copied().unwrap_or(Action::Unchanged);
            running.push(async move { (position, run.make(position, action).await) });
        }
        let Some((position, result)) = running.next().await else { break };
        match result {
            Ok(()) => queue.done(position),
            Err(error) => {
                queue.failed(position);
                if let Some(node) = run.graph.nodes.get(position) {
                    let event = ProgressEvent::Failed { key: node.key.clone(), error: error.to_string() };
                    run.options.progress.event(&event);
                }
                failures.push((position, error));
            }
        }
    }
    failures.sort_by_key(|(position, _)| run.graph.order.iter().position(|other| other == position));
    failures
}

/// Nodes that wait for others, or for a lock.
struct Queue<'a> {
    graph: &'a Graph<'a>,
    /// What each waiting node still needs.
    waiting: HashMap<usize, BTreeSet<usize>>,
    ready: Vec<usize>,
    held: BTreeSet<String>,
    weight: Vec<u32>,
}

impl<'a> Queue<'a> {
    fn new(graph: &'a Graph<'a>) -> Self {
        let waiting = graph.needs.iter().cloned().enumerate().collect();
        let mut queue =
            Self { graph, waiting, ready: Vec::new(), held: BTreeSet::new(), weight: weights(graph) };
        queue.release();
        queue
    }

    /// The most urgent node that may begin.
    fn next(&mut self) -> Option<usize> {
        let at = self
            .ready
            .iter()
            .position(|node| self.lock_of(*node).is_none_or(|lock| !self.held.contains(&lock)))?;
        let position = self.ready.remove(at);
        if let Some(lock) = self.lock_of(position) {
            self.held.insert(lock);
        }
        Some(position)
    }

    fn done(&mut self, position: usize) {
        self.failed(position);
        for needs in self.waiting.values_mut() {
            needs.remove(&position);
        }
        self.release();
    }

    fn failed(&mut self, position: usize) {
        if let Some(lock) = self.lock_of(position) {
            self.held.remove(&lock);
        }
    }

    /// Moves what needs nothing more to the ready ones.
    fn release(&mut self) {
        let free: Vec<usize> = self
            .waiting
            .iter()
            .filter(|(_, needs)| needs.is_empty())
            .map(|(position, _)| *position)
            .collect();
        for position in free {
            self.waiting.remove(&position);
            self.ready.push(position);
        }
        let weight = &self.weight;
        self.ready.sort_by_key(|position| (std::cmp::Reverse(weight.get(*position).copied()), *position));
    }

    fn lock_of(&self, position: usize) -> Option<String> {
        lock(&self.graph.nodes.get(position)?.kind)
    }
}

/// How many minutes of work each node is the beginning of.
fn weights(graph: &Graph<'_>) -> Vec<u32> {
    let mut weights = vec![0_u32; graph.nodes.len()];
    for position in graph.order.iter().rev() {
        let own = graph.nodes.get(*position).map_or(0, |node| node.minutes);
        let total = weights.get(*position).copied().unwrap_or_default().saturating_add(own);
        if let Some(weight) = weights.get_mut(*position) {
            *weight = total;
        }
        for need in graph.needs.get(*position).into_iter().flatten() {
            if let Some(weight) = weights.get_mut(*need) {
                *weight = (*weight).max(total);
            }
        }
    }
    weights
}
