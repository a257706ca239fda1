//! APIs: <https://learn.microsoft.com/rest/api/apimanagement/apis>.
//!
//! **Differs from Azure:** SOAP APIs and the export as a document are refused; a version set comes
//! first, not with the API; `isCurrent` of a request is not read: a release makes a revision the current one.

use arm::{ErrorResponse, ResourceId};
use serde_json::{Value, json};

use super::stored::SLOW_DELETE;
use super::{api_import, api_revisions, api_websocket, validation};
use crate::engine::{
    Definition, Draft, Example, Fidelity, Listing, Model, Names, Removal, Verb, set, set_default, take, text,
};

/// What an API may be called with.
const KINDS: [&str; 4] = ["http", "graphql", "grpc", "websocket"];

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/apis",
    summary: "An API that the gateway offers.",
    modelled: "2024-05-01",
    names: Names::Rule {
        min: 1,
        max: 256,
        accepts: |name| !name.contains(|c: char| "*#&+:<>?".contains(c)),
        rule: "none of `*#&+:<>?`",
    },
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    listing: Listing::Counted,
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Approximate("APIs of HTTP, GraphQL, gRPC and WebSocket only, no export"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/apis/example-api",
        body: r#"{"properties": {"displayName": "Example API", "path": "example", "protocols": ["http", "https"],
            "serviceUrl": "http://10.10.1.5"}}"#,
        patch: Some(r#"{"properties": {"displayName": "Another"}}"#),
        after: &[],
    }],
    defaults,
    check,
    provision: |draft| {
        api_revisions::copy_parts(draft)?;
        api_import::finish(draft);
        api_websocket::provision(draft);
        validation::compile(draft)
    },
    view: |_, _, shown| drop(take(shown, &["properties", "sourceApiId"])),
    removed,
    long_running: SLOW_DELETE,
    slow_delete_since: "2024-05-01",
    ..Definition::CHILD
};

fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    api_revisions::begin(draft)?;
    api_import::begin(draft)?;
    versions(draft)?;
    let name = api_revisions::split(draft.id.name()).0.to_owned();
    let body = &mut draft.body;
    // Requests say `apiType`, answers say `type`.
    let properties = body.get("properties").unwrap_or(&Value::Null);
    let socket = api_websocket::is_websocket(properties);
    if let Some(kind) = KINDS.into_iter().rev().find(|kind| is_of(properties, kind)) {
        take(body, &["properties", "apiType"]);
        set(body, &["properties", "type"], kind);
    }
    for field in ["isOnline", "provisioningState"] {
        take(body, &["properties", field]);
    }
    let path = text(body, &["properties", "path"]).unwrap_or_default().trim_matches('/').to_owned();
    set(body, &["properties", "path"], path);
    set_default(body, &["properties", "displayName"], name);
    set_default(body, &["properties", "protocols"], json!([if socket { "wss" } else { "https" }]));
    set_default(body, &["properties", "apiRevision"], "1");
    set_default(body, &["properties", "subscriptionRequired"], true);
    let names = ["properties", "subscriptionKeyParameterNames"];
    set_default(body, &[names[0], names[1], "header"], "Ocp-Apim-Subscription-Key");
    set_default(body, &[names[0], names[1], "query"], "subscription-key");
    set_default(body, &["properties", "authenticationSettings"], json!({"oAuth2": null, "openid": null}));
    for unset in [
        "description",
        "serviceUrl",
        "apiVersion",
        "apiVersionSetId",
        "contact",
        "license",
        "termsOfServiceUrl",
    ] {
        set_default(body, &["properties", unset], Value::Null);
    }
    Ok(())
}

/// Whether an API with these properties is one of GraphQL.
pub fn is_graphql(properties: &Value) -> bool {
    is_of(properties, "graphql")
}

/// What an API with these properties is called with; WebSocket is seen by its schemes.
pub fn kind(properties: &Value) -> apim::ApiKind {
    if is_graphql(properties) {
        apim::ApiKind::GraphQl
    } else if is_of(properties, "grpc") {
        apim::ApiKind::Grpc
    } else {
        apim::ApiKind::Http
    }
}

