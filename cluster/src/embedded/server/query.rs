//! Query parameters.

use std::collections::HashMap;

use super::status::Failure;

/// The parameters of a request.
#[derive(Debug, Default)]
pub struct Query(HashMap<String, String>);

/// What happens to fields that a kind does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldValidation {
    /// They are dropped.
    Ignore,
    /// They are dropped, and named in a `Warning` header.
    Warn,
    /// They are an error.
    Strict,
}

/// Whether a change is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// It is stored.
    Stored,
    /// It is checked and answered, but not stored.
    DryRun,
}

impl Query {
    /// Reads a query; of repeated parameters the first counts.
    pub fn parse(query: Option<&str>) -> Self {
        let mut parameters = HashMap::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            parameters.entry(name.into_owned()).or_insert_with(|| value.into_owned());
        }
        Self(parameters)
    }

    /// A parameter; empty if it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }

    /// A parameter that switches something on.
    pub fn on(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| matches!(value.as_str(), "" | "1" | "true" | "True"))
    }

    /// A number, `None` if it is not there.
    pub fn number(&self, name: &str) -> Result<Option<u64>, Failure> {
        match self.get(name) {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| {
                Failure::bad_request(format!(
                    "invalid value \"{text}\" for parameter {name}: a number is required"
                ))
            }),
        }
    }

    /// `fieldValidation`; `Warn` is the default, as in Kubernetes.
    pub fn field_validation(&self) -> Result<FieldValidation, Failure> {
        match self.get("fieldValidation") {
            "Ignore" => Ok(FieldValidation::Ignore),
            "" | "Warn" => Ok(FieldValidation::Warn),
            "Strict" => Ok(FieldValidation::Strict),
            other => Err(Failure::bad_request(format!(
                "fieldValidation: Unsupported value: \"{other}\": supported values: \"Ignore\", \"Warn\", \"Strict\""
            ))),
        }
    }

    /// `dryRun`.
    pub fn persistence(&self) -> Result<Persistence, Failure> {
        match self.get("dryRun") {
            "" => Ok(Persistence::Stored),
            "All" => Ok(Persistence::DryRun),
            other => Err(Failure::bad_request(format!(
                "dryRun: Unsupported value: \"{other}\": supported values: \"All\""
            ))),
        }
    }
}
