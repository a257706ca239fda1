//! The virtual networks that ask a zone: <https://learn.microsoft.com/rest/api/dns/privatedns/virtual-network-links>.

use arm::ErrorResponse;

use super::super::rows::takes;
use super::ZONES;
use crate::engine::{
    Definition, Draft, Example, Fidelity, Model, Names, Resource, Scope, Store, plain_name, property, set,
    set_default, take, text,
};
use crate::providers::network::{subnets, virtual_networks};

/// Where the id of the network stands.
pub const NETWORK: [&str; 2] = ["virtualNetwork", "id"];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
    summary: "A virtual network that knows a zone's names.",
    modelled: "2024-06-01",
    scope: Scope::Parent,
    names: Names::Rule { min: 1, max: 80, accepts: plain_name, rule: "letters, digits, `-`, `_` and `.`" },
    long_running: takes(20, 10),
    feeds: &[Model::Network],
    fidelity: Fidelity::Approximate(
        "auto-registration registers the nodes of AKS clusters, there are no other machines",
    ),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/privateDnsZones/internal.example/virtualNetworkLinks/example-link",
        body: r#"{"location": "global", "properties": {"registrationEnabled": false, "virtualNetwork": {
            "id": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/virtualNetworks/example-vnet"}}}"#,
        patch: Some(r#"{"tags": {"a": "c"}}"#),
        after: &["Microsoft.Network/virtualNetworks"],
    }],
    defaults: |draft| {
        take(&mut draft.body, &["properties", "virtualNetworkLinkState"]);
        set_default(&mut draft.body, &["properties", "registrationEnabled"], false);
        Ok(())
    },
    check,
    view: |link, _, shown| {
        set(shown, &["properties", "virtualNetworkLinkState"], "Completed");
        set(shown, &["etag"], link.etag.as_str());
    },
    ..Definition::TRACKED
};

/// The machines of the network get names in the zone.
pub fn registers(link: &Resource) -> bool {
    property(link.properties(), &["registrationEnabled"]).as_bool() == Some(true)
}

/// A link leads to the network.
pub fn leads_to(link: &Resource, network: &str) -> bool {
    text(link.properties(), &NETWORK).is_some_and(|id| id.eq_ignore_ascii_case(network))
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let Some(network) = text(draft.properties(), &NETWORK) else {
        let message = "The virtual network of a virtual network link must be given.";
        return Err(ErrorResponse::new(400, "BadRequest", message).target(NETWORK.join(".")));
    };
    if text(draft.before(), &NETWORK).is_some_and(|before| !before.eq_ignore_ascii_case(network)) {
        let message = "The virtual network of an existing virtual network link cannot be changed.";
        return Err(ErrorResponse::new(400, "BadRequest", message).target(NETWORK.join(".")));
    }
    subnets::check_reference(draft, &draft.id, network, virtual_networks::DEFINITION.name)?;
    let registers = property(draft.properties(), &["registrationEnabled"]).as_bool() == Some(true);
    match conflict(draft, draft.tx, network, registers) {
        None => Ok(()),
        Some(message) => Err(ErrorResponse::new(409, "Conflict", message)),
    }
}

/// Why the network cannot be linked (again).
fn conflict(draft: &Draft<'_, '_>, store: &Store, network: &str, registers_too: bool) -> Option<String> {
    let zone = draft.id.parent()?;
    let others = store.of_type(DEFINITION.name, None);
    let others = others.filter(|other| other.id != draft.id && leads_to(other, network));
    for other in others {
        let its_zone = other
            .id
            .parent()
            .filter(|zone| store.get(zone).is_some_and(|found| found.definition == ZONES))?;
        if its_zone == zone {
            return Some(format!(
                "A virtual network can only be linked once to a Private DNS zone; conflicting link is \"{}\".",
                other.id.name()
            ));
        }
        if its_zone.name().eq_ignore_ascii_case(zone.name()) {
            return Some(format!(
                "A virtual network cannot be linked to multiple zones with overlapping namespaces. You tried to link virtual network with '{}' and '{}' zones.",
                zone.name(),
                its_zone.name()
            ));
        }
        if registers_too && registers(other) {
            return Some(format!(
                "A virtual network can only be linked to 1 Private DNS zone(s) with auto-registration enabled; conflicting Private DNS zone is \"{}\".",
                its_zone.name()
            ));
        }
    }
    None
}
