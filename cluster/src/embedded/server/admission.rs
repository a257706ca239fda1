//! What is checked and filled in for all kinds before an object is stored.
//! <https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/>

use std::sync::{Arc, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::Api;
use super::status::Failure;
use crate::embedded::kinds::{Allocation, Definition, Problems, Scope, allocate};
use crate::embedded::store::{Object, Store};

/// Namespaces that cannot be deleted.
pub const PROTECTED: &[&str] = &["default", "kube-node-lease", "kube-public", "kube-system"];

/// What an object needs while it is admitted.
pub struct Admission<'a> {
    of: &'static Definition,
    allocation: Option<Allocation>,
    _turn: Option<MutexGuard<'a, ()>>,
}

impl<'a> Admission<'a> {
    /// Services get addresses one after the other.
    pub fn new(api: &'a Api, of: &'static Definition) -> Self {
        if of.key() != "services" {
            return Self { of, allocation: None, _turn: None };
        }
        let turn = api.allocating.lock().unwrap_or_else(PoisonError::into_inner);
        let services = api.store.list("services", None).0;
        let service_range = api.cluster.borrow().service_range;
        Self { of, allocation: Some(Allocation { services, service_range }), _turn: Some(turn) }
    }

    /// Fills in what is missing; refuses what is wrong.
    pub fn admit(&self, object: &mut Object, old: Option<&Object>) -> Result<(), Failure> {
        (self.of.default)(object, old);
        let mut problems = Problems::default();
        metadata(object, self.of, &mut problems);
        (self.of.validate)(object, old, &mut problems);
        let mut problems = problems.into_vec();
        if let Some(allocation) = self.allocation.as_ref().filter(|_| problems.is_empty()) {
            let mut more = Problems::default();
            allocate(object, allocation, &mut more);
            problems = more.into_vec();
        }
        if problems.is_empty() {
            return Ok(());
        }
        let metadata = &object["metadata"];
        let name = metadata["name"].as_str().or(metadata["generateName"].as_str()).unwrap_or_default();
        Err(Failure::invalid(self.of, name, &problems))
    }
}

fn metadata(object: &Object, of: &Definition, problems: &mut Problems) {
    let metadata = &object["metadata"];
    match metadata["name"].as_str().filter(|name| !name.is_empty()) {
        Some(name) => {
            if let Some(why) = of.name.problem(name) {
                problems.invalid("metadata.name", &metadata["name"], &why);
            }
        }
        None if metadata["generateName"].as_str().is_none_or(str::is_empty) => {
            problems.required("metadata.name", "name or generateName is required");
        }
        None => {}
    }
    for (name, value) in metadata["labels"].as_object().into_iter().flatten() {
        if !value.as_str().is_some_and(is_label_value) || name.is_empty() {
            let why = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
            problems.invalid("metadata.labels", value, why);
        }
    }
    for (name, value) in metadata["annotations"].as_object().into_iter().flatten() {
        if !value.is_string() {
            problems.invalid(format!("metadata.annotations[{name}]"), value, "must be a string");
        }
    }
}

fn is_label_value(text: &str) -> bool {
    let ends = |letter: Option<char>| letter.is_none_or(|letter| letter.is_ascii_alphanumeric());
    text.len() <= 63
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
        && ends(text.chars().next())
        && ends(text.chars().next_back())
}

/// The namespace is there and stays.
pub fn namespace(api: &Api, of: &Definition, namespace: &str, name: &str) -> Result<(), Failure> {
    if of.scope == Scope::Cluster {
        return Ok(());
    }
    let Some(found) = api.store.get("namespaces", "", namespace) else {
        return match Definition::find("", "v1", "namespaces") {
            Some(namespaces) => Err(Failure::not_found(namespaces, namespace)),
            None => Err(Failure::unknown_path()),
        };
    };
    if found["metadata"].get("deletionTimestamp").is_some() {
        return Err(Failure::terminating(of, name, namespace));
    }
    Ok(())
}

/// What every namespace has: a service account, and the certificate to trust.
pub fn furnish(store: &Arc<Store>, namespace: &str, ca_pem: &str) {
    let metadata = |name: &str| json!({"name": name, "namespace": namespace});
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata("default")});
    let certificate = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata("kube-root-ca.crt"),
        "data": {"ca.crt": ca_pem},
    });
    ensure(store, "serviceaccounts", account);
    ensure(store, "configmaps", certificate);
}

/// Creates an object unless there is one already.
pub fn ensure(store: &Arc<Store>, resource: &str, object: Value) {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
    if store.get(resource, text("namespace"), text("name")).is_none()
        && let Err(error) = store.create(resource, object)
    {
        tracing::warn!(resource, %error, "an object that every cluster has could not be made");
    }
}
