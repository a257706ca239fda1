//! The schemas of a document, and those that it writes where they are used.

use serde_json::{Map, Value, json};

use super::document::Document;
use super::names;

/// The name of the resource that holds them.
const NAME: &str = "openapi-components";

/// The schemas of an API.
pub struct Schemas {
    is_swagger: bool,
    named: Map<String, Value>,
}

impl Schemas {
    /// Those that a document names.
    pub fn new(document: &Document<'_>) -> Self {
        let named = if document.is_swagger {
            document.get("definitions")
        } else {
            document.get("components").get("schemas").unwrap_or(&Value::Null)
        };
        Self { is_swagger: document.is_swagger, named: named.as_object().cloned().unwrap_or_default() }
    }

    /// `schemaId` and `typeName` for a schema, which gets a name unless it is a reference to one that has.
    pub fn refer(
        &mut self,
        schema: &Value,
        (method, path, place): (&str, &str, &str),
    ) -> Option<(String, String)> {
        if schema.as_object().is_none_or(Map::is_empty) {
            return None;
        }
        let prefix = if self.is_swagger { "#/definitions/" } else { "#/components/schemas/" };
        let reference = schema.get("$ref").and_then(Value::as_str);
        if let Some(name) = reference.and_then(|reference| reference.strip_prefix(prefix)) {
            let name = name.replace("~1", "/").replace("~0", "~");
            return self.named.contains_key(&name).then(|| (NAME.to_owned(), name));
        }
        let name = names::type_name(method, path, place);
        self.named.insert(name.clone(), schema.clone());
        Some((NAME.to_owned(), name))
    }

    /// The resource that holds them: name and `properties`.
    pub fn finish(self) -> Option<(String, Value)> {
        if self.named.is_empty() {
            return None;
        }
        let properties = if self.is_swagger {
            json!({"contentType": "application/vnd.ms-azure-apim.swagger.definitions+json",
                "document": {"definitions": self.named}})
        } else {
            json!({"contentType": "application/vnd.oai.openapi.components+json",
                "document": {"components": {"schemas": self.named}}})
        };
        Some((NAME.to_owned(), properties))
    }
}
