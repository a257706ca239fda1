//! What all changes of an object have in common.

use std::sync::Arc;

use serde_json::{Value, json};

use super::admission::Admission;
use super::options::Options;
use super::query::Persistence;
use super::status::Failure;
use super::{Api, Call, fields};
use crate::embedded::kinds::{Definition, Scope, Subresource};
use crate::embedded::patch::Root;
use crate::embedded::patch::ownership::{self, Manager};
use crate::embedded::store::{Object, StoreError};

/// Where an object is.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// Its kind.
    pub of: &'static Definition,
    /// Its namespace; empty for cluster-scoped kinds.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
}

/// What of an object a request changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All but the status, if that is a subresource.
    Object,
    /// The status alone.
    Status,
}

/// Who records the owners of fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owners {
    /// They follow from what changed.
    Update,
    /// Server-side apply has recorded them already.
    Applied,
}

/// A refusal from inside of the store.
pub enum Refused {
    /// The store's own.
    Store(StoreError),
    /// The server's.
    Failure(Failure),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl Refused {
    /// What the client is told.
    pub fn into_failure(self, of: &Definition) -> Failure {
        match self {
            Self::Store(error) => Failure::from_store(error, of),
            Self::Failure(failure) => failure,
        }
    }
}

impl Place<'_> {
    /// The object, if it is there.
    pub fn find(&self, api: &Api) -> Result<Arc<Object>, Failure> {
        let found = api.store.get(self.of.key(), self.namespace, self.name);
        found.ok_or_else(|| Failure::not_found(self.of, self.name))
    }
}

/// A change of an object that exists.
pub struct Revision<'a> {
    /// Where.
    pub at: Place<'a>,
    /// What of it.
    pub part: Part,
    /// How.
    pub options: Options,
    /// Who owns what.
    pub owners: Owners,
}

impl Revision<'_> {
    /// Makes the change, and waits until it is on disk. What to warn of is returned with the object.
    pub async fn make(
        &self,
        call: &Call<'_>,
        edit: impl FnOnce(&mut Object) -> Result<(), Failure>,
    ) -> Result<(Arc<Object>, Vec<String>), Failure> {
        let changed = self.make_in_memory(call, edit)?;
        durable(call.api).await?;
        Ok(changed)
    }

    fn make_in_memory(
        &self,
        call: &Call<'_>,
        edit: impl FnOnce(&mut Object) -> Result<(), Failure>,
    ) -> Result<(Arc<Object>, Vec<String>), Failure> {
        let admission = Admission::new(call.api, self.at.of);
        if self.options.persistence == Persistence::DryRun {
            let mut object = (*self.at.find(call.api)?).clone();
            let warnings = self.revise(call, &admission, &mut object, edit)?;
            return Ok((Arc::new(object), warnings));
        }
        let mut warnings = Vec::new();
        let place = (self.at.of.key(), self.at.namespace, self.at.name);
        let object = call.api.store.try_update::<Refused>(place, |object| {
            warnings = self.revise(call, &admission, object, edit)?;
            Ok(())
        });
        Ok((object.map_err(|refused| refused.into_failure(self.at.of))?, warnings))
    }

    fn revise(
        &self,
        call: &Call<'_>,
        admission: &Admission<'_>,
        object: &mut Object,
        edit: impl FnOnce(&mut Object) -> Result<(), Failure>,
    ) -> Result<Vec<String>, Failure> {
        let of = self.at.of;
        let old = object.clone();
        edit(object)?;
        check_type(object, of)?;
        check_place(object, &self.at)?;
        preconditions(object, &old, &self.at)?;
        for field in ["uid", "creationTimestamp", "generation", "selfLink", "resourceVersion"] {
            object["metadata"][field] = old["metadata"][field].clone();
        }
        keep_other_part(object, &old, of, self.part);
        let warnings = fields::check(object, Some(&old), of, self.options.fields)?;
        admission.admit(object, Some(&old))?;
        if self.owners == Owners::Update {
            let manager = self.manager(call);
            let stated = &object["metadata"]["managedFields"];
            if !stated.is_array() {
                object["metadata"]["managedFields"] = old["metadata"]["managedFields"].clone();
            }
            if of.key() != "events" {
                ownership::update(Some(&old), object, Root(of.shape), &manager);
            }
        }
        drop_nulls(object);
        Ok(warnings)
    }

    fn manager(&self, call: &Call<'_>) -> Manager<'_> {
        manager(call, &self.options, ("Update", if self.part == Part::Status { "status" } else { "" }))
    }
}

