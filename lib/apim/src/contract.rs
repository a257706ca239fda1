//! What an operation declares of its messages, and the schemas that it refers to.

use serde::{Deserialize, Serialize};

/// What an operation declares of its requests and responses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contract {
    /// The parameters in the URL's template.
    pub template_parameters: Box<[Parameter]>,
    /// The parameters of the query.
    pub query_parameters: Box<[Parameter]>,
    /// The headers of requests.
    pub headers: Box<[Parameter]>,
    /// The bodies of requests.
    pub representations: Box<[Representation]>,
    /// The responses.
    pub responses: Box<[ResponseContract]>,
}

/// A parameter or a header.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameter {
    /// The name.
    pub name: String,
    /// The type, such as `string` or `integer`.
    pub kind: String,
    /// It must be there.
    pub required: bool,
    /// The values that it may have; any if there are none.
    pub values: Vec<String>,
    /// The schema that says what it may be, and the name in it.
    pub schema: Option<(String, String)>,
}

/// A body of a media type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Representation {
    /// The media type.
    pub content_type: String,
    /// The schema that says what it may be, and the name in it.
    pub schema: Option<(String, String)>,
    /// Examples: texts as they are, everything else as JSON.
    pub examples: Vec<String>,
}

/// A response.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResponseContract {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: Box<[Parameter]>,
    /// The bodies.
    pub representations: Box<[Representation]>,
}

/// A schema of an API or of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schema {
    /// The identifier.
    pub name: String,
    /// What it is: a media type, `json`, or `xml`.
    pub content_type: String,
    /// The document: JSON, unless it is for XML.
    pub document: String,
}
