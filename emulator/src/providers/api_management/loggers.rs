//! Loggers: <https://learn.microsoft.com/rest/api/apimanagement/logger>.
//!
//! **Differs from Azure:** kept and shown; nothing is sent anywhere. Credentials are shown as the named values that
//! Azure would make of them, which do not exist here.

use arm::ErrorResponse;
use serde_json::{Value, json};
use sim::Ids;

use super::validation;
use crate::engine::{
    Definition, Draft, Example, Fidelity, Listing, Resource, Store, Verb, set_default, text,
};

/// Where a logger can send to.
const KINDS: [&str; 3] = ["applicationInsights", "azureEventHub", "azureMonitor"];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/loggers",
    summary: "Where logs are sent to.",
    modelled: "2024-05-01",
    names: validation::NAME_256,
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    listing: Listing::Counted,
    fidelity: Fidelity::Approximate("nothing is sent anywhere"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/loggers/example-logger",
        body: r#"{"properties": {"loggerType": "applicationInsights", "credentials": {"instrumentationKey": "k"}}}"#,
        patch: Some(r#"{"properties": {"description": "Another"}}"#),
        after: &[],
    }],
    defaults: |draft| {
        set_default(&mut draft.body, &["properties", "isBuffered"], true);
        set_default(&mut draft.body, &["properties", "description"], Value::Null);
        set_default(&mut draft.body, &["properties", "resourceId"], Value::Null);
        Ok(())
    },
    check,
    view,
    ..Definition::CHILD
};

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    validation::required(draft, "loggerType", 100)?;
    let kind = text(draft.properties(), &["loggerType"]).unwrap_or_default();
    if KINDS.iter().any(|known| known.eq_ignore_ascii_case(kind)) {
        return Ok(());
    }
    Err(validation::field("loggerType", format!("The logger type '{kind}' is not valid.")))
}

fn view(logger: &Resource, _: &Store, shown: &mut Value) {
    let credentials = shown.pointer_mut("/properties/credentials").and_then(Value::as_object_mut);
    for (name, value) in credentials.into_iter().flatten() {
        let written = value.as_str().unwrap_or_default();
        // What already refers to a named value is no secret.
        if name != "name" && !written.starts_with("{{") {
            let hash = Ids::named(&[logger.id.key(), name]).replace('-', "");
            *value = json!(format!("{{{{Logger-Credentials--{}}}}}", hash.get(..24).unwrap_or_default()));
        }
    }
}
