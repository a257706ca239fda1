//! The private addresses of services in internal mode: in their virtual network, and what is peered with it, the gateway
//! answers there too. <https://learn.microsoft.com/azure/api-management/api-management-using-with-internal-vnet>

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use network::{Endpoint, Exposure, Fabric, Frontend, Port, SubnetId};

use crate::endpoints::{self, PortNumbers};
use crate::observed::ServiceInfo;

/// Who publishes the frontends.
const PUBLISHER: &str = "API Management services";

/// Says in the network where services are.
pub(crate) struct PrivateAddresses {
    fabric: Arc<Fabric>,
    ports: PortNumbers,
    shown: Mutex<Vec<(String, Ipv4Addr, SubnetId)>>,
}

impl PrivateAddresses {
    pub(crate) fn new(fabric: Arc<Fabric>, ports: PortNumbers) -> Self {
        Self { fabric, ports, shown: Mutex::default() }
    }

    /// These are the services now.
    pub(crate) fn show(&self, services: &[ServiceInfo]) {
        let topology = self.fabric.topology();
        let joined = services.iter().filter(|service| !service.public);
        let found: Vec<(String, Ipv4Addr, SubnetId)> = joined
            .filter_map(|service| {
                let id = SubnetId::new(service.virtual_network.as_deref()?);
                let (_, subnet) = topology.subnet(&id)?;
                // The subnet's last usable address, as the control plane shows it.
                let address = Ipv4Addr::from_bits(subnet.prefix.last().to_bits().saturating_sub(1));
                Some((service.name.clone(), address, id))
            })
            .collect();
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if *shown != found {
            let frontends = found.iter().map(|(name, address, subnet)| self.frontend(name, *address, subnet));
            self.fabric.publish(PUBLISHER, frontends.collect());
            *shown = found;
        }
    }

    fn frontend(&self, name: &str, address: Ipv4Addr, subnet: &SubnetId) -> Frontend {
        let owner = format!("API Management service {name}");
        let port = |number: u16, endpoint: endpoints::Endpoint| {
            let socket = (Ipv4Addr::LOCALHOST, self.ports.of(endpoint)).into();
            Port::new(number, vec![Endpoint { pod: owner.clone(), address, port: number, socket }])
        };
        Frontend {
            address,
            exposure: Exposure::Internal(subnet.clone()),
            ports: vec![port(80, endpoints::Endpoint::Gateway), port(443, endpoints::Endpoint::GatewayHttps)],
            owner,
        }
    }
}

#[cfg(test)]
mod tests {
    use network::{Place, Subnet, Topology, VirtualNetwork};

    use super::*;

    #[test]
    fn a_service_in_internal_mode_answers_at_its_private_address() {
        let fabric = Arc::new(Fabric::new());
        let subnet = SubnetId::new("/vnets/v/subnets/apim");
        let part = Subnet {
            id: subnet.clone(),
            name: "apim".to_owned(),
            prefix: "10.10.2.0/24".parse().expect("a range"),
            security_group: None,
        };
        let vnet = VirtualNetwork {
            id: "/vnets/v".to_owned(),
            name: "v".to_owned(),
            address_space: vec!["10.10.0.0/16".parse().expect("a range")],
            subnets: vec![part],
            peers: Vec::new(),
        };
        fabric.set_topology(Topology { virtual_networks: vec![vnet], ..Topology::default() });
        let ports = PortNumbers { gateway: 81, gateway_https: 444, ..PortNumbers::default() };
        let addresses = PrivateAddresses::new(Arc::clone(&fabric), ports);
        let service = |public: bool| ServiceInfo {
            id: "/s".to_owned(),
            name: "s".to_owned(),
            host_names: Vec::new(),
            public,
            virtual_network: Some(subnet.to_string()),
            apis: Vec::new(),
        };
        let inside = Place::Subnet(subnet.clone());
        let reached = |port: u16| {
            let route = fabric.route(&inside, Ipv4Addr::new(10, 10, 2, 254), port);
            route.ok().and_then(|route| route.port.next().map(|endpoint| endpoint.socket.port()))
        };
        addresses.show(&[service(true)]);
        assert_eq!(reached(443), None);
        addresses.show(&[service(false)]);
        assert_eq!((reached(80), reached(443), reached(22)), (Some(81), Some(444), None));
        addresses.show(&[]);
        assert_eq!(reached(443), None);
    }
}
