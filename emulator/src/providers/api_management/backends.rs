//! Backends: <https://learn.microsoft.com/rest/api/apimanagement/backend>.
//!
//! **Differs from Azure:** a Service Fabric cluster is stored and not executed: requests to such a backend end with 500. The wording of what is wrong in a circuit breaker is not documented.

use std::time::Duration;

use arm::ErrorResponse;
use serde_json::Value;

use super::validation;
use crate::engine::{
    Action, ActionCall, Answer, Definition, Draft, Example, Fidelity, Listing, Model, Removal, Verb, array,
    duration, property, set_default, text,
};

/// When connections are made anew, unless somebody says otherwise, and at the latest.
const RECONNECT: Duration = Duration::from_mins(2);
const LONGEST: Duration = Duration::from_hours(24);

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/backends",
    summary: "A named address that requests are forwarded to, or a pool of them.",
    modelled: "2024-05-01",
    names: validation::NAME,
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    actions: &[Action::new("reconnect", "reconnect/action", reconnect)],
    listing: Listing::Counted,
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Approximate("no Service Fabric"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/backends/example-backend",
        body: r#"{"properties": {"url": "http://10.10.1.5", "protocol": "http",
            "credentials": {"header": {"x-key": ["{{example-value}}"]}},
            "circuitBreaker": {"rules": [{"name": "rule", "tripDuration": "PT30S", "failureCondition":
                {"count": 3, "interval": "PT1M", "statusCodeRanges": [{"min": 500, "max": 599}]}}]}}}"#,
        patch: Some(r#"{"properties": {"description": "Another"}}"#),
        after: &[],
    }],
    defaults,
    check,
    provision: validation::compile,
    removable,
    ..Definition::CHILD
};

#[expect(clippy::unnecessary_wraps, reason = "the signature that rows share")]
fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let body = &mut draft.body;
    set_default(body, &["properties", "type"], "Single");
    if text(body, &["properties", "type"]) == Some("Single") {
        for unset in ["title", "description", "resourceId"] {
            set_default(body, &["properties", unset], Value::Null);
        }
    }
    Ok(())
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let properties = draft.properties();
    match text(properties, &["type"]).unwrap_or_default() {
        "Single" => {
            validation::required(draft, "url", 2_000)?;
            validation::required(draft, "protocol", 100)?;
            validation::url(properties, "url")?;
            let protocol = text(properties, &["protocol"]).unwrap_or_default();
            if ["http", "soap"].iter().any(|known| known.eq_ignore_ascii_case(protocol)) {
                return check_rules(array(properties, &["circuitBreaker", "rules"]));
            }
            Err(validation::field("protocol", format!("The protocol '{protocol}' is not valid.")))
        }
        "Pool" => check_pool(draft),
        kind => Err(validation::field("type", format!("The type '{kind}' is neither Single nor Pool."))),
    }
}

/// A backend has at most one rule, and that counts failures or compares them with all requests.
fn check_rules(rules: &[Value]) -> Result<(), ErrorResponse> {
    let wrong = |field: &str, message: &str| {
        Err(validation::field(&format!("circuitBreaker.rules{field}"), message.to_owned()))
    };
    let rule = match rules {
        [] => return Ok(()),
        [rule] => rule,
        _ => return wrong("", "A backend can have one circuit breaker rule."),
    };
    let condition = property(rule, &["failureCondition"]);
    let (count, percentage) = (property(condition, &["count"]), property(condition, &["percentage"]));
    let ranges = array(condition, &["statusCodeRanges"]);
    let reasons = array(condition, &["errorReasons"]);
    let range = |range: &Value| {
        let (min, max) = (property(range, &["min"]), property(range, &["max"]));
        within(min, 200, 599) && within(max, min.as_u64().unwrap_or(200), 599)
    };
    let time = |value: &Value| value.as_str().and_then(duration).is_some_and(|found| !found.is_zero());
    let one = count.is_null() != percentage.is_null();
    let checks = [
        (one, ".failureCondition", "Exactly one of count and percentage is required."),
        (
            count.is_null() || within(count, 1, u32::MAX.into()),
            ".failureCondition.count",
            "Count must be a positive number.",
        ),
        (
            percentage.is_null() || within(percentage, 1, 100),
            ".failureCondition.percentage",
            "Percentage must be 1 to 100.",
        ),
        (
            time(property(condition, &["interval"])),
            ".failureCondition.interval",
            "Interval must be an ISO 8601 duration.",
        ),
        (
            time(property(rule, &["tripDuration"])),
            ".tripDuration",
            "TripDuration must be an ISO 8601 duration.",
        ),
        (
            ranges.len() <= 10 && ranges.iter().all(range),
            ".failureCondition.statusCodeRanges",
            "At most 10 ranges of status codes from 200 to 599 can be used.",
        ),
        (
            reasons.len() <= 10 && reasons.iter().all(Value::is_string),
            ".failureCondition.errorReasons",
            "At most 10 reasons of errors can be used.",
        ),
    ];
    match checks.into_iter().find(|(right, ..)| !right) {
        None => Ok(()),
        Some((_, field, message)) => wrong(field, message),
    }
}

