//! Operations of an API: <https://learn.microsoft.com/rest/api/apimanagement/api-operation>.

use arm::ErrorResponse;
use serde_json::{Value, json};

use super::validation;
use crate::engine::{Definition, Draft, Example, Fidelity, Listing, Model, Verb, array, set_default, text};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/apis/operations",
    summary: "A method on a URL template of an API.",
    modelled: "2024-05-01",
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Patch, Verb::Delete],
    listing: Listing::Counted,
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Faithful,
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/apis/example-api/operations/get",
        body: r#"{"properties": {"displayName": "get", "method": "GET", "urlTemplate": "/"}}"#,
        patch: Some(r#"{"properties": {"displayName": "Another"}}"#),
        after: &[],
    }],
    defaults: |draft| {
        let body = &mut draft.body;
        set_default(body, &["properties", "templateParameters"], json!([]));
        set_default(body, &["properties", "responses"], json!([]));
        set_default(body, &["properties", "description"], Value::Null);
        set_default(body, &["properties", "policies"], Value::Null);
        Ok(())
    },
    check,
    provision: validation::compile,
    ..Definition::CHILD
};

fn check(draft: &Draft<'_, '_>) -> Result<(), ErrorResponse> {
    validation::required(draft, "displayName", 300)?;
    validation::required(draft, "method", 100)?;
    validation::required(draft, "urlTemplate", 1_000)?;
    let properties = draft.properties();
    let method = text(properties, &["method"]).unwrap_or_default();
    if method != "*" && http::Method::from_bytes(method.as_bytes()).is_err() {
        return Err(validation::field("method", format!("The method '{method}' is not valid.")));
    }
    let template = text(properties, &["urlTemplate"]).unwrap_or_default();
    let declared = array(properties, &["templateParameters"]);
    for name in parameters(template)? {
        let known = declared.iter().any(|parameter| text(parameter, &["name"]) == Some(name));
        if !known {
            let message = format!(
                "All template parameters used in the UriTemplate must be defined in the Operation, and vice-versa: '{name}' is not defined."
            );
            return Err(validation::field("templateParameters", message));
        }
    }
    check_unique(draft, method, template)
}

/// The names in braces.
fn parameters(template: &str) -> Result<Vec<&str>, ErrorResponse> {
    let invalid =
        || validation::field("urlTemplate", format!("The URL template '{template}' has unmatched braces."));
    let mut names = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find(['{', '}']) {
        let inner = rest[open..].strip_prefix('{').ok_or_else(invalid)?;
        let close = inner.find(['{', '}']).filter(|at| inner[*at..].starts_with('}')).ok_or_else(invalid)?;
        let name = inner[..close].trim_start_matches('*').split('=').next().unwrap_or_default();
        if !name.is_empty() {
            names.push(name);
        }
        rest = &inner[close + 1..];
    }
    Ok(names)
}

fn check_unique(draft: &Draft<'_, '_>, method: &str, template: &str) -> Result<(), ErrorResponse> {
    let twin = draft.tx.of_type(DEFINITION.name, draft.id.parent().as_ref()).any(|other| {
        let own = |name: &str| text(other.properties(), &[name]).unwrap_or_default();
        other.id != draft.id && own("method").eq_ignore_ascii_case(method) && own("urlTemplate") == template
    });
    if !twin {
        return Ok(());
    }
    let message =
        format!("Operation with the same method and URL template already exists: {method}, {template}");
    Err(validation::field("urlTemplate", message))
}
