//! Removing: a cluster that is no longer wanted, and whatever an earlier process has left behind.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future;

use super::Life;
use crate::kind::kubeconfig::File;
use crate::kind::node::{self, Found, find};
use crate::kind::{Error, Shared, name, network};

/// How long the engine may take to make what nobody waits for any more.
const IN_FLIGHT: Duration = Duration::from_secs(1);

impl Life {
    /// Removes the cluster. One that `kind` made is left as it was before.
    pub(super) async fn remove(&mut self) -> Result<(), Error> {
        self.settle_name().await?;
        let found = self.find().await?;
        let ours: Vec<Found> = found.iter().filter(|one| self.is_ours(one)).cloned().collect();
        if self.adopted {
            let network = name::network(&self.shared.config.sandbox);
            for one in
                found.iter().filter(|one| one.sandbox.is_none() && one.addresses.contains_key(&network))
            {
                node::disconnect(&self.shared.engine, &one.name, &network).await?;
            }
        } else {
            forget_contexts(&self.shared, [&self.name]).await?;
        }
        remove_nodes(&self.shared, &ours).await?;
        for one in &found {
            self.addresses.release(&one.name);
        }
        self.nodes.send_replace([].into());
        leave_network(&self.shared, &self.id).await
    }

    pub(super) fn is_ours(&self, found: &Found) -> bool {
        found.sandbox.as_ref() == Some(&self.shared.config.sandbox)
            && found.managed_cluster.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(&self.id))
    }
}

/// Removes the sandbox's network if no other cluster needs it, also not one whose nodes are yet to come.
async fn leave_network(shared: &Shared, cluster: &str) -> Result<(), Error> {
    let mut users = shared.network.lock().await;
    users.remove(&cluster.to_ascii_lowercase());
    if users.is_empty() {
        network::remove_unused(&shared.engine, &shared.config.sandbox).await
    } else {
        Ok(())
    }
}

/// Removes nodes with their volumes.
pub(super) async fn remove_nodes(shared: &Shared, nodes: &[Found]) -> Result<(), Error> {
    let removals = nodes.iter().map(|one| node::remove(&shared.engine, &one.name));
    future::join_all(removals).await.into_iter().collect()
}

/// Removes what belongs to clusters that nobody wants: a process that ended badly leaves them behind.
pub(crate) async fn sweep_unwanted(shared: &Shared, wanted: impl Fn(&str) -> bool) -> Result<(), Error> {
    let found = find(&shared.engine, &label(shared)).await?;
    let unwanted: Vec<Found> = found
        .into_iter()
        .filter(|one| one.managed_cluster.as_deref().is_some_and(|id| !wanted(id)))
        .collect();
    remove_all(shared, &unwanted).await?;
    leave_network(shared, "").await
}

/// Removes everything that carries the sandbox's label. Looks twice: what a process had asked for before it was killed may
/// still be on its way in the engine.
pub(crate) async fn sweep(shared: &Shared) -> Result<(), Error> {
    sweep_once(shared).await?;
    shared.config.clock.sleep(IN_FLIGHT).await;
    sweep_once(shared).await
}

async fn sweep_once(shared: &Shared) -> Result<(), Error> {
    let found = find(&shared.engine, &label(shared)).await?;
    remove_all(shared, &found).await?;
    let _changing = shared.network.lock().await;
    network::remove(&shared.engine, &shared.config.sandbox).await
}

async fn remove_all(shared: &Shared, found: &[Found]) -> Result<(), Error> {
    // First: the nodes are what the entries are found again by.
    let clusters: BTreeSet<&String> =
        found.iter().map(|one| &one.cluster).filter(|name| !name.is_empty()).collect();
    forget_contexts(shared, clusters).await?;
    remove_nodes(shared, found).await
}

async fn forget_contexts(shared: &Shared, clusters: impl IntoIterator<Item = &String>) -> Result<(), Error> {
    let Some(path) = &shared.config.kubeconfig else { return Ok(()) };
    for cluster in clusters {
        File::new(path, &shared.config.clock).remove(cluster).await?;
    }
    Ok(())
}

/// The label of everything that is the sandbox's.
pub(super) fn label(shared: &Shared) -> String {
    format!("{}={}", name::SANDBOX, shared.config.sandbox)
}
