//! What all record sets share: <https://learn.microsoft.com/rest/api/dns/privatedns/record-sets>.

use arm::ErrorResponse;
use serde_json::{Value, json};

use super::{records, zones};
use crate::engine::{
    Definition, Draft, Model, Names, Removal, Resource, Store, Verb, array, property, set, set_default, take,
    text,
};

/// How many records a set may have.
const MAX_RECORDS: usize = 20;
/// How many sets a zone may have.
const MAX_SETS: usize = 25_000;

/// A set of records of one type and name.
pub const RECORD_SET: Definition = Definition {
    modelled: "2024-06-01",
    names: Names::Rule {
        min: 1,
        max: 253,
        accepts: is_name,
        rule: "`@`, or labels of letters, digits, `-` and `_` with `.` between them; the first may be `*`",
    },
    verbs: &[Verb::Get, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    feeds: &[Model::Network],
    defaults,
    check,
    removable,
    view,
    ..Definition::CHILD
};

fn is_name(name: &str) -> bool {
    name == "@"
        || name.split('.').enumerate().all(|(at, label)| zones::is_label(label) || (at == 0 && label == "*"))
}

/// Fills what a request left out.
#[expect(clippy::unnecessary_wraps, reason = "the signature that rows share")]
pub fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    for shown in ["fqdn", "isAutoRegistered"] {
        take(&mut draft.body, &["properties", shown]);
    }
    // Some clients write it as the public DNS does.
    if let Some(ttl) = take(&mut draft.body, &["properties", "TTL"]) {
        set_default(&mut draft.body, &["properties", "ttl"], ttl);
    }
    set_default(&mut draft.body, &["properties", "ttl"], 3_600);
    Ok(())
}

/// Refuses what no record set can be.
pub fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let ttl = property(draft.properties(), &["ttl"]);
    if !ttl.as_u64().is_some_and(|ttl| (1..=2_147_483_647).contains(&ttl)) {
        return Err(bad(&format!(
            "The TTL value '{ttl}' is not valid: it must be between 1 and 2147483647."
        )));
    }
    let Some(zone) = draft.id.parent() else { return Ok(()) };
    let alias = draft.definition == super::CNAME;
    let others = records(draft.tx, &zone);
    let twin = others.iter().find(|other| {
        other.id != draft.id
            && other.id.name().eq_ignore_ascii_case(draft.id.name())
            && (alias || other.definition == super::CNAME)
    });
    if twin.is_some() {
        let kind = draft.definition.segment();
        let message = format!(
            "The {kind} record could not be created because another record with the same name already exists in this zone."
        );
        return Err(ErrorResponse::new(409, "Conflict", message));
    }
    if draft.existing.is_none() && others.len() >= MAX_SETS {
        return Err(bad(&format!("A private DNS zone can have at most {MAX_SETS} record sets.")));
    }
    Ok(())
}

/// The records of the list `name`, not too many, each accepted.
pub fn check_list(
    draft: &Draft<'_, '_>,
    name: &str,
    accepts: impl Fn(&Value) -> bool,
) -> Result<(), ErrorResponse> {
    check(draft)?;
    let records = array(draft.properties(), &[name]);
    if records.len() > MAX_RECORDS {
        return Err(bad(&format!("A record set can have at most {MAX_RECORDS} records.")));
    }
    match records.iter().find(|record| !accepts(record)) {
        None => Ok(()),
        Some(record) => Err(bad(&format!("The resource record '{record}' of '{name}' is not valid."))),
    }
}

/// A whole name of a domain, with or without the dot at its end.
pub fn is_domain(record: &Value, name: &str) -> bool {
    text(record, &[name])
        .map(|domain| domain.trim_end_matches('.'))
        .is_some_and(|domain| domain.len() <= 253 && domain.split('.').all(zones::is_label))
}

/// A number of 16 bits.
pub fn is_short(record: &Value, name: &str) -> bool {
    property(record, &[name]).as_u64().is_some_and(|number| u16::try_from(number).is_ok())
}

/// 400: what a record set cannot be.
pub fn bad(message: &str) -> ErrorResponse {
    ErrorResponse::new(400, "BadRequest", message)
}

/// What was registered by itself goes with its machine.
fn removable(removal: &Removal<'_, '_>) -> Result<(), ErrorResponse> {
    if removal.tx.get(&removal.resource.id).is_some() {
        return Ok(());
    }
    Err(bad("A record set that was registered automatically cannot be removed."))
}

fn view(record: &Resource, _: &Store, shown: &mut Value) {
    let zone = record.id.parent();
    let zone = zone.as_ref().map(arm::ResourceId::name).unwrap_or_default();
    let name = record.id.name();
    let fqdn = if name == "@" { format!("{zone}.") } else { format!("{name}.{zone}.") };
    set(shown, &["properties", "fqdn"], fqdn);
    let registered = property(record.properties(), &["isAutoRegistered"]).as_bool() == Some(true);
    set(shown, &["properties", "isAutoRegistered"], registered);
    set(shown, &["etag"], record.etag.as_str());
}

/// The properties of a set that the service itself makes.
pub fn made(records: (&str, Value), ttl: u32, registered: bool) -> Value {
    let mut properties = json!({"ttl": ttl});
    set(&mut properties, &[records.0], records.1);
    if registered {
        set(&mut properties, &["isAutoRegistered"], true);
    }
    json!({"properties": properties})
}
