//! Private DNS zones with their networks and names, as the network fabric resolves them.

use arm::ProvisioningState;
use network::{PrivateZone, ZoneLink, ZoneRecord};
use serde_json::Value;

use crate::engine::{Resource, Store, array, property, text};
use crate::providers::network::private_dns;

/// A zone.
pub fn private_zone(store: &Store, zone: &Resource) -> PrivateZone {
    let links = store.of_type(private_dns::LINKS.name, Some(&zone.id));
    let mut found = PrivateZone {
        name: zone.id.name().to_lowercase(),
        links: links.filter_map(|found| link(found)).collect(),
        ..PrivateZone::default()
    };
    let others = [private_dns::AAAA, private_dns::MX, private_dns::PTR, private_dns::SRV, private_dns::TXT];
    for record in others.iter().flat_map(|kind| store.of_type(kind.name, Some(&zone.id))) {
        found.records.insert(record.id.name().to_lowercase(), ZoneRecord::Nothing);
    }
    for record in store.of_type(private_dns::CNAME.name, Some(&zone.id)) {
        let alias = text(record.properties(), &["cnameRecord", "cname"])
            .map_or(ZoneRecord::Nothing, |alias| {
                ZoneRecord::Alias(alias.trim_end_matches('.').to_lowercase())
            });
        found.records.insert(record.id.name().to_lowercase(), alias);
    }
    for record in store.of_type(private_dns::A.name, Some(&zone.id)) {
        let written = array(record.properties(), &["aRecords"]).iter();
        let addresses = written.filter_map(|one| text(one, &["ipv4Address"])?.parse().ok()).collect();
        found.records.insert(record.id.name().to_lowercase(), ZoneRecord::Addresses(addresses));
    }
    found
}

/// A link that is in effect.
fn link(link: &Resource) -> Option<ZoneLink> {
    if link.state == ProvisioningState::Creating {
        return None;
    }
    let properties = link.properties();
    let policy = text(properties, &["resolutionPolicy"]).unwrap_or_default();
    Some(ZoneLink {
        name: link.id.name().to_owned(),
        virtual_network: text(properties, &["virtualNetwork", "id"])?.to_owned(),
        redirects: policy.eq_ignore_ascii_case("NxDomainRedirect"),
        registers: property(properties, &["registrationEnabled"]) == &Value::Bool(true),
    })
}
