//! What all Pods of a cluster share.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use network::{Fabric, Place};
use sim::Clock;
use tokio::net::TcpSocket;
use tokio::sync::watch;

use super::image::Images;
use super::spec::PodSpec;

/// How many events wait at most to be written.
const EVENTS: usize = 4096;

/// What all Pods of a cluster share.
pub struct World {
    /// What runs for an image.
    pub images: watch::Sender<Arc<Images>>,
    /// The command in front of local commands.
    pub supervisor: Vec<String>,
    /// The virtual network.
    pub fabric: Arc<Fabric>,
    /// Where the Pods are in it.
    pub place: Place,
    /// The time.
    pub clock: Clock,
    names: ArcSwap<HashMap<String, Ipv4Addr>>,
    changed: watch::Sender<u64>,
    events: Mutex<Vec<RuntimeEvent>>,
    /// Bound and never listening: what a port leads to on which nothing listens.
    closed: Option<TcpSocket>,
}

/// Something that happened to a Pod and becomes an Event object.
#[derive(Debug, Clone)]
pub struct RuntimeEvent {
    /// The Pod.
    pub pod: Arc<PodSpec>,
    /// How bad it is.
    pub level: Level,
    /// In one word.
    pub reason: &'static str,
    /// For people.
    pub message: String,
}

/// The types of Events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Normal,
    /// Something is wrong.
    Warning,
}

impl World {
    /// A world without Pods.
    pub fn new(
        images: Images,
        supervisor: Vec<String>,
        (fabric, place): (Arc<Fabric>, Place),
        clock: Clock,
    ) -> Arc<Self> {
        let closed = TcpSocket::new_v4().and_then(|socket| {
            socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
            Ok(socket)
        });
        Arc::new(Self {
            images: watch::Sender::new(Arc::new(images)),
            supervisor,
            fabric,
            place,
            clock,
            names: ArcSwap::default(),
            changed: watch::Sender::default(),
            events: Mutex::default(),
            closed: closed.ok(),
        })
    }

    /// Notes an event.
    pub fn event(&self, pod: &Arc<PodSpec>, level: Level, reason: &'static str, message: String) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() < EVENTS {
            events.push(RuntimeEvent { pod: pod.clone(), level, reason, message });
        }
        drop(events);
        self.touch();
    }

    /// The events since the last call.
    pub fn take_events(&self) -> Vec<RuntimeEvent> {
        std::mem::take(&mut self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Says that something about a Pod has changed.
    pub fn touch(&self) {
        self.changed.send_modify(|version| *version += 1);
    }

    /// Changes when something about a Pod has changed.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Replaces the names of the cluster's Services, `name.namespace`.
    pub fn set_names(&self, names: HashMap<String, Ipv4Addr>) {
        self.names.store(Arc::new(names));
    }

    /// The address behind a host name, as a Pod's resolver finds it.
    pub fn resolve(&self, host: &str, pod: &PodSpec) -> Option<Ipv4Addr> {
        if let Ok(address) = host.parse::<Ipv4Addr>() {
            return Some(if address.is_loopback() { pod.address } else { address });
        }
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        if host == "localhost" || host == pod.name {
            return Some(pod.address);
        }
        let host =
            [".svc.cluster.local", ".svc"].iter().find_map(|end| host.strip_suffix(end)).unwrap_or(&host);
        let name = if host.contains('.') { host.to_owned() } else { format!("{host}.{}", pod.namespace) };
        self.names.load().get(&name).copied()
    }

    /// A real socket that refuses connections.
    pub fn closed_socket(&self) -> Option<SocketAddr> {
        self.closed.as_ref()?.local_addr().ok()
    }
}
