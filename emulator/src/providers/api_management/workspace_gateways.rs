//! Gateways of workspaces: <https://learn.microsoft.com/rest/api/apimanagement/api-gateway>.
//!
//! **Differs from Azure:** kept and shown; no traffic passes through one. The tiers are those that the documentation
//! names.

use std::time::Duration;

use arm::ErrorResponse;
use serde_json::{Value, json};

use super::validation;
use crate::engine::{
    Announce, Definition, Draft, Example, Fidelity, LongRunning, Names, Resource, Store, Timing, property,
    set, set_default, take, text,
};

/// The tiers, with the most units of each.
pub const TIERS: &[(&str, u64)] =
    &[("Standard", 10), ("WorkspaceGatewayPremium", 12), ("WorkspaceGatewayStandard", 10)];

/// The kinds of networks.
const NETWORKS: [&str; 3] = ["None", "External", "Internal"];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/gateways",
    summary: "A gateway that serves workspaces.",
    modelled: "2024-05-01",
    names: Names::Rule {
        min: 1,
        max: 45,
        accepts: |name| {
            name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.ends_with(|c: char| c.is_ascii_alphanumeric())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        },
        rule: "letters, digits and `-`, a letter first, a letter or digit last",
    },
    long_running: LongRunning {
        create: Some(Timing { azure: Duration::from_mins(20), state: "Activating" }),
        update: Some(Timing { azure: Duration::from_mins(10), state: "Updating" }),
        delete: Some(Timing { azure: Duration::from_mins(5), state: "Terminating" }),
        announce: Announce::OperationResults,
    },
    fidelity: Fidelity::Approximate("no traffic passes through it"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/gateways/example-gateway",
        body: r#"{"location": "westus2", "sku": {"name": "WorkspaceGatewayPremium", "capacity": 1}, "properties": {}}"#,
        patch: Some(r#"{"sku": {"capacity": 2}}"#),
        after: &[],
    }],
    defaults,
    check,
    view,
    ..Definition::TRACKED
};

#[expect(clippy::unnecessary_wraps, reason = "the signature that rows share")]
fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let created = text(draft.before(), &["createdAtUtc"]).map(str::to_owned);
    let created = created.unwrap_or_else(|| draft.world.call.now.rfc3339());
    let body = &mut draft.body;
    set(body, &["properties", "createdAtUtc"], created);
    set_default(body, &["sku", "capacity"], 1);
    set_default(body, &["properties", "virtualNetworkType"], "None");
    for shown in ["targetProvisioningState", "frontend", "configurationApi"] {
        take(body, &["properties", shown]);
    }
    Ok(())
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let name = text(&draft.body, &["sku", "name"]).unwrap_or_default();
    let Some((name, most)) = TIERS.iter().find(|(tier, _)| tier.eq_ignore_ascii_case(name)) else {
        return Err(validation::field("sku.name", format!("The sku '{name}' is not valid.")));
    };
    let units = property(&draft.body, &["sku", "capacity"]).as_u64();
    if !units.is_some_and(|units| (1..=*most).contains(&units)) {
        let message = format!("The capacity of a gateway of the tier {name} must be 1 to {most}.");
        return Err(validation::field("sku.capacity", message));
    }
    let network = text(draft.properties(), &["virtualNetworkType"]).unwrap_or_default();
    if !NETWORKS.iter().any(|known| known.eq_ignore_ascii_case(network)) {
        let message = format!("'{network}' is not None, External or Internal.");
        return Err(validation::field("virtualNetworkType", message));
    }
    check_subnet(draft, !network.eq_ignore_ascii_case(NETWORKS[0]))
}

/// A gateway in a virtual network names a subnet that is there and that the caller may use.
fn check_subnet(draft: &Draft<'_, '_>, required: bool) -> Result<(), ErrorResponse> {
    const PLACE: &str = "backend.subnet.id";
    let Some(id) = text(draft.properties(), &["backend", "subnet", "id"]) else {
        let missing = || validation::field(PLACE, "A gateway in a virtual network needs a subnet.");
        return if required { Err(missing()) } else { Ok(()) };
    };
    let subnet = draft.tx.find(id);
    let kind = "Microsoft.Network/virtualNetworks/subnets";
    let Some(subnet) = subnet.filter(|found| found.id.resource_type().is(kind)) else {
        let message = format!("The subnet '{id}' could not be found.");
        return Err(ErrorResponse::new(400, "SubnetNotFound", message).target(PLACE));
    };
    let linked = ("Microsoft.Network/virtualNetworks/subnets/join/action", &subnet.id);
    crate::engine::authorization::check_linked(draft.tx, draft.world.call, &draft.action(), linked)
}

fn view(gateway: &Resource, _: &Store, shown: &mut Value) {
    let region = text(&gateway.body, &["location"]).unwrap_or_default();
    let host = format!("{}.gateway.{region}.azure-api.net", gateway.id.name().to_lowercase());
    set(shown, &["properties", "frontend"], json!({"defaultHostname": host}));
    let host = format!("{}.{region}.configuration.azure-api.net", gateway.id.name().to_lowercase());
    set(shown, &["properties", "configurationApi"], json!({"hostname": host}));
    set(shown, &["properties", "targetProvisioningState"], "");
    set(shown, &["etag"], gateway.etag.as_str());
}
