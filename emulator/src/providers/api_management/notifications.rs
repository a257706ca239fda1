//! Who is told of what happens: <https://learn.microsoft.com/rest/api/apimanagement/notification>.
//!
//! **Differs from Azure:** recipients are kept and shown; no mail is sent. Descriptions are the sandbox's own words.

use arm::ResourceId;
use serde_json::{Value, json};

use super::stored::{self, STORED};
use super::{notification_emails, notification_users};
use crate::engine::{Answers, Definition, Example, Fidelity, Names, Store, Verb, set};

/// The events: name, title, what happened.
const EVENTS: [(&str, (&str, &str)); 7] = [
    (
        "RequestPublisherNotificationMessage",
        (
            "Subscription requests (requiring approval)",
            "Somebody asks for a subscription to a product that needs approval.",
        ),
    ),
    (
        "PurchasePublisherNotificationMessage",
        ("New subscriptions", "There is a new subscription to a product."),
    ),
    ("NewApplicationNotificationMessage", ("Application gallery requests", "An application is to be shown.")),
    ("BCC", ("BCC", "Copies of all mail that developers get.")),
    (
        "NewIssuePublisherNotificationMessage",
        ("New issue or comment", "Somebody reports or discusses an issue."),
    ),
    ("AccountClosedPublisher", ("Close account message", "A developer closes an account.")),
    (
        "QuotaLimitApproachingPublisherNotificationMessage",
        ("Approaching subscription quota limit", "The quota of a subscription is nearly used up."),
    ),
];

/// The names of the events.
const NAMES: [&str; EVENTS.len()] = stored::names(&EVENTS);

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
        body: "{}",
        patch: None,
        after: &[],
    }],
    defaults: |draft| {
        draft.body = event(draft.id.name());
        Ok(())
    },
    find: |store, id| stored::always((store, id), &DEFINITION, event),
    select: stored::all,
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

fn event(name: &str) -> Value {
    let known = EVENTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let (title, description) = known.map(|(_, told)| *told).unwrap_or_default();
    json!({"properties": {"title": title, "description": description}})
}
