//! Halves of peerings between virtual networks:
//! <https://learn.microsoft.com/rest/api/virtualnetwork/virtual-network-peerings>.
//!
//! A peering is connected once both networks have their half; until then it is only initiated.
//!
//! **Differs from Azure:** gateways, forwarded traffic and peerings of single subnets are stored and do nothing.

use arm::{ErrorResponse, ResourceId};
use serde_json::Value;

use super::rows::{NAME, takes};
use super::{inline, ranges, subnets, virtual_networks};
use crate::engine::{
    Definition, Draft, Example, Fidelity, Model, Resource, StateShown, Store, array, set, set_default, take,
    text,
};

/// Where the id of the other network stands.
const REMOTE: [&str; 2] = ["remoteVirtualNetwork", "id"];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
    summary: "One network's half of a connection to another network.",
    modelled: "2025-05-01",
    names: NAME,
    state: StateShown::Properties,
    long_running: takes(10, 10),
    feeds: &[Model::Network],
    fidelity: Fidelity::Approximate("gateway transit and forwarded traffic are stored only"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/virtualNetworks/example-vnet/virtualNetworkPeerings/example-peering",
        body: r#"{"properties": {"allowVirtualNetworkAccess": true, "remoteVirtualNetwork": {
            "id": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/virtualNetworks/example-hub"}}}"#,
        patch: None,
        after: &[],
    }],
    defaults: |draft| {
        draft.body = inline::without_envelope(&draft.body);
        for shown in ["peeringState", "peeringSyncLevel", "remoteAddressSpace", "resourceGuid"] {
            take(&mut draft.body, &["properties", shown]);
        }
        set_default(&mut draft.body, &["properties", "allowVirtualNetworkAccess"], true);
        for name in ["allowForwardedTraffic", "allowGatewayTransit", "useRemoteGateways"] {
            set_default(&mut draft.body, &["properties", name], false);
        }
        Ok(())
    },
    check,
    view,
    ..Definition::CHILD
};

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let Some(vnet) = draft.id.parent().and_then(|id| draft.tx.get(&id)) else { return Ok(()) };
    let Some(named) = text(draft.properties(), &REMOTE) else {
        let message = format!("Peering {} must have a remote virtual network.", draft.id);
        return Err(ErrorResponse::new(400, "InvalidRequestFormat", message).target(REMOTE.join(".")));
    };
    subnets::check_reference(draft, &draft.id, named, virtual_networks::DEFINITION.name)?;
    let Some(remote) = draft.tx.find(named) else { return Ok(()) };
    let refuse = |code: &str, message: String| Err(ErrorResponse::new(400, code, message));
    if remote.id == vnet.id {
        let message = format!("Peering {} cannot lead to the network that it is in.", draft.id);
        return refuse("VnetAddressSpacesOverlap", message);
    }
    let twin = draft.tx.within(&DEFINITION, Some(&vnet.id)).into_iter().find(|other| {
        other.id != draft.id
            && text(other.properties(), &REMOTE).is_some_and(|id| id.eq_ignore_ascii_case(named))
    });
    if let Some(twin) = twin {
        let message = format!("Peering {} cannot be added: {} already leads to {named}.", draft.id, twin.id);
        return refuse("RemoteVnetAlreadyPeered", message);
    }
    let here = ranges::address_space(vnet.properties())?;
    let there = ranges::address_space(remote.properties())?;
    if here.iter().any(|one| there.iter().any(|other| one.overlaps(*other))) {
        let message = format!(
            "Cannot create or update peering {}. Virtual networks {} and {} cannot be peered because their address spaces overlap.",
            draft.id, vnet.id, remote.id
        );
        return refuse("VnetAddressSpacesOverlap", message);
    }
    Ok(())
}

/// Completes the form in which a half is shown.
pub fn view(half: &Resource, store: &Store, shown: &mut Value) {
    let vnet = half.id.parent();
    let remote = text(half.properties(), &REMOTE).and_then(|id| store.find(id));
    let state = match &remote {
        None => "Disconnected",
        Some(remote) if vnet.is_some_and(|vnet| leads_to(store, &remote.id, &vnet)) => "Connected",
        Some(_) => "Initiated",
    };
    set(shown, &["properties", "peeringState"], state);
    set(shown, &["properties", "peeringSyncLevel"], if remote.is_some() { "FullyInSync" } else { "" });
    if let Some(remote) = remote {
        let space = array(remote.properties(), &["addressSpace", "addressPrefixes"]).to_vec();
        for name in ["remoteAddressSpace", "remoteVirtualNetworkAddressSpace"] {
            set(shown, &["properties", name, "addressPrefixes"], space.clone());
        }
    }
    set(shown, &["etag"], format!("W/\"{}\"", half.etag));
}

fn leads_to(store: &Store, from: &ResourceId, to: &ResourceId) -> bool {
    store.of_type(DEFINITION.name, Some(from)).any(|other| {
        text(other.properties(), &REMOTE).is_some_and(|named| named.eq_ignore_ascii_case(to.as_str()))
    })
}
