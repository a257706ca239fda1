//! The configuration of the developer portal: <https://learn.microsoft.com/rest/api/apimanagement/portal-config>.
//!
//! **Differs from Azure:** kept and shown; there is no developer portal that would follow it.

use serde_json::{Value, json};

use super::stored::{self, STORED};
use crate::engine::{Answers, Definition, Example, Fidelity, Listing, Names, Verb};

const DEFAULT: &str = "default";

/// The type: there is one.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/portalconfigs",
    summary: "The configuration of the developer portal.",
    names: Names::Fixed(&[DEFAULT]),
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch],
    // It is never created: it is always there.
    answers: Answers { created: 200, ..Definition::CHILD.answers },
    fidelity: Fidelity::Approximate("there is no developer portal"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/portalconfigs/default",
        body: r#"{"properties": {"enableBasicAuth": true, "signin": {"require": false}, "cors": {"allowedOrigins": ["https://example.com"]}}}"#,
        patch: Some(r#"{"properties": {"signin": {"require": true}}}"#),
        after: &[],
    }],
    find: |store, id| stored::always((store, id), &DEFINITION, |_| initial()),
    select: stored::all,
    listing: Listing::Plain,
    ..STORED
};

fn initial() -> Value {
    json!({"properties": {
        "enableBasicAuth": true,
        "signin": {"require": false},
        "signup": {"termsOfService": {"text": null, "requireConsent": false}},
        "delegation": {
            "delegateRegistration": false, "delegateSubscription": false, "delegationUrl": null,
            "validationKey": null,
        },
        "csp": {"mode": "disabled", "reportUri": [], "allowedSources": []},
        "cors": {"allowedOrigins": []},
    }})
}
