//! Policies at links: `xml-link` and `rawxml-link` name a document, which is fetched when the policy is saved.
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

/// Puts documents in place of links to them: in a policy, and in the policies of a template.
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
    if !name.starts_with("microsoft.apimanagement/service/") || !holds_policy(&name) {
        return Ok(());
    }
    let mut body = call.json()?;
    if resolve_one(data_plane, &mut body).await? {
        call.body = Bytes::from(body.to_string());
    }
    Ok(())
}

/// The same for a deployment that is tried or done.
pub async fn resolve_template(data_plane: &dyn DataPlane, call: &mut Call) -> Result<(), ErrorResponse> {
    // What has no links is not read twice, and what is no JSON is refused elsewhere.
    if !call.body.windows(5).any(|bytes| bytes.eq_ignore_ascii_case(b"-link")) {
        return Ok(());
    }
    let mut body = call.json()?;
    let mut found = Vec::new();
    policies(&mut body, &mut found);
    if found.len() > LINKS {
        return Err(ErrorResponse::not_implemented(&format!("A template with more than {LINKS} links")));
    }
    for policy in found {
        resolve_one(data_plane, policy).await?;
    }
    call.body = Bytes::from(body.to_string());
    Ok(())
}

fn holds_policy(kind: &str) -> bool {
    let last = kind.rsplit('/').next().unwrap_or_default();
    last.eq_ignore_ascii_case("policies") || last.eq_ignore_ascii_case("policyFragments")
}

/// The resources of a template, and of templates in it, that are policies at links.
fn policies<'v>(value: &'v mut Value, found: &mut Vec<&'v mut Value>) {
    if text(value, &["type"]).is_some_and(holds_policy) && link(value).is_some() {
        return found.push(value);
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| policies(item, found)),
        Value::Object(object) => object.values_mut().for_each(|item| policies(item, found)),
        _ => {}
    }
}

/// The format of the document that a policy links to, and where it is; expressions of templates are neither.
fn link(policy: &Value) -> Option<(String, String)> {
    let format = text(policy, &["properties", "format"])?.to_ascii_lowercase();
    let format = format.strip_suffix("-link").filter(|format| matches!(*format, "xml" | "rawxml"))?;
    let url = text(policy, &["properties", "value"]).filter(|url| !url.starts_with('['))?;
    Some((format.to_owned(), url.to_owned()))
}

/// Puts the document in place of the link to it; whether there was one.
async fn resolve_one(data_plane: &dyn DataPlane, body: &mut Value) -> Result<bool, ErrorResponse> {
    let Some((format, url)) = link(body) else { return Ok(false) };
    validation::url(&json!({ "value": url }), "value")?;
    let document = data_plane.read(&url, policy::MAX_LENGTH).await.map_err(|why| {
        validation::field("value", format!("The policy document cannot be downloaded from the link: {why}."))
    })?;
    set(body, &["properties", "value"], document);
    set(body, &["properties", "format"], format);
    Ok(true)
}
