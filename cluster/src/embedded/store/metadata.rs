//! The parts of `metadata` that the server owns.
//! <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/>

use serde_json::{Map, Value, json};

use super::{Object, StoreError};

/// Kinds whose `generation` counts the changes of their `spec`; custom kinds, which have a dot in their name, are others.
const WITH_GENERATION: &[&str] = &[
    "cronjobs",
    "customresourcedefinitions",
    "daemonsets",
    "deployments",
    "ingresses",
    "jobs",
    "networkpolicies",
    "pods",
    "replicasets",
    "statefulsets",
];

/// The characters of generated names: no vowels, so that no words come out.
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
const SUFFIX: usize = 5;
/// The longest part of `generateName` that is kept: 63 less the suffix.
const LONGEST_PREFIX: usize = 58;
const DEFAULT_GRACE: u64 = 30;

/// What a new object gets.
pub fn stamp(
    resource: &str,
    object: &mut Object,
    clock: &sim::Clock,
    ids: &sim::Ids,
) -> Result<(), StoreError> {
    if !object.is_object() {
        return Err(StoreError::Invalid("an object is required".into()));
    }
    let metadata = of(object).ok_or_else(|| StoreError::Invalid("metadata: must be an object".to_owned()))?;
    metadata.insert("uid".into(), ids.uuid().into());
    metadata.insert("creationTimestamp".into(), clock.now().rfc3339().into());
    for owned in ["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
        metadata.shift_remove(owned);
    }
    metadata.shift_remove("generation");
    if WITH_GENERATION.contains(&resource) || resource.contains('.') {
        metadata.insert("generation".into(), 1.into());
    }
    Ok(())
}

/// Makes a name from `generateName`; `false` if there is a name already, or nothing to make one from.
pub fn generate_name(object: &mut Object, ids: &sim::Ids) -> bool {
    let Some(metadata) = of(object) else { return false };
    if metadata.get("name").and_then(Value::as_str).is_some_and(|name| !name.is_empty()) {
        return false;
    }
    let Some(prefix) = metadata.get("generateName").and_then(Value::as_str) else { return false };
    let prefix: String = prefix.chars().take(LONGEST_PREFIX).collect();
    let digits = ids.hex(SUFFIX * 2);
    let suffix = digits.as_bytes().chunks(2).filter_map(|pair| {
        let number = usize::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        ALPHABET.get(number % ALPHABET.len()).map(|letter| char::from(*letter))
    });
    let name = prefix + &suffix.collect::<String>();
    metadata.insert("name".into(), name.into());
    true
}

/// Takes a generated name back.
pub fn forget_name(object: &mut Object) {
    if let Some(metadata) = of(object) {
        metadata.shift_remove("name");
    }
}

/// Namespace and name.
pub fn key(object: &Object) -> (String, String) {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
    (text("namespace"), text("name"))
}

/// The object's `resourceVersion`.
pub fn version(object: &Object) -> u64 {
    object["metadata"]["resourceVersion"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Sets the object's `resourceVersion`.
pub fn set_version(object: &mut Object, version: u64) {
    if let Some(metadata) = of(object) {
        metadata.insert("resourceVersion".into(), version.to_string().into());
    }
}

/// Puts back what no update may change.
pub fn keep_identity(previous: &Object, object: &mut Object) {
    let fields = [
        "name",
        "namespace",
        "uid",
        "generateName",
        "creationTimestamp",
        "resourceVersion",
        "generation",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ];
    if !object.is_object() {
        *object = json!({});
    }
    for field in ["apiVersion", "kind"] {
        if let Some(value) = previous.get(field) {
            object[field] = value.clone();
        }
    }
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    let Some(metadata) = of(object) else { return };
    for field in fields {
        match previous["metadata"].get(field) {
            Some(value) => metadata.insert(field.to_owned(), value.clone()),
            None => metadata.shift_remove(field),
        };
    }
}

/// Nothing differs but, perhaps, the times in `managedFields`.
pub fn same(previous: &Object, object: &Object) -> bool {
    if previous == object {
        return true;
    }
    without_times(previous) == without_times(object)
}

/// The change is one that `generation` counts.
pub fn generation_grows(previous: &Object, object: &Object) -> bool {
    previous["metadata"].get("generation").is_some() && previous.get("spec") != object.get("spec")
}

/// Adds one to `generation`.
pub fn next_generation(object: &mut Object) {
    let next = object["metadata"]["generation"].as_u64().unwrap_or(0) + 1;
    if let Some(metadata) = of(object) {
        metadata.insert("generation".into(), next.into());
    }
}

/// Notes that the object is to go.
pub fn mark_deleted(resource: &str, object: &mut Object, grace: Option<u64>, clock: &sim::Clock) {
    let declared = object["spec"]["terminationGracePeriodSeconds"].as_u64().unwrap_or(DEFAULT_GRACE);
    let grace = if resource == "pods" { grace.unwrap_or(declared) } else { 0 };
    let shown = object["metadata"]["deletionGracePeriodSeconds"].as_u64();
    let fresh = !is_deleted(object);
    if let Some(metadata) = of(object)
        && (fresh || shown.is_some_and(|before| grace < before))
    {
        let end = clock.now().after(std::time::Duration::from_secs(grace.min(u64::from(u32::MAX))));
        metadata.insert("deletionGracePeriodSeconds".into(), grace.into());
        metadata.insert("deletionTimestamp".into(), end.rfc3339().into());
    }
    if resource == "namespaces" {
        object["status"]["phase"] = "Terminating".into();
        if let Some(metadata) = of(object) {
            metadata.shift_remove("deletionGracePeriodSeconds");
        }
    }
    if fresh && object["metadata"].get("generation").is_some() {
        next_generation(object);
    }
}

/// Notes that what the object stood for has ended.
pub fn finish(resource: &str, object: &mut Object, clock: &sim::Clock) {
    mark_deleted(resource, object, Some(0), clock);
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut)
        && resource == "namespaces"
    {
        spec.shift_remove("finalizers");
    }
}

/// Nothing holds the object back any more.
pub fn may_go(resource: &str, object: &Object) -> bool {
    let empty = |list: &Value| list.as_array().is_none_or(Vec::is_empty);
    let ended = match resource {
        "pods" => object["metadata"]["deletionGracePeriodSeconds"].as_u64() == Some(0),
        "namespaces" => empty(&object["spec"]["finalizers"]),
        _ => true,
    };
    is_deleted(object) && ended && empty(&object["metadata"]["finalizers"])
}

fn is_deleted(object: &Object) -> bool {
    object["metadata"].get("deletionTimestamp").is_some()
}

fn of(object: &mut Object) -> Option<&mut Map<String, Value>> {
    let object = object.as_object_mut()?;
    object.entry("metadata").or_insert_with(|| json!({})).as_object_mut()
}

fn without_times(object: &Object) -> Object {
    let mut object = object.clone();
    if let Some(entries) = object["metadata"]["managedFields"].as_array_mut() {
        for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
            entry.shift_remove("time");
        }
    }
    object
}
