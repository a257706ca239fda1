//! User-assigned identities: <https://learn.microsoft.com/rest/api/managedidentity/user-assigned-identities>.
//!
//! **Differs from Azure:** the identity's service principal takes role assignments, but is not shown by Graph.

use arm::ResourceId;
use serde_json::{Value, json};

use crate::engine::{
    Definition, Draft, Example, Fidelity, Model, Names, Resource, StateShown, World, set, text,
};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ManagedIdentity/userAssignedIdentities",
    summary: "An identity that several resources can act as.",
    modelled: "2024-11-30",
    names: Names::Rule {
        min: 3,
        max: 128,
        accepts: |name| {
            name.starts_with(|c: char| c.is_ascii_alphanumeric())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        },
        rule: "letters, digits, `-` and `_`, a letter or digit first",
    },
    state: StateShown::Hidden,
    feeds: &[Model::Clusters],
    fidelity: Fidelity::Approximate("its service principal is not shown by Graph"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/example-identity",
        body: r#"{"location": "westus2"}"#,
        patch: Some(r#"{"tags": {"a": "c"}}"#),
        after: &[],
    }],
    defaults: |draft: &mut Draft<'_, '_>| {
        for name in ["principalId", "clientId"] {
            let kept = text(draft.before(), &[name]).map(str::to_owned);
            let id = kept.unwrap_or_else(|| draft.world.config.ids.uuid());
            set(&mut draft.body, &["properties", name], id);
        }
        let tenant = draft.world.config.seed.tenant_id.as_str();
        set(&mut draft.body, &["properties", "tenantId"], tenant);
        Ok(())
    },
    ..Definition::TRACKED
};

/// An identity that a service makes for itself.
pub fn made_by_service(
    world: World<'_>,
    id: ResourceId,
    location: &str,
    (principal, client): (&str, &str),
) -> Resource {
    let properties: Value = json!({
        "principalId": principal,
        "clientId": client,
        "tenantId": world.config.seed.tenant_id,
    });
    let body = json!({"location": location, "properties": properties});
    let mut identity = Resource::new(id, &DEFINITION, body);
    identity.etag = world.config.ids.hex(16);
    identity
}
