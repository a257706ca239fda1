//! Which workspaces a gateway serves:
//! <https://learn.microsoft.com/rest/api/apimanagement/api-gateway-config-connection>.
//!
//! **Differs from Azure:** no traffic passes through such a gateway.

use std::time::Duration;

use arm::{ErrorResponse, ResourceId};
use serde_json::json;

use super::stored::STORED;
use super::validation;
use crate::engine::{
    Announce, Definition, Draft, Example, Fidelity, Listing, LongRunning, StateShown, Timing, Verb, array,
    set, set_default, text,
};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/gateways/configConnections",
    summary: "A workspace that a gateway serves.",
    verbs: &[Verb::Get, Verb::List, Verb::Put, Verb::Delete],
    listing: Listing::Plain,
    state: StateShown::Properties,
    long_running: LongRunning {
        create: Some(Timing { azure: Duration::from_mins(1), state: "Creating" }),
        update: Some(Timing { azure: Duration::from_mins(1), state: "Updating" }),
        delete: Some(Timing { azure: Duration::from_mins(1), state: "Deleting" }),
        announce: Announce::OperationResults,
    },
    fidelity: Fidelity::Approximate("no traffic passes through it"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/gateways/example-gateway/configConnections/example-connection",
        body: r#"{"properties": {"sourceId": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/workspaces/example-workspace"}}"#,
        patch: None,
        after: &["Microsoft.ApiManagement/service/workspaces"],
    }],
    defaults: |draft| {
        let host = format!("{}.gateway.azure-api.net", draft.id.name().to_lowercase());
        set(&mut draft.body, &["properties", "defaultHostname"], host);
        set_default(&mut draft.body, &["properties", "hostnames"], json!([]));
        Ok(())
    },
    check,
    ..STORED
};

/// What a gateway serves is a workspace that is there.
fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    validation::required(draft, "sourceId", 2_000)?;
    let source = text(draft.properties(), &["sourceId"]).unwrap_or_default();
    let id = source.parse::<ResourceId>().ok();
    let workspace = id.filter(|id| id.resource_type().is("Microsoft.ApiManagement/service/workspaces"));
    if workspace.is_none_or(|id| draft.tx.get(&id).is_none()) {
        let message = format!("The workspace '{source}' does not exist.");
        return Err(validation::field("sourceId", message));
    }
    let hosts = array(draft.properties(), &["hostnames"]);
    if hosts.len() > 100 || hosts.iter().any(|host| host.as_str().is_none_or(str::is_empty)) {
        return Err(validation::field("hostnames", "Hostnames must be at most 100 names."));
    }
    Ok(())
}