fn within(value: &Value, least: u64, most: u64) -> bool {
    value.as_u64().is_some_and(|found| (least..=most).contains(&found))
}

/// From some time on the gateway reaches backends through new connections: those to the others are made anew as well.
fn reconnect(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let body = call.world.call.json()?;
    let after = match text(&body, &["properties", "after"]) {
        None => Some(RECONNECT),
        Some(given) => duration(given).filter(|given| *given <= LONGEST),
    };
    let Some(after) = after else {
        let message = "After must be an ISO 8601 duration of at most a day.";
        return Err(validation::field("after", message));
    };
    if call.world.config.data_plane.reconnect(after) {
        return Ok(Answer::empty(202));
    }
    Err(ErrorResponse::not_implemented("New connections of this data plane"))
}

/// A pool is made of 1 to 30 single backends of the same service.
fn check_pool(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let members = array(draft.properties(), &["pool", "services"]);
    if !(1..=30).contains(&members.len()) {
        return Err(validation::field("pool.services", "A pool must have 1 to 30 backends."));
    }
    let Some(service) = draft.id.parent() else { return Ok(()) };
    for member in members {
        let id = text(member, &["id"]).unwrap_or_default();
        let single = draft.tx.get(&service.child("backends", name_of(id))).is_some_and(|backend| {
            backend.id != draft.id && text(backend.properties(), &["type"]) != Some("Pool")
        });
        if !single {
            let message = format!("The backend '{id}' does not exist in this service or is itself a pool.");
            return Err(validation::field("pool.services", message));
        }
        for name in ["weight", "priority"] {
            let share = property(member, &[name]);
            if !share.is_null() && !within(share, 0, 100) {
                return Err(validation::field("pool.services", format!("The {name} must be 0 to 100.")));
            }
        }
    }
    Ok(())
}

/// A backend that a policy or a pool refers to stays.
fn removable(removal: &Removal<'_, '_>) -> Result<(), ErrorResponse> {
    let id = &removal.resource.id;
    let name = id.name();
    let holds = |pool: &[Value]| {
        pool.iter().any(|member| {
            text(member, &["id"]).is_some_and(|member| name_of(member).eq_ignore_ascii_case(name))
        })
    };
    let service = id.parent();
    let mut others = removal.tx.of_type(DEFINITION.name, service.as_ref());
    if let Some(pool) = others.find(|other| holds(array(other.properties(), &["pool", "services"]))) {
        let message = format!(
            "Backend '{name}' cannot be deleted because it is in use by the pool '{}'.",
            pool.id.name()
        );
        return Err(ErrorResponse::new(400, "ValidationError", message));
    }
    validation::compile_without(removal, &format!("Backend '{name}'"), |service| {
        service.backends.retain(|known| !known.name.eq_ignore_ascii_case(name));
    })
}

/// The backend's name in its identifier, or in what follows the service's.
fn name_of(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or_default()
}
