//! The activity log: who changed what, when, and how it ended.
//!
//! <https://learn.microsoft.com/rest/api/monitor/activity-logs/list>

use arm::ErrorResponse;
use serde_json::{Value, json};

use crate::activity::{Event, Outcome};
use crate::emulator::Emulator;
use crate::engine::{Answer, Call, Filter, page};

/// The ticks of .NET at the start of 1970.
const TICKS_OF_1970: i64 = 621_355_968_000_000_000;

/// Events that the filter accepts, the newest first.
pub fn list(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let text = call.query("$filter").unwrap_or_default();
    if !text.to_ascii_lowercase().contains("eventtimestamp ge") {
        let message = "The filter must give the time at which events begin: eventTimestamp ge '…'.";
        return Err(ErrorResponse::new(400, "BadRequest", message));
    }
    let filter = Filter::parse(text)?;
    let selected: Option<Vec<&str>> = call
        .query("$select")
        .map(|names| names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect());
    let tenant = &emulator.config.seed.tenant_id;
    let events = emulator.activity.newest_first();
    let found = events.iter().filter(|event| filter.accepts(&terms(event)));
    page(call, found.map(|event| narrowed(shown(event, tenant), selected.as_deref())).collect(), false)
}

/// The names by which filters ask.
fn terms(event: &Event) -> Value {
    json!({
        "eventTimestamp": event.at.rfc3339_millis(),
        "eventChannels": "Admin, Operation",
        "resourceGroupName": event.resource.resource_group().unwrap_or_default(),
        "resourceId": event.resource.as_str(),
        "resourceUri": event.resource.as_str(),
        "resourceProvider": event.resource.resource_type().namespace(),
        "resourceType": event.resource.resource_type().as_str(),
        "caller": event.caller,
        "correlationId": event.correlation,
        "operationName": event.action,
        "status": event.outcome.as_str(),
        "levels": event.outcome.level(),
    })
}

fn shown(event: &Event, tenant: &str) -> Value {
    let both = |text: &str| json!({"value": text, "localizedValue": text});
    let id = &event.resource;
    let kind = id.resource_type();
    let at = event.at.rfc3339_millis();
    let (name, localized) = match event.outcome {
        Outcome::Started => ("BeginRequest", "Begin request"),
        _ => ("EndRequest", "End request"),
    };
    let ticks = TICKS_OF_1970 + event.at.unix_millis() * 10_000;
    let reason = http::StatusCode::from_u16(event.status).ok().and_then(|status| status.canonical_reason());
    let reason = reason.unwrap_or_default().replace(' ', "");
    let mut properties =
        json!({"eventCategory": "Administrative", "entity": id.as_str(), "message": event.action});
    if event.status != 0 {
        properties["statusCode"] = json!(reason);
        properties["serviceRequestId"] = json!(event.correlation);
    }
    if let Some(error) = &event.error {
        properties["statusMessage"] = json!(json!({"error": error}).to_string());
    }
    let sub_status = if event.status == 0 {
        both("")
    } else {
        json!({"value": reason, "localizedValue": format!("{reason} (HTTP Status Code: {})", event.status)})
    };
    json!({
        "authorization": {"action": event.action, "scope": id.as_str()},
        "caller": event.caller,
        "channels": "Operation",
        "claims": {"appid": event.caller, "http://schemas.microsoft.com/identity/claims/tenantid": tenant},
        "correlationId": event.correlation,
        "description": "",
        "eventDataId": event.id,
        "eventName": {"value": name, "localizedValue": localized},
        "category": both("Administrative"),
        "httpRequest": {"clientRequestId": event.client_request, "clientIpAddress": "127.0.0.1", "method": event.method},
        "id": format!("{id}/events/{}/ticks/{ticks}", event.id),
        "level": event.outcome.level(),
        "resourceGroupName": id.resource_group().unwrap_or_default(),
        "resourceProviderName": both(kind.namespace()),
        "resourceId": id.as_str(),
        "resourceType": both(kind.as_str()),
        "operationId": event.correlation,
        "operationName": both(&event.action),
        "properties": properties,
        "status": both(event.outcome.as_str()),
        "subStatus": sub_status,
        "eventTimestamp": at,
        "submissionTimestamp": at,
        "subscriptionId": id.subscription_id().unwrap_or_default(),
        "tenantId": tenant,
    })
}

fn narrowed(mut shown: Value, selected: Option<&[&str]>) -> Value {
    if let (Some(names), Some(object)) = (selected.filter(|names| !names.is_empty()), shown.as_object_mut()) {
        object.retain(|key, _| names.iter().any(|name| name.eq_ignore_ascii_case(key)));
    }
    shown
}
