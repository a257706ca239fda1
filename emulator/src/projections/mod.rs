//! From the store to the models: pure functions, and when they are run.
//!
//! A model is computed again when something that it is made of was written, and handed on when it came out
//! differently. The network goes first, as clusters and services live in it.

mod aks;
mod apim;
mod application_gateways;
mod backends;
mod contract;
mod names;
mod network;
mod users;

use std::sync::{Mutex, PoisonError, RwLock};

use crate::Config;
use crate::engine::{Model, Store};
use crate::graph::Directory;

pub use apim::{scope as subscription_scope, service as api_management_service};
pub use network::{prefix as subnet_prefix, security_group};

/// What the other parts were told last.
#[derive(Default)]
pub struct Projector(Mutex<Told>);

#[derive(Default)]
struct Told {
    generations: crate::engine::Generations,
    topology: Option<::network::Topology>,
    clusters: Option<Vec<::aks::ManagedCluster>>,
    snapshot: Option<::apim::Snapshot>,
}

impl Projector {
    /// Tells the other parts what changed since they were told last.
    pub fn project(&self, config: &Config, store: &RwLock<Store>, directory: &Directory) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let store = Store::read(store);
        let now = store.generations();
        let stale = |model| now.of(model) != told.generations.of(model);
        let topology = stale(Model::Network).then(|| network::topology(&store));
        let clusters = stale(Model::Clusters).then(|| aks::clusters(&store, directory));
        let snapshot = stale(Model::ApiManagement).then(|| apim::snapshot(&store));
        // The others may compile for a while; writers need not wait for that.
        drop(store);
        told.generations = now;
        told.tell(config, topology, clusters, snapshot);
    }
}

impl Told {
    fn tell(
        &mut self,
        config: &Config,
        topology: Option<::network::Topology>,
        clusters: Option<Vec<::aks::ManagedCluster>>,
        snapshot: Option<::apim::Snapshot>,
    ) {
        if let Some(topology) = topology.filter(|topology| self.topology.as_ref() != Some(topology)) {
            config.fabric.set_topology(topology.clone());
            self.topology = Some(topology);
        }
        if let Some(clusters) = clusters.filter(|clusters| self.clusters.as_ref() != Some(clusters)) {
            config.cluster.apply(clusters.clone());
            self.clusters = Some(clusters);
        }
        if let Some(snapshot) = snapshot.filter(|snapshot| self.snapshot.as_ref() != Some(snapshot)) {
            if let Err(problems) = config.data_plane.publish(snapshot.clone()) {
                let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                tracing::error!(?problems, "the gateway keeps serving the last good configuration");
            }
            self.snapshot = Some(snapshot);
        }
    }
}
