//! What the Azure cloud provider does for a cluster of the kind back end, from the moment that it is Ready: every
//! Service of type `LoadBalancer` gets the address that Azure would give it, or an event that says why it gets none.
//! <https://cloud-provider-azure.sigs.k8s.io/topics/loadbalancer/>
//!
//! [`crate::load_balancer`] decides, MetalLB or [`crate::kind::builtin`] makes the address reachable: MetalLB through
//! annotations that name one of its pools, neither of which it takes addresses from by itself.
//! Every round looks at what is there and repairs what differs, so that a restart at any time is harmless.
//!
//! **Differs from Azure:** a public address is reached from inside of the cluster and through the sandbox's gateway, not
//! from the machine. An address that is asked for explicitly and that Docker has given to a container is not noticed.

mod event;
mod frontends;
mod implementation;
mod running;
mod service;
#[cfg(test)]
mod tests;
mod view;

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use aks::ManagedCluster;
use futures_util::future::BoxFuture;
use network::{Fabric, Frontend};
use serde_json::Value;
use tokio::sync::watch;

use crate::kind::Implementation;
use crate::kind::builtin::{NodeExec, Wanted};
use crate::load_balancer::{Azure, Memory, OwnNetwork};
use crate::object::{name, uid};
use implementation::Active;
use view::{Kind, View};

pub use frontends::{Reach, directly};
pub(crate) use running::follow;

/// How often everything is looked at, if nothing happens.
const ROUND: Duration = Duration::from_secs(3);

/// Provides the nodes with images.
pub trait Images: Send + Sync {
    /// Makes an image available in the nodes: it is there, or it is loaded or pulled. An error says why it cannot be
    /// had.
    fn provide<'a>(&'a self, image: &'a str) -> BoxFuture<'a, Result<(), String>>;
}

/// What the load balancers of one cluster work with.
#[derive(Clone)]
pub struct Context {
    /// The cluster as its owner wants it.
    pub cluster: watch::Receiver<Arc<ManagedCluster>>,
    /// Its API server.
    pub client: kube::Client,
    /// The virtual network.
    pub fabric: Arc<Fabric>,
    /// The time.
    pub clock: sim::Clock,
    /// What is to make addresses reachable.
    pub implementation: Implementation,
    /// The nodes.
    pub nodes: Arc<dyn NodeExec>,
    /// Where the nodes' images come from.
    pub images: Arc<dyn Images>,
    /// How addresses on the Docker network are dialled from here.
    pub reach: Reach,
    /// Takes sentences for people: which implementation is used, and why.
    pub report: Arc<dyn Fn(&str) + Send + Sync>,
}

/// The load balancers of one cluster.
struct Balancer {
    context: Context,
    view: View,
    /// The model as the present round sees it.
    cluster: Arc<ManagedCluster>,
    own: OwnNetwork,
    memory: Memory,
    /// What Services have been given, by uid.
    given: HashMap<String, Given>,
    active: Option<Active>,
    restored: bool,
    published: Vec<String>,
    problems: Vec<String>,
    due: Duration,
}

/// An address that a Service has been given.
struct Given {
    service: Arc<Value>,
    address: Ipv4Addr,
    announced: bool,
}

/// Runs until `stop` becomes true. The Services keep their addresses; the virtual network forgets them.
pub async fn run(context: Context, mut stop: watch::Receiver<bool>) {
    let (view, _watching) = View::start(&context.client);
    let (mut changed, mut model) = (view.changed(), context.cluster.clone());
    let clock = context.clock.clone();
    let mut choosing = Box::pin(implementation::choose(context.clone()));
    let cluster = model.borrow_and_update().clone();
    let mut balancer = Balancer::new(context, view, cluster);
    loop {
        if balancer.view.is_complete() {
            // An API server that no longer answers must not hold up the end.
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => break,
                () = balancer.round() => {}
            }
        }
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => break,
            active = &mut choosing, if balancer.active.is_none() => balancer.active = Some(active),
            Ok(()) = changed.changed() => {}
            Ok(()) = model.changed() => {}
            () = clock.sleep(balancer.due) => {}
        }
    }
    balancer.withdraw();
}

impl Balancer {
    fn new(context: Context, view: View, cluster: Arc<ManagedCluster>) -> Self {
        Self {
            context,
            view,
            cluster,
            own: OwnNetwork::default(),
            memory: Memory::default(),
            given: HashMap::new(),
            active: None,
            restored: false,
            published: Vec::new(),
            problems: Vec::new(),
            due: ROUND,
        }
    }

