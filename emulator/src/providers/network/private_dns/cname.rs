//! Aliases: <https://learn.microsoft.com/rest/api/dns/privatedns/record-sets>.

use super::record_set::{RECORD_SET, bad, check, is_domain};
use crate::engine::{Definition, Example, property};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/privateDnsZones/CNAME",
    summary: "The name that a name stands for.",
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/privateDnsZones/internal.example/CNAME/www",
        body: r#"{"properties": {"ttl": 300, "cnameRecord": {"cname": "api.internal.example"}}}"#,
        patch: Some(r#"{"properties": {"ttl": 60}}"#),
        after: &[],
    }],
    check: |draft| {
        if draft.id.name() == "@" {
            return Err(bad("A CNAME record set cannot be created at the apex '@' of a zone."));
        }
        check(draft)?;
        let record = property(draft.properties(), &["cnameRecord"]);
        if record.is_null() || is_domain(record, "cname") {
            return Ok(());
        }
        Err(bad(&format!("The domain name '{}' is invalid.", property(record, &["cname"]))))
    },
    ..RECORD_SET
};
