//! Documents at links, which are fetched when what they say is saved: policies (`xml-link`, `rawxml-link`) and imports of
//! APIs (`openapi-link`, `openapi+json-link`, `swagger-link-json`).
//! <https://learn.microsoft.com/rest/api/apimanagement/policy/create-or-update#policycontentformat>
//!
//! **Differs from Azure:** only what this machine or a virtual network's public address answers is fetched; Azure's words
//! for a document that cannot be had are not known. In templates of deployments a link is a text, not an expression, and
//! there are at most 100 of them; they are fetched before anything of the deployment is done.

use apim::DataPlane;
use arm::ErrorResponse;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::{policy, validation};
use crate::engine::{Call, Definition, set, text};
use crate::providers::resources::deployments;

/// How many links a template may have.
const LINKS: usize = 100;

/// How long the document of an API may be.
const LARGEST_API: usize = 4 << 20;

/// Puts documents in place of links to them: in a policy or an API, and in those of a template.
pub async fn resolve(
    data_plane: &dyn DataPlane,
    call: &mut Call,
    definition: &Definition,
) -> Result<(), ErrorResponse> {
    if call.method != Method::PUT {
        return Ok(());
    }
    if definition.name == deployments::DEFINITION.name {
        return resolve_template(data_plane, call).await;
    }
    let name = definition.name.to_ascii_lowercase();
    let Some(kind) = Linked::of(&name).filter(|_| name.starts_with("microsoft.apimanagement/service/"))
    else {
        return Ok(());
    };
    // What has no links is not read twice.
    if !has_links(call) {
        return Ok(());
    }
    let mut body = call.json()?;
    if resolve_one(data_plane, &mut body, kind).await? {
        call.body = Bytes::from(body.to_string());
    }
    Ok(())
}

/// The same for a deployment that is tried or done.
pub async fn resolve_template(data_plane: &dyn DataPlane, call: &mut Call) -> Result<(), ErrorResponse> {
    // What has no links is not read twice, and what is no JSON is refused elsewhere.
    if !has_links(call) {
        return Ok(());
    }
    let mut body = call.json()?;
    let mut found = Vec::new();
    links(&mut body, &mut found);
    if found.len() > LINKS {
        return Err(ErrorResponse::not_implemented(&format!("A template with more than {LINKS} links")));
    }
    for (resource, kind) in found {
        resolve_one(data_plane, resource, kind).await?;
    }
    call.body = Bytes::from(body.to_string());
    Ok(())
}

fn has_links(call: &Call) -> bool {
    call.body.windows(5).any(|bytes| bytes.eq_ignore_ascii_case(b"-link"))
}

/// What may be at a link.
#[derive(Clone, Copy)]
enum Linked {
    Policy,
    Api,
}

impl Linked {
    /// What a type of resources may have at links.
    fn of(kind: &str) -> Option<Self> {
        match kind.rsplit('/').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "policies" | "policyfragments" => Some(Self::Policy),
            "apis" => Some(Self::Api),
            _ => None,
        }
    }

    /// The format of a document at a link of this format.
    fn format(self, format: &str) -> Option<&'static str> {
        match (self, format.to_ascii_lowercase().as_str()) {
            (Self::Policy, "xml-link") => Some("xml"),
            (Self::Policy, "rawxml-link") => Some("rawxml"),
            (Self::Api, "openapi-link") => Some("openapi"),
            (Self::Api, "openapi+json-link") => Some("openapi+json"),
            (Self::Api, "swagger-link-json") => Some("swagger-json"),
            _ => None,
        }
    }
}

/// The resources of a template, and of templates in it, that have links.
fn links<'v>(value: &'v mut Value, found: &mut Vec<(&'v mut Value, Linked)>) {
    let kind = text(value, &["type"]).and_then(Linked::of).filter(|kind| link(value, *kind).is_some());
    if let Some(kind) = kind {
        return found.push((value, kind));
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| links(item, found)),
        Value::Object(object) => object.values_mut().for_each(|item| links(item, found)),
        _ => {}
    }
}

/// The format of the document that a resource links to, and where it is; expressions of templates are neither.
fn link(resource: &Value, kind: Linked) -> Option<(&'static str, String)> {
    let format = kind.format(text(resource, &["properties", "format"])?)?;
    let url = text(resource, &["properties", "value"]).filter(|url| !url.starts_with('['))?;
    Some((format, url.to_owned()))
}

/// Puts the document in place of the link to it; whether there was one.
async fn resolve_one(
    data_plane: &dyn DataPlane,
    body: &mut Value,
    kind: Linked,
) -> Result<bool, ErrorResponse> {
    let Some((format, url)) = link(body, kind) else { return Ok(false) };
    validation::url(&json!({ "value": url }), "value")?;
    let (what, most) = match kind {
        Linked::Policy => ("policy", policy::MAX_LENGTH),
        Linked::Api => ("API", LARGEST_API),
    };
    let document = data_plane.read(&url, most).await.map_err(|why| {
        validation::field("value", format!("The {what} document cannot be downloaded from the link: {why}."))
    })?;
    set(body, &["properties", "value"], document);
    set(body, &["properties", "format"], format);
    Ok(true)
}
