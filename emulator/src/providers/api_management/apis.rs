//! APIs: <https://learn.microsoft.com/rest/api/apimanagement/apis>.
//!
//! `apis/{name}` and `apis/{name};rev=1` are one resource.
//!
//! **Differs from Azure:** one revision; no import of documents; SOAP, GraphQL and WebSocket APIs are refused.

use arm::{ErrorResponse, ResourceId};
use serde_json::{Value, json};

use super::validation;
use crate::engine::{
    Call, Definition, Draft, Example, Fidelity, Listing, Model, Names, Removal, Verb, array, set,
    set_default, text,
};

/// What marks a revision in a path segment.
const REVISION: &str = ";rev=";

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
    fidelity: Fidelity::Approximate("one revision; HTTP APIs only; no import"),
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/apis/example-api",
        body: r#"{"properties": {"displayName": "Example API", "path": "example", "protocols": ["http", "https"],
            "serviceUrl": "http://10.10.1.5"}}"#,
        patch: Some(r#"{"properties": {"displayName": "Another"}}"#),
        after: &[],
    }],
    defaults,
    check,
    provision: validation::compile,
    removed,
    ..Definition::CHILD
};

fn defaults(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let name = draft.id.name().to_owned();
    let body = &mut draft.body;
    if text(body, &["properties", "value"]).is_some() || text(body, &["properties", "format"]).is_some() {
        return Err(ErrorResponse::not_implemented("The import of an API document"));
    }
    if text(body, &["properties", "sourceApiId"]).is_some() {
        return Err(ErrorResponse::not_implemented("A copy or a revision of an API"));
    }
    for field in ["isOnline", "provisioningState"] {
        crate::engine::take(body, &["properties", field]);
    }
    let path = text(body, &["properties", "path"]).unwrap_or_default().trim_matches('/').to_owned();
    set(body, &["properties", "path"], path);
    set_default(body, &["properties", "displayName"], name);
    set_default(body, &["properties", "protocols"], json!(["https"]));
    set_default(body, &["properties", "apiRevision"], "1");
    set(body, &["properties", "isCurrent"], true);
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

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let properties = draft.properties();
    if draft.id.name().contains(REVISION) {
        return Err(ErrorResponse::not_implemented("An API revision other than 1"));
    }
    validation::required(draft, "displayName", 300)?;
    for kind in ["type", "apiType"] {
        if let Some(other) = text(properties, &[kind]).filter(|kind| !kind.eq_ignore_ascii_case("http")) {
            return Err(ErrorResponse::not_implemented(&format!("An API of the type {other}")));
        }
    }
    if let Some(set) = text(properties, &["apiVersionSetId"]) {
        return Err(ErrorResponse::not_implemented(&format!("The API version set {set}")));
    }
    for scheme in array(properties, &["protocols"]) {
        match scheme.as_str().map(str::to_lowercase).as_deref() {
            Some("http" | "https") => {}
            Some(other @ ("ws" | "wss")) => {
                return Err(ErrorResponse::not_implemented(&format!("The protocol {other}")));
            }
            _ => return Err(validation::field("protocols", format!("The protocol {scheme} is not valid."))),
        }
    }
    validation::url(properties, "serviceUrl")?;
    let path = text(properties, &["path"]).unwrap_or_default();
    if path.chars().count() > 400 || path.contains(|c: char| c.is_whitespace() || "?#{}".contains(c)) {
        return Err(validation::field(
            "path",
            "Path is not valid: at most 400 characters, no blanks, `?`, `#`, `{`, `}`.",
        ));
    }
    let twin = draft.tx.of_type(DEFINITION.name, draft.id.parent().as_ref()).find(|other| {
        let own = text(other.properties(), &["path"]).unwrap_or_default();
        other.id != draft.id && own.eq_ignore_ascii_case(path)
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

/// The links of products to the API, and the subscriptions to it, go with it.
fn removed(removal: &mut Removal<'_, '_>) {
    let Some(service) = removal.resource.id.parent() else { return };
    let name = removal.resource.id.name();
    let links: Vec<ResourceId> = removal
        .tx
        .of_type(super::product_apis::DEFINITION.name, Some(&service))
        .filter(|link| link.id.name().eq_ignore_ascii_case(name))
        .map(|link| link.id.clone())
        .collect();
    for id in links {
        removal.tx.remove(&id);
    }
    super::subscriptions::remove_of_scope(removal.tx, &service, &apim::Scope::Api(name.to_owned()));
}

/// The path with `;rev=1` taken out of the name of an API.
pub fn without_current_revision(path: &str) -> String {
    if !path.contains(REVISION) {
        return path.to_owned();
    }
    let mut after_apis = false;
    let segments = path.split('/').map(|segment| {
        let name = if after_apis { segment.strip_suffix(";rev=1").unwrap_or(segment) } else { segment };
        after_apis = segment.eq_ignore_ascii_case("apis");
        name
    });
    segments.collect::<Vec<_>>().join("/")
}

/// A client that asks for `name;rev=1` reads that name.
pub fn under_asked_name(call: &Call, id: &ResourceId, body: &mut Value) {
    let Some(asked) =
        call.segments().last().filter(|last| last.contains(REVISION)).map(|last| (*last).to_owned())
    else {
        return;
    };
    if let Some(parent) = id.parent() {
        set(body, &["id"], format!("{parent}/apis/{asked}"));
        set(body, &["name"], asked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_revision_is_the_api_itself() {
        for (path, expected) in [
            ("/s/apis/a;rev=1", "/s/apis/a"),
            ("/s/apis/a;rev=1/operations/o", "/s/apis/a/operations/o"),
            ("/s/apis/a;rev=2", "/s/apis/a;rev=2"),
            ("/s/products/a;rev=1", "/s/products/a;rev=1"),
        ] {
            assert_eq!(without_current_revision(path), expected);
        }
    }
}
