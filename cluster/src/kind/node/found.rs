//! Finding nodes again: containers with kind's labels, of whatever made them.

use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;

use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum, EndpointSettings};
use bollard::query_parameters::{InspectContainerOptions, ListContainersOptionsBuilder};

use super::body::API_PORT;
use crate::kind::Error;
use crate::kind::engine::{Engine, Rights, failed, is_absent};
use crate::kind::name::{self, Role};

const DESKTOP_PORT: &str = "desktop.docker.io/ports/6443/tcp";

/// A node's container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// What the node is; `None` for company such as an external load balancer.
    pub role: Option<Role>,
    /// The kind cluster.
    pub cluster: String,
    /// The sandbox, if one of ours made it.
    pub sandbox: Option<String>,
    /// The ARM id of the managed cluster, if one of ours made it.
    pub managed_cluster: Option<String>,
    /// What it is doing.
    pub state: State,
    /// Docker's word for that.
    pub status: String,
    /// Its addresses, by network.
    pub addresses: BTreeMap<String, Ipv4Addr>,
    /// The port of this machine that leads to the API server.
    pub port: Option<u16>,
    /// The rights that programs in it are given.
    pub rights: Rights,
    /// When it was started, as Docker writes it.
    pub started: String,
}

/// What a container is doing, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It runs, or is about to.
    Running,
    /// It ran once, and can be started again.
    Stopped,
    /// Its processes are frozen.
    Paused,
    /// It has never been started: whoever made it has not come further.
    Created,
    /// It is being removed, or cannot be.
    Gone,
}

/// All containers with this label, as `name=value` or only a name.
pub async fn find(engine: &Engine, label: &str) -> Result<Vec<Found>, Error> {
    let filters = HashMap::from([("label", vec![label])]);
    let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
    let list = engine.docker().list_containers(Some(options)).await.map_err(failed("list containers"))?;
    let mut found = Vec::new();
    for id in list.into_iter().filter_map(|container| container.id) {
        match engine.docker().inspect_container(&id, None::<InspectContainerOptions>).await {
            Ok(container) => found.push(describe(container)),
            // It went in between.
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(failed("look at a container")(error)),
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

/// What matters of what an engine says about a container.
pub(super) fn describe(container: ContainerInspectResponse) -> Found {
    let labels = container.config.and_then(|config| config.labels).unwrap_or_default();
    // Docker Desktop runs the engine in a machine of its own, and says in a label what leads there.
    let desktop = labels.get(DESKTOP_PORT).and_then(|place| place.rsplit_once(':')?.1.parse().ok());
    let state = container.state.unwrap_or_default();
    let settings = container.network_settings.unwrap_or_default();
    let published = settings.ports.unwrap_or_default().remove(&format!("{API_PORT}/tcp")).flatten();
    // A container that does not run has its ports in its configuration only.
    let host = container.host_config.unwrap_or_default();
    let configured = host.port_bindings.unwrap_or_default().remove(&format!("{API_PORT}/tcp")).flatten();
    let port =
        published.into_iter().chain(configured).flatten().find_map(|port| port.host_port?.parse().ok());
    Found {
        name: container.name.unwrap_or_default().trim_start_matches('/').to_owned(),
        role: labels.get(name::ROLE).and_then(|role| Role::of(role)),
        cluster: labels.get(name::CLUSTER).cloned().unwrap_or_default(),
        sandbox: labels.get(name::SANDBOX).cloned(),
        managed_cluster: labels.get(name::MANAGED_CLUSTER).cloned(),
        state: state.status.map_or(State::Gone, State::of),
        status: state.status.map(|status| status.to_string()).unwrap_or_default(),
        addresses: settings
            .networks
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(network, endpoint)| Some((network, address(endpoint)?)))
            .collect(),
        port: desktop.or(port).filter(|port| *port != 0),
        rights: if host.privileged == Some(true) { Rights::Privileged } else { Rights::Container },
        started: state.started_at.unwrap_or_default(),
    }
}

/// Its address in a network; of one that does not run, the one that it will have.
fn address(endpoint: EndpointSettings) -> Option<Ipv4Addr> {
    let present = endpoint.ip_address.and_then(|address| address.parse().ok());
    present.or_else(|| endpoint.ipam_config?.ipv4_address?.parse().ok())
}

impl State {
    const fn of(status: ContainerStateStatusEnum) -> Self {
        match status {
            ContainerStateStatusEnum::RUNNING | ContainerStateStatusEnum::RESTARTING => Self::Running,
            ContainerStateStatusEnum::EXITED => Self::Stopped,
            ContainerStateStatusEnum::PAUSED => Self::Paused,
            ContainerStateStatusEnum::CREATED => Self::Created,
            _ => Self::Gone,
        }
    }
}
