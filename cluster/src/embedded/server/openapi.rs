//! `/openapi/v3`: as much as `kubectl apply` looks for.
//! <https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3>
//!
//! **Differs from Kubernetes:** the documents say which kinds can be patched and that the server validates fields;
//! they have no schemas, so `kubectl explain` knows nothing, and there is no `/openapi/v2`.

use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::Api;
use super::respond::{self, Body};
use super::status::Failure;
use crate::embedded::kinds::{Definition, Scope, custom};

/// Answers below `/openapi`.
pub fn openapi(api: &Api, parts: &[&str]) -> Result<Response<Body>, Failure> {
    let found = match parts {
        ["v3"] => Some(index(api)),
        ["v3", "api", version] => document(api, "", version),
        ["v3", "apis", group, version] => document(api, group, version),
        ["v2"] => {
            return Err(Failure::not_implemented(
                "/openapi/v2 is not implemented by the sandbox: use /openapi/v3, as kubectl 1.27 and later do",
            ));
        }
        _ => None,
    };
    let found = found.ok_or_else(Failure::unknown_path)?;
    Ok(respond::json(StatusCode::OK, &found))
}

fn index(api: &Api) -> Value {
    let mut paths = Map::new();
    let base = &api.base;
    for row in custom::all(&api.store) {
        let path = prefix(row);
        let path = path.trim_start_matches('/');
        let hash = hash(path);
        paths.insert(
            path.to_owned(),
            json!({ "serverRelativeURL": format!("{base}/openapi/v3/{path}?hash={hash}") }),
        );
    }
    json!({ "paths": paths })
}

fn document(api: &Api, group: &str, version: &str) -> Option<Value> {
    let mut paths = Map::new();
    for row in custom::all(&api.store).into_iter().filter(|row| row.group == group && row.version == version)
    {
        let place = if row.scope == Scope::Namespaced { "/namespaces/{namespace}" } else { "" };
        paths.insert(format!("{}{place}/{}/{{name}}", prefix(row), row.plural), operations(row));
    }
    (!paths.is_empty()).then(|| {
        json!({
            "openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "1.34"}, "paths": paths,
            "components": {"schemas": {}},
        })
    })
}

fn prefix(row: &Definition) -> String {
    if row.group.is_empty() {
        format!("/api/{}", row.version)
    } else {
        format!("/apis/{}/{}", row.group, row.version)
    }
}

fn operations(row: &Definition) -> Value {
    let parameters: Vec<Value> = ["dryRun", "fieldManager", "fieldValidation", "force", "pretty"]
        .map(|name| {
            let of = if name == "force" { "boolean" } else { "string" };
            json!({"name": name, "in": "query", "schema": {"type": of, "uniqueItems": true}})
        })
        .into();
    let kind = json!({"group": row.group, "version": row.version, "kind": row.kind});
    json!({
        "patch": {
            "operationId": format!("patch{}", row.kind),
            "parameters": parameters,
            "responses": {"200": {"description": "OK"}},
            "x-kubernetes-action": "patch",
            "x-kubernetes-group-version-kind": kind,
        },
    })
}

/// A short text that changes when `text` does (FNV-1a).
pub fn hash(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016X}")
}
