//! Templates of the mail that developers get: <https://learn.microsoft.com/rest/api/apimanagement/email-template>.
//!
//! **Differs from Azure:** no mail is sent; what a template says until somebody changes it is the sandbox's own words,
//! and parameters are not described.

use serde_json::{Value, json};

use super::stored::{self, STORED};
use crate::engine::{Answers, Definition, Example, Fidelity, Names, Removed, set, set_default};

/// The templates: name and title.
const TEMPLATES: [(&str, &str); 14] = [
    ("accountClosedDeveloper", "Developer farewell letter"),
    ("applicationApprovedNotificationMessage", "Application gallery submission approved"),
    ("confirmSignUpIdentityDefault", "New developer account confirmation"),
    ("emailChangeIdentityDefault", "Email change confirmation"),
    ("inviteUserNotificationMessage", "Invite user"),
    ("newCommentNotificationMessage", "New comment added to an issue"),
    ("newDeveloperNotificationMessage", "Developer welcome letter"),
    ("newIssueNotificationMessage", "New issue received"),
    ("passwordResetByAdminNotificationMessage", "Password reset by an administrator"),
    ("passwordResetIdentityDefault", "Password change confirmation"),
    ("purchaseDeveloperNotificationMessage", "New subscription activated"),
    ("quotaLimitApproachingDeveloperNotificationMessage", "Developer quota limit approaching notification"),
    ("rejectDeveloperNotificationMessage", "Subscription request declined"),
    ("requestDeveloperNotificationMessage", "Subscription request received"),
];

const NAMES: [&str; TEMPLATES.len()] = stored::names(&TEMPLATES);

/// The type. Deleted, a template says what it said at first.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/templates",
    summary: "What the mail to developers says.",
    names: Names::Fixed(&NAMES),
    answers: Answers { created: 200, removed: Removed::Reset, ..Definition::CHILD.answers },
    fidelity: Fidelity::Approximate("no mail is sent; the first texts are the sandbox's own"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/templates/newIssueNotificationMessage",
        body: r#"{"properties": {"subject": "An issue", "body": "<p>There is an issue.</p>"}}"#,
        patch: Some(r#"{"properties": {"subject": "Another"}}"#),
        after: &[],
    }],
    defaults: |draft| {
        let first = first(draft.id.name());
        for name in ["subject", "title", "body", "description"] {
            let kept = draft.before().get(name).or_else(|| first.get("properties")?.get(name)).cloned();
            set_default(&mut draft.body, &["properties", name], kept.unwrap_or_default());
        }
        set(&mut draft.body, &["properties", "isDefault"], false);
        set_default(&mut draft.body, &["properties", "parameters"], json!([]));
        Ok(())
    },
    find: |store, id| stored::always((store, id), &DEFINITION, first),
    select: stored::all,
    ..STORED
};

/// What a template says at first.
fn first(name: &str) -> Value {
    let known = TEMPLATES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let title = known.map(|(_, title)| *title).unwrap_or_default();
    json!({"properties": {
        "subject": title, "title": title, "description": title, "body": format!("<p>{title}.</p>"),
        "isDefault": true, "parameters": [],
    }})
}
