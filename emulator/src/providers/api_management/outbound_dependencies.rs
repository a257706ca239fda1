//! What a service has to reach:
//! <https://learn.microsoft.com/rest/api/apimanagement/outbound-network-dependencies-endpoints>.
//!
//! **Differs from Azure:** names and ports are those that the network status is made of.

use arm::ErrorResponse;
use network::Direction;
use serde_json::json;

use super::network_status::DEPENDENCIES;
use crate::emulator::Emulator;
use crate::engine::{Answer, Call, Store, text};

/// `GET …/outboundNetworkDependenciesEndpoints`
pub fn list(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let store = Store::read(&emulator.store);
    let service = call.holder(&store)?;
    let name = service.id.name().to_lowercase();
    let region = text(&service.body, &["location"]).unwrap_or_default();
    let outbound = DEPENDENCIES.iter().filter(|known| known.direction == Direction::Outbound);
    let rows = outbound.map(|known| {
        json!({"category": known.kind, "endpoints": [{
            "domainName": format!("{name}.{}", known.host),
            "endpointDetails": [{"port": known.port, "region": region}],
        }]})
    });
    Ok(Answer::json(200, json!({"value": rows.collect::<Vec<_>>()})))
}
