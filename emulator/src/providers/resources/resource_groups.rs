//! Resource groups: <https://learn.microsoft.com/rest/api/resources/resource-groups>.
//!
//! **Differs from Azure:** the resources of a group that is deleted go all at once, when the operation ends, and none
//! of them can hold it up.

use std::time::Duration;

use crate::engine::{
    Announce, Answers, Definition, Example, Fidelity, LongRunning, Model, Names, Scope, Timing, Verb, set,
};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.Resources/resourceGroups",
    summary: "A group of resources that live and die together.",
    modelled: "2025-04-01",
    scope: Scope::Subscription,
    names: Names::Rule {
        min: 1,
        max: 90,
        accepts: |name| {
            !name.ends_with('.') && name.chars().all(|c| c.is_alphanumeric() || "-_.()".contains(c))
        },
        rule: "letters, digits, `-`, `_`, `.` and parentheses, no `.` at the end",
    },
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    answers: Answers { found: 204, ..Definition::TRACKED.answers },
    long_running: LongRunning {
        create: None,
        update: None,
        delete: Some(Timing { azure: Duration::from_mins(1), state: "Deleting" }),
        announce: Announce::Subscription,
    },
    feeds: &[Model::Network, Model::Clusters, Model::ApiManagement],
    fidelity: Fidelity::Approximate("the resources of a deleted group go all at once"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example",
        body: r#"{"location": "westus2", "tags": {"a": "b"}}"#,
        patch: Some(r#"{"tags": {"a": "c"}}"#),
        after: &[],
    }],
    // However the request writes it; what is in the group keeps its caller's letters.
    view: |group, _, shown| {
        let subscription = group.id.subscription_id().unwrap_or_default();
        set(shown, &["id"], format!("/subscriptions/{subscription}/resourceGroups/{}", group.id.name()));
    },
    ..Definition::TRACKED
};
