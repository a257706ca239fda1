//! What an OpenAPI document says, as the resources of an API.
//!
//! <https://learn.microsoft.com/azure/api-management/api-management-api-import-restrictions> has the rules by which
//! operations are named and what is taken from a document.
//!
//! **Differs from Azure:** references to other documents are refused; security schemes, links and callbacks are not
//! read (Azure reads the first to propose a subscription key's name only in its portal).

mod document;
mod names;
mod operations;
mod schemas;
#[cfg(test)]
mod tests;

use arm::{ErrorDetail, ErrorResponse};
use serde_json::{Value, json};

use document::Document;
use schemas::Schemas;

/// The longest document that is read, in bytes.
const LENGTH: usize = 4 * 1024 * 1024;

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// OpenAPI 3, YAML (or JSON, which is YAML).
    OpenApi,
    /// OpenAPI 3, JSON.
    OpenApiJson,
    /// OpenAPI 2, JSON.
    SwaggerJson,
}

/// What a document says.
#[derive(Debug, PartialEq)]
pub struct Imported {
    /// The API's display name.
    pub title: Option<String>,
    /// What the API is.
    pub description: Option<String>,
    /// Where its requests go.
    pub service_url: Option<String>,
    /// The operations: name and `properties`.
    pub operations: Vec<(String, Value)>,
    /// The schemas that they refer to: name and `properties`.
    pub schema: Option<(String, Value)>,
}

impl Format {
    /// The format called `text` in a request; `None` for those that are not read.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "openapi" => Some(Self::OpenApi),
            "openapi+json" => Some(Self::OpenApiJson),
            "swagger-json" => Some(Self::SwaggerJson),
            _ => None,
        }
    }
}

/// Reads a document. `required_in_template` is Azure's default for query parameters that a request must have: they
/// become part of the URL template (`translateRequiredQueryParameters`).
///
/// # Errors
/// It is no such document, or refers to what is not in it.
pub fn read(format: Format, text: &str, required_in_template: bool) -> Result<Imported, ErrorResponse> {
    if text.len() > LENGTH {
        return Err(parsing("the document is longer than 4 MB"));
    }
    let root: Value = match format {
        Format::OpenApi => serde_saphyr::from_str(text).map_err(|error| parsing(&error.to_string()))?,
        Format::OpenApiJson | Format::SwaggerJson => {
            serde_json::from_str(text).map_err(|error| parsing(&error.to_string()))?
        }
    };
    let document = Document::new(&root)?;
    let mut schemas = Schemas::new(&document);
    let operations = operations::read(&document, &mut schemas, required_in_template)?;
    let info = root.get("info").unwrap_or(&Value::Null);
    let own = |name: &str| info.get(name).and_then(Value::as_str).map(str::to_owned);
    Ok(Imported {
        title: own("title").filter(|title| !title.is_empty()),
        description: own("description"),
        service_url: document.service_url(),
        operations,
        schema: schemas.finish(),
    })
}

impl Imported {
    /// As it waits in a draft for the API to be stored.
    pub fn to_value(&self) -> Value {
        json!({"operations": self.operations, "schema": self.schema})
    }
}

/// What Azure says of a document that it cannot read.
fn parsing(problem: &str) -> ErrorResponse {
    let mut detail = ErrorDetail::new("ValidationError", format!("Parsing error(s): {problem}"));
    detail.target = Some("representation".to_owned());
    ErrorResponse::new(400, "ValidationError", "One or more fields contain incorrect values:")
        .details(vec![detail])
}
