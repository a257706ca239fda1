//! Load balancers without MetalLB: a Service's address sits on `eth0` of one node, and kube-proxy, which programs every
//! address of a Service's status on every node, does the rest.
//! <https://kubernetes.io/docs/reference/networking/virtual-ips/>
//!
//! All addresses are on the first node that answers; those of a Service with `externalTrafficPolicy: Local` are on a
//! node with one of its Pods. A restart of a node clears `eth0`, so that what is there is looked at every few seconds.
//!
//! Commands in a node: `ip -o -4 addr show dev eth0`, `ip addr add ADDRESS/32 dev eth0`,
//! `ip addr del ADDRESS/32 dev eth0`, and `sh -c` with `arping`, or `ip neigh` and `curl`, when an address moves.

mod exec;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use futures_util::future::BoxFuture;

/// Runs commands in nodes.
pub trait NodeExec: Send + Sync {
    /// What a command in a node, as root, has written; or why it failed, in its own words.
    fn exec<'a>(&'a self, node: &'a str, command: &'a [&'a str]) -> BoxFuture<'a, Result<String, String>>;
}

/// An address that is to be on a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The address.
    pub address: Ipv4Addr,
    /// The nodes that it may be on; empty if any will do.
    pub nodes: Vec<String>,
}

/// The addresses on the nodes.
pub struct Builtin {
    exec: Arc<dyn NodeExec>,
    homes: BTreeMap<Ipv4Addr, String>,
}

/// What is on the nodes that answer: addresses with a /32, by node, in the order in which nodes are to be used.
type Found = Vec<(String, BTreeSet<Ipv4Addr>)>;

impl Builtin {
    /// Nothing is known yet.
    pub fn new(exec: Arc<dyn NodeExec>) -> Self {
        Self { exec, homes: BTreeMap::new() }
    }

    /// Puts the wanted addresses on nodes, and takes all others away. What did not work is returned.
    pub async fn reconcile(&mut self, wanted: &[Wanted], nodes: &[String]) -> Vec<String> {
        let (found, mut problems) = self.look(nodes).await;
        self.homes.retain(|address, _| wanted.iter().any(|one| one.address == *address));
        for one in wanted {
            let Some(home) = home(one, self.homes.get(&one.address), &found) else { continue };
            if let Err(problem) = self.place(one.address, &home, &found).await {
                problems.push(problem);
            }
        }
        for (node, present) in &found {
            for address in present.iter().filter(|address| self.homes.get(*address) != Some(node)) {
                let removed = self.ip(node, "del", *address).await;
                problems.extend(removed.err());
            }
        }
        problems
    }

    async fn look(&self, nodes: &[String]) -> (Found, Vec<String>) {
        let (mut found, mut problems) = (Found::new(), Vec::new());
        for node in nodes {
            match self.exec.exec(node, &["ip", "-o", "-4", "addr", "show", "dev", "eth0"]).await {
                Ok(shown) => found.push((node.clone(), single_addresses(&shown))),
                Err(problem) => problems.push(format!("node {node} does not answer: {problem}")),
            }
        }
        (found, problems)
    }

    async fn place(&mut self, address: Ipv4Addr, home: &str, found: &Found) -> Result<(), String> {
        let is_there = found.iter().any(|(node, present)| node == home && present.contains(&address));
        if !is_there {
            self.ip(home, "add", address).await?;
        }
        let before = self.homes.insert(address, home.to_owned());
        let elsewhere = found.iter().any(|(node, present)| node != home && present.contains(&address));
        if elsewhere || before.is_some_and(|before| before != home) {
            self.announce(address, home).await;
        }
        Ok(())
    }

    async fn ip(&self, node: &str, verb: &str, address: Ipv4Addr) -> Result<(), String> {
        let with_mask = format!("{address}/32");
        match self.exec.exec(node, &["ip", "addr", verb, &with_mask, "dev", "eth0"]).await {
            Ok(_) => Ok(()),
            // Older and newer kernels say differently that it is there.
            Err(said) if said.contains("File exists") || said.contains("already assigned") => Ok(()),
            Err(said) => Err(format!("ip addr {verb} {with_mask} on node {node} failed: {said}")),
        }
    }

    /// Tells the network that an address is on another node now. Where the node has no `arping`, a request from that
    /// address to a neighbour that has been forgotten does the same. Others would notice by themselves, but later.
    async fn announce(&self, address: Ipv4Addr, node: &str) {
        let script = format!(
            "arping -q -U -c 2 -I eth0 {address} 2>/dev/null || {{ ip neigh flush dev eth0; gateway=$(ip route show \
             default | cut -d ' ' -f 3); curl -s -m 1 --interface {address} http://$gateway:9/; true; }}"
        );
        if let Err(said) = self.exec.exec(node, &["sh", "-c", &script]).await {
            tracing::debug!(node, %address, said, "the move of an address could not be announced");
        }
    }
}

/// Where an address goes: it stays if it can.
fn home(wanted: &Wanted, present: Option<&String>, found: &Found) -> Option<String> {
    let allowed: Vec<&String> =
        found.iter().map(|(node, _)| node).filter(|node| wanted.nodes.contains(node)).collect();
    let candidates = if allowed.is_empty() { found.iter().map(|(node, _)| node).collect() } else { allowed };
    let has = |node: &String| found.iter().any(|(one, there)| one == node && there.contains(&wanted.address));
    let stays = present.filter(|present| candidates.contains(present));
    stays
        .or_else(|| candidates.iter().copied().find(|node| has(node)))
        .or(candidates.first().copied())
        .cloned()
}

/// The addresses with a /32: those of load balancers.
fn single_addresses(shown: &str) -> BTreeSet<Ipv4Addr> {
    let words: Vec<&str> = shown.split_whitespace().collect();
    let after_inet = words.windows(2).filter_map(|pair| match pair {
        ["inet", address] => address.strip_suffix("/32"),
        _ => None,
    });
    after_inet.filter_map(|address| address.parse().ok()).collect()
}

#[cfg(test)]
pub(crate) mod tests;
