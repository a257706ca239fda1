//! Policy documents as they were saved, and what they refer to: fragments and named values.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A policy document at one scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyDocument {
    /// Where the document belongs, the source of its diagnostics: the ARM id of the policy resource.
    pub path: String,
    /// How the text is written.
    pub format: PolicyFormat,
    /// The author's text.
    pub text: String,
}

/// How a policy document's text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PolicyFormat {
    /// Well-formed XML: expressions are escaped.
    Xml,
    /// Expressions stand unescaped in attributes and text.
    RawXml,
}

/// A policy that documents may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDescription {
    /// The element's name.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// Where it may be.
    pub scopes: Vec<PolicyScope>,
}

/// What a policy document belongs to, from the broadest to the narrowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyScope {
    /// The whole service.
    Tenant,
    /// A product.
    Product,
    /// An API.
    Api,
    /// An operation.
    Operation,
}

/// A piece of policy that documents include by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fragment {
    /// The identifier in the service, which `include-fragment` names.
    pub name: String,
    /// The text, a `fragment` element.
    pub document: PolicyDocument,
}

/// A value that policies refer to as `{{name}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NamedValue {
    /// The name in double braces: the resource's display name.
    pub name: String,
    /// What stands there instead.
    pub value: Secret,
    /// The value must not be shown.
    pub secret: bool,
}

/// A text that may be secret. Its debug form does not show it; what gateways are told does.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Secret(String);

impl Secret {
    /// A secret with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}