fn is_of(properties: &Value, kind: &str) -> bool {
    ["type", "apiType"]
        .iter()
        .any(|name| text(properties, &[*name]).is_some_and(|found| found.eq_ignore_ascii_case(kind)))
}

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let properties = draft.properties();
    validation::required(draft, "displayName", 300)?;
    for kind in ["type", "apiType"] {
        let known = |kind: &&str| KINDS.iter().any(|known| known.eq_ignore_ascii_case(kind));
        if let Some(other) = text(properties, &[kind]).filter(|kind| !known(kind)) {
            return Err(ErrorResponse::not_implemented(&format!("An API of the type {other}")));
        }
    }
    check_version(draft)?;
    api_websocket::check(properties)?;
    let path = text(properties, &["path"]).unwrap_or_default();
    if path.chars().count() > 400 || path.contains(|c: char| c.is_whitespace() || "?#{}".contains(c)) {
        return Err(validation::field(
            "path",
            "Path is not valid: at most 400 characters, no blanks, `?`, `#`, `{`, `}`.",
        ));
    }
    let twin = draft.tx.of_type(DEFINITION.name, draft.id.parent().as_ref()).find(|other| {
        let own = text(other.properties(), &["path"]).unwrap_or_default();
        let name = |id: &ResourceId| api_revisions::split(id.name()).0.to_ascii_lowercase();
        name(&other.id) != name(&draft.id)
            && own.eq_ignore_ascii_case(path)
            && !are_versions(properties, other.properties())
    });
    match twin {
        None => Ok(()),
        Some(twin) => {
            let name = |properties: &Value| text(properties, &["displayName"]).unwrap_or_default().to_owned();
            let message = format!(
                "Cannot create API '{}' with the same Path '{path}' as API '{}' unless it's a part of the same version set.",
                name(properties),
                name(twin.properties()),
            );
            Err(validation::field("path", message))
        }
    }
}

/// Two versions of one set.
fn are_versions(one: &Value, other: &Value) -> bool {
    let of = |properties| Some((text(properties, &["apiVersionSetId"])?, version_of(properties)));
    of(one).zip(of(other)).is_some_and(|((set, one), (same, other))| {
        set.eq_ignore_ascii_case(same) && !one.eq_ignore_ascii_case(other)
    })
}

/// The version that an API is; empty for the original.
pub fn version_of(properties: &Value) -> &str {
    text(properties, &["apiVersion"]).unwrap_or_default()
}

/// The id of the version set in full, whichever way the request gives it.
fn versions(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let inline = take(&mut draft.body, &["properties", "apiVersionSet"]);
    let own = text(draft.properties(), &["apiVersionSetId"]).map(str::to_owned);
    let given = own.or_else(|| text(inline.as_ref()?, &["id"]).map(str::to_owned));
    let (Some(given), Some(service)) = (given, draft.id.parent()) else {
        return match inline {
            Some(Value::Object(_)) => {
                Err(ErrorResponse::not_implemented("A version set that is made with its API"))
            }
            _ => Ok(()),
        };
    };
    let name = given.rsplit('/').next().unwrap_or_default();
    let set_id = service.child("apiVersionSets", name);
    let Some(found) = draft.tx.get(&set_id) else {
        let message = format!("API version set with specified ID '{name}' not found.");
        return Err(validation::field("apiVersionSetId", message));
    };
    set(&mut draft.body, &["properties", "apiVersionSetId"], found.id.as_str());
    Ok(())
}

fn check_version(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let properties = draft.properties();
    let version = version_of(properties);
    if !version.is_empty() && text(properties, &["apiVersionSetId"]).is_none() {
        return Err(validation::field("apiVersionSetId", "An API with a version needs a version set."));
    }
    if version.len() > 100 || !version.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c)) {
        let message =
            format!("The version '{version}' is not valid: letters, digits and `-._~`, at most 100.");
        return Err(validation::field("apiVersion", message));
    }
    Ok(())
}

/// The links of products and gateways to the API, the subscriptions to it and its other revisions go with it.
fn removed(removal: &mut Removal<'_, '_>) {
    let Some(service) = removal.resource.id.parent() else { return };
    if !api_revisions::is_current(&removal.resource) {
        return;
    }
    let name = removal.resource.id.name().to_owned();
    for revision in api_revisions::all(removal.tx, &service, &name).into_iter().skip(1) {
        removal.tx.remove_tree(&revision.id);
    }
    super::links::remove_to(removal, &[&super::product_apis::DEFINITION, &super::gateway_apis::DEFINITION]);
    super::subscriptions::remove_of_scope(removal.tx, &service, &apim::Scope::Api(name));
}
