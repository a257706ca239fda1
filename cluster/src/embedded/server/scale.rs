//! `scale`: the number of replicas of a workload.
//! <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/#Scale>

use http::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::body::Media;
use super::change::{self, Owners, Part, Place, Revision};
use super::options::Options;
use super::respond::{self, Body};
use super::status::Failure;
use super::{Call, body, update};
use crate::embedded::kinds::cell;
use crate::embedded::patch::{Root, merge};
use crate::embedded::store::Object;

/// The number of replicas.
pub fn get(call: &Call<'_>, at: Place<'_>) -> Result<Response<Body>, Failure> {
    Ok(respond::object(StatusCode::OK, call.representation.format, &scale(&*at.find(call.api)?)))
}

/// Changes the number of replicas.
pub async fn set(call: &Call<'_>, at: Place<'_>, request: &[u8]) -> Result<Response<Body>, Failure> {
    let media = body::media(call.headers)?;
    let stated = body::parse(media, request)?;
    let replaced = call.method == Method::PUT;
    if replaced != matches!(media, Media::Json | Media::Yaml) {
        return Err(Failure::unsupported_media(""));
    }
    let revision = Revision { at, part: Part::Object, options: Options::of(call)?, owners: Owners::Update };
    let (object, _) = revision
        .make(call, |object| {
            let mut scale = scale(object);
            match media {
                Media::Json | Media::Yaml => scale = stated,
                Media::Apply => merge(&mut scale, &stated),
                _ => update::edit(&mut scale, media, &stated, Root(None))?,
            }
            let version = scale["metadata"]["resourceVersion"].as_str().unwrap_or_default();
            if !version.is_empty() && object["metadata"]["resourceVersion"] != version {
                return Err(Failure::modified(at.of, at.name));
            }
            object["spec"]["replicas"] = replicas(&scale)?.into();
            Ok(())
        })
        .await?;
    change::durable(call.api).await?;
    Ok(respond::object(StatusCode::OK, call.representation.format, &scale(&object)))
}

fn replicas(scale: &Value) -> Result<i64, Failure> {
    match &scale["spec"]["replicas"] {
        Value::Null => Ok(0),
        given => given
            .as_i64()
            .filter(|replicas| (0..=i64::from(i32::MAX)).contains(replicas))
            .ok_or_else(|| Failure::unprocessable(format!("Scale is invalid: spec.replicas: Invalid value: {given}: must be greater than or equal to 0"))),
    }
}

fn scale(object: &Object) -> Value {
    let metadata = &object["metadata"];
    let selector = cell::selector(&object["spec"]["selector"]);
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"], "creationTimestamp": metadata["creationTimestamp"],
        },
        "spec": {"replicas": cell::count(&object["spec"]["replicas"])},
        "status": {"replicas": cell::count(&object["status"]["replicas"]), "selector": selector},
    })
}
