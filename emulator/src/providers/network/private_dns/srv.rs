//! Servers of a service: <https://learn.microsoft.com/rest/api/dns/privatedns/record-sets>.

use super::record_set::{RECORD_SET, check_list, is_domain, is_short};
use crate::engine::{Definition, Example};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/privateDnsZones/SRV",
    summary: "The servers of a service.",
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/privateDnsZones/internal.example/SRV/_http._tcp",
        body: r#"{"properties": {"ttl": 300, "srvRecords": [{"priority": 1, "weight": 5, "port": 8080, "target": "api.internal.example"}]}}"#,
        patch: Some(r#"{"properties": {"ttl": 60}}"#),
        after: &[],
    }],
    check: |draft| {
        check_list(draft, "srvRecords", |record| {
            is_domain(record, "target")
                && ["priority", "weight", "port"].iter().all(|number| is_short(record, number))
        })
    },
    ..RECORD_SET
};
