//! The resources of a template, with their ids, and what each waits for.

use arm::{ErrorResponse, ResourceId};
use serde_json::Value;

use super::invalid;
use super::scope::Scope;
use crate::engine::{Store, property, text};

/// The most resources of a template.
const MOST: usize = 800;

/// A resource of a template.
pub struct Item {
    /// Its id.
    pub id: ResourceId,
    /// What the template says, not yet evaluated.
    pub written: Value,
    /// The loops that it is in.
    pub loops: Vec<(String, u64)>,
    /// The names by which others refer to it, in lower case.
    pub names: Vec<String>,
    /// The names of what it waits for, in lower case.
    pub waits_for: Vec<String>,
    /// Its condition holds.
    pub wanted: bool,
}

/// A list of resources that is looked at, and what is around it.
struct Level<'a> {
    written: &'a Value,
    kind: String,
    names: String,
    parent: Option<String>,
}

/// All resources of the template.
pub fn items(scope: &Scope<'_>, store: &Store) -> Result<Vec<Item>, ErrorResponse> {
    let mut items = Vec::new();
    let resources = scope.template.get("resources").unwrap_or(&Value::Null);
    let top = Level { written: resources, kind: String::new(), names: String::new(), parent: None };
    collect(scope, store, &top, &mut items)?;
    Ok(items)
}

fn collect(
    scope: &Scope<'_>,
    store: &Store,
    level: &Level<'_>,
    items: &mut Vec<Item>,
) -> Result<(), ErrorResponse> {
    let listed: Vec<(Option<&str>, &Value)> = match level.written {
        Value::Array(list) => list.iter().map(|item| (None, item)).collect(),
        Value::Object(map) => map.iter().map(|(symbol, item)| (Some(symbol.as_str()), item)).collect(),
        _ => Vec::new(),
    };
    for (symbol, written) in listed {
        let Some(copy) = written.get("copy") else {
            one(scope, store, (level, symbol, written), items)?;
            continue;
        };
        let name = text(copy, &["name"]).unwrap_or_default();
        for index in 0..scope.count(copy, store)? {
            let inside = scope.inside(name, index);
            let at = items.len();
            one(&inside, store, (level, symbol, written), items)?;
            if let Some(item) = items.get_mut(at) {
                item.names.push(name.to_ascii_lowercase());
                item.names.extend(symbol.map(|symbol| format!("{symbol}[{index}]").to_ascii_lowercase()));
            }
        }
    }
    Ok(())
}

fn one(
    scope: &Scope<'_>,
    store: &Store,
    (level, symbol, written): (&Level<'_>, Option<&str>, &Value),
    items: &mut Vec<Item>,
) -> Result<(), ErrorResponse> {
    if items.len() >= MOST {
        return Err(invalid(format!("The template has more than {MOST} resources")));
    }
    let own = |field: &str| -> Result<String, ErrorResponse> {
        let value = scope.evaluate(property(written, &[field]), store)?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    };
    let (mut kind, mut name) = (own("type")?, own("name")?);
    if kind.is_empty() || name.is_empty() {
        return Err(invalid("A resource must have a type and a name"));
    }
    if level.parent.is_some() && !kind.contains('.') {
        (kind, name) = (format!("{}/{kind}", level.kind), format!("{}/{name}", level.names));
    }
    let id = id(scope, store, (&kind, &name), &own)?;
    let mut waits_for = Vec::new();
    for dependency in crate::engine::array(written, &["dependsOn"]) {
        let dependency = scope.evaluate(dependency, store)?;
        waits_for.push(dependency.as_str().unwrap_or_default().to_ascii_lowercase());
    }
    waits_for.extend(level.parent.clone());
    let existing = written.get("existing").is_some_and(|existing| *existing == Value::Bool(true));
    let wanted = match written.get("condition") {
        // Others refer to it by its symbol; it is not deployed.
        _ if existing => false,
        None => true,
        Some(condition) => super::functions::truth(&scope.evaluate(condition, store)?)
            .ok_or_else(|| invalid(format!("The condition of the resource '{name}' is no boolean")))?,
    };
    let last = name.rsplit('/').next().unwrap_or_default();
    let mut names = vec![id.key().to_owned()];
    match symbol {
        Some(symbol) => names.push(symbol.to_ascii_lowercase()),
        None => names.extend([
            name.to_ascii_lowercase(),
            last.to_ascii_lowercase(),
            format!("{kind}/{name}").to_ascii_lowercase(),
        ]),
    }
    let parent = Some(id.key().to_owned());
    items.push(Item { id, written: written.clone(), loops: scope.loops.clone(), names, waits_for, wanted });
    if let Some(children) = written.get("resources").filter(|_| wanted) {
        collect(scope, store, &Level { written: children, kind, names: name, parent }, items)?;
    }
    Ok(())
}

/// The id of what a resource of this type lies in.
fn base(
    scope: &Scope<'_>,
    kind: &str,
    own: &dyn Fn(&str) -> Result<String, ErrorResponse>,
) -> Result<String, ErrorResponse> {
    let (written, group, subscription) = (own("scope")?, own("resourceGroup")?, own("subscriptionId")?);
    let target = &scope.target;
    let here = || target.subscription_id().unwrap_or_default().to_owned();
    Ok(if written.starts_with('/') {
        written
    } else if !written.is_empty() {
        // Without a slash in front: `Microsoft.Network/virtualNetworks/v`, in what is deployed to.
        format!("{target}/providers/{written}")
    } else if !group.is_empty() {
        let subscription = if subscription.is_empty() { here() } else { subscription };
        format!("/subscriptions/{subscription}/resourceGroups/{group}")
    } else if !subscription.is_empty() && kind.eq_ignore_ascii_case("Microsoft.Resources/deployments") {
        format!("/subscriptions/{subscription}")
    } else {
        target.to_string()
    })
}

/// The id that type and name give.
fn id(
    scope: &Scope<'_>,
    store: &Store,
    (kind, name): (&str, &str),
    own: &dyn Fn(&str) -> Result<String, ErrorResponse>,
) -> Result<ResourceId, ErrorResponse> {
    let mut segments = kind.split('/');
    let namespace = segments.next().unwrap_or_default();
    let (segments, names): (Vec<&str>, Vec<&str>) = (segments.collect(), name.split('/').collect());
    if segments.is_empty() || segments.len() != names.len() {
        return Err(invalid(format!(
            "The template resource '{name}' of type '{kind}' has incorrect segment lengths. A nested resource type must have identical number of segments as its resource name"
        )));
    }
    let base = base(scope, kind, own)?;
    // Resource groups are parts of their subscription's path.
    if kind.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups") {
        let subscription = base.split('/').nth(2).unwrap_or_default();
        return Ok(ResourceId::subscription(subscription).child("resourceGroups", name));
    }
    let path: Vec<String> =
        segments.iter().zip(names).map(|(segment, name)| format!("{segment}/{name}")).collect();
    let id = format!("{base}/providers/{namespace}/{}", path.join("/"));
    let id = crate::providers::canonical_path(store, &id);
    id.parse().map_err(|_| ErrorResponse::invalid_resource_id(&id))
}
