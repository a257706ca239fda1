//! What can be reached from where.

use std::net::SocketAddr;

use super::*;
use crate::{
    Access, Endpoint, Exposure, Peer, PortRange, Prefix, SecurityGroup, SecurityRule, Subnet, VirtualNetwork,
};

const BALANCER: Ipv4Addr = Ipv4Addr::new(10, 10, 1, 5);

fn subnet(vnet: &str, name: &str) -> SubnetId {
    SubnetId::new(format!("/vnets/{vnet}/subnets/{name}"))
}

fn vnet(name: &str, space: &str, subnets: &[(&str, &str)]) -> VirtualNetwork {
    VirtualNetwork {
        id: format!("/vnets/{name}"),
        name: name.to_owned(),
        address_space: vec![space.parse().expect("a range")],
        subnets: subnets
            .iter()
            .map(|(part, prefix)| Subnet {
                id: subnet(name, part),
                name: (*part).to_owned(),
                prefix: prefix.parse().expect("a range"),
                security_group: None,
            })
            .collect(),
        peers: Vec::new(),
    }
}

fn endpoint(last: u8) -> Endpoint {
    Endpoint {
        pod: format!("default/p{last}"),
        address: Ipv4Addr::new(10, 244, 0, last),
        port: 80,
        socket: SocketAddr::from(([127, 0, 0, 1], 1000 + u16::from(last))),
    }
}

fn fabric(endpoints: Vec<Endpoint>) -> Fabric {
    let fabric = Fabric::new();
    fabric.set_topology(Topology {
        virtual_networks: vec![
            vnet("a", "10.10.0.0/16", &[("aks", "10.10.1.0/24"), ("apim", "10.10.2.0/24")]),
            vnet("b", "10.20.0.0/16", &[("other", "10.20.1.0/24")]),
        ],
        ..Topology::default()
    });
    let frontend = Frontend {
        owner: "service default/private-api".to_owned(),
        address: BALANCER,
        exposure: Exposure::Internal(subnet("a", "aks")),
        ports: vec![Port::new(80, endpoints)],
    };
    fabric.publish("cluster", vec![frontend]);
    fabric
}

#[test]
fn an_internal_address_is_reached_from_its_own_virtual_network_only() {
    let fabric = fabric(vec![endpoint(2)]);
    assert!(fabric.route(&Place::Subnet(subnet("A", "APIM")), BALANCER, 80).is_ok());
    for place in [Place::Internet, Place::Subnet(subnet("b", "other"))] {
        let error = fabric.route(&place, BALANCER, 80).expect_err("no way");
        assert!(error.to_string().contains("private address of virtual network a"), "{error}");
    }
}

#[test]
fn endpoints_take_turns() {
    let route = fabric(vec![endpoint(2), endpoint(3)])
        .route(&Place::Subnet(subnet("a", "apim")), BALANCER, 80)
        .expect("a route");
    let first = route.port.next().cloned();
    assert_ne!(first, route.port.next().cloned());
    assert_eq!(first, route.port.next().cloned());
}

#[test]
fn a_closed_port_no_endpoints_and_nobody_are_told_apart() {
    let here = Place::Subnet(subnet("a", "apim"));
    let error = fabric(vec![endpoint(2)]).route(&here, BALANCER, 81).expect_err("closed");
    assert!(matches!(error, Unreachable::PortClosed { port: 81, .. }));
    let error = fabric(Vec::new()).route(&here, BALANCER, 80).expect_err("no endpoints");
    assert!(matches!(error, Unreachable::NoEndpoints(_)));
    let error = fabric(Vec::new()).route(&here, Ipv4Addr::new(10, 10, 1, 9), 80).expect_err("nobody");
    assert!(matches!(error, Unreachable::NobodyThere(_)));
}

#[test]
fn what_a_publisher_withdraws_is_gone() {
    let fabric = fabric(vec![endpoint(2)]);
    fabric.publish("cluster", Vec::new());
    assert!(fabric.route(&Place::Subnet(subnet("a", "apim")), BALANCER, 80).is_err());
    assert_eq!(fabric.take_address(&subnet("a", "aks"), "node", None), Ok(Ipv4Addr::new(10, 10, 1, 4)));
}