    async fn round(&mut self) {
        self.due = ROUND;
        self.cluster = self.context.cluster.borrow().clone();
        self.take_node_addresses();
        let services = self.view.list(Kind::Service);
        self.forget_the_gone(&services);
        self.restore(&services);
        for service in &services {
            if let Err(error) = self.reconcile(service).await {
                tracing::warn!(service = name(service), %error, "a load balancer could not be written yet");
            }
        }
        self.place().await;
        self.publish(&self.view.list(Kind::Service));
    }

    /// No load balancer gets the address of a node. Whoever removes a node gives its address back.
    fn take_node_addresses(&mut self) {
        let subnet = self.cluster.pools.iter().find_map(|pool| pool.subnet.as_ref());
        for node in self.view.list(Kind::Node) {
            let Some(address) = frontends::node_address(&node) else { continue };
            let owner = format!("node {}", name(&node));
            let taken = match subnet {
                Some(subnet) => self.context.fabric.take_address(&subnet.id, &owner, Some(address)),
                None => self.own.take(&owner, Some(address)),
            };
            if let Err(error) = taken {
                tracing::debug!(owner, %error, "the address of a node is not taken");
            }
        }
    }

    /// Services that are gone without having waited.
    fn forget_the_gone(&mut self, services: &[Arc<Value>]) {
        let present: Vec<&str> = services.iter().map(|service| uid(service)).collect();
        let gone: Vec<String> =
            self.given.keys().filter(|known| !present.contains(&known.as_str())).cloned().collect();
        for known in gone {
            if let Some(given) = self.given.remove(&known) {
                self.azure().0.release(&given.service);
            }
            self.memory.forget(&known);
        }
    }

    /// Puts addresses on the nodes, where that is done here.
    async fn place(&mut self) {
        let builtin = match &mut self.active {
            Some(Active::Builtin(builtin)) => builtin,
            Some(Active::Metallb(installed)) => {
                let nodes = usable_nodes(&self.view);
                return implementation::update(&self.context, installed, nodes).await;
            }
            None => return,
        };
        let nodes = usable_nodes(&self.view);
        let mut wanted: Vec<Wanted> = self.given.values().map(|given| wanted(&self.view, given)).collect();
        wanted.sort_by_key(|one| one.address);
        let problems = builtin.reconcile(&wanted, &nodes).await;
        for problem in problems.iter().filter(|problem| !self.problems.contains(problem)) {
            tracing::warn!(problem, "an address is not where it should be yet");
        }
        self.problems = problems;
    }

    fn publish(&mut self, services: &[Arc<Value>]) {
        let id = self.id();
        let frontend = |service: &Arc<Value>| {
            let given = self.given.get(uid(service)).filter(|given| given.announced)?;
            let exposure = self.memory.exposure(service, &id)?;
            Some(frontends::frontend(&self.view, service, (given.address, exposure), &self.context.reach))
        };
        let frontends: Vec<Frontend> = services.iter().filter_map(frontend).collect();
        let listed: Vec<String> = frontends.iter().map(frontends::fingerprint).collect();
        if listed != self.published {
            self.context.fabric.publish(&id, frontends);
            self.published = listed;
        }
    }

    fn withdraw(mut self) {
        self.context.fabric.publish(&self.id(), Vec::new());
        for given in std::mem::take(&mut self.given).into_values() {
            self.azure().0.release(&given.service);
        }
    }

    fn azure(&mut self) -> (Azure<'_>, &mut Memory) {
        let azure = Azure { cluster: &self.cluster, fabric: &self.context.fabric, own: &mut self.own };
        (azure, &mut self.memory)
    }

    /// The cluster's ARM id in lower case.
    fn id(&self) -> String {
        self.cluster.id.to_ascii_lowercase()
    }
}

/// Where an address may be: with `externalTrafficPolicy: Local` only where a Pod is.
fn wanted(view: &View, given: &Given) -> Wanted {
    let is_local = frontends::is_local(&given.service);
    let nodes = if is_local { frontends::backing_nodes(view, &given.service) } else { Vec::new() };
    Wanted { address: given.address, nodes }
}

/// The nodes in the order in which they get addresses: those that are ready and not excluded first.
fn usable_nodes(view: &View) -> Vec<String> {
    let nodes = view.list(Kind::Node);
    let mut ranked: Vec<(bool, bool, String)> = nodes
        .iter()
        .map(|node| {
            let labels = &node["metadata"]["labels"];
            let excluded = labels.get("node.kubernetes.io/exclude-from-external-load-balancers").is_some();
            (!frontends::is_ready(node), excluded, name(node).to_owned())
        })
        .collect();
    ranked.sort();
    ranked.into_iter().map(|(.., name)| name).collect()
}
