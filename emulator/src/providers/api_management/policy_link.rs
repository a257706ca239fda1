//! Policies at links: `xml-link` and `rawxml-link` name a document, which is fetched when the policy is saved.
//! <https://learn.microsoft.com/rest/api/apimanagement/policy/create-or-update#policycontentformat>
//!
//! **Differs from Azure:** only what this machine or a virtual network's public address answers is fetched; Azure's words
//! for a document that cannot be had are not known. Templates of deployments cannot hold links.

use apim::DataPlane;
use arm::ErrorResponse;
use bytes::Bytes;
use http::Method;
use serde_json::json;

use super::{policy, validation};
use crate::engine::{Call, Definition, set, text};

/// Puts the document in place of the link to it.
pub async fn resolve(
    data_plane: &dyn DataPlane,
    call: &mut Call,
    definition: &Definition,
) -> Result<(), ErrorResponse> {
    let name = definition.name.to_ascii_lowercase();
    let is_policy = name.starts_with("microsoft.apimanagement/service/")
        && (name.ends_with("/policies") || name.ends_with("/policyfragments"));
    if call.method != Method::PUT || !is_policy {
        return Ok(());
    }
    let mut body = call.json()?;
    let format = text(&body, &["properties", "format"]).unwrap_or_default().to_ascii_lowercase();
    let Some(format) = format.strip_suffix("-link").filter(|format| matches!(*format, "xml" | "rawxml"))
    else {
        return Ok(());
    };
    let Some(url) = text(&body, &["properties", "value"]).map(str::to_owned) else { return Ok(()) };
    validation::url(&json!({ "value": url }), "value")?;
    let document = data_plane.read(&url, policy::MAX_LENGTH).await.map_err(|why| {
        validation::field("value", format!("The policy document cannot be downloaded from the link: {why}."))
    })?;
    set(&mut body, &["properties", "value"], document);
    set(&mut body, &["properties", "format"], format.to_owned());
    call.body = Bytes::from(body.to_string());
    Ok(())
}
