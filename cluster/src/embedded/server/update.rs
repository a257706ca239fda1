//! `update` and `patch`.

use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::admission;
use super::body::Media;
use super::change::{self, Owners, Part, Place, Revision};
use super::options::Options;
use super::respond::Body;
use super::status::Failure;
use super::{Call, body, create, fields, read};
use crate::embedded::kinds::Scope;
use crate::embedded::patch::apply::{Conflicts, apply};
use crate::embedded::patch::{Root, json_patch, merge, strategic};
use crate::embedded::store::Object;

/// Replaces an object.
pub async fn put(
    call: &Call<'_>,
    at: Place<'_>,
    part: Part,
    request: &[u8],
) -> Result<Response<Body>, Failure> {
    let media = body::media(call.headers)?;
    if !matches!(media, Media::Json | Media::Yaml) {
        return Err(Failure::unsupported_media(""));
    }
    let new = body::parse(media, request)?;
    let revision = Revision { at, part, options: Options::of(call)?, owners: Owners::Update };
    let changed = revision
        .make(call, |object| {
            *object = new;
            Ok(())
        })
        .await?;
    respond(call, at, StatusCode::OK, changed)
}

/// Patches an object.
pub async fn patch(
    call: &Call<'_>,
    at: Place<'_>,
    part: Part,
    request: &[u8],
) -> Result<Response<Body>, Failure> {
    let media = body::media(call.headers)?;
    if matches!(media, Media::Json | Media::Yaml) {
        return Err(Failure::unsupported_media(""));
    }
    let patch = body::parse(media, request)?;
    let options = Options::of(call)?;
    if media == Media::Apply {
        return applied(call, at, (part, options), patch).await;
    }
    let revision = Revision { at, part, options, owners: Owners::Update };
    let changed = revision.make(call, |object| edit(object, media, &patch, Root(at.of.shape))).await?;
    respond(call, at, StatusCode::OK, changed)
}

/// Applies one of the three kinds of patches to an object.
pub fn edit(object: &mut Object, media: Media, patch: &Value, root: Root) -> Result<(), Failure> {
    match media {
        Media::JsonPatch => json_patch(object, patch).map_err(Failure::unprocessable),
        Media::MergePatch if patch.is_object() => {
            merge(object, patch);
            Ok(())
        }
        Media::StrategicPatch => strategic(object, patch, root).map_err(Failure::bad_request),
        _ => Err(Failure::bad_request("a patch of this type is an object")),
    }
}

async fn applied(
    call: &Call<'_>,
    at: Place<'_>,
    (part, options): (Part, Options),
    mut wanted: Value,
) -> Result<Response<Body>, Failure> {
    if call.query.get("fieldManager").is_empty() {
        return Err(Failure::bad_request(
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",
        ));
    }
    change::check_type(&mut wanted, at.of)?;
    change::check_namespace(&mut wanted, at.of, at.namespace)?;
    if wanted["metadata"].get("managedFields").is_some_and(|fields| !fields.is_null()) {
        return Err(Failure::bad_request("metadata.managedFields must be nil"));
    }
    let warnings = fields::check(&mut wanted, None, at.of, options.fields)?;
    let conflicts = if call.query.on("force") { Conflicts::Force } else { Conflicts::Refuse };
    let root = Root(at.of.shape);
    let named = options.clone();
    let subresource = if part == Part::Status { "status" } else { "" };
    let manager = change::manager(call, &named, ("Apply", subresource));
    if call.api.store.get(at.of.key(), at.namespace, at.name).is_none() {
        if part == Part::Status {
            return Err(Failure::not_found(at.of, at.name));
        }
        admission::namespace(call.api, at.of, at.namespace, at.name)?;
        let mut object = empty(at);
        apply(&mut object, &wanted, root, (&manager, conflicts)).map_err(|list| Failure::owned(&list))?;
        let stored = create::store(call, object, at.of, &options, Owners::Applied)?;
        change::durable(call.api).await?;
        return respond(call, at, StatusCode::CREATED, (stored, warnings));
    }
    let revision = Revision { at, part, options, owners: Owners::Applied };
    let (object, _) = revision
        .make(call, |object| {
            if part == Part::Object
                && let Some(version) = wanted["metadata"].get("resourceVersion")
            {
                object["metadata"]["resourceVersion"] = version.clone();
            }
            apply(object, &wanted, root, (&manager, conflicts)).map_err(|list| Failure::owned(&list))
        })
        .await?;
    respond(call, at, StatusCode::OK, (object, warnings))
}

fn empty(at: Place<'_>) -> Object {
    let mut object = json!({
        "apiVersion": at.of.api_version(), "kind": at.of.kind, "metadata": {"name": at.name},
    });
    if at.of.scope == Scope::Namespaced {
        object["metadata"]["namespace"] = at.namespace.into();
    }
    object
}

fn respond(
    call: &Call<'_>,
    at: Place<'_>,
    status: StatusCode,
    (object, warnings): (std::sync::Arc<Object>, Vec<String>),
) -> Result<Response<Body>, Failure> {
    let mut response = read::answer(call, at.of, status, &object)?;
    fields::warn(&mut response, &warnings);
    Ok(response)
}
