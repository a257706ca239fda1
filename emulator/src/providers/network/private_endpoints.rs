//! Private endpoints: <https://learn.microsoft.com/rest/api/virtualnetwork/private-endpoints>.
//!
//! They lead to API Management services and private link services; the connection is decided on there.
//!
//! **Differs from Azure:** the address is given and shown and carries no traffic; network interfaces and DNS zone
//! groups are not made.

use arm::ErrorResponse;
use serde_json::{Value, json};

use super::parts::{self, Parts};
use super::rows::takes;
use super::{addresses, private_link, private_link_services};
use crate::engine::{
    Definition, Draft, Example, Fidelity, Names, Removal, Resource, Store, Verb, array, authorization,
    property, set, set_default, take, text,
};
use crate::providers::api_management::service;

/// Connections that are approved by themselves, and connections that somebody has to approve.
const LINKS: [(&str, &str); 2] =
    [("privateLinkServiceConnections", "Approved"), ("manualPrivateLinkServiceConnections", "Pending")];

const PARTS: [Parts; 3] = [
    Parts { name: LINKS[0].0, refers: &[] },
    Parts { name: LINKS[1].0, refers: &[] },
    Parts { name: "ipConfigurations", refers: &[] },
];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/privateEndpoints",
    summary: "An address in a subnet that leads to a service.",
    modelled: "2025-05-01",
    names: Names::Rule {
        min: 2,
        max: 64,
        accepts: crate::engine::plain_name,
        rule: "letters, digits, `-`, `_` and `.`",
    },
    long_running: takes(30, 15),
    fidelity: Fidelity::Approximate("the address carries no traffic; no network interfaces"),
    examples: &[
        Example {
            id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/privateEndpoints/example-endpoint",
            body: r#"{"location": "westus2", "properties": {
            "subnet": {"id": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/virtualNetworks/example-vnet/subnets/example-subnet"},
            "privateLinkServiceConnections": [{"name": "example-connection", "properties": {"groupIds": ["Gateway"],
                "privateLinkServiceId": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim"}}]}}"#,
            patch: None,
            after: &["Microsoft.Network/virtualNetworks/subnets", "Microsoft.ApiManagement/service"],
        },
        Example {
            id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/privateEndpoints/example-asking-endpoint",
            body: r#"{"location": "westus2", "properties": {
            "subnet": {"id": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/virtualNetworks/example-vnet/subnets/example-subnet"},
            "manualPrivateLinkServiceConnections": [{"name": "example-asking", "properties": {"requestMessage": "please",
                "privateLinkServiceId": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/privateLinkServices/example-link-service"}}]}}"#,
            patch: None,
            after: &["Microsoft.Network/virtualNetworks/subnets", "Microsoft.Network/privateLinkServices"],
        },
    ],
    verbs: &[Verb::Get, Verb::List, Verb::Put, Verb::Delete],
    defaults,
    check,
    provision,
    removed,
    view,
    ..Definition::TRACKED
};

/// The connections of a private endpoint, with the state that they begin in.
pub fn links(properties: &Value) -> impl Iterator<Item = (&Value, &'static str)> {
    LINKS.iter().flat_map(|(list, status)| array(properties, &[list]).iter().map(|link| (link, *status)))
}

fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    for shown in ["networkInterfaces", "customDnsConfigs"] {
        take(&mut draft.body, &["properties", shown]);
    }
    for (list, _) in LINKS {
        let links = draft.body.pointer_mut(&format!("/properties/{list}")).and_then(Value::as_array_mut);
        for link in links.into_iter().flatten() {
            take(link, &["properties", private_link::STATE]);
        }
    }
    let Some(subnet) = text(draft.properties(), &["subnet", "id"]).map(str::to_owned) else {
        let message = format!("The private endpoint '{}' must have a subnet.", draft.id.name());
        return Err(ErrorResponse::new(400, "InvalidRequestFormat", message).target("subnet"));
    };
    // Which address it has is written as its one configuration, whoever chose it.
    if array(draft.properties(), &["ipConfigurations"]).is_empty() {
        let had = array(draft.before(), &["ipConfigurations"]).to_vec();
        let one = json!([{"name": "default", "properties": {}}]);
        set(
            &mut draft.body,
            &["properties", "ipConfigurations"],
            if had.is_empty() { one } else { json!(had) },
        );
    }
    let configurations = draft.body.pointer_mut("/properties/ipConfigurations").and_then(Value::as_array_mut);
    for configuration in configurations.into_iter().flatten() {
        set(configuration, &["properties", "subnet"], json!({"id": subnet}));
    }
    set_default(&mut draft.body, &["properties", "ipVersionType"], "IPv4");
    parts::complete(draft, &PARTS)
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    for configuration in array(draft.properties(), &["ipConfigurations"]) {
        addresses::check_part(draft, configuration)?;
    }
    let links: Vec<(&Value, &str)> = links(draft.properties()).collect();
    let [(link, _)] = links.as_slice() else {
        let message = "A private endpoint must have exactly one private link service connection.";
        return Err(ErrorResponse::new(400, "PrivateEndpointMustHaveOneConnection", message));
    };
    let named = text(link, &["properties", "privateLinkServiceId"]).unwrap_or_default();
    let target = draft.tx.find(named).filter(|target| private_link::connections_of(target).is_some());
    let Some(target) = target else {
        let message = format!(
            "Resource {named} referenced by resource {} was not found, or it takes no private endpoints here.",
            draft.id
        );
        return Err(ErrorResponse::new(400, "InvalidResourceReference", message));
    };
    let groups = array(link, &["properties", "groupIds"]);
    let valid = match target.definition.name {
        name if name == service::DEFINITION.name => matches!(groups, [one] if one == "Gateway"),
        _ => groups.is_empty(),
    };
    if !valid {
        let message = format!(
            "Call to {} failed. Error message: the group ids {} are not those of the private link resource.",
            target.id,
            Value::from(groups)
        );
        return Err(ErrorResponse::new(400, "InvalidPrivateLinkServiceGroupId", message));
    }
    let approval = target.definition.permission("privateEndpointConnectionsApproval/action");
    let automatic = !array(draft.properties(), &[LINKS[0].0]).is_empty();
    if automatic && target.definition.name == private_link_services::DEFINITION.name {
        return Ok(());
    }
    if automatic {
        // Who may not approve it asks with a manual connection.
        let linked = (approval.as_str(), &target.id);
        authorization::check_linked(draft.tx, draft.world.call, &draft.action(), linked)?;
    }
    Ok(())
}

fn provision(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let properties = draft.properties().clone();
    for (link, status) in links(&properties) {
        let target = text(link, &["properties", "privateLinkServiceId"]).and_then(|id| draft.tx.find(id));
        let Some(target) = target else { continue };
        let Some(definition) = private_link::connections_of(&target) else { continue };
        let Some(id) = private_link::connection_id(&target, &draft.id, link) else { continue };
        let other = draft.tx.get(&id).filter(|found| {
            text(found.properties(), &["privateEndpoint", "id"])
                .is_some_and(|owner| !owner.eq_ignore_ascii_case(draft.id.as_str()))
        });
        if other.is_some() {
            let message = format!("The name '{}' is that of another connection of {}.", id.name(), target.id);
            return Err(ErrorResponse::new(409, "PrivateEndpointConnectionNameInUse", message));
        }
        private_link::connect(draft, id, definition, link, status);
    }
    addresses::provision(draft)
}

fn removed(removal: &mut Removal<'_, '_>) {
    for id in private_link::disconnect(removal.tx, &removal.resource) {
        removal.tx.remove(&id);
    }
    addresses::release(removal);
}

fn view(endpoint: &Resource, store: &Store, shown: &mut Value) {
    parts::view(endpoint, &PARTS, shown);
    // A configuration here is no part with an id, and its subnet is the endpoint's.
    let configurations = shown.pointer_mut("/properties/ipConfigurations").and_then(Value::as_array_mut);
    for one in configurations.into_iter().flatten() {
        take(one, &["id"]);
        take(one, &["properties", "subnet"]);
        take(one, &["properties", "provisioningState"]);
    }
    for (list, _) in LINKS {
        let links = shown.pointer_mut(&format!("/properties/{list}")).and_then(Value::as_array_mut);
        for link in links.into_iter().flatten() {
            let state = private_link::state(store, &endpoint.id, link);
            set(link, &["properties", private_link::STATE], state);
        }
    }
    let addresses: Vec<Value> = array(endpoint.properties(), &["ipConfigurations"])
        .iter()
        .map(|one| property(one, &["properties", "privateIPAddress"]).clone())
        .collect();
    let hosts: Vec<Value> = links(endpoint.properties())
        .filter_map(|(link, _)| text(link, &["properties", "privateLinkServiceId"])?.parse().ok())
        .filter_map(|target: arm::ResourceId| store.get(&target))
        .filter(|target| target.definition.name == service::DEFINITION.name)
        .map(|target| {
            let host = format!("{}.azure-api.net", target.id.name().to_lowercase());
            json!({"fqdn": host, "ipAddresses": addresses})
        })
        .collect();
    set(shown, &["properties", "customDnsConfigs"], hosts);
    set(shown, &["properties", "networkInterfaces"], json!([]));
}
