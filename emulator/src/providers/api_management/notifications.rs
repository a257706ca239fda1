//! Who is told of what happens: <https://learn.microsoft.com/rest/api/apimanagement/notification>.
//!
//! **Differs from Azure:** recipients are kept and shown; no mail is sent. Descriptions are the sandbox's own words.

use std::sync::Arc;

use arm::ResourceId;
use serde_json::{Value, json};

use super::stored::STORED;
use super::{notification_emails, notification_users};
use crate::engine::{Answers, Definition, Example, Fidelity, Names, Resource, Store, Verb, set};

/// The events: name, title, what happened.
const EVENTS: [(&str, &str, &str); 7] = [
    (
        "RequestPublisherNotificationMessage",
        "Subscription requests (requiring approval)",
        "Somebody asks for a subscription to a product that needs approval.",
    ),
    (
        "PurchasePublisherNotificationMessage",
        "New subscriptions",
        "There is a new subscription to a product.",
    ),
    ("NewApplicationNotificationMessage", "Application gallery requests", "An application is to be shown."),
    ("BCC", "BCC", "Copies of all mail that developers get."),
    (
        "NewIssuePublisherNotificationMessage",
        "New issue or comment",
        "Somebody reports or discusses an issue.",
    ),
    ("AccountClosedPublisher", "Close account message", "A developer closes an account."),
    (
        "QuotaLimitApproachingPublisherNotificationMessage",
        "Approaching subscription quota limit",
        "The quota of a subscription is nearly used up.",
    ),
];

/// The names of the events.
const NAMES: [&str; EVENTS.len()] = {
    let mut names = [""; EVENTS.len()];
    let mut at = 0;
    while at < EVENTS.len() {
        names[at] = EVENTS[at].0;
        at += 1;
    }
    names
};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/notifications",
    summary: "Who is told of what happens.",
    names: Names::Fixed(&NAMES),
    verbs: &[Verb::Get, Verb::List, Verb::Put],
    // A notification is never created: it is always there.
    answers: Answers { created: 200, ..Definition::CHILD.answers },
    fidelity: Fidelity::Approximate("no mail is sent"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/notifications/BCC",
        body: r#"{"properties": {}}"#,
        patch: None,
        after: &[],
    }],
    defaults: |draft| {
        draft.body = event(draft.id.name()).unwrap_or_default();
        Ok(())
    },
    find: |store, id| {
        store.get(&id.parent()?)?;
        store.get(id).or_else(|| Some(Arc::new(Resource::new(id.clone(), &DEFINITION, event(id.name())?))))
    },
    select: |store, definition, service| {
        let Some(service) = service else { return Vec::new() };
        let ids = NAMES.iter().map(|name| service.child("notifications", name));
        ids.filter_map(|id| (definition.find)(store, &id)).collect()
    },
    view: |notification, store, shown| {
        let emails = names(store, &notification_emails::DEFINITION, &notification.id);
        let users = names(store, &notification_users::DEFINITION, &notification.id);
        set(shown, &["properties", "recipients"], json!({"emails": emails, "users": users}));
    },
    ..STORED
};

fn names(store: &Store, kind: &Definition, notification: &ResourceId) -> Vec<Value> {
    store.of_type(kind.name, Some(notification)).map(|found| json!(found.id.name())).collect()
}

fn event(name: &str) -> Option<Value> {
    let (_, title, description) = EVENTS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name))?;
    Some(json!({"properties": {"title": title, "description": description}}))
}
