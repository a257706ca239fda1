//! A document, and what its references lead to.

use arm::ErrorResponse;
use serde_json::Value;

use super::parsing;

/// The most references that lead to references.
const DEPTH: usize = 16;

/// An OpenAPI document.
pub struct Document<'d> {
    root: &'d Value,
    /// Version 2, also called Swagger.
    pub is_swagger: bool,
}

impl<'d> Document<'d> {
    /// The document with this root.
    ///
    /// # Errors
    /// It names no version that is known.
    pub fn new(root: &'d Value) -> Result<Self, ErrorResponse> {
        let version = |name: &str| root.get(name).map(|version| version.as_str().unwrap_or("a number"));
        let is_swagger = match (version("openapi"), version("swagger")) {
            (Some(version), _) if version.starts_with("3.") => false,
            (None, Some("2.0")) => true,
            (Some(other), _) | (None, Some(other)) => {
                return Err(parsing(&format!("OpenAPI {other} is not supported: use 2.0, 3.0 or 3.1")));
            }
            (None, None) => return Err(parsing("the document has neither `openapi` nor `swagger`")),
        };
        Ok(Self { root, is_swagger })
    }

    /// What stands under a name of the document.
    pub fn get(&self, name: &str) -> &'d Value {
        self.root.get(name).unwrap_or(&Value::Null)
    }

    /// What a value means: itself, or what its `$ref` leads to.
    ///
    /// # Errors
    /// The reference leads to another document, to nothing or round and round.
    pub fn resolve(&self, mut value: &'d Value) -> Result<&'d Value, ErrorResponse> {
        for _ in 0..DEPTH {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return Ok(value) };
            let Some(pointer) = reference.strip_prefix('#') else {
                return Err(parsing(&format!("the reference `{reference}` leads out of the document")));
            };
            value = self
                .root
                .pointer(pointer)
                .ok_or_else(|| parsing(&format!("the reference `{reference}` leads to nothing")))?;
        }
        Err(parsing("a reference leads to itself"))
    }

    /// What a value means, if that can be said, and else the value itself.
    pub fn resolve_or<'v>(&'v self, value: &'v Value) -> &'v Value {
        let reference = value.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'));
        reference.and_then(|pointer| self.root.pointer(pointer)).unwrap_or(value)
    }

    /// Where requests go: the first server, if it is a whole URL.
    pub fn service_url(&self) -> Option<String> {
        if self.is_swagger {
            let host = self.get("host").as_str()?;
            let schemes = self.get("schemes").as_array().into_iter().flatten().filter_map(Value::as_str);
            let scheme = schemes.min_by_key(|scheme| *scheme != "https").unwrap_or("https");
            let base = self.get("basePath").as_str().unwrap_or_default().trim_end_matches('/');
            return Some(format!("{scheme}://{host}{base}"));
        }
        let server = self.get("servers").get(0)?;
        let mut url = server.get("url")?.as_str()?.to_owned();
        for (name, variable) in server.get("variables").and_then(Value::as_object).into_iter().flatten() {
            let default = variable.get("default").and_then(Value::as_str).unwrap_or_default();
            url = url.replace(&format!("{{{name}}}"), default);
        }
        let whole = url.starts_with("http://") || url.starts_with("https://");
        whole.then(|| url.trim_end_matches('/').to_owned())
    }
}
