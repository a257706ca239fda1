//! Events about Services. The same event again raises a count, also after a restart of the sandbox.
//! <https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/>

use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use crate::load_balancer::COMPONENT;
use crate::object::{name, namespace, uid};

/// How grave an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// All is well.
    Normal,
    /// Something is wrong.
    Warning,
}

/// What happened: how grave it is, reason and message.
pub type Happened<'a> = (Level, &'a str, &'a str);

/// Writes an event about a Service.
pub async fn record(
    client: &kube::Client,
    service: &Value,
    (level, reason, message): Happened<'_>,
    now: &str,
) -> Result<(), kube::Error> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "Event"));
    let events: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace(service), &resource);
    let id = sim::Ids::named(&["event", uid(service), reason, message]).replace('-', "");
    let called = format!("{}.{}", name(service), id.get(..16).unwrap_or(&id));
    if let Some(known) = events.get_opt(&called).await? {
        let count = known.data["count"].as_u64().unwrap_or(1).saturating_add(1);
        let patch = Patch::Merge(json!({ "count": count, "lastTimestamp": now }));
        events.patch(&called, &PatchParams::default(), &patch).await?;
        return Ok(());
    }
    let mut event = DynamicObject::new(&called, &resource).within(namespace(service));
    event.data = json!({
        "involvedObject": {
            "apiVersion": "v1", "kind": "Service", "namespace": namespace(service), "name": name(service),
            "uid": uid(service), "resourceVersion": service["metadata"]["resourceVersion"],
        },
        "type": match level { Level::Normal => "Normal", Level::Warning => "Warning" },
        "reason": reason,
        "message": message,
        "source": { "component": COMPONENT },
        "count": 1,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "reportingComponent": COMPONENT,
        "reportingInstance": "",
    });
    events.create(&PostParams::default(), &event).await?;
    Ok(())
}
