//! What policies have in common at all scopes.
//!
//! **Differs from Azure:** documents at links are fetched from this machine only, and not by templates.

use arm::ErrorResponse;
use serde_json::{Value, json};

use super::{policy_text, validation};
use crate::engine::{
    Answers, Call, Definition, Draft, Fidelity, Listing, Model, Names, Verb, set, set_default, text,
};

/// The longest policy document.
pub const MAX_LENGTH: usize = 256 * 1_024;

/// A policy at some scope.
pub const POLICY: Definition = Definition {
    modelled: "2024-05-01",
    names: Names::Fixed(&["policy"]),
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Delete],
    answers: Answers { found: 200, ..Definition::CHILD.answers },
    listing: Listing::Counted,
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Approximate("links lead to this machine only"),
    defaults: |draft| {
        set_default(&mut draft.body, &["properties", "format"], "xml");
        Ok(())
    },
    check,
    provision: validation::compile,
    ..Definition::CHILD
};

/// The body of every policy example.
pub const EXAMPLE: &str = r#"{"properties": {"format": "rawxml", "value": "<policies><inbound><base /></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"}}"#;

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let format = text(draft.properties(), &["format"]).unwrap_or_default();
    match format.to_ascii_lowercase().as_str() {
        "xml" | "rawxml" => {}
        "xml-link" | "rawxml-link" => {
            return Err(ErrorResponse::not_implemented(&format!("The policy format {format}")));
        }
        _ => return Err(validation::field("format", format!("The policy format '{format}' is not valid."))),
    }
    validation::required(draft, "value", MAX_LENGTH)
}

/// Shows the document in the format that the request asks for: `xml` unless it says otherwise.
pub fn in_format(call: &Call, body: &mut Value) {
    let wanted = call.query("format").filter(|_| call.method == http::Method::GET);
    let list = body.get_mut("value").and_then(Value::as_array_mut);
    match list {
        Some(items) => items.iter_mut().for_each(|item| convert(item, wanted)),
        None => convert(body, wanted),
    }
}

fn convert(policy: &mut Value, wanted: Option<&str>) {
    let stored_raw =
        text(policy, &["properties", "format"]).is_some_and(|format| format.eq_ignore_ascii_case("rawxml"));
    let wanted_raw = wanted.map_or(stored_raw, |wanted| wanted.eq_ignore_ascii_case("rawxml"));
    let Some(value) = text(policy, &["properties", "value"]).map(str::to_owned) else { return };
    let value = match (stored_raw, wanted_raw) {
        (true, false) => policy_text::escape(&value),
        (false, true) => policy_text::unescape(&value),
        _ => value,
    };
    set(policy, &["properties", "value"], value);
    set(policy, &["properties", "format"], json!(if wanted_raw { "rawxml" } else { "xml" }));
}
