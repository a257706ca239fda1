//! A zone's own record: <https://learn.microsoft.com/rest/api/dns/privatedns/record-sets>.
//!
//! It comes and goes with its zone and can be changed, not removed.

use serde_json::{Value, json};

use super::record_set::{RECORD_SET, bad, check, defaults, made};
use crate::engine::{Answers, Definition, Draft, Example, Names, Resource, Verb, property, set, set_default};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/privateDnsZones/SOA",
    summary: "Who is responsible for a zone, and how long its names are remembered.",
    names: Names::Fixed(&["@"]),
    verbs: &[Verb::Get, Verb::List, Verb::Put, Verb::Patch],
    answers: Answers { created: 200, ..RECORD_SET.answers },
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/privateDnsZones/internal.example/SOA/@",
        body: r#"{"properties": {"ttl": 300, "soaRecord": {"email": "dns.internal.example"}}}"#,
        patch: Some(r#"{"properties": {"soaRecord": {"retryTime": 600}}}"#),
        after: &[],
    }],
    defaults: |draft| {
        defaults(draft)?;
        let before = property(draft.before(), &["soaRecord"]).clone();
        complete(&mut draft.body);
        // The server and the number of the zone's state are the service's.
        for name in ["host", "serialNumber"] {
            let kept = property(&before, &[name]).clone();
            if !kept.is_null() {
                set(&mut draft.body, &["properties", "soaRecord", name], kept);
            }
        }
        Ok(())
    },
    check: |draft| {
        check(draft)?;
        let record = property(draft.properties(), &["soaRecord"]);
        let numbers = NUMBERS.iter().all(|(name, _)| property(record, &[name]).as_u64().is_some());
        if numbers { Ok(()) } else { Err(bad("The resource record of 'soaRecord' is not valid.")) }
    },
    ..RECORD_SET
};

const NUMBERS: [(&str, u64); 5] = [
    ("expireTime", 2_419_200),
    ("minimumTtl", 10),
    ("refreshTime", 3_600),
    ("retryTime", 300),
    ("serialNumber", 1),
];

fn complete(body: &mut Value) {
    let at = |name: &'static str| ["properties", "soaRecord", name];
    set_default(body, &at("email"), "azureprivatedns-host.microsoft.com");
    set_default(body, &at("host"), "azureprivatedns.net");
    for (name, number) in NUMBERS {
        set_default(body, &at(name), number);
    }
}

/// Makes the record of a zone that has none.
pub fn provision(draft: &mut Draft<'_, '_>) {
    let id = draft.id.child(DEFINITION.segment(), "@");
    if draft.tx.get(&id).is_some() {
        return;
    }
    let mut body = made(("soaRecord", json!({})), 3_600, false);
    complete(&mut body);
    let mut record = Resource::new(id, &DEFINITION, body);
    record.etag = draft.world.config.ids.uuid();
    draft.tx.put(record);
}