fn rule(name: &str, direction: Direction, access: Access, source: &str) -> SecurityRule {
    SecurityRule {
        name: name.to_owned(),
        priority: 100,
        direction,
        access,
        protocol: None,
        source: vec![Prefix::parse(source)],
        source_ports: vec![PortRange::ALL],
        destination: vec![Prefix::Any],
        destination_ports: vec![PortRange(80, 80)],
    }
}

/// Puts a group with one rule at a subnet.
fn guard(fabric: &Fabric, subnet: &str, rule: &SecurityRule) {
    let mut topology = fabric.topology().as_ref().clone();
    for found in topology.virtual_networks.iter_mut().flat_map(|vnet| &mut vnet.subnets) {
        if found.name == subnet {
            let group = SecurityGroup::new("/nsg", format!("nsg-{subnet}"), vec![rule.clone()]);
            found.security_group = Some(Arc::new(group));
        }
    }
    fabric.set_topology(topology);
}

#[test]
fn the_rule_that_refuses_is_named_with_its_group_and_direction() {
    let here = Place::Subnet(subnet("a", "apim"));
    for (at, direction) in [("aks", Direction::Inbound), ("apim", Direction::Outbound)] {
        let fabric = fabric(vec![endpoint(2)]);
        guard(&fabric, at, &rule("no-web", direction, Access::Deny, "*"));
        let error = fabric.route(&here, BALANCER, 80).expect_err("denied");
        let expected = Unreachable::Denied {
            to: SocketAddrV4::new(BALANCER, 80),
            rule: "no-web".into(),
            priority: 100,
            group: format!("nsg-{at}"),
            subnet: at.into(),
            direction,
        };
        assert_eq!(error, expected);
        guard(&fabric, at, &rule("no-web", direction, Access::Deny, "10.9.0.0/16"));
        assert!(
            fabric.route(&here, BALANCER, 80).is_ok(),
            "the rule is about others: the default rules decide"
        );
    }
}

#[test]
fn peered_networks_reach_each_other_if_both_halves_allow_it() {
    let half = |to: &str, allows_access| Peer {
        name: format!("to-{to}"),
        virtual_network: format!("/vnets/{to}"),
        allows_access,
    };
    for (a, b, expected) in [
        (Some(true), Some(true), None),
        (Some(true), None, Some("only initiated: a has its half to-b, b has none")),
        (None, Some(true), Some("only initiated: b has its half to-a, a has none")),
        (Some(true), Some(false), Some("allowVirtualNetworkAccess of to-a is false")),
        (None, None, Some("which subnet other is not part of")),
    ] {
        let fabric = fabric(vec![endpoint(2)]);
        let mut topology = fabric.topology().as_ref().clone();
        topology.virtual_networks[0].peers.extend(a.map(|allows| half("b", allows)));
        topology.virtual_networks[1].peers.extend(b.map(|allows| half("a", allows)));
        fabric.set_topology(topology);
        let outcome = fabric.route(&Place::Subnet(subnet("b", "other")), BALANCER, 80);
        match expected {
            None => assert!(outcome.is_ok(), "{a:?} {b:?}"),
            Some(part) => {
                let error = outcome.expect_err(part).to_string();
                assert!(error.contains(part), "{a:?} {b:?}: {error}");
            }
        }
    }
}

#[test]
fn the_ways_hops_are_told_up_to_where_it_ends() {
    let kinds = |path: &Path| -> Vec<&str> { path.hops.iter().map(|hop| hop.kind.as_str()).collect() };
    let fabric = fabric(vec![endpoint(2)]);
    let here = Place::Subnet(subnet("a", "apim"));
    let path = fabric.explain(&here, BALANCER, 80);
    let whole = [
        "start",
        "network security group, outbound",
        "route",
        "network security group, inbound",
        "frontend",
        "endpoints",
    ];
    assert_eq!(kinds(&path), whole);
    assert!(path.outcome.is_ok() && path.hops.iter().all(|hop| hop.passes));
    guard(&fabric, "aks", &rule("no-web", Direction::Inbound, Access::Deny, "VirtualNetwork"));
    let path = fabric.explain(&here, BALANCER, 80);
    assert_eq!(kinds(&path), whole[..4]);
    assert!(path.outcome.is_err() && path.hops.last().is_some_and(|hop| !hop.passes));
    let path = fabric.explain(&Place::Internet, BALANCER, 80);
    assert_eq!(kinds(&path), ["start", "route"]);
}
