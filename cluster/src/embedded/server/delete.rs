//! `delete` and `deletecollection`.
//! <https://kubernetes.io/docs/concepts/architecture/garbage-collection/#cascading-deletion>

use std::sync::Arc;

use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::admission::PROTECTED;
use super::change::{self, Place};
use super::query::Persistence;
use super::respond::{self, Body};
use super::status::{self, Failure};
use super::{Call, body, read};
use crate::embedded::kinds::Definition;
use crate::embedded::store::Object;

/// What a deletion says.
struct DeleteOptions {
    persistence: Persistence,
    grace: Option<u64>,
    /// The finalizer of the propagation policy; none for `Background`.
    finalizer: Option<&'static str>,
    uid: Option<String>,
    version: Option<String>,
}

impl DeleteOptions {
    fn read(call: &Call<'_>, request: &[u8]) -> Result<Self, Failure> {
        let options =
            if request.is_empty() { json!({}) } else { body::parse(body::media(call.headers)?, request)? };
        let propagation =
            options["propagationPolicy"].as_str().unwrap_or(call.query.get("propagationPolicy"));
        let finalizer = match propagation {
            "" | "Background" => None,
            "Foreground" => Some("foregroundDeletion"),
            "Orphan" => Some("orphan"),
            other => {
                return Err(Failure::unprocessable(format!(
                    "DeleteOptions is invalid: propagationPolicy: Unsupported value: \"{other}\": supported values: \"Foreground\", \"Background\", \"Orphan\""
                )));
            }
        };
        let dry = options["dryRun"].as_array().is_some_and(|list| list.iter().any(|one| one == "All"));
        let text = |field: &str| options["preconditions"][field].as_str().map(str::to_owned);
        Ok(Self {
            persistence: if dry { Persistence::DryRun } else { call.query.persistence()? },
            grace: match options["gracePeriodSeconds"].as_u64() {
                Some(grace) => Some(grace),
                None => call.query.number("gracePeriodSeconds")?,
            },
            finalizer,
            uid: text("uid"),
            version: text("resourceVersion"),
        })
    }

    fn check(&self, object: &Object, at: &Place<'_>) -> Result<(), Failure> {
        let metadata = &object["metadata"];
        for (wanted, field, name) in
            [(&self.uid, "uid", "UID"), (&self.version, "resourceVersion", "ResourceVersion")]
        {
            if let Some(wanted) = wanted
                && metadata[field] != **wanted
            {
                let why = format!(
                    "the {name} in the precondition ({wanted}) does not match the {name} in record ({}). The object might have been deleted and then recreated",
                    metadata[field].as_str().unwrap_or_default()
                );
                return Err(Failure::conflict(at.of, at.name, &why));
            }
        }
        Ok(())
    }
}

/// Deletes an object.
pub async fn delete(call: &Call<'_>, at: Place<'_>, request: &[u8]) -> Result<Response<Body>, Failure> {
    let options = DeleteOptions::read(call, request)?;
    let object = at.find(call.api)?;
    options.check(&object, &at)?;
    if at.of.key() == "namespaces" && PROTECTED.contains(&at.name) {
        return Err(Failure::protected(at.of, at.name));
    }
    let left = remove(call, at, &options)?;
    change::durable(call.api).await?;
    if let Some(object) = left {
        return read::answer(call, at.of, StatusCode::OK, &object);
    }
    let status = status::deleted(at.of, at.name, &object["metadata"]["uid"]);
    Ok(respond::object(StatusCode::OK, call.representation.format, &status))
}

fn remove(call: &Call<'_>, at: Place<'_>, options: &DeleteOptions) -> Result<Option<Arc<Object>>, Failure> {
    if options.persistence == Persistence::DryRun {
        return Ok(None);
    }
    let store = &call.api.store;
    let refuse = |error| Failure::from_store(error, at.of);
    if let Some(finalizer) = options.finalizer {
        let add = |object: &mut Object| {
            let mut finalizers = object["metadata"]["finalizers"].as_array().cloned().unwrap_or_default();
            if !finalizers.iter().any(|one| one == finalizer) {
                finalizers.push(finalizer.into());
            }
            object["metadata"]["finalizers"] = finalizers.into();
        };
        store.update(at.of.key(), at.namespace, at.name, add).map_err(refuse)?;
    }
    store.delete_after((at.of.key(), at.namespace, at.name), options.grace).map_err(refuse)
}

/// Deletes all objects that are selected.
pub async fn delete_collection(
    call: &Call<'_>,
    of: &'static Definition,
    namespace: Option<&str>,
    request: &[u8],
) -> Result<Response<Body>, Failure> {
    if !of.verbs().contains(&"deletecollection") {
        return Err(Failure::method_not_allowed());
    }
    let options = DeleteOptions::read(call, request)?;
    let selector = read::selector(call, of)?;
    let (objects, version) = call.api.store.list(of.key(), namespace);
    let mut deleted: Vec<Value> = Vec::new();
    for object in objects.iter().filter(|object| selector.matches(object)) {
        let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
        let at = Place { of, namespace: text("namespace"), name: text("name") };
        match remove(call, at, &options) {
            Ok(_) => deleted.push((**object).clone()),
            // Somebody else was faster.
            Err(failure) if failure.code == StatusCode::NOT_FOUND => {}
            Err(failure) => return Err(failure),
        }
    }
    change::durable(call.api).await?;
    let list = json!({
        "kind": format!("{}List", of.kind), "apiVersion": of.api_version(),
        "metadata": {"resourceVersion": version.to_string()}, "items": deleted,
    });
    Ok(respond::object(StatusCode::OK, call.representation.format, &list))
}
