//! Private DNS zones: <https://learn.microsoft.com/azure/dns/private-dns-overview>.
//!
//! Names of zones that are linked to a virtual network resolve from inside it: for the gateway's backends, for
//! `apimlab path` and for `apimlab curl --from`.

mod a;
mod aaaa;
mod cname;
mod everything;
mod links;
mod mx;
mod ptr;
mod record_set;
mod soa;
mod srv;
mod txt;
mod zones;

use std::sync::Arc;

use arm::ResourceId;

use crate::engine::{Definition, Resource, Store};

/// The types.
pub const A: &Definition = &a::DEFINITION;
/// IPv6 addresses.
pub const AAAA: &Definition = &aaaa::DEFINITION;
/// Everything in a zone.
pub const ALL: &Definition = &everything::DEFINITION;
/// Aliases.
pub const CNAME: &Definition = &cname::DEFINITION;
/// Networks.
pub const LINKS: &Definition = &links::DEFINITION;
/// Mail.
pub const MX: &Definition = &mx::DEFINITION;
/// Names of addresses.
pub const PTR: &Definition = &ptr::DEFINITION;
/// The zone's own record.
pub const SOA: &Definition = &soa::DEFINITION;
/// Services.
pub const SRV: &Definition = &srv::DEFINITION;
/// Text.
pub const TXT: &Definition = &txt::DEFINITION;
/// The zones themselves.
pub const ZONES: &Definition = &zones::DEFINITION;

/// The types of records, sorted.
const RECORDS: [&Definition; 8] = [A, AAAA, CNAME, MX, PTR, SOA, SRV, TXT];

/// All record sets of a zone.
fn records(store: &Store, zone: &ResourceId) -> Vec<Arc<Resource>> {
    RECORDS.iter().flat_map(|definition| (definition.select)(store, definition, Some(zone))).collect()
}