/// The manager of a change.
pub fn manager<'a>(
    call: &Call<'_>,
    options: &'a Options,
    (operation, subresource): (&'static str, &'static str),
) -> Manager<'a> {
    Manager { name: &options.manager, operation, subresource, time: call.api.clock.now().rfc3339() }
}

/// Waits until everything so far is on disk.
pub async fn durable(api: &Api) -> Result<(), Failure> {
    api.store.durable().await.map_err(|error| Failure::internal(error.to_string()))
}

/// The object is of the kind that the path names.
pub fn check_type(object: &mut Object, of: &Definition) -> Result<(), Failure> {
    if !object.is_object() {
        return Err(Failure::bad_request("the object provided is unrecognized: an object is required"));
    }
    let version = of.api_version();
    let kind = object["kind"].as_str().unwrap_or(of.kind).to_owned();
    let given = object["apiVersion"].as_str().unwrap_or(&version).to_owned();
    if kind != of.kind {
        let given = given.rsplit('/').next().unwrap_or_default();
        let internal =
            if of.group.is_empty() { "core" } else { of.group.split('.').next().unwrap_or_default() };
        return Err(Failure::bad_request(format!(
            "{kind} in version \"{given}\" cannot be handled as a {0}: converting ({given}.{kind}) to ({internal}.{0}): unknown conversion",
            of.kind
        )));
    }
    if given != version {
        return Err(Failure::bad_request(format!(
            "the API version in the data ({given}) does not match the expected API version ({version})"
        )));
    }
    object["kind"] = kind.into();
    object["apiVersion"] = given.into();
    if object["metadata"].is_null() {
        object["metadata"] = json!({});
    }
    if !object["metadata"].is_object() {
        return Err(Failure::bad_request("metadata: an object is required"));
    }
    Ok(())
}

fn check_place(object: &mut Object, at: &Place<'_>) -> Result<(), Failure> {
    let metadata = &mut object["metadata"];
    match metadata["name"].as_str() {
        None | Some("") => metadata["name"] = at.name.into(),
        Some(name) if name != at.name => {
            return Err(Failure::bad_request(format!(
                "the name of the object ({name}) does not match the name on the URL ({})",
                at.name
            )));
        }
        Some(_) => {}
    }
    check_namespace(object, at.of, at.namespace)
}

/// The object is in the namespace that the path names.
pub fn check_namespace(object: &mut Object, of: &Definition, namespace: &str) -> Result<(), Failure> {
    let metadata = &mut object["metadata"];
    if of.scope == Scope::Cluster {
        if let Some(metadata) = metadata.as_object_mut() {
            metadata.shift_remove("namespace");
        }
        return Ok(());
    }
    match metadata["namespace"].as_str() {
        None | Some("") => {
            metadata["namespace"] = namespace.into();
            Ok(())
        }
        Some(given) if given == namespace => Ok(()),
        Some(_) => Err(Failure::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        )),
    }
}

fn preconditions(object: &Object, old: &Object, at: &Place<'_>) -> Result<(), Failure> {
    let (new, old) = (&object["metadata"], &old["metadata"]);
    if new["uid"].as_str().is_some_and(|uid| !uid.is_empty() && old["uid"] != uid) {
        let why = format!(
            "Precondition failed: UID in precondition: {}, UID in object meta: {}",
            new["uid"].as_str().unwrap_or_default(),
            old["uid"].as_str().unwrap_or_default()
        );
        return Err(Failure::conflict(at.of, at.name, &why));
    }
    let version = new["resourceVersion"].as_str().unwrap_or_default();
    if !matches!(version, "" | "0") && old["resourceVersion"] != version {
        return Err(Failure::modified(at.of, at.name));
    }
    Ok(())
}

fn keep_other_part(object: &mut Object, old: &Object, of: &Definition, part: Part) {
    match part {
        Part::Object if of.has(Subresource::Status) => object["status"] = old["status"].clone(),
        Part::Object => {}
        Part::Status => {
            let status = object["status"].clone();
            let managed = object["metadata"]["managedFields"].clone();
            *object = old.clone();
            object["status"] = status;
            object["metadata"]["managedFields"] = managed;
        }
    }
}

/// Looking at a field must not make it.
fn drop_nulls(object: &mut Object) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|_, value| !value.is_null());
    }
    if let Some(object) = object.as_object_mut() {
        object.retain(|_, value| !value.is_null());
    }
}
