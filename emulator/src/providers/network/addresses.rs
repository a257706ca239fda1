//! Private addresses of parts of resources: which one a part gets, and that nobody else gets it.

use std::net::Ipv4Addr;

use arm::{ErrorResponse, ResourceId};
use network::SubnetId;
use serde_json::Value;

use super::{application_gateways, load_balancers, private_endpoints, subnets};
use crate::Config;
use crate::engine::{Draft, Removal, Resource, Store, array, set, set_default, text};

/// The types whose parts have addresses, and the lists of those parts.
const HOLDERS: [(&str, &str); 3] = [
    (application_gateways::DEFINITION.name, "frontendIPConfigurations"),
    (load_balancers::DEFINITION.name, "frontendIPConfigurations"),
    (private_endpoints::DEFINITION.name, "ipConfigurations"),
];

/// Gives the parts of a stored draft their addresses: those that they ask for or had, or free ones.
pub fn provision(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let Some(stored) = draft.tx.get(&draft.id) else { return Ok(()) };
    let list = list_of(&stored);
    let had: Vec<(SubnetId, String, Option<Ipv4Addr>)> =
        draft.existing.iter().flat_map(|before| held(before)).collect();
    let mut given = stored.as_ref().clone();
    for (at, (subnet, name, wanted)) in held_at(&stored) {
        let before = had.iter().find(|(other, own, _)| *other == subnet && *own == name);
        let wanted = wanted.or_else(|| before.and_then(|(_, _, address)| *address));
        let owner = owner(&draft.id, &name);
        let taken = draft.world.config.fabric.take_address(&subnet, &owner, wanted);
        let address = taken.map_err(|error| {
            // What is refused leaves nothing behind.
            if draft.existing.is_none() {
                release_all(draft.world.config, &stored);
            }
            let message = format!("The private IP address of '{name}' cannot be given: {error}.");
            ErrorResponse::new(400, "PrivateIPAddressNotAvailable", message)
        })?;
        if let Some(part) = given.body.pointer_mut(&format!("/properties/{list}/{at}")) {
            set(part, &["properties", "privateIPAddress"], address.to_string());
        }
    }
    for (_, name, _) in had {
        if !held(&stored).any(|(_, own, _)| own == name) {
            draft.world.config.fabric.release_addresses(&owner(&draft.id, &name));
        }
    }
    draft.tx.put(given);
    Ok(())
}

/// The subnet that a part names is there, and the address that it asks for is one.
pub fn check_part(draft: &Draft<'_, '_>, part: &Value) -> Result<(), ErrorResponse> {
    let Some(subnet) = text(part, &["properties", "subnet", "id"]) else { return Ok(()) };
    subnets::check_reference(draft, &draft.id, subnet, subnets::DEFINITION.name)?;
    match text(part, &["properties", "privateIPAddress"]) {
        Some(address) if address.parse::<Ipv4Addr>().is_err() => {
            let message = format!("The private IP address '{address}' is not an IPv4 address.");
            Err(ErrorResponse::new(400, "PrivateIPAddressInvalid", message))
        }
        _ => Ok(()),
    }
}

fn owner(resource: &ResourceId, part: &str) -> String {
    format!("{}/{part}", resource.key())
}

/// Gives back the addresses of what goes.
pub fn release(removal: &mut Removal<'_, '_>) {
    release_all(removal.config, &removal.resource);
}

fn release_all(config: &Config, resource: &Resource) {
    for (_, name, _) in held(resource) {
        config.fabric.release_addresses(&owner(&resource.id, &name));
    }
}

/// Takes what is stored, before anybody else can.
pub fn restore(config: &Config, store: &Store) {
    for (kind, _) in HOLDERS {
        for resource in store.of_type(kind, None) {
            for (subnet, name, address) in held(resource) {
                let taken = config.fabric.take_address(&subnet, &owner(&resource.id, &name), address);
                if let Err(error) = taken {
                    tracing::warn!(resource = resource.id.as_str(), %error, "an address was lost");
                }
            }
        }
    }
}

/// The resources that have addresses in a subnet.
pub fn users(store: &Store, subnet: &ResourceId) -> Vec<String> {
    let subnet = SubnetId::new(subnet.as_str());
    let holders = HOLDERS.iter().flat_map(|(kind, _)| store.of_type(kind, None));
    holders
        .filter(|resource| held(resource).any(|(own, _, _)| own == subnet))
        .map(|resource| resource.id.to_string())
        .collect()
}

/// The subnet, name and address of every part that has one.
fn held(resource: &Resource) -> impl Iterator<Item = (SubnetId, String, Option<Ipv4Addr>)> {
    held_at(resource).map(|(_, part)| part)
}

/// The same, with their places in the list.
fn held_at(resource: &Resource) -> impl Iterator<Item = (usize, (SubnetId, String, Option<Ipv4Addr>))> {
    let parts = array(resource.properties(), &[list_of(resource)]).iter().enumerate();
    parts.filter_map(|(at, part)| {
        let subnet = SubnetId::new(text(part, &["properties", "subnet", "id"])?);
        let address = text(part, &["properties", "privateIPAddress"]).and_then(|text| text.parse().ok());
        Some((at, (subnet, text(part, &["name"])?.to_owned(), address)))
    })
}

fn list_of(resource: &Resource) -> &'static str {
    let known = HOLDERS.iter().find(|(kind, _)| *kind == resource.definition.name);
    known.map(|(_, list)| *list).unwrap_or_default()
}

/// A frontend has an address in a subnet, or a public one.
pub fn check_frontends(draft: &Draft<'_, '_>, list: &str) -> Result<(), ErrorResponse> {
    for part in array(draft.properties(), &[list]) {
        check_part(draft, part)?;
        if let Some(public) = text(part, &["properties", "publicIPAddress", "id"]) {
            let kind = super::public_ip_addresses::DEFINITION.name;
            subnets::check_reference(draft, &draft.id, public, kind)?;
        } else if text(part, &["properties", "subnet", "id"]).is_none() {
            let name = text(part, &["name"]).unwrap_or_default();
            let message = format!("The frontend '{name}' must have a subnet or a public IP address.");
            return Err(ErrorResponse::new(400, "InvalidRequestFormat", message).target(list));
        }
    }
    Ok(())
}

/// Fills how the addresses of frontends are given.
pub fn complete_frontends(draft: &mut Draft<'_, '_>, list: &str) {
    let parts = draft.body.pointer_mut(&format!("/properties/{list}")).and_then(Value::as_array_mut);
    for part in parts.into_iter().flatten() {
        set_default(part, &["properties", "privateIPAllocationMethod"], "Dynamic");
    }
}
