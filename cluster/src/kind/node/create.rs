//! Creating and starting a node's container, and what an engine may have against it.

use std::net::{Ipv4Addr, TcpListener};

use bollard::models::{
    EndpointIpamConfig, EndpointSettings, NetworkConnectRequest, NetworkDisconnectRequest,
};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, RemoveContainerOptionsBuilder, StartContainerOptions,
};

use super::body::{Blueprint, body};
use super::found::{Found, State};
use super::reduced;
use crate::kind::engine::{Engine, EngineInfo, Rights, failed, is_absent, is_conflict, told};
use crate::kind::{Error, Privileged};

/// How many ports are tried.
const PORTS: usize = 3;

/// Why a container did not start.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Refusal {
    /// The engine may not give all capabilities away.
    Capabilities(String),
    /// The port of this machine is taken.
    Port,
    /// The address in the network is taken.
    Address(String),
    /// Anything else.
    Other(String),
}

/// Creates and starts a node. Says with which rights, and whether those are fewer than could be hoped for.
pub async fn create(
    engine: &Engine,
    (node, info): (&Blueprint, &EngineInfo),
    privileged: Privileged,
) -> Result<Rights, Error> {
    let mut rights = match privileged {
        Privileged::Reduced => Rights::Container,
        Privileged::Auto | Privileged::Full => Rights::Privileged,
    };
    let mut node = node.clone();
    for _ in 0..PORTS {
        node.port = free_port(&node)?;
        match attempt(engine, &node, rights, info).await? {
            Ok(()) => return Ok(rights),
            Err(refusal) => {
                remove(engine, &node.name).await?;
                rights = answer(refusal, &node, rights, privileged)?;
            }
        }
    }
    Err(Error::PortTaken { port: node.port, node: node.name })
}

/// The rights to try next, if another attempt makes sense.
fn answer(
    refusal: Refusal,
    node: &Blueprint,
    rights: Rights,
    privileged: Privileged,
) -> Result<Rights, Error> {
    match refusal {
        Refusal::Port => Ok(rights),
        Refusal::Capabilities(_) if privileged == Privileged::Auto && rights == Rights::Privileged => {
            Ok(Rights::Container)
        }
        Refusal::Capabilities(message) => Err(Error::Engine {
            action: format!("start {} with all capabilities", node.name),
            message: format!(
                "{message}; the engine itself lacks CAP_SYS_RESOURCE on this machine: use `--privileged reduced`"
            ),
        }),
        Refusal::Address(message) => Err(Error::NodeAddress {
            node: node.name.clone(),
            network: node.network.0.clone(),
            reason: message,
        }),
        Refusal::Other(message) => Err(failure(format!("start {}", node.name), message)),
    }
}

async fn attempt(
    engine: &Engine,
    node: &Blueprint,
    rights: Rights,
    info: &EngineInfo,
) -> Result<Result<(), Refusal>, Error> {
    let options = CreateContainerOptionsBuilder::default().name(&node.name).build();
    let created = engine.docker().create_container(Some(options), body(node, rights, info)).await;
    match created {
        Ok(_) => {}
        Err(error) if is_conflict(&error) => {
            let owner = "which is not one of this sandbox's".to_owned();
            return Err(Error::NameTaken { node: node.name.clone(), owner });
        }
        Err(error) if is_absent(&error) => {
            return Err(Error::ImageMissing { image: node.image.0.clone(), reason: told(&error) });
        }
        Err(error) => return Err(failed(format!("create {}", node.name))(error)),
    }
    match engine.docker().start_container(&node.name, None::<StartContainerOptions>).await {
        Ok(()) => Ok(Ok(())),
        Err(error) => Ok(Err(refusal(told(&error)))),
    }
}

/// Starts a container again that has stopped, or goes on with one that is paused. If its network has been replaced in the
/// meantime, it gets its address in the one that is there now.
pub async fn start(engine: &Engine, node: &Found, network: (&str, Ipv4Addr)) -> Result<(), Error> {
    let mut refused = match start_once(engine, node).await {
        Ok(()) => return Ok(()),
        Err(refused) => refused,
    };
    if matches!(&refused, Refusal::Other(message) if message.contains("network") && message.contains("not found"))
    {
        disconnect(engine, &node.name, network.0).await?;
        connect(engine, &node.name, network.0, network.1).await?;
        refused = match start_once(engine, node).await {
            Ok(()) => return Ok(()),
            Err(refused) => refused,
        };
    }
    Err(match refused {
        Refusal::Port => Error::PortTaken { port: node.port.unwrap_or_default(), node: node.name.clone() },
        Refusal::Address(message) | Refusal::Capabilities(message) | Refusal::Other(message) => {
            failure(format!("start {}", node.name), message)
        }
    })
}

