//! The sandbox's Docker network: it has the range of the cluster's subnet, so that a load balancer's address is one that
//! this machine reaches.
//! <https://docs.docker.com/engine/network/drivers/bridge/>
//!
//! Docker gives out addresses from the upper half only; nodes and load balancers have theirs from the lower half, where
//! Azure begins.

use std::collections::HashMap;
use std::path::Path;

use ::network::Cidr;
use bollard::models::{Ipam, IpamConfig, Network, NetworkCreateRequest, NetworkInspect};
use bollard::query_parameters::{
    InspectNetworkOptions, ListContainersOptionsBuilder, ListNetworksOptionsBuilder,
};

use super::engine::{Engine, EngineInfo, failed, is_absent, told};
use super::{Error, name};

/// The network that the engine made itself, whose packet size fits the machine.
const DEFAULT_BRIDGE: &str = "bridge";
const MTU: &str = "com.docker.network.driver.mtu";
const MASQUERADE: &str = "com.docker.network.bridge.enable_ip_masquerade";
/// The kernel's routes.
const ROUTES: &str = "/proc/net/route";

/// The sandbox's network with this range; made if it is not there.
pub async fn ensure(engine: &Engine, info: &EngineInfo, sandbox: &str, subnet: Cidr) -> Result<(), Error> {
    let wanted = name::network(sandbox);
    let networks = list(engine).await?;
    if let Some(present) = networks.iter().find(|network| network.name.as_deref() == Some(&wanted)) {
        if ranges(present).any(|range| range == subnet) {
            return Ok(());
        }
        if is_used(engine, &wanted).await? {
            let present: Vec<String> = ranges(present).map(|range| range.to_string()).collect();
            return Err(Error::OtherSubnet { network: wanted, present: present.join(", "), wanted: subnet });
        }
        drop_one(engine, &wanted).await?;
    }
    let others = networks.iter().filter(|network| network.name.as_deref() != Some(&wanted));
    if let Some(other) = overlapping(others, subnet) {
        return Err(Error::SubnetOverlap { subnet, other });
    }
    if let Some(interface) = route_within(Path::new(ROUTES), subnet) {
        let other = format!("what this machine reaches through {interface}");
        return Err(Error::SubnetOverlap { subnet, other });
    }
    let mtu = inspect(engine, DEFAULT_BRIDGE).await.ok().and_then(|bridge| bridge.options?.remove(MTU));
    // Podman masquerades by itself, and knows none of Docker's options.
    let options = if info.podman { HashMap::new() } else { options(mtu) };
    let request = request(sandbox, subnet, options)?;
    engine.docker().create_network(request).await.map(drop).map_err(|error| {
        let message = told(&error);
        if message.to_ascii_lowercase().contains("overlap") {
            return Error::SubnetOverlap { subnet, other: format!("another network ({message})") };
        }
        failed(format!("create the network {wanted}"))(error)
    })
}

/// Removes all networks of the sandbox; what is still connected is disconnected.
pub async fn remove(engine: &Engine, sandbox: &str) -> Result<(), Error> {
    let ours = |network: &Network| {
        network
            .labels
            .as_ref()
            .and_then(|labels| labels.get(name::SANDBOX))
            .is_some_and(|label| label == sandbox)
    };
    for network in list(engine).await?.into_iter().filter(ours) {
        let Some(id) = network.id else { continue };
        for container in inspect(engine, &id).await?.containers.unwrap_or_default().into_keys() {
            super::node::disconnect(engine, &container, &id).await?;
        }
        drop_one(engine, &id).await?;
    }
    Ok(())
}

/// Removes the sandbox's network if nothing is connected to it.
pub async fn remove_unused(engine: &Engine, sandbox: &str) -> Result<(), Error> {
    let wanted = name::network(sandbox);
    let present = list(engine).await?.into_iter().find(|network| network.name.as_deref() == Some(&wanted));
    let Some(present) = present.filter(|network| is_ours(network, sandbox)) else { return Ok(()) };
    let id = present.id.unwrap_or(wanted);
    if is_used(engine, &id).await? { Ok(()) } else { drop_one(engine, &id).await }
}

/// A container is connected, or was when it stopped: the network's own list has those only that run.
async fn is_used(engine: &Engine, network: &str) -> Result<bool, Error> {
    let filters = HashMap::from([("network", vec![network])]);
    let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
    let containers =
        engine.docker().list_containers(Some(options)).await.map_err(failed("list containers"))?;
    Ok(!containers.is_empty())
}

fn is_ours(network: &Network, sandbox: &str) -> bool {
    network.labels.as_ref().and_then(|labels| labels.get(name::SANDBOX)).is_some_and(|label| label == sandbox)
}

async fn list(engine: &Engine) -> Result<Vec<Network>, Error> {
    let options = ListNetworksOptionsBuilder::default().build();
    engine.docker().list_networks(Some(options)).await.map_err(failed("list networks"))
}

async fn inspect(engine: &Engine, network: &str) -> Result<NetworkInspect, Error> {
    let inspected = engine.docker().inspect_network(network, None::<InspectNetworkOptions>).await;
    inspected.map_err(failed(format!("look at the network {network}")))
}

async fn drop_one(engine: &Engine, network: &str) -> Result<(), Error> {
    match engine.docker().remove_network(network).await {
        Err(error) if !is_absent(&error) => Err(failed(format!("remove the network {network}"))(error)),
        _ => Ok(()),
    }
}

fn options(mtu: Option<String>) -> HashMap<String, String> {
    let mut options = HashMap::from([(MASQUERADE.to_owned(), "true".to_owned())]);
    options.extend(mtu.map(|mtu| (MTU.to_owned(), mtu)));
    options
}

