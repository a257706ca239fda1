//! Publications of the developer portal: <https://learn.microsoft.com/rest/api/apimanagement/portal-revision>.
//!
//! **Differs from Azure:** kept and shown; there is no developer portal that would be published.

use super::stored::STORED;
use crate::engine::{Definition, Draft, Example, Fidelity, Listing, Verb, property, set, set_default, text};
use serde_json::{Value, json};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/portalRevisions",
    summary: "A publication of the developer portal.",
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch],
    fidelity: Fidelity::Approximate("there is no developer portal"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/portalRevisions/20260101",
        body: r#"{"properties": {"description": "Example", "isCurrent": true}}"#,
        patch: Some(r#"{"properties": {"description": "Another"}}"#),
        after: &[],
    }],
    defaults: |draft| {
        let created = text(draft.before(), &["createdDateTime"]).map(str::to_owned);
        let now = draft.world.call.now.rfc3339();
        let body = &mut draft.body;
        set(body, &["properties", "createdDateTime"], created.unwrap_or_else(|| now.clone()));
        let updated =
            draft.existing.is_some().then(|| property(draft.before(), &["updatedDateTime"]).clone());
        set(&mut draft.body, &["properties", "updatedDateTime"], updated.unwrap_or_else(|| json!(now)));
        set(&mut draft.body, &["properties", "status"], "completed");
        set(&mut draft.body, &["properties", "statusDetails"], Value::Null);
        set_default(&mut draft.body, &["properties", "isCurrent"], false);
        Ok(())
    },
    provision: |draft| {
        if property(draft.properties(), &["isCurrent"]) == &json!(true) {
            make_only_current(draft);
        }
        Ok(())
    },
    listing: Listing::Plain,
    ..STORED
};

/// The others are no longer current.
fn make_only_current(draft: &mut Draft<'_, '_>) {
    let service = draft.id.parent();
    for other in draft.tx.within(&DEFINITION, service.as_ref()) {
        if other.id != draft.id && property(other.properties(), &["isCurrent"]) == &json!(true) {
            let mut changed = other.as_ref().clone();
            set(&mut changed.body, &["properties", "isCurrent"], false);
            draft.tx.put(changed);
        }
    }
}
