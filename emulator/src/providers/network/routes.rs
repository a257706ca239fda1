//! Routes: <https://learn.microsoft.com/rest/api/virtualnetwork/routes>.

use arm::ErrorResponse;
use network::Cidr;
use serde_json::Value;

use super::rows::{NAME, takes};
use crate::engine::{Definition, Example, Fidelity, StateShown, property, set, text};

/// Where a route can lead.
const HOPS: &[&str] = &["Internet", "None", "VirtualAppliance", "VirtualNetworkGateway", "VnetLocal"];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/routeTables/routes",
    summary: "Where connections to a range of addresses go.",
    modelled: "2025-05-01",
    names: NAME,
    state: StateShown::Properties,
    long_running: takes(4, 4),
    fidelity: Fidelity::Approximate("does not change where connections go"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/routeTables/example-routes/routes/example-route",
        body: r#"{"properties": {"addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance",
            "nextHopIpAddress": "10.10.3.4"}}"#,
        patch: None,
        after: &[],
    }],
    check: |draft| check_route(draft.id.name(), &draft.body),
    view: |route, _, shown| set(shown, &["etag"], format!("W/\"{}\"", route.etag)),
    ..Definition::CHILD
};

/// Refuses what a route cannot be.
pub fn check_route(name: &str, body: &Value) -> Result<(), ErrorResponse> {
    let properties = property(body, &["properties"]);
    let prefix = text(properties, &["addressPrefix"]).unwrap_or_default();
    let tag = prefix.starts_with(|c: char| c.is_ascii_alphabetic());
    if !tag && prefix.parse::<Cidr>().is_err() {
        let message = format!("Route {name} has an invalid address prefix. Value provided: '{prefix}'.");
        return Err(ErrorResponse::new(400, "InvalidAddressPrefixFormat", message).target("addressPrefix"));
    }
    let hop = text(properties, &["nextHopType"]).unwrap_or_default();
    if !HOPS.iter().any(|known| known.eq_ignore_ascii_case(hop)) {
        let message = format!(
            "Route {name} has an invalid next hop type '{hop}'. Allowed values: {}.",
            HOPS.join(", ")
        );
        return Err(ErrorResponse::new(400, "InvalidParameterValue", message).target("nextHopType"));
    }
    let address = text(properties, &["nextHopIpAddress"]);
    let appliance = hop.eq_ignore_ascii_case("VirtualAppliance");
    let valid = address.is_some_and(|address| address.parse::<std::net::IpAddr>().is_ok());
    if appliance != valid || (!appliance && address.is_some()) {
        let message = format!(
            "Route {name}: a next hop address is needed for the next hop type VirtualAppliance, and for no other."
        );
        return Err(ErrorResponse::new(400, "InvalidNextHopIpAddress", message).target("nextHopIpAddress"));
    }
    Ok(())
}
