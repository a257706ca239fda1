//! Mail servers of a name: <https://learn.microsoft.com/rest/api/dns/privatedns/record-sets>.

use super::record_set::{RECORD_SET, check_list, is_domain, is_short};
use crate::engine::{Definition, Example};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/privateDnsZones/MX",
    summary: "The mail servers of a name.",
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/privateDnsZones/internal.example/MX/mail",
        body: r#"{"properties": {"ttl": 300, "mxRecords": [{"preference": 10, "exchange": "mail.internal.example"}]}}"#,
        patch: Some(r#"{"properties": {"ttl": 60}}"#),
        after: &[],
    }],
    check: |draft| {
        check_list(draft, "mxRecords", |record| {
            is_domain(record, "exchange") && is_short(record, "preference")
        })
    },
    ..RECORD_SET
};
