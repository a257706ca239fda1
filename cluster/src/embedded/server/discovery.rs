//! Which groups, versions and kinds there are, in the plain and in the aggregated form.
//! <https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api>

use std::collections::{BTreeMap, BTreeSet};

use http::header::{ETAG, HeaderValue, IF_NONE_MATCH, VARY};
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::Call;
use super::accept::View;
use super::respond::{self, Body};
use super::review;
use super::status::Failure;
use crate::embedded::kinds::{Definition, Scope, custom};

const AGGREGATED: HeaderValue =
    HeaderValue::from_static("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");

/// Answers below `/api` and `/apis`, and `/`.
pub fn discovery(call: &Call<'_>, parts: &[&str]) -> Result<Response<Body>, Failure> {
    let aggregated = call.representation.view == View::Aggregated;
    let kinds = custom::all(&call.api.store);
    let found = match parts {
        [] => Some(paths(&kinds)),
        ["api"] if aggregated => return Ok(with_etag(call, &aggregate(&kinds, vec![("", vec!["v1"])]))),
        ["apis"] if aggregated => return Ok(with_etag(call, &aggregate(&kinds, groups(&kinds)))),
        ["api"] => Some(json!({
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": ""}],
        })),
        ["apis"] => {
            let groups: Vec<Value> =
                groups(&kinds).iter().map(|(group, versions)| of_group(group, versions)).collect();
            Some(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}))
        }
        ["api", version] => resources(&kinds, "", version),
        ["apis", group] => groups(&kinds).iter().find(|(name, _)| name == group).map(|(name, versions)| {
            let mut group = of_group(name, versions);
            group["kind"] = "APIGroup".into();
            group["apiVersion"] = "v1".into();
            group
        }),
        ["apis", group, version] => resources(&kinds, group, version),
        _ => None,
    };
    let found = found.ok_or_else(Failure::unknown_path)?;
    Ok(respond::object(StatusCode::OK, call.representation.format, &found))
}

/// A named group and its versions, the preferred one first.
type Group = (&'static str, Vec<&'static str>);

/// The named groups, in order. Of the versions that custom kinds have, the highest by name is preferred.
fn groups(kinds: &[&'static Definition]) -> Vec<Group> {
    let mut groups: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in kinds.iter().filter(|row| !row.group.is_empty()) {
        groups.entry(row.group).or_default().insert(row.version);
    }
    groups.entry(review::PATH[1]).or_default().insert("v1");
    groups.into_iter().map(|(group, versions)| (group, versions.into_iter().rev().collect())).collect()
}

fn rows<'a>(
    kinds: &'a [&'static Definition],
    group: &'a str,
    version: &'a str,
) -> impl Iterator<Item = &'static Definition> + 'a {
    kinds.iter().copied().filter(move |row| row.group == group && row.version == version)
}

fn paths(kinds: &[&'static Definition]) -> Value {
    let mut paths = vec!["/api".to_owned(), "/api/v1".to_owned(), "/apis".to_owned()];
    for (group, versions) in groups(kinds) {
        paths.push(format!("/apis/{group}"));
        paths.extend(versions.iter().map(|version| format!("/apis/{group}/{version}")));
    }
    paths.extend(["/healthz", "/livez", "/openapi/v3", "/readyz", "/version"].map(str::to_owned));
    json!({ "paths": paths })
}

fn of_group(group: &str, versions: &[&str]) -> Value {
    let version = |version: &&str| json!({"groupVersion": format!("{group}/{version}"), "version": version});
    let versions: Vec<Value> = versions.iter().map(version).collect();
    json!({"name": group, "versions": versions, "preferredVersion": versions.first()})
}

fn resources(kinds: &[&'static Definition], group: &str, version: &str) -> Option<Value> {
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let mut resources = Vec::new();
    for row in rows(kinds, group, version) {
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

fn aggregate(kinds: &[&'static Definition], groups: Vec<Group>) -> Value {
    let items: Vec<Value> = groups
        .into_iter()
        .map(|(group, versions)| {
            let metadata = if group.is_empty() { json!({}) } else { json!({ "name": group }) };
            let versions: Vec<Value> =
                versions.iter().map(|version| aggregated_version(kinds, group, version)).collect();
            json!({ "metadata": metadata, "versions": versions })
        })
        .collect();
    json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items,
    })
}

fn aggregated_version(kinds: &[&'static Definition], group: &str, version: &str) -> Value {
    let mut resources: Vec<Value> = rows(kinds, group, version).map(aggregated).collect();
    if group == review::PATH[1] {
        resources.push(json!({
            "resource": "selfsubjectaccessreviews", "responseKind": kind(("", "", "SelfSubjectAccessReview")),
            "scope": "Cluster", "singularResource": "selfsubjectaccessreview", "verbs": ["create"],
        }));
    }
    json!({ "version": version, "resources": resources, "freshness": "Current" })
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
