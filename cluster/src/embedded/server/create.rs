//! `create`.

use std::sync::Arc;

use http::{Response, StatusCode};
use serde_json::Value;

use super::admission::{self, Admission};
use super::body::Media;
use super::options::Options;
use super::query::Persistence;
use super::respond::Body;
use super::status::Failure;
use super::{Call, body, change, fields, read};
use crate::embedded::kinds::{Definition, Scope, Subresource};
use crate::embedded::patch::Root;
use crate::embedded::patch::ownership;
use crate::embedded::store::Object;

/// Creates an object from a request.
pub async fn create(
    call: &Call<'_>,
    of: &'static Definition,
    namespace: Option<&str>,
    request: &[u8],
) -> Result<Response<Body>, Failure> {
    let media = body::media(call.headers)?;
    if !matches!(media, Media::Json | Media::Yaml) {
        return Err(Failure::unsupported_media(""));
    }
    if of.scope == Scope::Namespaced && namespace.is_none() {
        return Err(Failure::method_not_allowed());
    }
    let options = Options::of(call)?;
    let mut object = body::parse(media, request)?;
    let warnings = prepare(call, &mut object, (of, namespace.unwrap_or_default()), &options)?;
    let stored = store(call, object, of, &options, change::Owners::Update)?;
    change::durable(call.api).await?;
    let mut response = read::answer(call, of, StatusCode::CREATED, &stored)?;
    fields::warn(&mut response, &warnings);
    Ok(response)
}

fn prepare(
    call: &Call<'_>,
    object: &mut Object,
    (of, namespace): (&'static Definition, &str),
    options: &Options,
) -> Result<Vec<String>, Failure> {
    change::check_type(object, of)?;
    change::check_namespace(object, of, namespace)?;
    if object["metadata"]["resourceVersion"].as_str().is_some_and(|version| !matches!(version, "" | "0")) {
        return Err(Failure::bad_request("resourceVersion should not be set on objects to be created"));
    }
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    admission::namespace(call.api, of, namespace, name)?;
    fields::check(object, None, of, options.fields)
}

/// Admits and stores a new object, in memory.
pub fn store(
    call: &Call<'_>,
    mut object: Object,
    of: &'static Definition,
    options: &Options,
    owners: change::Owners,
) -> Result<Arc<Object>, Failure> {
    if let Some(fields) = object.as_object_mut()
        && of.has(Subresource::Status)
    {
        fields.shift_remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|_, value| !value.is_null());
    }
    let admission = Admission::new(call.api, of);
    admission.admit(&mut object, None)?;
    if owners == change::Owners::Update {
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.shift_remove("managedFields");
        }
        if of.key() != "events" {
            let manager = change::manager(call, options, ("Update", ""));
            let mut stated = object.clone();
            if let Some(stated) = stated.as_object_mut() {
                // The first status is nobody's.
                stated.shift_remove("status");
            }
            ownership::update(None, &mut stated, Root(of.shape), &manager);
            object["metadata"]["managedFields"] = stated["metadata"]["managedFields"].clone();
        }
    }
    let stored = match options.persistence {
        Persistence::Stored => call.api.store.create(of.key(), object),
        Persistence::DryRun => call.api.store.dry_create(of.key(), object),
    }
    .map_err(|error| Failure::from_store(error, of))?;
    if of.key() == "namespaces" && options.persistence == Persistence::Stored {
        let name = stored["metadata"]["name"].as_str().unwrap_or_default();
        admission::furnish(&call.api.store, name, &call.api.ca_pem);
    }
    Ok(stored)
}
