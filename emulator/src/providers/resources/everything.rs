//! All resources of a subscription or a group: <https://learn.microsoft.com/rest/api/resources/resources/list>.

use arm::{ErrorResponse, ResourceId};
use serde_json::{Map, Value, json};

use crate::emulator::Emulator;
use crate::engine::{Answer, Call, Filter, Resource, Store, Tracking, authorization, page};
use crate::providers;

/// What a list shows of a resource.
const SHOWN: &[&str] = &["location", "tags", "sku", "kind", "identity", "managedBy", "zones"];

/// The tracked resources that the caller may see.
pub fn list(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let store = Store::read(&emulator.store);
    let scope = scope(emulator, call);
    if scope.resource_group().is_some() && store.get(&scope).is_none() {
        return Err(ErrorResponse::resource_group_not_found(scope.name()));
    }
    let filter = call.query("$filter").map(Filter::parse).transpose()?;
    let expand = call.query("$expand").unwrap_or_default().to_lowercase();
    let types = providers::definitions().filter(|definition| {
        definition.tracking == Tracking::Tracked && definition.segment() != "resourceGroups"
    });
    let items = types
        .flat_map(|definition| store.within(definition, Some(&scope)))
        .filter(|resource| {
            let action = resource.definition.permission("read");
            authorization::allows(&store, call.object_id(), &action, &resource.id)
        })
        .filter(|resource| filter.as_ref().is_none_or(|filter| filter.accepts(&facts(resource))))
        .map(|resource| shown(&resource, &expand))
        .collect();
    page(call, items, false)
}

fn scope(emulator: &Emulator, call: &Call) -> ResourceId {
    let subscription = ResourceId::subscription(&emulator.config.seed.subscription_id);
    match call.segments().as_slice() {
        [_, _, _, group, _] => subscription.child("resourceGroups", group),
        _ => subscription,
    }
}

/// What filters are about.
fn facts(resource: &Resource) -> Value {
    let tags = resource.body.get("tags").and_then(Value::as_object);
    let tag = tags.and_then(|tags| tags.iter().next());
    json!({
        "name": resource.id.name(),
        "resourceType": resource.definition.name,
        "resourceGroup": resource.id.resource_group(),
        "location": resource.body.get("location"),
        "tagName": tag.map(|(name, _)| name),
        "tagValue": tag.map(|(_, value)| value),
    })
}

fn shown(resource: &Resource, expand: &str) -> Value {
    let mut item = Map::new();
    item.insert("id".to_owned(), json!(resource.id.as_str()));
    item.insert("name".to_owned(), json!(resource.id.name()));
    item.insert("type".to_owned(), json!(resource.definition.name));
    for key in SHOWN {
        if let Some(value) = resource.body.get(*key) {
            item.insert((*key).to_owned(), value.clone());
        }
    }
    if expand.contains("provisioningstate") {
        item.insert("provisioningState".to_owned(), json!(resource.state_label()));
    }
    Value::Object(item)
}
