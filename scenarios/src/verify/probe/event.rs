//! Looks for an event about a Kubernetes object.

use serde_json::Value;

use crate::model::EventCheck;
use crate::verify::report::Seen;
use crate::verify::session::{Session, told};

pub(super) async fn observe(session: &Session<'_>, check: &EventCheck) -> Seen {
    let about = &check.about;
    let kubernetes = session.kubernetes().await?;
    let events = kubernetes.events(&about.namespace, &about.kind, &about.name).await.map_err(told)?;
    let text = |event: &Value, field: &str| event[field].as_str().unwrap_or_default().to_owned();
    let newest = events.iter().rev().find(|event| {
        let right_type = check.event_type.as_ref().is_none_or(|wanted| text(event, "type") == *wanted);
        right_type && text(event, "message").contains(&check.message_contains)
    });
    let name = format!("{} {}/{}", *about.kind, about.namespace, *about.name);
    if let Some(event) = newest {
        return Ok(format!("{name}: {}: {}", text(event, "reason"), text(event, "message")));
    }
    let last = events.last().map_or_else(|| "none at all".to_owned(), |event| text(event, "message"));
    Err(format!("{name} has no event with `{}`; the newest: {last}", check.message_contains))
}
