//! WebSocket APIs: <https://learn.microsoft.com/azure/api-management/websocket-api>.
//!
//! Such an API has one operation, `onHandshake`, which comes with it; its policies see the handshake.

use arm::ErrorResponse;
use serde_json::{Value, json};

use super::{api_operations, apis, validation};
use crate::engine::{Draft, array, text};

/// The operation.
const HANDSHAKE: &str = "onHandshake";

/// Whether an API with these properties is one of WebSocket.
pub fn is_websocket(properties: &Value) -> bool {
    let is =
        |kind: &str| text(properties, &[kind]).is_some_and(|kind| kind.eq_ignore_ascii_case("websocket"));
    is("type") || is("apiType")
}

/// Whether a scheme that an API is called with is one of WebSocket.
fn is_socket(scheme: &Value) -> Option<bool> {
    match scheme.as_str()?.to_ascii_lowercase().as_str() {
        "http" | "https" => Some(false),
        "ws" | "wss" => Some(true),
        _ => None,
    }
}

/// The protocols and the URL belong to what the API is.
pub fn check(properties: &Value) -> Result<(), ErrorResponse> {
    let socket = is_websocket(properties);
    for scheme in array(properties, &["protocols"]) {
        match is_socket(scheme) {
            // Queries of GraphQL come over HTTP, subscriptions over WebSocket.
            Some(found) if found == socket || (found && apis::is_graphql(properties)) => {}
            Some(_) => {
                let message = format!("The protocol {scheme} does not go with the type of the API.");
                return Err(validation::field("protocols", message));
            }
            None => {
                return Err(validation::field("protocols", format!("The protocol {scheme} is not valid.")));
            }
        }
    }
    if !socket {
        return validation::url(properties, "serviceUrl");
    }
    let url = text(properties, &["serviceUrl"]).unwrap_or_default().to_ascii_lowercase();
    let valid = url.parse::<http::Uri>().is_ok_and(|url| url.host().is_some());
    if valid && (url.starts_with("ws://") || url.starts_with("wss://")) {
        return Ok(());
    }
    Err(validation::field("serviceUrl", "ServiceUrl is not a valid absolute WS or WSS URL."))
}

/// Makes the operation that comes with the API.
pub fn provision(draft: &mut Draft<'_, '_>) {
    let id = draft.id.child("operations", HANDSHAKE);
    if !is_websocket(draft.properties()) || draft.tx.get(&id).is_some() {
        return;
    }
    let body = json!({"properties": {"displayName": HANDSHAKE, "method": "GET", "urlTemplate": "/",
        "templateParameters": [], "responses": [], "description": null, "policies": null}});
    draft.put_part(id, &api_operations::DEFINITION, body);
}
