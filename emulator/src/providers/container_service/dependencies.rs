//! What the nodes of a cluster have to reach outside:
//! <https://learn.microsoft.com/azure/aks/outbound-rules-control-egress>.

use arm::ErrorResponse;
use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::engine::{Answer, Call, Store, text};

/// Category, host name, protocol, port.
const ENDPOINTS: [(&str, &str, &str, u16); 11] = [
    ("azure-resource-management", "management.azure.com", "Https", 443),
    ("azure-resource-management", "login.microsoftonline.com", "Https", 443),
    ("images", "mcr.microsoft.com", "Https", 443),
    ("images", "*.data.mcr.microsoft.com", "Https", 443),
    ("images", "mcr-0001.mcr-msedge.net", "Https", 443),
    ("artifacts", "packages.microsoft.com", "Https", 443),
    ("artifacts", "acs-mirror.azureedge.net", "Https", 443),
    ("artifacts", "packages.aks.azure.com", "Https", 443),
    ("time-sync", "ntp.ubuntu.com", "UDP", 123),
    ("ubuntu-optional", "security.ubuntu.com", "Http", 80),
    ("ubuntu-optional", "azure.archive.ubuntu.com", "Http", 80),
];

/// `GET …/outboundNetworkDependenciesEndpoints`
pub fn list(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let store = Store::read(&emulator.store);
    let cluster = call.holder(&store)?;
    let own = text(cluster.properties(), &["fqdn"]).unwrap_or_default();
    let api_server = [("apiserver", own, "Https", 443)];
    let mut categories: Vec<Value> = Vec::new();
    for (category, host, protocol, port) in api_server.into_iter().chain(ENDPOINTS) {
        let endpoint = json!({"domainName": host, "endpointDetails": [{"port": port, "protocol": protocol}]});
        match categories.last_mut().filter(|last| last["category"] == category) {
            Some(last) => {
                if let Some(endpoints) = last["endpoints"].as_array_mut() {
                    endpoints.push(endpoint);
                }
            }
            None => categories.push(json!({"category": category, "endpoints": [endpoint]})),
        }
    }
    Ok(Answer::json(200, json!({"value": categories})))
}
