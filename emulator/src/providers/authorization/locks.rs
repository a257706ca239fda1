//! Management locks: <https://learn.microsoft.com/rest/api/resources/management-locks>.

use std::sync::Arc;

use arm::{ErrorResponse, ResourceId};

use crate::engine::{Definition, Draft, Example, Fidelity, Names, Resource, Scope, Store, Verb, text};

/// What locks can forbid.
const LEVELS: [&str; 3] = ["CanNotDelete", "NotSpecified", "ReadOnly"];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Authorization/locks",
    summary: "Keeps resources from being changed or deleted.",
    modelled: "2020-05-01",
    scope: Scope::Any,
    names: Names::Rule {
        min: 1,
        max: 90,
        accepts: |name| !name.contains(|c: char| "<>%&?/\\".contains(c) || c.is_control()),
        rule: "none of `<>%&?/\\` and no control characters",
    },
    verbs: &[Verb::Get, Verb::List, Verb::Put, Verb::Delete],
    fidelity: Fidelity::Faithful,
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.Authorization/locks/example-lock",
        body: r#"{"properties": {"level": "CanNotDelete", "notes": "keep"}}"#,
        patch: None,
        after: &["Microsoft.Resources/resourceGroups"],
    }],
    check,
    select,
    ..Definition::CHILD
};

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let level = text(draft.properties(), &["level"]).unwrap_or_default();
    if LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level)) {
        return Ok(());
    }
    let message = format!("The lock level '{level}' is not valid. Allowed values: {}.", LEVELS.join(", "));
    Err(ErrorResponse::new(400, "InvalidLockLevel", message).target("level"))
}

/// In a scope: the locks that are in effect there, and those further below.
fn select(store: &Store, _: &'static Definition, scope: Option<&ResourceId>) -> Vec<Arc<Resource>> {
    let concerns = |lock: &Resource| match (scope, lock.id.scope()) {
        (Some(scope), Some(locked)) => scope.is_within(&locked) || locked.is_within(scope),
        _ => true,
    };
    store.of_type(DEFINITION.name, None).filter(|lock| concerns(lock)).cloned().collect()
}
