//! IPv6 addresses of a name: <https://learn.microsoft.com/rest/api/dns/privatedns/record-sets>.

use super::record_set::{RECORD_SET, check_list};
use crate::engine::{Definition, Example, text};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/privateDnsZones/AAAA",
    summary: "The IPv6 addresses of a name.",
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/privateDnsZones/internal.example/AAAA/six",
        body: r#"{"properties": {"ttl": 300, "aaaaRecords": [{"ipv6Address": "fd00::5"}]}}"#,
        patch: Some(r#"{"properties": {"ttl": 60}}"#),
        after: &[],
    }],
    check: |draft| {
        check_list(draft, "aaaaRecords", |record| {
            text(record, &["ipv6Address"])
                .is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok())
        })
    },
    ..RECORD_SET
};
