//! A template of what a resource group holds: `exportTemplate`, which `az group export` calls.
//!
//! <https://learn.microsoft.com/rest/api/resources/resource-groups/export-template>. Names are literal, as with the
//! option `SkipAllParameterization`; what is secret is a parameter without a value.
//!
//! **Differs from Azure:** every resource is exported, also of types for which Azure says that it cannot; identifiers
//! in the group are written out instead of as `resourceId(…)`.

use std::collections::BTreeSet;
use std::sync::Arc;

use arm::{ErrorResponse, ResourceId};
use serde_json::{Map, Value, json};

use super::{deployments, resource_groups};
use crate::emulator::Emulator;
use crate::engine::{Answer, Call, Resource, Store, Verb, array, authorization, show, take};

/// How deep values are looked through.
const DEPTH: usize = 64;

/// The template that makes what is in the group.
pub fn group(emulator: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let store = Store::read(&emulator.store);
    let segments = call.segments();
    let path = segments.split_last().map(|(_, path)| format!("/{}", path.join("/"))).unwrap_or_default();
    let id: ResourceId = path.parse().map_err(|_| ErrorResponse::invalid_resource_id(&call.path))?;
    authorization::check(
        &store,
        call,
        &resource_groups::DEFINITION.permission("exportTemplate/action"),
        &id,
    )?;
    let group = store.get(&id).ok_or_else(|| ErrorResponse::resource_group_not_found(id.name()))?;
    let asked = call.json()?;
    let wanted = |resource: &Resource| {
        let asked = array(&asked, &["resources"]);
        let mut named = asked.iter().filter_map(Value::as_str);
        asked.is_empty()
            || named.any(|name| {
                name == "*" || name.parse::<ResourceId>().is_ok_and(|name| resource.id.is_within(&name))
            })
    };
    let all: Vec<Arc<Resource>> = store
        .below(&group.id)
        .filter(|resource| resource.definition.verbs.contains(&Verb::Put))
        .filter(|resource| resource.definition != &deployments::DEFINITION && wanted(resource))
        .filter(|resource| !comes_along(resource))
        .cloned()
        .collect();
    let keys: BTreeSet<&str> = all.iter().map(|resource| resource.id.key()).collect();
    let mut parameters = Map::new();
    let resources: Vec<Value> =
        all.iter().map(|resource| exported(&store, (resource, &keys), &mut parameters)).collect();
    let template = json!({
        "$schema": "https://schema.management.azure.com/schemas/2015-01-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": parameters,
        "variables": {},
        "resources": resources,
    });
    Ok(Answer::json(200, json!({ "template": template })))
}

/// Every API Management service has it, and nobody can make it.
fn comes_along(resource: &Resource) -> bool {
    let is_built_in = || resource.properties().get("builtIn") == Some(&json!(true));
    match (resource.definition.name, resource.id.name()) {
        ("Microsoft.ApiManagement/service/groups", _) => is_built_in(),
        ("Microsoft.ApiManagement/service/subscriptions", "master")
        | ("Microsoft.ApiManagement/service/users" | "Microsoft.ApiManagement/service/groups/users", "1") => {
            true
        }
        _ => false,
    }
}

fn exported(
    store: &Store,
    (resource, keys): (&Resource, &BTreeSet<&str>),
    parameters: &mut Map<String, Value>,
) -> Value {
    let shown = show(resource, store);
    // What is shown besides what was asked for nobody can ask for; policies are stored in another form than they show.
    let shows_format = shown.pointer("/properties/format").is_some();
    let mut written = if shows_format { shown.clone() } else { resource.body.clone() };
    for field in ["id", "name", "type", "etag", "systemData"] {
        take(&mut written, &[field]);
    }
    take(&mut written, &["properties", "provisioningState"]);
    escape(&mut written, 0);
    let name = full_name(&resource.id);
    let mut secrets = Secrets { parameters, path: format!("{}_{name}", resource.definition.segment()) };
    if let (Some(written), Some(shown)) = (written.get_mut("properties"), shown.get("properties")) {
        secrets.hide(written, shown, 0);
    }
    secrets.forgotten(&mut written);
    let mut depends_on = BTreeSet::new();
    depends_on
        .extend(resource.id.parent().filter(|parent| keys.contains(parent.key())).map(|id| id.to_string()));
    references(&written, (resource, keys), &mut depends_on, 0);
    depends_on.extend(linked(&resource.id, keys));
    depends_on.remove(resource.id.as_str());
    written["type"] = json!(resource.definition.name);
    written["apiVersion"] = json!(resource.definition.modelled);
    written["name"] = json!(name);
    let inside = |scope: &ResourceId| !scope.resource_type().is("Microsoft.Resources/resourceGroups");
    if let Some(scope) = resource.id.scope().filter(inside) {
        written["scope"] = json!(scope.as_str());
    }
    if !depends_on.is_empty() {
        written["dependsOn"] = json!(depends_on);
    }
    written
}

