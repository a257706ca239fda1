//! The cluster's containers: woken, looked into, removed, created.

use std::net::Ipv4Addr;
use std::sync::Arc;

use futures_util::future;

use super::Life;
use super::build::Site;
use crate::kind::decide::{Plan, Wanted};
use crate::kind::engine::{Rights, failed};
use crate::kind::images::{Images, Reference, Say};
use crate::kind::kubeadm::{self, Progress};
use crate::kind::name::{self, Role};
use crate::kind::node::{self, Blueprint, Found, Node, State, boot};
use crate::kind::{Error, Phase, Privileged};

impl Life {
    /// Starts what has stopped, and waits until everything that stays has booted.
    pub(super) async fn wake(&mut self, site: &Site<'_>, plan: &Plan, found: &[Found]) -> Result<(), Error> {
        for name in &plan.start {
            let Some(node) = found.iter().find(|one| one.name == *name) else { continue };
            self.say(Phase::Repairing, format!("starts {name} again, which had stopped"));
            let present = node.addresses.get(&site.network).copied();
            let address = self.address(site, name, present)?;
            node::start(&self.shared.engine, node, (&site.network, address)).await?;
        }
        let stays = |one: &Found| {
            !plan.remove.contains(&one.name) && self.settled.get(&one.name) != Some(&one.started)
        };
        let again: Vec<Found> = self.find().await?.into_iter().filter(stays).collect();
        self.boot(&again).await
    }

    async fn boot(&self, nodes: &[Found]) -> Result<(), Error> {
        let shared = &self.shared;
        let boots = nodes
            .iter()
            .filter(|one| one.state == State::Running)
            .map(|one| boot::wait(&shared.engine, &one.name, &one.started, &shared.config.clock));
        let booted = self.patiently(future::try_join_all(boots)).await;
        booted.map(drop)
    }

    /// Nodes whose creation died half way are made anew.
    pub(super) async fn reconsider(
        &self,
        site: &Site<'_>,
        mut plan: Plan,
        found: &[Found],
    ) -> Result<Plan, Error> {
        let kept: Vec<usize> =
            (0..site.wanted.nodes.len()).filter(|index| !plan.create.contains(index)).collect();
        for (index, name) in kept.into_iter().filter_map(|index| Some((index, site.wanted.nodes.get(index)?)))
        {
            let Some(found) = found.iter().find(|one| one.name == *name) else { continue };
            let node = self.node(found, Wanted::role(index), site);
            let whole = match Wanted::role(index) {
                Role::ControlPlane => kubeadm::progress(&node).await? != Progress::Unknown,
                Role::Worker => kubeadm::has_joined(&node).await?,
            };
            if !whole {
                let anew = format!("{name} was not finished by an earlier attempt, and is made anew");
                self.shared.reports.remember(&self.id, anew);
                plan.remove.push(name.clone());
                plan.create.push(index);
            }
        }
        if plan.create.contains(&0) {
            // Workers cannot outlive their control plane.
            plan.remove = found.iter().map(|one| one.name.clone()).collect();
            plan.create = (0..site.wanted.nodes.len()).collect();
        }
        plan.create.sort_unstable();
        Ok(plan)
    }

    /// Removes what is to be removed.
    pub(super) async fn clear(&mut self, plan: &Plan) -> Result<(), Error> {
        for name in &plan.remove {
            self.say(self.preparing(), format!("removes {name}"));
            node::remove(&self.shared.engine, name).await?;
            self.settled.remove(name);
            if !plan.create.iter().any(|&index| name::node(&self.name, index) == *name) {
                self.addresses.release(name);
            }
        }
        Ok(())
    }

    /// Creates what is missing, and waits until it has booted.
    pub(super) async fn create(
        &mut self,
        site: &Site<'_>,
        plan: &Plan,
        found: &[Found],
    ) -> Result<(), Error> {
        if plan.create.is_empty() {
            return Ok(());
        }
        // New nodes do not get what others have already.
        for one in found.iter().filter(|one| !plan.remove.contains(&one.name)) {
            if let Some(address) = one.addresses.get(&site.network) {
                drop(self.addresses.take(site.model, &one.name, Some(*address)));
            }
        }
        let image = self.image().await?;
        self.say(Phase::Booting, format!("creates {}", nodes(plan.create.len())));
        let mut blueprints = Vec::new();
        for name in plan.create.iter().filter_map(|&index| site.wanted.nodes.get(index)) {
            let had = found.iter().find(|one| one.name == *name);
            let had = had.and_then(|one| one.addresses.get(&site.network).copied());
            blueprints.push(self.blueprint(site, (name, had), &image)?);
        }
        let hint = found.iter().find(|one| one.state != State::Created).map(|one| one.rights);
        self.put_up(site, &blueprints, hint).await?;
        self.say(Phase::Booting, format!("waits for {} to boot", nodes(blueprints.len())));
        let names: Vec<&String> = blueprints.iter().map(|one| &one.name).collect();
        let booting: Vec<Found> =
            self.find().await?.into_iter().filter(|one| names.contains(&&one.name)).collect();
        self.boot(&booting).await
    }

