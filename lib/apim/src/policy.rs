//! Policy documents as they were saved.

/// A policy document at one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDocument {
    /// Where the document belongs, the source of its diagnostics: the ARM id of the policy resource.
    pub path: String,
    /// How the text is written.
    pub format: PolicyFormat,
    /// The author's text.
    pub text: String,
}

/// How a policy document's text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyFormat {
    /// Well-formed XML: expressions are escaped.
    Xml,
    /// Expressions stand unescaped in attributes and text.
    RawXml,
}
