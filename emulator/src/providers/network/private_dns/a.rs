//! IPv4 addresses of a name: <https://learn.microsoft.com/rest/api/dns/privatedns/record-sets>.
//!
//! The machines of a network that is linked with registration have a record each, which nobody writes:
//! <https://learn.microsoft.com/azure/dns/private-dns-autoregistration>.

use std::net::Ipv4Addr;
use std::sync::Arc;

use arm::ResourceId;
use serde_json::json;
use sim::Ids;

use super::record_set::{RECORD_SET, check_list, made};
use super::{LINKS, links};
use crate::engine::{Definition, Example, Resource, Store, text};

/// The lifetime of records that are made by themselves, in seconds.
const REGISTERED_TTL: u32 = 10;

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/privateDnsZones/A",
    summary: "The IPv4 addresses of a name.",
    examples: &[
        Example {
            id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/privateDnsZones/internal.example/A/api",
            body: r#"{"properties": {"ttl": 300, "aRecords": [{"ipv4Address": "10.10.1.5"}]}}"#,
            patch: Some(r#"{"properties": {"metadata": {"a": "c"}}}"#),
            after: &[],
        },
        Example {
            id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/privateDnsZones/internal.example/A/@",
            body: r#"{"properties": {"aRecords": [{"ipv4Address": "10.10.1.6"}]}}"#,
            patch: None,
            after: &[],
        },
    ],
    check: |draft| {
        check_list(draft, "aRecords", |record| {
            text(record, &["ipv4Address"]).is_some_and(|address| address.parse::<Ipv4Addr>().is_ok())
        })
    },
    find: |store, id| {
        store.get(id).or_else(|| registered(store, &id.parent()?).into_iter().find(|found| found.id == *id))
    },
    select: |store, definition, zone| {
        let mut found = store.within(definition, zone);
        for machine in zone.map(|zone| registered(store, zone)).unwrap_or_default() {
            if !found.iter().any(|record| record.id == machine.id) {
                found.push(machine);
            }
        }
        found
    },
    ..RECORD_SET
};

/// The records of machines.
fn registered(store: &Store, zone: &ResourceId) -> Vec<Arc<Resource>> {
    let networks = store
        .of_type(LINKS.name, Some(zone))
        .filter(|link| links::registers(link))
        .filter_map(|link| text(link.properties(), &links::NETWORK));
    let machines = networks.flat_map(|network| store.fabric().machines(network));
    machines
        .map(|(name, address)| {
            let records = json!([{"ipv4Address": address.to_string()}]);
            let body = made(("aRecords", records), REGISTERED_TTL, true);
            let id = zone.child(DEFINITION.segment(), &name);
            let etag = Ids::named(&[id.key(), &address.to_string()]);
            Arc::new(Resource { etag, ..Resource::new(id, &DEFINITION, body) })
        })
        .collect()
}