    async fn put_up(
        &self,
        site: &Site<'_>,
        blueprints: &[Blueprint],
        hint: Option<Rights>,
    ) -> Result<(), Error> {
        let shared = &self.shared;
        // What an earlier node found out holds for this one as well.
        let wish = match (shared.config.privileged, hint) {
            (Privileged::Auto, Some(Rights::Container)) => Privileged::Reduced,
            (wish, _) => wish,
        };
        let Some((first, others)) = blueprints.split_first() else { return Ok(()) };
        let rights = node::create(&shared.engine, (first, &site.info), wish).await?;
        let privileged = match rights {
            Rights::Privileged => Privileged::Full,
            Rights::Container => Privileged::Reduced,
        };
        if privileged == Privileged::Reduced && wish == Privileged::Auto {
            let fewer = "this machine does not let the engine give away CAP_SYS_RESOURCE: the nodes run without it \
                         (`--privileged reduced`)";
            shared.reports.remember(&self.id, fewer);
        }
        let creations =
            others.iter().map(|node| node::create(&shared.engine, (node, &site.info), privileged));
        future::join_all(creations).await.into_iter().try_for_each(|created| created.map(drop))
    }

    fn blueprint(
        &mut self,
        site: &Site<'_>,
        (name, had): (&String, Option<Ipv4Addr>),
        image: &(String, Vec<String>),
    ) -> Result<Blueprint, Error> {
        let address = self.address(site, name, had)?;
        let control_plane = *name == name::node(&self.name, 0);
        Ok(Blueprint {
            name: name.clone(),
            role: if control_plane { Role::ControlPlane } else { Role::Worker },
            cluster: self.name.clone(),
            managed_cluster: self.id.clone(),
            sandbox: self.shared.config.sandbox.clone(),
            image: image.clone(),
            network: (site.network.clone(), address),
            port: 0,
            environment: environment(&self.shared.config.proxy, site),
        })
    }

    /// The node image's name, and what it starts with; pulled, if the engine does not have it.
    async fn image(&self) -> Result<(String, Vec<String>), Error> {
        let reference = Reference::parse(&self.shared.config.node_image)?;
        self.say(self.preparing(), format!("looks for the node image {reference}"));
        let (shared, id) = (Arc::clone(&self.shared), self.id.clone());
        let say: Say = Arc::new(move |progress| shared.reports.progress(&id, Phase::Pulling, progress));
        let images = Images::new(&self.shared.engine);
        let present = self.patiently(images.ensure(&reference, &say)).await?;
        let inspected = self.shared.engine.docker().inspect_image(&present.name).await;
        let found = inspected.map_err(failed(format!("look at the image {reference}")))?;
        let config = found.config.unwrap_or_default();
        let mut command = config.entrypoint.unwrap_or_default();
        command.extend(config.cmd.unwrap_or_default());
        Ok((present.name, command))
    }

    /// Puts the nodes of a cluster that `kind` made into the sandbox's network as well.
    pub(super) async fn adopt(&mut self, site: &Site<'_>) -> Result<(), Error> {
        for found in self.find().await?.iter().filter(|one| !one.addresses.contains_key(&site.network)) {
            let address = self.address(site, &found.name, None)?;
            node::connect(&self.shared.engine, &found.name, &site.network, address).await?;
            let adopted =
                format!("{} was made by kind: it is used, and stays when the cluster goes", found.name);
            self.shared.reports.remember(&self.id, adopted);
        }
        Ok(())
    }

    /// The nodes as they run now, the control plane first.
    pub(super) async fn enlist(&mut self, site: &Site<'_>) -> Result<Vec<Node>, Error> {
        let mut nodes = Vec::new();
        for found in self.find().await? {
            let Some(role) = found.role else { continue };
            let present = found.addresses.get(&site.network).copied();
            // Whoever else may have its address, the node goes on.
            drop(self.address(site, &found.name, present));
            nodes.push(self.node(&found, role, site));
        }
        nodes.sort_by(|one, other| (one.role, &one.name).cmp(&(other.role, &other.name)));
        Ok(nodes)
    }

    /// The address of a node: the one that it has, if nobody else has it.
    fn address(&mut self, site: &Site<'_>, node: &str, present: Option<Ipv4Addr>) -> Result<Ipv4Addr, Error> {
        self.addresses.take(site.model, node, present).map_err(|error| Error::NodeAddress {
            node: node.to_owned(),
            network: site.network.clone(),
            reason: error.to_string(),
        })
    }

    fn node(&self, found: &Found, role: Role, site: &Site<'_>) -> Node {
        let any = found.addresses.values().next().copied();
        Node {
            engine: self.shared.engine.clone(),
            name: found.name.clone(),
            role,
            address: found.addresses.get(&site.network).copied().or(any).unwrap_or(Ipv4Addr::UNSPECIFIED),
            port: found.port,
            rights: found.rights,
            started: found.started.clone(),
        }
    }
}

/// The proxy's variables in both spellings; what is inside of the cluster does not go through it.
fn environment(proxy: &[(String, String)], site: &Site<'_>) -> Vec<String> {
    let mut variables: Vec<(String, String)> =
        proxy.iter().map(|(name, value)| (name.to_ascii_uppercase(), value.clone())).collect();
    if variables.is_empty() {
        return Vec::new();
    }
    let mut direct: Vec<String> =
        variables.iter().filter(|(name, _)| name == "NO_PROXY").map(|(_, value)| value.clone()).collect();
    variables.retain(|(name, _)| name != "NO_PROXY");
    direct
        .extend([site.subnet, site.model.pod_range, site.model.service_range].map(|range| range.to_string()));
    direct.extend(site.wanted.nodes.iter().cloned());
    direct.extend([".svc", ".svc.cluster", ".svc.cluster.local"].map(str::to_owned));
    variables.push(("NO_PROXY".to_owned(), direct.join(",")));
    let both = |(name, value): &(String, String)| {
        [format!("{name}={value}"), format!("{}={value}", name.to_ascii_lowercase())]
    };
    variables.iter().flat_map(both).collect()
}

/// `2 nodes`.
pub(super) fn nodes(count: usize) -> String {
    if count == 1 { "1 node".to_owned() } else { format!("{count} nodes") }
}
