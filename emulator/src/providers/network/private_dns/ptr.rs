//! Names of an address: <https://learn.microsoft.com/rest/api/dns/privatedns/record-sets>.

use super::record_set::{RECORD_SET, check_list, is_domain};
use crate::engine::{Definition, Example};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/privateDnsZones/PTR",
    summary: "The names of an address.",
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/privateDnsZones/internal.example/PTR/5.1",
        body: r#"{"properties": {"ttl": 300, "ptrRecords": [{"ptrdname": "api.internal.example"}]}}"#,
        patch: Some(r#"{"properties": {"ttl": 60}}"#),
        after: &[],
    }],
    check: |draft| check_list(draft, "ptrRecords", |record| is_domain(record, "ptrdname")),
    ..RECORD_SET
};
