//! Making it so: reads, compares, and writes only what differs, as parallel as the needs allow.
//!
//! Any process may die at any moment. What is under way in Azure goes on; the next run reads what is there, waits
//! for what is in motion, and continues. Nothing is written while the plan has a blocked change.

mod access;
pub(crate) mod directory;
mod failures;
mod journal;
mod object;
mod resource;
mod run;
mod schedule;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::kubernetes::clusters::Clusters;
use crate::plan::difference::verdicts;
use crate::plan::order::Graph;
use crate::plan::{self, Action};
use crate::{Client, Error, Node, Outputs, Progress};
use journal::Journal;
use run::Run;

/// How to apply.
#[derive(Clone)]
pub struct ApplyOptions {
    /// The directory of the journals.
    pub journal: PathBuf,
    /// Who is told.
    pub progress: Arc<dyn Progress>,
    /// Tags that a new resource group gets beside those of its node.
    pub tags: BTreeMap<String, String>,
}

/// Makes the nodes what they shall be, and gives what is known then.
///
/// A failure stops the nodes that need the failed one, not the others.
pub async fn apply(client: &Client, nodes: &[Node], options: &ApplyOptions) -> Result<Outputs, Error> {
    let graph = Graph::new(nodes)?;
    let clusters = Clusters::default();
    let observed = plan::read::read(client, &graph, &clusters).await?;
    let verdicts = verdicts(&graph, &observed);
    for (verdict, node) in verdicts.iter().zip(nodes) {
        if verdict.action == Action::Blocked {
            let reason = verdict.reason.clone().unwrap_or_default();
            return Err(Error::Blocked { title: node.title.clone(), reason });
        }
    }
    let journal = Journal::begin(&options.journal, client.environment(), client.clock().clone()).await?;
    let actions = verdicts.iter().map(|verdict| verdict.action).collect();
    let run = Run::new(client, &graph, options, (journal, clusters, observed));
    let result = schedule::run(&run, actions).await;
    run.end(result).await
}
