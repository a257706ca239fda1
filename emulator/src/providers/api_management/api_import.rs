//! The import of a document with an API: <https://learn.microsoft.com/azure/api-management/import-api-from-oas>.
//!
//! The operations become those of the document; what an operation of the same name had, such as its policy, stays.
//!
//! **Differs from Azure:** OpenAPI and Swagger documents only, in the request or at a link, no WSDL, WADL or `OData`; an
//! import is done when it is answered.

use arm::ErrorResponse;
use serde_json::{Value, json};

use super::{api_operations, api_schemas};
use crate::engine::{Draft, Resource, array, set, set_default, take, text};
use crate::openapi::{self, Format};

/// Where the operations wait for the API to be stored.
const WAITING: [&str; 2] = ["properties", "imported"];

/// Reads the document of a request, and takes from it what the request leaves out.
pub fn begin(draft: &mut Draft<'_, '_>) -> Result<(), ErrorResponse> {
    let mut field = |name: &str| take(&mut draft.body, &["properties", name]);
    let (value, format) = (field("value"), field("format"));
    let required = field("translateRequiredQueryParameters");
    let (Some(value), Some(format)) =
        (value.as_ref().and_then(Value::as_str), format.as_ref().and_then(Value::as_str))
    else {
        return if value.is_some() || format.is_some() {
            Err(super::validation::field("value", "An import needs both 'format' and 'value'."))
        } else {
            Ok(())
        };
    };
    let Some(read) = Format::parse(format) else {
        return Err(ErrorResponse::not_implemented(&format!("The import of the format '{format}'")));
    };
    let in_template = required.as_ref().and_then(Value::as_str) != Some("query");
    let imported = openapi::read(read, value, in_template)?;
    for (name, found) in [
        ("displayName", &imported.title),
        ("description", &imported.description),
        ("serviceUrl", &imported.service_url),
    ] {
        if let Some(found) = found.as_deref().filter(|_| text(draft.properties(), &[name]).is_none()) {
            take(&mut draft.body, &["properties", name]);
            set_default(&mut draft.body, &["properties", name], found);
        }
    }
    set(&mut draft.body, &WAITING, imported.to_value());
    Ok(())
}

/// Makes the operations and schemas that the document has, once the API is stored.
pub fn finish(draft: &mut Draft<'_, '_>) {
    let Some(imported) = take(&mut draft.body, &WAITING) else { return };
    if let Some(stored) = draft.tx.get(&draft.id) {
        draft.tx.put(Resource { body: draft.body.clone(), ..stored.as_ref().clone() });
    }
    let operations = array(&imported, &["operations"]);
    let is_there = |name: &str| operations.iter().any(|operation| operation[0].as_str() == Some(name));
    for old in draft.tx.within(&api_operations::DEFINITION, Some(&draft.id)) {
        if !is_there(&old.id.name().to_ascii_lowercase()) {
            draft.tx.remove_tree(&old.id);
        }
    }
    let schema = imported.get("schema").filter(|schema| schema.is_array()).cloned();
    let parts = operations
        .iter()
        .map(|operation| ("operations", &api_operations::DEFINITION, operation))
        .chain(schema.iter().map(|schema| ("schemas", &api_schemas::DEFINITION, schema)));
    for (kind, definition, part) in parts {
        let id = draft.id.child(kind, part[0].as_str().unwrap_or_default());
        draft.put_part(id, definition, json!({"properties": part[1]}));
    }
    draft.changed = true;
}
