//! All record sets of a zone, whatever their type:
//! <https://learn.microsoft.com/rest/api/dns/privatedns/record-sets/list>.
//!
//! **Differs from Azure:** `$recordsetnamesuffix` is not looked at; use `$filter`.

use super::records;
use crate::engine::{Definition, Verb};

/// The list; what is in it has types of its own.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/privateDnsZones/ALL",
    summary: "All record sets of a zone.",
    modelled: "2024-06-01",
    verbs: &[Verb::List],
    select: |store, _, zone| zone.map(|zone| records(store, zone)).unwrap_or_default(),
    ..Definition::CHILD
};
