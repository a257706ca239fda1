//! Diagnostics of a service: <https://learn.microsoft.com/rest/api/apimanagement/diagnostic>.
//!
//! **Differs from Azure:** kept and shown; nothing is logged.

use arm::ErrorResponse;

use super::{loggers, validation};
use crate::engine::{Definition, Draft, Example, Fidelity, Listing, Names, Verb, property, text};

/// What diagnostics of a service and of an API have in common.
pub const DIAGNOSTIC: Definition = Definition {
    modelled: "2024-05-01",
    names: Names::Fixed(&["applicationinsights", "azureeventhub", "azuremonitor", "local"]),
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    listing: Listing::Counted,
    fidelity: Fidelity::Approximate("nothing is logged"),
    check,
    ..Definition::CHILD
};

/// A body that works once the example logger is there.
pub const EXAMPLE: &str = r#"{"properties": {"loggerId": "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/loggers/example-logger",
    "alwaysLog": "allErrors", "sampling": {"samplingType": "fixed", "percentage": 100}}}"#;

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/diagnostics",
    summary: "What is logged of requests to all APIs.",
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/diagnostics/applicationinsights",
        body: EXAMPLE,
        patch: Some(r#"{"properties": {"logClientIp": true}}"#),
        after: &[loggers::DEFINITION.name],
    }],
    ..DIAGNOSTIC
};

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    validation::required(draft, "loggerId", 2_000)?;
    let id = text(draft.properties(), &["loggerId"]).unwrap_or_default();
    let name = id.rsplit('/').next().unwrap_or_default();
    let known = validation::service_of(draft.tx, &draft.id)
        .is_some_and(|service| draft.tx.get(&service.id.child("loggers", name)).is_some());
    if !known {
        return Err(validation::field("loggerId", format!("The logger '{id}' does not exist.")));
    }
    let percentage = property(draft.properties(), &["sampling", "percentage"]);
    if percentage.is_null() || percentage.as_f64().is_some_and(|value| (0.0..=100.0).contains(&value)) {
        return Ok(());
    }
    Err(validation::field("sampling.percentage", "The sampling percentage must be a number from 0 to 100."))
}
