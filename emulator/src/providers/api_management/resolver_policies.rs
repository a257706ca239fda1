//! The policy of a resolver, which is its data source:
//! <https://learn.microsoft.com/rest/api/apimanagement/graph-ql-api-resolver-policy>.

use super::policy::POLICY;
use crate::engine::{Definition, Example};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/apis/resolvers/policies",
    summary: "The data source of a resolver.",
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/apis/example-api/resolvers/books/policies/policy",
        body: r#"{"properties": {"format": "rawxml", "value": "<http-data-source><http-request><set-method>GET</set-method><set-url>http://10.10.1.5/books</set-url></http-request></http-data-source>"}}"#,
        patch: None,
        after: &[],
    }],
    ..POLICY
};
