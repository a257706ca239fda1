//! Route tables: <https://learn.microsoft.com/rest/api/virtualnetwork/route-tables>.
//!
//! Routes that stand in the body and routes that are requested by themselves are the same things.
//!
//! **Differs from Azure:** routes are stored and shown; they do not change where connections go.

use arm::{ErrorResponse, ResourceId};

use super::inline::{self, Inline};
use super::routes;
use super::rows::{NAME, takes};
use crate::engine::{Definition, Draft, Example, Fidelity, Store, set_default, take};

const ROUTES: Inline =
    Inline { property: "routes", definition: &routes::DEFINITION, complete: inline::without_envelope };

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/routeTables",
    summary: "Where connections from subnets go.",
    modelled: "2025-05-01",
    names: NAME,
    long_running: takes(4, 5),
    fidelity: Fidelity::Approximate("routes do not change where connections go"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/routeTables/example-routes",
        body: r#"{"location": "westus2", "properties": {"routes": [{"name": "inline", "properties": {
            "addressPrefix": "10.20.0.0/16", "nextHopType": "VnetLocal"}}]}}"#,
        patch: Some(r#"{"tags": {"a": "c"}}"#),
        after: &[],
    }],
    defaults: |draft| {
        take(&mut draft.body, &["properties", "subnets"]);
        set_default(&mut draft.body, &["properties", "disableBgpRoutePropagation"], false);
        inline::keep_guid(draft);
        Ok(())
    },
    check,
    provision: |draft| ROUTES.provision(draft),
    removable: |removal| check_unused(removal.tx, &removal.resource.id),
    view: |table, store, shown| {
        ROUTES.view(table, store, shown);
        inline::view_subnets("routeTable", table, store, shown);
    },
    ..Definition::TRACKED
};

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let routes = ROUTES.listed(draft)?.unwrap_or_default();
    routes.iter().try_for_each(|(name, route)| routes::check_route(name, route))
}

fn check_unused(store: &Store, id: &ResourceId) -> Result<(), ErrorResponse> {
    match inline::subnets_with(store, "routeTable", id).first() {
        None => Ok(()),
        Some(subnet) => {
            let message =
                format!("Route table {} is in use by subnet {} and cannot be deleted.", id.name(), subnet.id);
            Err(ErrorResponse::new(400, "InUseRouteTableCannotBeDeleted", message))
        }
    }
}
