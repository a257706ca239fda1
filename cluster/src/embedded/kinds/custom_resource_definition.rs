//! `CustomResourceDefinition`:
//! <https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/custom-resource-definition-v1/>
//!
//! What it defines: [`super::custom`]. **Differs from Kubernetes:** no webhook converts between versions.

use serde_json::{Value, json};

use super::cell::{NAME_AND_CREATED, name_and_created};
use super::custom::DEFINITIONS;
use super::pod_template::object_at;
use super::{ALL, CLUSTER_SCOPED, Definition, Problems, Subresource};
use crate::embedded::store::Object;
use crate::object::{items, text};

pub static DEFINITION: Definition = Definition {
    group: "apiextensions.k8s.io",
    kind: "CustomResourceDefinition",
    plural: DEFINITIONS,
    singular: "customresourcedefinition",
    short_names: &["crd", "crds"],
    categories: &["api-extensions"],
    subresources: &[Subresource::Status],
    default,
    validate,
    columns: NAME_AND_CREATED,
    cells: name_and_created,
    ..CLUSTER_SCOPED
};

fn default(object: &mut Object, _: Option<&Object>) {
    let Some(spec) = object_at(object, "spec") else { return };
    spec.entry("conversion").or_insert_with(|| json!({ "strategy": "None" }));
    let Some(names) = spec.get_mut("names").and_then(Value::as_object_mut) else { return };
    let kind = names.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    names.entry("singular").or_insert_with(|| kind.to_lowercase().into());
    names.entry("listKind").or_insert_with(|| format!("{kind}List").into());
}

fn validate(object: &Object, old: Option<&Object>, problems: &mut Problems) {
    let spec = &object["spec"];
    let (group, names) = (text(&spec["group"]), &spec["names"]);
    for (field, value) in [
        ("spec.group", &spec["group"]),
        ("spec.names.kind", &names["kind"]),
        ("spec.names.plural", &names["plural"]),
        ("spec.scope", &spec["scope"]),
    ] {
        if text(value).is_empty() {
            problems.required(field, "");
        }
    }
    let expected = format!("{}.{group}", text(&names["plural"]));
    if object["metadata"]["name"] != expected {
        let why = "must be spec.names.plural+\".\"+spec.group";
        problems.invalid("metadata.name", &object["metadata"]["name"], why);
    }
    if ALL.iter().any(|row| row.group == group && !row.group.is_empty()) {
        problems.invalid("spec.group", &spec["group"], "the group belongs to kinds that are built in");
    }
    if !matches!(text(&spec["scope"]), "" | "Cluster" | "Namespaced") {
        problems.not_supported("spec.scope", &spec["scope"], &["Cluster", "Namespaced"]);
    }
    versions(&spec["versions"], problems);
    for field in ["group", "scope"] {
        if old.is_some_and(|old| old["spec"][field] != spec[field]) {
            problems.invalid(format!("spec.{field}"), &spec[field], "field is immutable");
        }
    }
}

fn versions(versions: &Value, problems: &mut Problems) {
    let versions = items(versions);
    if versions.iter().filter(|version| version["storage"] == true).count() != 1 {
        let why = "must have exactly one version marked as storage version";
        problems.invalid("spec.versions", &versions.iter().map(|one| one["name"].clone()).collect(), why);
    }
    for (index, version) in versions.iter().enumerate() {
        let path = format!("spec.versions[{index}]");
        if text(&version["name"]).is_empty() {
            problems.required(format!("{path}.name"), "");
        }
        if !version["schema"]["openAPIV3Schema"].is_object() {
            problems.required(format!("{path}.schema.openAPIV3Schema"), "schemas are required");
        }
    }
}
