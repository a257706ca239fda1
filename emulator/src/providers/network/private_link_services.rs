//! Private link services: <https://learn.microsoft.com/rest/api/virtualnetwork/private-link-services>.
//!
//! **Differs from Azure:** connections are approved and rejected, and carry no traffic.

use arm::ErrorResponse;
use serde_json::{Value, json};
use sim::Ids;

use super::parts::{self, Parts};
use super::rows::{NAME, takes};
use super::{load_balancers, private_link, private_link_service_connections, subnets};
use crate::engine::{
    Definition, Draft, Example, Fidelity, Resource, Store, Verb, array, set, set_default, take, text,
};

const PARTS: [Parts; 1] = [Parts { name: "ipConfigurations", refers: &[] }];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Network/privateLinkServices",
    summary: "A load balancer's frontend that private endpoints can lead to.",
    modelled: "2025-05-01",
    names: NAME,
    verbs: &[Verb::Get, Verb::List, Verb::Put, Verb::Delete],
    long_running: takes(15, 10),
    fidelity: Fidelity::Approximate("connections carry no traffic"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/privateLinkServices/example-link-service",
        body: r#"{"location": "westus2", "properties": {
            "loadBalancerFrontendIpConfigurations": [{"id": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/loadBalancers/example-balancer/frontendIPConfigurations/front"}],
            "ipConfigurations": [{"name": "one", "properties": {"primary": true, "privateIPAllocationMethod": "Dynamic",
                "subnet": {"id": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Network/virtualNetworks/example-vnet/subnets/example-subnet"}}}]}}"#,
        patch: None,
        after: &["Microsoft.Network/virtualNetworks/subnets", "Microsoft.Network/loadBalancers"],
    }],
    defaults: |draft| {
        for shown in ["alias", "networkInterfaces", "privateEndpointConnections"] {
            take(&mut draft.body, &["properties", shown]);
        }
        set_default(&mut draft.body, &["properties", "enableProxyProtocol"], false);
        for name in ["fqdns", "loadBalancerFrontendIpConfigurations"] {
            set_default(&mut draft.body, &["properties", name], json!([]));
        }
        for name in ["visibility", "autoApproval"] {
            set_default(&mut draft.body, &["properties", name, "subscriptions"], json!([]));
        }
        parts::complete(draft, &PARTS)
    },
    check,
    removable: |removal| {
        let kind = private_link_service_connections::DEFINITION.name;
        match removal.tx.of_type(kind, Some(&removal.resource.id)).next() {
            None => Ok(()),
            Some(connection) => {
                let message = format!(
                    "Private link service {} cannot be deleted since the private endpoint connection {} uses it.",
                    removal.resource.id,
                    connection.id.name()
                );
                Err(ErrorResponse::new(400, "PrivateLinkServiceInUse", message))
            }
        }
    },
    view,
    ..Definition::TRACKED
};

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let frontends = array(draft.properties(), &["loadBalancerFrontendIpConfigurations"]);
    let configurations = array(draft.properties(), &["ipConfigurations"]);
    if frontends.is_empty() || configurations.is_empty() {
        let message = format!(
            "The private link service {} must have a frontend of a load balancer and an IP configuration.",
            draft.id
        );
        return Err(ErrorResponse::new(400, "InvalidRequestFormat", message));
    }
    for frontend in frontends {
        let id = text(frontend, &["id"]).unwrap_or_default();
        if !load_balancers::has_frontend(draft.tx, id) {
            let message = format!("Resource {id} referenced by resource {} was not found.", draft.id);
            return Err(ErrorResponse::new(400, "InvalidResourceReference", message));
        }
    }
    configurations.iter().try_for_each(|configuration| {
        let subnet = text(configuration, &["properties", "subnet", "id"]).unwrap_or_default();
        subnets::check_reference(draft, &draft.id, subnet, subnets::DEFINITION.name)
    })
}

fn view(service: &Resource, store: &Store, shown: &mut Value) {
    parts::view(service, &PARTS, shown);
    let location = text(&service.body, &["location"]).unwrap_or_default();
    let guid = Ids::named(&[service.id.key()]);
    let alias = format!("{}.{guid}.{location}.azure.privatelinkservice", service.id.name());
    set(shown, &["properties", "alias"], alias);
    let connections = private_link::shown(store, &service.id, &private_link_service_connections::DEFINITION);
    set(shown, &["properties", "privateEndpointConnections"], connections);
}
