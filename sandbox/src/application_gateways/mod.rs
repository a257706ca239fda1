//! Application gateways: HTTP listeners at the frontends' addresses that send requests on to their pools.
//!
//! <https://learn.microsoft.com/azure/application-gateway/how-application-gateway-works>
//!
//! **Differs from Azure:** a pool's members are tried one after the other instead of being probed; every request has a
//! connection of its own to the backend; upgrades (WebSocket) are not passed on; a listener is there a moment after its
//! resource is.

mod forward;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use hyper::service::service_fn;
use network::{ApplicationGateway, Endpoint, Exposure, Frontend, Listener, Port, SubnetId};
use rustls::ClientConfig;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::certificates::Authority;
use crate::internet::Internet;
use crate::{Error, server};

/// Who publishes the frontends.
const PUBLISHER: &str = "application gateways";

/// What an application gateway has besides its resource.
pub(crate) struct World {
    /// The way to backends.
    pub internet: Arc<Internet>,
    /// How backends with TLS are spoken to.
    pub tls: Arc<ClientConfig>,
}

impl World {
    /// Backends are found as the proxy finds them, and trusted as the gateway trusts them.
    pub(crate) fn new(internet: Internet, authority: &Authority) -> Result<Self, Error> {
        Ok(Self { internet: Arc::new(internet), tls: authority.client()? })
    }
}

/// A listener with the gateway that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    gateway: String,
    subnet: SubnetId,
    listener: Listener,
}

/// The rules of an address and port, in their order.
type Rules = Arc<[Rule]>;

/// A real listener.
struct Open {
    socket: SocketAddr,
    rules: watch::Sender<Rules>,
    stop: watch::Sender<bool>,
}

/// Serves what the topology says until `stop` is set.
pub(crate) async fn serve(world: Arc<World>, mut stop: watch::Receiver<bool>) {
    let (told, mut wanted) = watch::channel(Vec::new());
    world.internet.fabric.observe(move |topology| {
        told.send_if_modified(|present: &mut Vec<ApplicationGateway>| {
            let differs = *present != topology.application_gateways;
            if differs {
                present.clone_from(&topology.application_gateways);
            }
            differs
        });
    });
    let mut servers = JoinSet::new();
    let mut open: HashMap<(Ipv4Addr, u16), Open> = HashMap::new();
    loop {
        let now = wanted.borrow_and_update().clone();
        reconcile(&world, &now, &mut open, &mut servers).await;
        tokio::select! {
            changed = wanted.changed() => if changed.is_err() { break },
            _ = stop.wait_for(|stop| *stop) => break,
        }
    }
    for listener in open.values() {
        listener.stop.send_replace(true);
    }
    while servers.join_next().await.is_some() {}
}

/// Opens, changes and closes listeners, and says in the network where they are.
async fn reconcile(
    world: &Arc<World>,
    gateways: &[ApplicationGateway],
    open: &mut HashMap<(Ipv4Addr, u16), Open>,
    servers: &mut JoinSet<()>,
) {
    let wanted = rules(gateways);
    open.retain(|key, listener| {
        let stays = wanted.contains_key(key);
        if !stays {
            listener.stop.send_replace(true);
        }
        stays
    });
    while servers.try_join_next().is_some() {}
    for (key, rules) in &wanted {
        let rules: Rules = rules.clone().into();
        match open.get(key) {
            Some(listener) => drop(listener.rules.send_replace(rules)),
            None => match start(world, rules, servers).await {
                Ok(listener) => drop(open.insert(*key, listener)),
                Err(error) => tracing::error!(%error, "a listener of an application gateway did not open"),
            },
        }
    }
    world.internet.fabric.publish(PUBLISHER, frontends(&wanted, open));
}

fn rules(gateways: &[ApplicationGateway]) -> HashMap<(Ipv4Addr, u16), Vec<Rule>> {
    let mut found: HashMap<(Ipv4Addr, u16), Vec<Rule>> = HashMap::new();
    for gateway in gateways {
        for listener in &gateway.listeners {
            let rule = Rule {
                gateway: gateway.name.clone(),
                subnet: gateway.subnet.clone(),
                listener: listener.clone(),
            };
            found.entry((listener.address, listener.port)).or_default().push(rule);
        }
    }
    found
}

async fn start(world: &Arc<World>, rules: Rules, servers: &mut JoinSet<()>) -> std::io::Result<Open> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let socket = listener.local_addr()?;
    let (rules, current) = watch::channel(rules);
    let (stop, stopped) = watch::channel(false);
    let front = Arc::new(forward::Front::new(Arc::clone(world), current));
    servers.spawn(server::serve(listener, None, stopped, move |_| {
        let front = Arc::clone(&front);
        service_fn(move |request| {
            let front = Arc::clone(&front);
            async move { Ok::<_, Infallible>(front.answer(request).await) }
        })
    }));
    Ok(Open { socket, rules, stop })
}

fn frontends(
    wanted: &HashMap<(Ipv4Addr, u16), Vec<Rule>>,
    open: &HashMap<(Ipv4Addr, u16), Open>,
) -> Vec<Frontend> {
    let mut found: Vec<Frontend> = Vec::new();
    for ((address, port), rules) in wanted {
        let (Some(open), Some(rule)) = (open.get(&(*address, *port)), rules.first()) else { continue };
        let name = format!("application gateway {}", rule.gateway);
        let endpoint = Endpoint { pod: name.clone(), address: *address, port: *port, socket: open.socket };
        let port = Port::new(*port, vec![endpoint]);
        if let Some(frontend) = found.iter_mut().find(|frontend| frontend.address == *address) {
            frontend.ports.push(port);
        } else {
            let exposure: Exposure = rule.listener.exposure.clone();
            found.push(Frontend { owner: name, address: *address, exposure, ports: vec![port] });
        }
    }
    found
}
