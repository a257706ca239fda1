//! What is wrong with an object, as `422 Unprocessable Entity` tells it.

use serde_json::Value;

/// The problems of one object.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

/// A problem with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field's path.
    pub field: String,
    /// The kind of problem.
    pub reason: Reason,
    /// What is wrong.
    pub message: String,
}

/// The kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The value is not allowed.
    Invalid,
    /// The value is missing.
    Required,
    /// The value is not one of those that are known.
    NotSupported,
    /// There is such a value already.
    Duplicate,
}

impl Problems {
    /// The value of a field is not allowed.
    pub fn invalid(&mut self, field: impl Into<String>, value: &Value, why: &str) {
        self.add(field, Reason::Invalid, format!("Invalid value: {value}: {why}"));
    }

    /// The value of a field is missing.
    pub fn required(&mut self, field: impl Into<String>, why: &str) {
        let message = if why.is_empty() { "Required value".into() } else { format!("Required value: {why}") };
        self.add(field, Reason::Required, message);
    }

    /// The value of a field is none of these.
    pub fn not_supported(&mut self, field: impl Into<String>, value: &Value, known: &[&str]) {
        let known: Vec<String> = known.iter().map(|one| format!("\"{one}\"")).collect();
        let message = format!("Unsupported value: {value}: supported values: {}", known.join(", "));
        self.add(field, Reason::NotSupported, message);
    }

    /// The value of a field was given before.
    pub fn duplicate(&mut self, field: impl Into<String>, value: &Value) {
        self.add(field, Reason::Duplicate, format!("Duplicate value: {value}"));
    }

    /// All problems.
    pub fn into_vec(self) -> Vec<Problem> {
        self.0
    }

    fn add(&mut self, field: impl Into<String>, reason: Reason, message: String) {
        self.0.push(Problem { field: field.into(), reason, message });
    }
}

impl Reason {
    /// The reason of a cause.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "FieldValueInvalid",
            Self::Required => "FieldValueRequired",
            Self::NotSupported => "FieldValueNotSupported",
            Self::Duplicate => "FieldValueDuplicate",
        }
    }
}
