//! Names in zones: what is asked for, and what is said.

use super::*;
use crate::{Subnet, SubnetId, VirtualNetwork};

fn vnet(name: &str) -> VirtualNetwork {
    VirtualNetwork {
        id: format!("/vnets/{name}"),
        name: name.to_owned(),
        address_space: vec!["10.10.0.0/16".parse().expect("a range")],
        subnets: vec![Subnet {
            id: SubnetId::new(format!("/vnets/{name}/subnets/s")),
            name: "s".to_owned(),
            prefix: "10.10.1.0/24".parse().expect("a range"),
            security_group: None,
        }],
        peers: Vec::new(),
    }
}

fn zone(name: &str, redirects: bool, records: &[(&str, ZoneRecord)]) -> PrivateZone {
    let link =
        ZoneLink { name: "l".to_owned(), virtual_network: "/VNETS/a".to_owned(), redirects, registers: true };
    PrivateZone {
        name: name.to_owned(),
        links: vec![link],
        records: records.iter().map(|(name, record)| ((*name).to_owned(), record.clone())).collect(),
    }
}

fn machines(zone: &PrivateZone, name: &str) -> Option<Ipv4Addr> {
    (zone.name == "corp.test" && ["node", "api"].contains(&name)).then_some(Ipv4Addr::new(10, 10, 1, 9))
}

fn topology() -> Topology {
    let at = |last: u8| ZoneRecord::Addresses(vec![Ipv4Addr::new(10, 10, 1, last)]);
    let alias = |to: &str| ZoneRecord::Alias(to.to_owned());
    Topology {
        virtual_networks: vec![vnet("a"), vnet("b")],
        private_zones: vec![
            zone(
                "corp.test",
                false,
                &[
                    ("@", at(4)),
                    ("api", at(5)),
                    ("*", at(8)),
                    ("*.apps", at(6)),
                    ("www", alias("api.corp.test")),
                    ("out", alias("example.com")),
                    ("loop", alias("loop.corp.test")),
                    ("text", ZoneRecord::Nothing),
                ],
            ),
            zone("sub.corp.test", false, &[("api", at(7))]),
            zone("open.test", true, &[]),
        ],
        ..Topology::default()
    }
}

#[test]
fn the_longest_linked_zone_answers() {
    let place = Place::Subnet(SubnetId::new("/vnets/a/subnets/s"));
    for (name, expected) in [
        ("corp.test", Ok(4)),
        ("api.corp.test", Ok(5)),
        ("api.corp.test.", Ok(5)),
        ("www.corp.test", Ok(5)),
        ("x.y.apps.corp.test", Ok(6)),
        ("api.sub.corp.test", Ok(7)),
        ("other.sub.corp.test", Err("zone sub.corp.test has no such name")),
        ("x.api.corp.test", Err("zone corp.test has no such name")),
        ("other.corp.test", Ok(8)),
        ("node.corp.test", Ok(9)),
        ("text.corp.test", Err("no address for it")),
        ("loop.corp.test", Err("CNAME records follow each other")),
        ("out.corp.test", Err("example.com cannot be resolved: it lies in no private DNS zone")),
        ("nocorp.test", Err("in no private DNS zone")),
        ("x.open.test", Err("in no private DNS zone")),
    ] {
        let found = topology().resolve(&place, name, machines);
        match (found, expected) {
            (Ok(found), Ok(last)) => assert_eq!(found.address, Ipv4Addr::new(10, 10, 1, last), "{name}"),
            (Err(why), Err(part)) => assert!(why.to_string().contains(part), "{name}: {why}"),
            (found, _) => panic!("{name}: {found:?}"),
        }
    }
}

#[test]
fn only_linked_networks_know_the_names() {
    let elsewhere = Place::Subnet(SubnetId::new("/vnets/b/subnets/s"));
    for place in [Place::Internet, elsewhere] {
        let found = topology().resolve(&place, "api.corp.test", machines);
        assert_eq!(found, Err(Unresolved::NotPrivate("api.corp.test".to_owned())));
    }
}
