//! Whether a service in a virtual network reaches what it depends on, and is reached by what manages it:
//! <https://learn.microsoft.com/rest/api/apimanagement/network-status>. The rules are those of
//! <https://learn.microsoft.com/azure/api-management/virtual-network-reference>.
//!
//! **Differs from Azure:** what decides is the security group of the subnet as it is now, not the outcome of the last
//! probe; an error names the rule that refuses, which Azure leaves to the reader.

use arm::ErrorResponse;
use network::{Access, Direction, Flow, Party, Protocol, SecurityGroup};
use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::engine::{Answer, Call, Resource, Store, array, text};
use crate::projections;

/// What a service depends on.
pub struct Dependency {
    /// What is in front of the host name.
    pub host: &'static str,
    /// The kind, as the table of the portal names it.
    pub kind: &'static str,
    /// Who opens the connection.
    pub direction: Direction,
    /// The service tag of the other side.
    tag: &'static str,
    /// The port there.
    pub port: u16,
    /// The service runs without it.
    optional: bool,
}

/// All of it.
pub const DEPENDENCIES: [Dependency; 7] = [
    outbound("blob.core.windows.net", "BlobStorage", "Storage", 443, false),
    outbound("table.core.windows.net", "TableStorage", "Storage", 443, false),
    outbound("database.windows.net", "SQLDatabase", "Sql", 1433, false),
    outbound("vault.azure.net", "AzureKeyVault", "AzureKeyVault", 443, false),
    outbound("prod.warm.ingest.monitor.core.windows.net", "Monitoring", "AzureMonitor", 443, true),
    inbound("management.azure-api.net", "ManagementEndpoint", "ApiManagement", 3443),
    inbound("loadbalancer", "LoadBalancer", "AzureLoadBalancer", 6390),
];

const fn outbound(
    host: &'static str,
    kind: &'static str,
    tag: &'static str,
    port: u16,
    optional: bool,
) -> Dependency {
    Dependency { host, kind, direction: Direction::Outbound, tag, port, optional }
}

const fn inbound(host: &'static str, kind: &'static str, tag: &'static str, port: u16) -> Dependency {
    Dependency { host, kind, direction: Direction::Inbound, tag, port, optional: false }
}

/// `GET …/networkstatus`
pub fn all(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let store = Store::read(&emulator.store);
    let service = call.holder(&store)?;
    let location = text(&service.body, &["location"]).unwrap_or_default();
    let status = json!([{"location": location, "networkStatus": status(&store, call, &service)}]);
    Ok(Answer::json(200, status))
}

/// `GET …/locations/{location}/networkstatus`
pub fn of_location(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let store = Store::read(&emulator.store);
    let service = call.holder(&store)?;
    Ok(Answer::json(200, status(&store, call, &service)))
}

fn status(store: &Store, call: &Call, service: &Resource) -> Value {
    let subnet = text(service.properties(), &["virtualNetworkConfiguration", "subnetResourceId"]);
    let subnet = subnet.and_then(|id| store.find(id));
    let group = subnet.as_ref().and_then(|subnet| projections::security_group(store, subnet));
    let network = subnet.as_ref().and_then(|subnet| store.get(&subnet.id.parent()?));
    let servers =
        network.as_ref().map_or(&[][..], |found| array(found.properties(), &["dhcpOptions", "dnsServers"]));
    let now = call.now.rfc3339();
    let rows = DEPENDENCIES.iter().map(|dependency| {
        let refusal = group.as_ref().and_then(|group| refusal(group, dependency));
        json!({
            "name": format!("{}.{}", service.id.name().to_lowercase(), dependency.host),
            "status": if refusal.is_some() { "failure" } else { "success" },
            "error": refusal.unwrap_or_default(),
            "lastUpdated": now, "lastStatusChange": now,
            "resourceType": dependency.kind, "isOptional": dependency.optional,
        })
    });
    json!({"dnsServers": servers, "connectivityStatus": rows.collect::<Vec<_>>()})
}

/// Why the group lets the connection not pass, if it does not.
fn refusal(group: &SecurityGroup, dependency: &Dependency) -> Option<String> {
    let inside = Party { range: None, tag: "VirtualNetwork" };
    let outside = Party { range: None, tag: dependency.tag };
    let (source, destination) = match dependency.direction {
        Direction::Outbound => (inside, outside),
        Direction::Inbound => (outside, inside),
    };
    let flow = Flow { source, destination, port: dependency.port, protocol: Protocol::Tcp };
    let rule = group.decide(dependency.direction, &flow)?;
    let way = match dependency.direction {
        Direction::Outbound => "to",
        Direction::Inbound => "from",
    };
    (rule.access == Access::Deny).then(|| {
        format!(
            "The rule '{}' of the network security group '{}' denies port {} {way} {}.",
            rule.name, group.name, dependency.port, dependency.tag
        )
    })
}