async fn start_once(engine: &Engine, node: &Found) -> Result<(), Refusal> {
    let started = match node.state {
        State::Paused => engine.docker().unpause_container(&node.name).await,
        _ => engine.docker().start_container(&node.name, None::<StartContainerOptions>).await,
    };
    started.map_err(|error| refusal(told(&error)))
}

/// Removes a container with its volumes, whatever it is doing. That there is none is fine.
pub async fn remove(engine: &Engine, name: &str) -> Result<(), Error> {
    let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
    match engine.docker().remove_container(name, Some(options)).await {
        Ok(()) => Ok(()),
        // A removal that is already on its way is a conflict.
        Err(error) if is_absent(&error) || is_conflict(&error) => Ok(()),
        Err(error) => Err(failed(format!("remove {name}"))(error)),
    }
}

/// Puts a node into another network as well.
pub async fn connect(engine: &Engine, node: &str, network: &str, address: Ipv4Addr) -> Result<(), Error> {
    let endpoint = EndpointSettings {
        ipam_config: Some(EndpointIpamConfig {
            ipv4_address: Some(address.to_string()),
            ..EndpointIpamConfig::default()
        }),
        ..EndpointSettings::default()
    };
    let request = NetworkConnectRequest { container: node.to_owned(), endpoint_config: Some(endpoint) };
    let answer = engine.docker().connect_network(network, request).await;
    answer.map_err(failed(format!("connect {node} to the network {network}")))
}

/// Takes a node out of a network. That it is not in there is fine.
pub async fn disconnect(engine: &Engine, node: &str, network: &str) -> Result<(), Error> {
    let request = NetworkDisconnectRequest { container: node.to_owned(), force: Some(true) };
    match engine.docker().disconnect_network(network, request).await {
        Err(error) if !is_absent(&error) && !told(&error).contains("is not connected") => {
            Err(failed(format!("disconnect {node} from the network {network}"))(error))
        }
        _ => Ok(()),
    }
}

/// What an engine's words at the start of a container mean.
fn refusal(message: String) -> Refusal {
    let port = message.contains("port is already allocated")
        || (message.contains("bind") && message.contains("address already in use"));
    if reduced::is_refusal(&message) {
        Refusal::Capabilities(message)
    } else if port {
        Refusal::Port
    } else if message.contains("Address already in use") || message.contains("no available IPv4 addresses") {
        Refusal::Address(message)
    } else {
        Refusal::Other(message)
    }
}

fn failure(action: String, message: String) -> Error {
    if message.contains("no space left on device") {
        return Error::TooLittleDisk { detail: message };
    }
    Error::Engine { action, message }
}

/// A port of this machine that nothing listens on now.
fn free_port(node: &Blueprint) -> Result<u16, Error> {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    free.map(|address| address.port()).map_err(|error| Error::Engine {
        action: format!("publish the API server of {}", node.name),
        message: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_engine_says_at_the_start_is_understood() {
        let capabilities = "OCI runtime create failed: container_linux.go:380: starting container process caused: \
                            process_linux.go:545: container init caused: apply caps: unable to apply caps: operation \
                            not permitted: unknown";
        let port = "driver failed programming external connectivity on endpoint c-control-plane (1f): Error starting \
                    userland proxy: listen tcp4 127.0.0.1:6443: bind: address already in use";
        for (message, expected) in [
            (capabilities, Refusal::Capabilities(capabilities.to_owned())),
            (port, Refusal::Port),
            ("Bind for 127.0.0.1:6443 failed: port is already allocated", Refusal::Port),
            ("Address already in use", Refusal::Address("Address already in use".to_owned())),
            ("something else", Refusal::Other("something else".to_owned())),
        ] {
            assert_eq!(refusal(message.to_owned()), expected);
        }
    }
}
