//! Subnets: <https://learn.microsoft.com/rest/api/virtualnetwork/subnets>.
//!
//! **Differs from Azure:** one IPv4 range each; delegations, service endpoints, route tables and NAT gateways
//! are kept and shown, and do nothing; a subnet is free as soon as what used it is gone.

use arm::{ErrorResponse, ResourceId};
use serde_json::{Value, json};

use super::rows::{NAME, takes};
use super::{addresses, ranges};
use crate::engine::{
    Definition, Draft, Example, Fidelity, Model, Resource, StateShown, Store, array, property, set,
    set_default, take, text,
};

/// What can be attached to a subnet.
const ATTACHED: [(&str, &str); 3] = [
    ("natGateway", "Microsoft.Network/natGateways"),
    ("networkSecurityGroup", "Microsoft.Network/networkSecurityGroups"),
    ("routeTable", "Microsoft.Network/routeTables"),
];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/virtualNetworks/subnets",
    summary: "A part of a virtual network's addresses.",
    modelled: "2025-05-01",
    names: NAME,
    state: StateShown::Properties,
    long_running: takes(4, 5),
    feeds: &[Model::Network, Model::Clusters],
    fidelity: Fidelity::Approximate("one IPv4 range each"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/virtualNetworks/example-vnet/subnets/example-subnet",
        body: r#"{"properties": {"addressPrefix": "10.10.1.0/24"}}"#,
        patch: None,
        after: &[],
    }],
    defaults: |draft| {
        draft.body = complete(&draft.body);
        Ok(())
    },
    check,
    removable: |removal| check_unused(removal.tx, &removal.resource.id),
    view,
    ..Definition::CHILD
};

/// Fills what a request left out and drops what it may not say.
pub fn complete(body: &Value) -> Value {
    let mut body = body.clone();
    for name in ["id", "name", "type", "etag"] {
        take(&mut body, &[name]);
    }
    for name in
        ["provisioningState", "ipConfigurations", "serviceAssociationLinks", "resourceNavigationLinks"]
    {
        take(&mut body, &["properties", name]);
    }
    for (name, _) in ATTACHED {
        // Taking a resource off is sending `null`, or nothing.
        if property(&body, &["properties", name, "id"]).is_null() {
            take(&mut body, &["properties", name]);
        }
    }
    set_default(&mut body, &["properties", "delegations"], json!([]));
    set_default(&mut body, &["properties", "privateEndpointNetworkPolicies"], "Disabled");
    set_default(&mut body, &["properties", "privateLinkServiceNetworkPolicies"], "Enabled");
    body
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let Some(vnet) = draft.id.parent().and_then(|id| draft.tx.get(&id)) else { return Ok(()) };
    let space = ranges::address_space(vnet.properties())?;
    let mut all = Vec::new();
    for subnet in draft.tx.within(&DEFINITION, Some(&vnet.id)) {
        if subnet.id != draft.id {
            all.push(ranges::subnet(subnet.id.name(), subnet.properties())?);
        }
    }
    all.push(ranges::subnet(draft.id.name(), draft.properties())?);
    ranges::check_subnets(&vnet.id, &space, &all)?;
    check_move(draft.tx, draft.existing.as_deref(), &draft.body)?;
    check_attached(draft, &draft.id, &draft.body)
}

/// What a subnet names is there, and the caller may use it.
pub fn check_attached(draft: &Draft<'_, '_>, subnet: &ResourceId, body: &Value) -> Result<(), ErrorResponse> {
    ATTACHED
        .iter()
        .filter_map(|(name, kind)| Some((text(body, &["properties", name, "id"])?, *kind)))
        .try_for_each(|(named, kind)| check_reference(draft, subnet, named, kind))
}

/// A resource that another one names is there, has the right type, and may be joined by the caller.
pub fn check_reference(
    draft: &Draft<'_, '_>,
    from: &ResourceId,
    named: &str,
    kind: &str,
) -> Result<(), ErrorResponse> {
    let Some(found) = draft.tx.find(named).filter(|found| found.definition.name == kind) else {
        let message = format!(
            "Resource {named} referenced by resource {from} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region."
        );
        return Err(ErrorResponse::new(400, "InvalidResourceReference", message));
    };
    let join = found.definition.permission("join/action");
    let linked = (join.as_str(), &found.id);
    crate::engine::authorization::check_linked(draft.tx, draft.world.call, &draft.action(), linked)
}

/// The range of a subnet in use stays what it is.
pub fn check_move(store: &Store, before: Option<&Resource>, body: &Value) -> Result<(), ErrorResponse> {
    let Some(before) = before else { return Ok(()) };
    let after = body.get("properties").unwrap_or(&Value::Null);
    let same = match (ranges::subnet("", before.properties()), ranges::subnet("", after)) {
        (Ok(old), Ok(new)) => old.cidr == new.cidr,
        _ => false,
    };
    if same {
        return Ok(());
    }
    match users(store, &before.id).first() {
        None => Ok(()),
        Some(user) => {
            let message = format!(
                "IpPrefix of subnet {} is in use by {user} and cannot be changed. In order to change it, delete all the resources within the subnet.",
                before.id.name()
            );
            Err(ErrorResponse::new(400, "InUsePrefixCannotBeDeleted", message))
        }
    }
}

/// Refuses to remove a subnet that something is in.
pub fn check_unused(store: &Store, id: &ResourceId) -> Result<(), ErrorResponse> {
    match users(store, id).first() {
        None => Ok(()),
        Some(user) => {
            let message = format!(
                "Subnet {} is in use by {user} and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.",
                id.name()
            );
            Err(ErrorResponse::new(400, "InUseSubnetCannotBeDeleted", message))
        }
    }
}

/// What is in a subnet: ids of clusters and services.
pub fn users(store: &Store, id: &ResourceId) -> Vec<String> {
    let is_this = |text: Option<&str>| text.is_some_and(|text| text.eq_ignore_ascii_case(id.as_str()));
    let clusters = store.of_type("Microsoft.ContainerService/managedClusters", None).filter(|cluster| {
        array(cluster.properties(), &["agentPoolProfiles"])
            .iter()
            .any(|pool| is_this(text(pool, &["vnetSubnetID"])))
    });
    let services = store.of_type("Microsoft.ApiManagement/service", None).filter(|service| {
        [Some(&service.body), service.previous.as_ref()].into_iter().flatten().any(|body| {
            let mode = text(body, &["properties", "virtualNetworkType"]).unwrap_or("None");
            !mode.eq_ignore_ascii_case("None")
                && is_this(text(body, &["properties", "virtualNetworkConfiguration", "subnetResourceId"]))
        })
    });
    let mut users: Vec<String> = clusters.chain(services).map(|user| user.id.to_string()).collect();
    users.extend(addresses::users(store, id));
    users
}

/// Completes the form in which a subnet is shown.
pub fn view(subnet: &Resource, store: &Store, shown: &mut Value) {
    let in_it: Vec<Value> = users(store, &subnet.id)
        .into_iter()
        .map(|user| json!({"id": format!("{user}/ipConfigurations/{}", subnet.id.name())}))
        .collect();
    if !in_it.is_empty() {
        set(shown, &["properties", "ipConfigurations"], in_it);
    }
    set(shown, &["etag"], format!("W/\"{}\"", subnet.etag));
}