fn request(
    sandbox: &str,
    subnet: Cidr,
    options: HashMap<String, String>,
) -> Result<NetworkCreateRequest, Error> {
    let gateway = subnet.address(1);
    let (Some(gateway), Some(upper)) = (gateway, upper_half(subnet)) else {
        return Err(Error::Model(format!("the subnet {subnet} is too small for nodes")));
    };
    Ok(NetworkCreateRequest {
        name: name::network(sandbox),
        driver: Some("bridge".to_owned()),
        ipam: Some(Ipam {
            driver: Some("default".to_owned()),
            config: Some(vec![IpamConfig {
                subnet: Some(subnet.to_string()),
                gateway: Some(gateway.to_string()),
                ip_range: Some(upper),
                auxiliary_addresses: None,
            }]),
            options: None,
        }),
        options: Some(options),
        labels: Some(HashMap::from([(name::SANDBOX.to_owned(), sandbox.to_owned())])),
        ..NetworkCreateRequest::default()
    })
}

/// `10.10.1.128/25` of `10.10.1.0/24`.
fn upper_half(subnet: Cidr) -> Option<String> {
    // Azure's smallest subnet has 8 addresses.
    if subnet.length() > 29 {
        return None;
    }
    let first = subnet.address(1 << (31 - subnet.length()))?;
    Some(format!("{first}/{}", subnet.length() + 1))
}

/// A Docker network with addresses of the range, as a phrase.
fn overlapping<'a>(networks: impl Iterator<Item = &'a Network>, subnet: Cidr) -> Option<String> {
    networks.into_iter().find_map(|network| {
        let range = ranges(network).find(|range| range.overlaps(subnet))?;
        let whose = match network.labels.as_ref().and_then(|labels| labels.get(name::SANDBOX)) {
            Some(_) => " of another sandbox, which `apimlab down` on its state folder removes",
            None => "",
        };
        Some(format!("the Docker network {} ({range}){whose}", network.name.as_deref().unwrap_or_default()))
    })
}

fn ranges(network: &Network) -> impl Iterator<Item = Cidr> {
    let config = network.ipam.iter().flat_map(|ipam| ipam.config.iter().flatten());
    config.filter_map(|config| config.subnet.as_deref()?.parse().ok())
}

/// The interface with a route to a part of the range. A wider route, such as a VPN's, gives way to the bridge's.
fn route_within(table: &Path, subnet: Cidr) -> Option<String> {
    let table = std::fs::read_to_string(table).ok()?;
    table.lines().skip(1).find_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let (interface, destination, mask) = (columns.first()?, columns.get(1)?, columns.get(7)?);
        // The kernel writes these as numbers of the machine, whose bytes are the address.
        let number = |hex: &str| u32::from_str_radix(hex, 16).ok().map(u32::swap_bytes);
        let (destination, mask) = (number(destination)?, number(mask)?);
        let route: Cidr =
            format!("{}/{}", std::net::Ipv4Addr::from_bits(destination), mask.leading_ones()).parse().ok()?;
        (subnet.contains_range(route)).then(|| format!("{interface} ({route})"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Cidr {
        text.parse().expect("a range")
    }

    #[test]
    fn docker_gets_the_upper_half_and_the_first_address_is_the_gateway() {
        let request =
            request("s", range("10.10.1.0/24"), options(Some("1450".to_owned()))).expect("a request");
        let config = request.ipam.and_then(|ipam| ipam.config).expect("a range").remove(0);
        assert_eq!(config.subnet.as_deref(), Some("10.10.1.0/24"));
        assert_eq!(config.gateway.as_deref(), Some("10.10.1.1"));
        assert_eq!(config.ip_range.as_deref(), Some("10.10.1.128/25"));
        assert_eq!(request.name, "apimlab-s");
        assert_eq!(request.options.expect("options").get(MTU).map(String::as_str), Some("1450"));
        for (subnet, upper) in [("10.0.0.0/8", Some("10.128.0.0/9")), ("10.0.0.8/29", Some("10.0.0.12/30"))] {
            assert_eq!(upper_half(range(subnet)).as_deref(), upper);
        }
        assert_eq!(upper_half(range("10.0.0.8/30")), None);
    }

    #[test]
    fn an_overlap_is_named() {
        let network = |name: &str, subnet: &str| Network {
            name: Some(name.to_owned()),
            ipam: Some(Ipam {
                config: Some(vec![IpamConfig { subnet: Some(subnet.to_owned()), ..IpamConfig::default() }]),
                ..Ipam::default()
            }),
            ..Network::default()
        };
        let networks =
            [network("none", ""), network("kind", "172.18.0.0/16"), network("vpn", "10.10.0.0/16")];
        let other = overlapping(networks.iter(), range("10.10.1.0/24"));
        assert_eq!(other.as_deref(), Some("the Docker network vpn (10.10.0.0/16)"));
        assert_eq!(overlapping(networks.iter(), range("10.20.1.0/24")), None);
    }

    #[test]
    fn a_route_into_the_range_is_named_and_a_wider_one_is_no_trouble() {
        let folder = tempfile::tempdir().expect("a folder");
        let table = folder.path().join("route");
        let text = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
                    eth0\t00000000\t01001AAC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
                    tun0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n\
                    eth1\t00010A0A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";
        std::fs::write(&table, text).expect("a table");
        let found = route_within(&table, range("10.10.1.0/24"));
        assert_eq!(found.as_deref(), Some("eth1 (10.10.1.0/24)"));
        assert_eq!(route_within(&table, range("10.10.2.0/24")), None);
    }
}
