//! Making a cluster what it should be, from whatever is there: the order of the steps.

use ::network::Cidr;
use aks::ManagedCluster;

use super::{Life, addresses};
use crate::kind::decide::{Plan, Wanted};
use crate::kind::engine::EngineInfo;
use crate::kind::node::{Found, Node};
use crate::kind::{Error, capacity, name, network};

/// What the steps share.
pub(super) struct Site<'a> {
    pub model: &'a ManagedCluster,
    pub wanted: Wanted,
    pub info: EngineInfo,
    pub subnet: Cidr,
    /// The sandbox's Docker network.
    pub network: String,
}

impl Life {
    pub(super) async fn build(
        &mut self,
        model: &ManagedCluster,
        (wanted, plan, found): (Wanted, Plan, Vec<Found>),
    ) -> Result<(), Error> {
        self.say(self.preparing(), "looks at the Docker Engine and its network");
        let info = self.shared.engine.info().await?;
        let subnet = addresses::range(model)?;
        let network = name::network(&self.shared.config.sandbox);
        let site = Site { model, wanted, info, subnet, network };
        self.adopted = plan.adopted;
        self.prepare(&site, &plan).await?;
        self.wake(&site, &plan, &found).await?;
        let plan = if plan.adopted {
            self.adopt(&site).await?;
            plan
        } else {
            self.reconsider(&site, plan, &found).await?
        };
        self.clear(&plan).await?;
        self.create(&site, &plan, &found).await?;
        let nodes = self.enlist(&site).await?;
        let fresh: Vec<String> =
            plan.create.iter().filter_map(|&index| site.wanted.nodes.get(index).cloned()).collect();
        self.bring_up(&site, &nodes, &fresh).await?;
        self.settle(&nodes);
        self.shared.reports.change(&self.id, |report, _| report.failure = None);
        let found = self.find().await?;
        self.look(&found).await;
        Ok(())
    }

    /// What has to be there before any node.
    async fn prepare(&self, site: &Site<'_>, plan: &Plan) -> Result<(), Error> {
        if !plan.create.is_empty() {
            capacity::check(&site.info, site.wanted.nodes.len())?;
        }
        let mut users = self.shared.network.lock().await;
        users.insert(self.id.to_ascii_lowercase());
        network::ensure(&self.shared.engine, &site.info, &self.shared.config.sandbox, site.subnet).await
    }

    fn settle(&mut self, nodes: &[Node]) {
        self.settled = nodes.iter().map(|node| (node.name.clone(), node.started.clone())).collect();
    }
}
