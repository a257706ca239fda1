//! Versions of an API: <https://learn.microsoft.com/azure/api-management/api-management-versions>.

use serde::{Deserialize, Serialize};

/// Which version of which set an API is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiVersion {
    /// What requests ask for; empty for the original, which is called without a version.
    pub name: String,
    /// The identifier of the set that tells its versions apart in one way.
    pub set: String,
    /// How requests say which version they want.
    pub scheme: VersioningScheme,
}

/// How requests say which version they want.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum VersioningScheme {
    /// In a segment of the path, after the API's own.
    Segment,
    /// In the header with this name.
    Header(String),
    /// In the query parameter with this name.
    Query(String),
}
