//! Which groups, versions and kinds there are, in the plain and in the aggregated form.
//! <https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api>

use http::header::{ETAG, HeaderValue, IF_NONE_MATCH, VARY};
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::Call;
use super::accept::View;
use super::respond::{self, Body};
use super::review;
use super::status::Failure;
use crate::embedded::kinds::{ALL, Definition, Scope};

const AGGREGATED: HeaderValue =
    HeaderValue::from_static("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");

/// Answers below `/api` and `/apis`, and `/`.
pub fn discovery(call: &Call<'_>, parts: &[&str]) -> Result<Response<Body>, Failure> {
    let aggregated = call.representation.view == View::Aggregated;
    let found = match parts {
        [] => Some(paths()),
        ["api"] if aggregated => return Ok(with_etag(call, &aggregate(&[("", "v1")]))),
        ["apis"] if aggregated => return Ok(with_etag(call, &aggregate(&groups()))),
        ["api"] => Some(json!({
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": ""}],
        })),
        ["apis"] => {
            let groups: Vec<Value> =
                groups().iter().map(|(group, version)| of_group(group, version)).collect();
            Some(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}))
        }
        ["api", version] => resources("", version),
        ["apis", group] => groups().iter().find(|(name, _)| name == group).map(|(name, version)| {
            let mut group = of_group(name, version);
            group["kind"] = "APIGroup".into();
            group["apiVersion"] = "v1".into();
            group
        }),
        ["apis", group, version] => resources(group, version),
        _ => None,
    };
    let found = found.ok_or_else(Failure::unknown_path)?;
    Ok(respond::object(StatusCode::OK, call.representation.format, &found))
}

/// The named groups and their versions, in order.
pub fn groups() -> Vec<(&'static str, &'static str)> {
    let mut groups: Vec<(&str, &str)> = Vec::new();
    for row in ALL {
        if !row.group.is_empty() && !groups.contains(&(row.group, row.version)) {
            groups.push((row.group, row.version));
        }
    }
    groups.push(("authorization.k8s.io", "v1"));
    groups.sort_unstable();
    groups
}

fn rows(group: &str, version: &str) -> impl Iterator<Item = &'static Definition> {
    ALL.iter().copied().filter(move |row| row.group == group && row.version == version)
}

fn paths() -> Value {
    let mut paths = vec!["/api".to_owned(), "/api/v1".to_owned(), "/apis".to_owned()];
    for (group, version) in groups() {
        paths.push(format!("/apis/{group}"));
        paths.push(format!("/apis/{group}/{version}"));
    }
    paths.extend(["/healthz", "/livez", "/openapi/v3", "/readyz", "/version"].map(str::to_owned));
    json!({ "paths": paths })
}

fn of_group(group: &str, version: &str) -> Value {
    let version = json!({"groupVersion": format!("{group}/{version}"), "version": version});
    json!({"name": group, "versions": [version], "preferredVersion": version})
}

fn resources(group: &str, version: &str) -> Option<Value> {
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let mut resources = Vec::new();
    for row in rows(group, version) {
        resources.push(resource(row));
        for below in row.subresources {
            let (group, version, kind) = below.response_kind(row);
            let mut entry = json!({
                "name": format!("{}/{}", row.plural, below.name()), "singularName": "",
                "namespaced": row.scope == Scope::Namespaced, "kind": kind, "verbs": below.verbs(),
            });
            if !version.is_empty() {
                entry["group"] = group.into();
                entry["version"] = version.into();
            }
            resources.push(entry);
        }
    }
    if group == "authorization.k8s.io" && version == "v1" {
        resources.push(json!({
            "name": "selfsubjectaccessreviews", "singularName": "selfsubjectaccessreview", "namespaced": false,
            "kind": "SelfSubjectAccessReview", "verbs": ["create"],
        }));
    }
    (!resources.is_empty()).then(|| {
        json!({
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": resources,
        })
    })
}

fn resource(row: &Definition) -> Value {
    let mut entry = json!({
        "name": row.plural, "singularName": row.singular, "namespaced": row.scope == Scope::Namespaced,
        "kind": row.kind, "verbs": row.verbs(),
    });
    add_names(&mut entry, row);
    entry
}

fn add_names(entry: &mut Value, row: &Definition) {
    if !row.short_names.is_empty() {
        entry["shortNames"] = json!(row.short_names);
    }
    if !row.categories.is_empty() {
        entry["categories"] = json!(row.categories);
    }
}

fn aggregate(groups: &[(&str, &str)]) -> Value {
    let items: Vec<Value> = groups
        .iter()
        .map(|(group, version)| {
            let mut resources: Vec<Value> = rows(group, version).map(aggregated).collect();
            if *group == review::PATH[1] {
                resources.push(json!({
                    "resource": "selfsubjectaccessreviews", "responseKind": kind(("", "", "SelfSubjectAccessReview")),
                    "scope": "Cluster", "singularResource": "selfsubjectaccessreview", "verbs": ["create"],
                }));
            }
            let metadata = if group.is_empty() { json!({}) } else { json!({ "name": group }) };
            json!({
                "metadata": metadata,
                "versions": [{"version": version, "resources": resources, "freshness": "Current"}],
            })
        })
        .collect();
    json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items,
    })
}

fn aggregated(row: &'static Definition) -> Value {
    let scope = if row.scope == Scope::Namespaced { "Namespaced" } else { "Cluster" };
    let mut entry = json!({
        "resource": row.plural, "responseKind": kind(("", "", row.kind)), "scope": scope,
        "singularResource": row.singular, "verbs": row.verbs(),
    });
    add_names(&mut entry, row);
    let below: Vec<Value> = row
        .subresources
        .iter()
        .map(|one| {
            json!({
                "subresource": one.name(), "responseKind": kind(one.response_kind(row)), "verbs": one.verbs(),
            })
        })
        .collect();
    if !below.is_empty() {
        entry["subresources"] = below.into();
    }
    entry
}

fn kind((group, version, kind): (&str, &str, &str)) -> Value {
    json!({"group": group, "version": version, "kind": kind})
}

/// Clients keep the answer, and ask again with its ETag.
fn with_etag(call: &Call<'_>, list: &Value) -> Response<Body> {
    let tag = format!("\"{}\"", super::openapi::hash(&list.to_string()));
    let known = call.headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if known {
        let mut response = respond::text("");
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        respond::json(StatusCode::OK, list)
    };
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, AGGREGATED);
    headers.insert(VARY, HeaderValue::from_static("Accept"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    response
}
