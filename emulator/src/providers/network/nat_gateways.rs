//! NAT gateways: <https://learn.microsoft.com/rest/api/virtualnetwork/nat-gateways>.
//!
//! **Differs from Azure:** stored and shown; the source addresses of connections do not change.

use arm::ErrorResponse;

use super::rows::{NAME, takes};
use super::{inline, public_ip_addresses};
use crate::engine::{Definition, Draft, Example, Fidelity, array, set_default, take, text};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/natGateways",
    summary: "The public addresses that connections from subnets come from.",
    modelled: "2025-05-01",
    names: NAME,
    long_running: takes(10, 5),
    fidelity: Fidelity::Approximate("source addresses of connections do not change"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/natGateways/example-nat",
        body: r#"{"location": "westus2", "sku": {"name": "Standard"}, "properties": {"publicIpAddresses": [{"id":
            "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/publicIPAddresses/example-ip"}]}}"#,
        patch: Some(r#"{"tags": {"a": "c"}}"#),
        after: &["Microsoft.Resources/resourceGroups", "Microsoft.Network/publicIPAddresses"],
    }],
    defaults: |draft| {
        take(&mut draft.body, &["properties", "subnets"]);
        set_default(&mut draft.body, &["sku", "name"], "Standard");
        set_default(&mut draft.body, &["properties", "idleTimeoutInMinutes"], 4);
        inline::keep_guid(draft);
        Ok(())
    },
    check,
    removable: |removal| match inline::subnets_with(removal.tx, "natGateway", &removal.resource.id).first() {
        None => Ok(()),
        Some(subnet) => {
            let id = &removal.resource.id;
            let message = format!("Nat gateway {id} cannot be deleted since it is in use by {}.", subnet.id);
            Err(ErrorResponse::new(400, "InUseNatGatewayCannotBeDeleted", message))
        }
    },
    view: |gateway, store, shown| inline::view_subnets("natGateway", gateway, store, shown),
    ..Definition::TRACKED
};

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    array(draft.properties(), &["publicIpAddresses"]).iter().try_for_each(|address| {
        let named = text(address, &["id"]).unwrap_or_default();
        super::subnets::check_reference(draft, &draft.id, named, public_ip_addresses::DEFINITION.name)
    })
}
