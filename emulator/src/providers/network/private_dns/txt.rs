//! Text of a name: <https://learn.microsoft.com/rest/api/dns/privatedns/record-sets>.

use super::record_set::{RECORD_SET, check_list};
use crate::engine::{Definition, Example, array};

/// How long the text of one record may be.
const MAX_TEXT: usize = 1_024;

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/privateDnsZones/TXT",
    summary: "The text of a name.",
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/privateDnsZones/internal.example/TXT/note",
        body: r#"{"properties": {"ttl": 300, "txtRecords": [{"value": ["hello"]}]}}"#,
        patch: Some(r#"{"properties": {"ttl": 60}}"#),
        after: &[],
    }],
    check: |draft| {
        check_list(draft, "txtRecords", |record| {
            let parts: Option<Vec<&str>> =
                array(record, &["value"]).iter().map(serde_json::Value::as_str).collect();
            parts.is_some_and(|parts| {
                !parts.is_empty() && parts.iter().map(|part| part.len()).sum::<usize>() <= MAX_TEXT
            })
        })
    },
    ..RECORD_SET
};
