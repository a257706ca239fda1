//! Private DNS zones: <https://learn.microsoft.com/rest/api/dns/privatedns/private-zones>.

use arm::ErrorResponse;
use serde_json::{Value, json};

use super::super::rows::takes;
use super::{LINKS, links, records, soa};
use crate::engine::{Definition, Draft, Example, Model, Names, Removal, Resource, Store, set, take};

/// Zones that belong to Azure: <https://learn.microsoft.com/azure/dns/private-dns-privatednszone>.
const RESERVED: [&str; 8] = [
    "azclient.ms",
    "azure.com",
    "cloudapp.net",
    "core.windows.net",
    "microsoft.com",
    "msidentity.com",
    "trafficmanager.net",
    "windows.net",
];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/privateDnsZones",
    summary: "Names that virtual networks know.",
    modelled: "2024-06-01",
    names: Names::Rule {
        min: 3,
        max: 253,
        accepts: is_zone,
        rule: "2 to 34 labels of letters, digits, `-` and `_`, with `.` between them",
    },
    long_running: takes(20, 10),
    feeds: &[Model::Network],
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/privateDnsZones/internal.example",
        body: r#"{"location": "global"}"#,
        patch: Some(r#"{"tags": {"a": "c"}}"#),
        after: &[],
    }],
    defaults: |draft| {
        for shown in COUNTS.iter().chain(&["internalId"]) {
            take(&mut draft.body, &["properties", shown]);
        }
        Ok(())
    },
    check,
    provision: |draft| {
        soa::provision(draft);
        Ok(())
    },
    removable,
    view,
    ..Definition::TRACKED
};

const COUNTS: [&str; 6] = [
    "maxNumberOfRecordSets",
    "maxNumberOfVirtualNetworkLinks",
    "maxNumberOfVirtualNetworkLinksWithRegistration",
    "numberOfRecordSets",
    "numberOfVirtualNetworkLinks",
    "numberOfVirtualNetworkLinksWithRegistration",
];

fn is_zone(name: &str) -> bool {
    let labels: Vec<&str> = name.split('.').collect();
    (2..=34).contains(&labels.len()) && labels.iter().all(|label| is_label(label))
}

/// A part of a name between dots.
pub fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let name = draft.id.name();
    if !RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
        return Ok(());
    }
    let message = format!("The zone name '{name}' is reserved and cannot be used for a private DNS zone.");
    Err(ErrorResponse::new(400, "BadRequest", message))
}

/// A zone that networks ask stays.
fn removable(removal: &Removal<'_, '_>) -> Result<(), ErrorResponse> {
    let Some(link) = removal.tx.of_type(LINKS.name, Some(&removal.resource.id)).next() else { return Ok(()) };
    let message = format!(
        "Can not delete resource before nested resources are deleted. Some existing nested resource IDs include: '{}'. Please delete all nested resources before deleting this resource.",
        link.id
    );
    Err(ErrorResponse::new(409, "CannotDeleteResource", message))
}

fn view(zone: &Resource, store: &Store, shown: &mut Value) {
    let linked: Vec<bool> =
        store.of_type(LINKS.name, Some(&zone.id)).map(|link| links::registers(link)).collect();
    let registering = linked.iter().filter(|registers| **registers).count();
    let counts = [25_000, 1_000, 100, records(store, &zone.id).len(), linked.len(), registering];
    for (name, count) in COUNTS.iter().zip(counts) {
        set(shown, &["properties", name], json!(count));
    }
    set(shown, &["etag"], zone.etag.as_str());
}
