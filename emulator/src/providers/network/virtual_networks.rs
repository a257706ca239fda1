//! Virtual networks: <https://learn.microsoft.com/rest/api/virtualnetwork/virtual-networks>.
//!
//! Subnets that stand in the body and subnets that are requested by themselves are the same things.
//!
//! **Differs from Azure:** IPv4 only; peerings that stand in the body are dropped, they are resources of their own;
//! protection plans are stored and do nothing.

use arm::{ErrorResponse, ResourceId};
use serde_json::Value;

use super::rows::takes;
use super::{ranges, subnets, virtual_network_peerings};
use crate::engine::{
    Definition, Draft, Example, Fidelity, Model, Names, Resource, Store, Verb, array, set, set_default, take,
    text,
};

/// From this version on, a body without `subnets` leaves the subnets as they are.
const SUBNETS_STAY: &str = "2023-11-01";

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/virtualNetworks",
    summary: "A private network with address ranges and subnets.",
    modelled: "2025-05-01",
    names: Names::Rule {
        min: 2,
        max: 64,
        accepts: crate::engine::plain_name,
        rule: "letters, digits, `-`, `_` and `.`",
    },
    verbs: &[Verb::Get, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    long_running: takes(5, 10),
    feeds: &[Model::Network, Model::Clusters],
    fidelity: Fidelity::Approximate("IPv4 only"),
    examples: &[
        Example {
            id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/virtualNetworks/example-vnet",
            body: r#"{"location": "westus2", "properties": {"addressSpace": {"addressPrefixes": ["10.10.0.0/16"]},
            "subnets": [{"name": "inline", "properties": {"addressPrefix": "10.10.9.0/24"}}]}}"#,
            patch: Some(r#"{"tags": {"a": "c"}}"#),
            after: &[],
        },
        Example {
            id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/virtualNetworks/example-hub",
            body: r#"{"location": "westus2", "properties": {"addressSpace": {"addressPrefixes": ["10.30.0.0/16"]}}}"#,
            patch: None,
            after: &[],
        },
    ],
    defaults,
    check,
    provision,
    removable: |removal| {
        removal
            .tx
            .within(&subnets::DEFINITION, Some(&removal.resource.id))
            .iter()
            .try_for_each(|subnet| subnets::check_unused(removal.tx, &subnet.id))
    },
    view,
    ..Definition::TRACKED
};

#[expect(clippy::unnecessary_wraps, reason = "the signature that rows share")]
fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let guid = text(draft.before(), &["resourceGuid"]).map(str::to_owned);
    let guid = guid.unwrap_or_else(|| draft.world.config.ids.uuid());
    set(&mut draft.body, &["properties", "resourceGuid"], guid);
    set_default(&mut draft.body, &["properties", "enableDdosProtection"], false);
    take(&mut draft.body, &["properties", "virtualNetworkPeerings"]);
    Ok(())
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let space = ranges::address_space(draft.properties())?;
    let wanted: Vec<(String, Value)> = match inline(draft)? {
        Some(subnets) => subnets,
        None => draft
            .tx
            .within(&subnets::DEFINITION, Some(&draft.id))
            .iter()
            .map(|subnet| (subnet.id.name().to_owned(), subnet.body.clone()))
            .collect(),
    };
    let ranges = wanted
        .iter()
        .map(|(name, body)| ranges::subnet(name, body.get("properties").unwrap_or(&Value::Null)))
        .collect::<Result<Vec<_>, _>>()?;
    ranges::check_subnets(&draft.id, &space, &ranges)?;
    wanted
        .iter()
        .try_for_each(|(name, body)| subnets::check_attached(draft, &draft.id.child("subnets", name), body))
}

/// The subnets in the body; `None` if they are to stay as they are.
fn inline(draft: &Draft<'_, '_>) -> Result<Option<Vec<(String, Value)>>, ErrorResponse> {
    let listed = draft.properties().get("subnets").filter(|subnets| !subnets.is_null());
    if listed.is_none()
        && (draft.version.date() >= SUBNETS_STAY || draft.world.call.method == http::Method::PATCH)
    {
        return Ok(None);
    }
    let mut subnets = Vec::new();
    for subnet in array(draft.properties(), &["subnets"]) {
        let Some(name) = text(subnet, &["name"]) else {
            return Err(ErrorResponse::invalid_request_content("Each subnet must have a name."));
        };
        subnets::DEFINITION.check_name(name)?;
        if subnets.iter().any(|(other, _): &(String, Value)| other.eq_ignore_ascii_case(name)) {
            let message = format!("The subnet name '{name}' is used more than once.");
            return Err(ErrorResponse::new(400, "DuplicateResourceName", message));
        }
        subnets.push((name.to_owned(), subnet.clone()));
    }
    Ok(Some(subnets))
}

/// Makes the inline subnets resources of their own.
fn provision(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let wanted = inline(draft)?;
    let Some(stored) = draft.tx.get(&draft.id) else { return Ok(()) };
    let mut vnet = stored.as_ref().clone();
    take(&mut vnet.body, &["properties", "subnets"]);
    draft.tx.put(vnet);
    let Some(wanted) = wanted else { return Ok(()) };
    for subnet in draft.tx.within(&subnets::DEFINITION, Some(&draft.id)) {
        if !wanted.iter().any(|(name, _)| name.eq_ignore_ascii_case(subnet.id.name())) {
            subnets::check_unused(draft.tx, &subnet.id)?;
            draft.tx.remove(&subnet.id);
            draft.changed = true;
        }
    }
    for (name, body) in wanted {
        put_subnet(draft, &draft.id.child("subnets", &name), &body)?;
    }
    Ok(())
}

fn put_subnet(draft: &mut Draft<'_, '_>, id: &ResourceId, body: &Value) -> Result<(), ErrorResponse> {
    let before = draft.tx.get(id);
    let id = before.as_ref().map_or_else(|| id.clone(), |before| before.id.clone());
    let body = subnets::complete(body);
    if before.as_ref().is_some_and(|before| before.body == body) {
        return Ok(());
    }
    subnets::check_move(draft.tx, before.as_deref(), &body)?;
    let mut subnet = Resource::new(id, &subnets::DEFINITION, body);
    subnet.etag = draft.world.config.ids.uuid();
    draft.tx.put(subnet);
    draft.changed = true;
    Ok(())
}

fn view(vnet: &Resource, store: &Store, shown: &mut Value) {
    let children = |definition: &Definition| -> Vec<Value> {
        store
            .of_type(definition.name, Some(&vnet.id))
            .map(|child| {
                let mut shown = child.envelope();
                (definition.view)(child, store, &mut shown);
                shown
            })
            .collect()
    };
    set(shown, &["properties", "subnets"], children(&subnets::DEFINITION));
    set(shown, &["properties", "virtualNetworkPeerings"], children(&virtual_network_peerings::DEFINITION));
    set(shown, &["etag"], format!("W/\"{}\"", vnet.etag));
}
