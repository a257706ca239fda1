//! Policy restrictions: where policies must let those of the scopes above them run.
//!
//! <https://learn.microsoft.com/rest/api/apimanagement/policy-restriction>,
//! <https://learn.microsoft.com/rest/api/apimanagement/all-policies>.
//!
//! **Differs from Azure:** a policy that does not comply is saved and shown as such by `allPolicies`.

use super::stored::STORED;
use super::validation;
use crate::engine::{Definition, Example, Fidelity, Listing, Resource, Store, property, set_default, text};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/policyRestrictions",
    summary: "Policies of a scope must let those above them run.",
    fidelity: Fidelity::Approximate("a policy that does not comply is saved and shown as such"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/policyRestrictions/example-restriction",
        body: r#"{"properties": {"scope": "apis/example-api", "requireBase": "true"}}"#,
        patch: Some(r#"{"properties": {"requireBase": "false"}}"#),
        after: &[],
    }],
    defaults: |draft| {
        set_default(&mut draft.body, &["properties", "requireBase"], "false");
        Ok(())
    },
    check: |draft| {
        validation::required(draft, "scope", 512)?;
        match text(draft.properties(), &["requireBase"]) {
            Some("true" | "false") => Ok(()),
            _ => Err(validation::field("requireBase", "RequireBase must be 'true' or 'false'.")),
        }
    },
    listing: Listing::Plain,
    ..STORED
};

/// Whether a policy complies with the restrictions of its service.
pub fn complies(store: &Store, policy: &Resource) -> bool {
    let Some(service) = validation::service_of(store, &policy.id) else { return true };
    let applies = |restriction: &Resource| {
        let properties = restriction.properties();
        let scope = text(properties, &["scope"]).unwrap_or_default().trim_matches('/').to_ascii_lowercase();
        let required = text(properties, &["requireBase"]) == Some("true");
        let own = policy.id.key().trim_matches('/');
        let inside =
            own.strip_prefix(service.id.key().trim_matches('/')).unwrap_or_default().trim_matches('/');
        required && !scope.is_empty() && (own.starts_with(&scope) || inside.starts_with(&scope))
    };
    let mut restrictions = store.of_type(DEFINITION.name, Some(&service.id));
    !restrictions.any(|restriction| applies(restriction)) || has_base(policy)
}

/// Each section of the document has a `base`.
fn has_base(policy: &Resource) -> bool {
    let document = property(policy.properties(), &["value"]).as_str().unwrap_or_default();
    ["inbound", "backend", "outbound", "on-error"].iter().all(|section| {
        let start = document.find(&format!("<{section}>"));
        let part = start.and_then(|start| document.get(start..document.find(&format!("</{section}>"))?));
        part.is_some_and(|part| part.contains("<base"))
    })
}