/// The names of a resource and its parents, joined by slashes.
fn full_name(id: &ResourceId) -> String {
    let segments: Vec<&str> = id.segments().collect();
    let at =
        segments.iter().rposition(|segment| segment.eq_ignore_ascii_case("providers")).unwrap_or_default();
    segments.iter().skip(at + 3).step_by(2).copied().collect::<Vec<_>>().join("/")
}

/// A text in brackets is an expression unless it begins with two.
fn escape(value: &mut Value, depth: usize) {
    match value {
        Value::String(text) if text.starts_with('[') && text.ends_with(']') => text.insert(0, '['),
        Value::Array(list) if depth < DEPTH => {
            for item in list {
                escape(item, depth + 1);
            }
        }
        Value::Object(object) if depth < DEPTH => {
            for item in object.values_mut() {
                escape(item, depth + 1);
            }
        }
        _ => {}
    }
}

/// What is stored and not shown becomes parameters.
struct Secrets<'p> {
    parameters: &'p mut Map<String, Value>,
    path: String,
}

impl Secrets<'_> {
    /// A cluster forgets the secret of its service principal, and cannot be made without.
    fn forgotten(&mut self, written: &mut Value) {
        let profile =
            written.pointer_mut("/properties/servicePrincipalProfile").and_then(Value::as_object_mut);
        if let Some(profile) = profile.filter(|profile| profile.get("clientId") != Some(&json!("msi"))) {
            self.path.push_str("_servicePrincipalProfile_secret");
            profile.insert("secret".to_owned(), self.parameter());
        }
    }

    /// A parameter with the name of where it is.
    fn parameter(&mut self) -> Value {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let name: String = self.path.chars().map(plain).collect();
        let reference = json!(format!("[parameters('{name}')]"));
        self.parameters.insert(name, json!({"type": "SecureString"}));
        reference
    }

    fn hide(&mut self, written: &mut Value, shown: &Value, depth: usize) {
        let (Value::Object(written), Value::Object(shown)) = (written, shown) else { return };
        for (key, value) in written.iter_mut() {
            let before = self.path.len();
            self.path.push('_');
            self.path.push_str(key);
            match shown.get(key) {
                Some(shown) if depth < DEPTH => self.hide(value, shown, depth + 1),
                None if value.is_string() => *value = self.parameter(),
                _ => {}
            }
            self.path.truncate(before);
        }
        written.retain(|key, value| shown.contains_key(key) || value.is_string());
    }
}

/// The resources that are named in a value: by their ids, or as API Management does, by the part after the service's.
fn references(
    value: &Value,
    (resource, keys): (&Resource, &BTreeSet<&str>),
    found: &mut BTreeSet<String>,
    depth: usize,
) {
    match value {
        Value::String(text) if text.starts_with('/') => {
            let service = service(&resource.id).unwrap_or_default();
            for id in [text.clone(), format!("{service}{text}")] {
                if keys.contains(id.to_lowercase().as_str())
                    && !resource.id.key().starts_with(&id.to_lowercase())
                {
                    found.insert(id);
                }
            }
        }
        // A policy names what it uses somewhere in its text.
        Value::String(text) if text.contains('<') || text.contains("{{") => {
            let Some(service) = service(&resource.id).map(|service| service.to_lowercase()) else { return };
            let (from, text) = (format!("{service}/"), text.to_lowercase());
            let named = keys.range(from.as_str()..).take_while(|key| key.starts_with(&from)).filter(|key| {
                let rest: Vec<&str> = key[from.len()..].split('/').collect();
                matches!(rest.as_slice(), [kind, name]
                    if ["backends", "certificates", "namedvalues", "policyfragments"].contains(kind) && text.contains(name))
            });
            found.extend(named.map(|key| (*key).to_owned()));
        }
        Value::Array(list) if depth < DEPTH => {
            for item in list {
                references(item, (resource, keys), found, depth + 1);
            }
        }
        Value::Object(object) if depth < DEPTH => {
            for item in object.values() {
                references(item, (resource, keys), found, depth + 1);
            }
        }
        _ => {}
    }
}

/// The API Management service that the resource is a part of.
fn service(id: &ResourceId) -> Option<String> {
    let segments: Vec<&str> = id.segments().collect();
    let at = segments.iter().position(|segment| segment.eq_ignore_ascii_case("Microsoft.ApiManagement"))?;
    Some(format!("/{}", segments.get(..at + 3)?.join("/")))
}

/// What a link is to: `…/products/p/apis/a` is one to `…/apis/a`.
fn linked(id: &ResourceId, keys: &BTreeSet<&str>) -> Option<String> {
    let service = service(id)?;
    let segments: Vec<&str> = id.segments().collect();
    let [.., kind, name] = segments.as_slice() else { return None };
    let target = format!("{service}/{kind}/{name}");
    keys.contains(target.to_lowercase().as_str()).then_some(target)
}
