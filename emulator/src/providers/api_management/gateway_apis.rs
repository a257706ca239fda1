//! APIs of a self-hosted gateway: <https://learn.microsoft.com/rest/api/apimanagement/gateway-api>.
//!
//! A link has no properties of its own: it shows its API.

use super::links::LINK;
use super::{apis, product_apis};
use crate::engine::{Definition, Example, Fidelity, Model};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/gateways/apis",
    summary: "A self-hosted gateway serves an API.",
    names: apis::DEFINITION.names,
    feeds: &[Model::ApiManagement],
    fidelity: Fidelity::Faithful,
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/gateways/example-gateway/apis/example-api",
        body: r#"{"properties": {"provisioningState": "created"}}"#,
        patch: None,
        after: &["Microsoft.ApiManagement/service/apis"],
    }],
    check: product_apis::check,
    view: product_apis::view,
    ..LINK
};
