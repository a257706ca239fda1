//! Where a jump box stands: subnets by name or ARM id.

use network::{Place, SubnetId, Topology};

/// The place that `name` means, or what to write instead.
pub(crate) fn find(topology: &Topology, name: &str) -> Result<Place, String> {
    if name.eq_ignore_ascii_case("internet") {
        return Ok(Place::Internet);
    }
    let id = SubnetId::new(name);
    if topology.subnet(&id).is_some() {
        return Ok(Place::Subnet(id));
    }
    match topology.subnets_named(name).as_slice() {
        [subnet] => Ok(Place::Subnet(subnet.id.clone())),
        [] => Err(format!("there is no subnet `{name}` in the sandbox: {}", choices(topology))),
        several => {
            let ids: Vec<&str> = several.iter().map(|subnet| subnet.id.as_str()).collect();
            Err(format!("`{name}` could be several subnets; write one of {}", ids.join(", ")))
        }
    }
}

fn choices(topology: &Topology) -> String {
    let subnets = topology.virtual_networks.iter().flat_map(|vnet| &vnet.subnets);
    let names: Vec<&str> = subnets.map(|subnet| subnet.name.as_str()).take(20).collect();
    match names.as_slice() {
        [] => "it has no subnets; only `internet` is there".to_owned(),
        names => format!("use internet, {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use network::{Subnet, VirtualNetwork};

    use super::*;

    fn topology() -> Topology {
        let vnet = |name: &str, subnets: &[&str]| VirtualNetwork {
            id: format!("/vnets/{name}"),
            name: name.to_owned(),
            address_space: Vec::new(),
            peers: Vec::new(),
            subnets: subnets
                .iter()
                .map(|subnet| Subnet {
                    id: SubnetId::new(format!("/vnets/{name}/subnets/{subnet}")),
                    name: (*subnet).to_owned(),
                    prefix: "10.10.1.0/24".parse().expect("a range"),
                    security_group: None,
                })
                .collect(),
        };
        let virtual_networks = vec![vnet("a", &["aks", "shared"]), vnet("b", &["shared"])];
        Topology { virtual_networks, ..Topology::default() }
    }

    #[test]
    fn subnets_are_found_by_name_or_id() {
        let cases = [
            ("Internet", Ok("the internet")),
            ("AKS", Ok("subnet aks")),
            ("/VNETS/b/subnets/shared", Ok("subnet shared")),
            ("shared", Err("several")),
            ("nowhere", Err("use internet, aks, shared")),
        ];
        for (name, expected) in cases {
            match (find(&topology(), name), expected) {
                (Ok(place), Ok(expected)) => assert_eq!(place.to_string(), expected),
                (Err(reason), Err(expected)) => assert!(reason.contains(expected), "{reason}"),
                (found, _) => panic!("{name}: {found:?}"),
            }
        }
        assert!(find(&Topology::default(), "aks").is_err_and(|reason| reason.contains("no subnets")));
    }
}
