//! The operations of the APIs: <https://learn.microsoft.com/rest/api/apimanagement/api-operation/create-or-update>.

use cloud::Node;
use serde_json::{Value, json};

use super::{Context, child};
use crate::model::Operation;

pub(super) fn nodes(context: &Context) -> Vec<Node> {
    let Some((service, id)) = context.service() else { return Vec::new() };
    let mut nodes = Vec::new();
    for api in &service.apis {
        let api_key = format!("api/{}", *api.name);
        let api_id = id.child("apis", &api.name);
        for operation in &api.operations {
            let key = format!("operation/{}/{}", *api.name, *operation.name);
            let title = format!("operation {} of API {}", *operation.name, *api.name);
            let operation_id = api_id.child("operations", &operation.name);
            nodes.push(
                child(key, title, &operation_id).body(body(operation)).depends([api_key.as_str()]).done(),
            );
        }
    }
    nodes
}

fn body(operation: &Operation) -> Value {
    let responses: Vec<Value> =
        operation.responses.iter().map(|status| json!({"statusCode": status})).collect();
    let parameters: Vec<Value> = template_parameters(&operation.url_template)
        .map(|name| json!({"name": name, "type": "string", "required": true}))
        .collect();
    json!({"properties": {
        "displayName": operation.display_name,
        "method": *operation.method,
        "urlTemplate": *operation.url_template,
        "templateParameters": parameters,
        "responses": responses,
    }})
}

/// The names within braces; `{*rest}` is the parameter `rest`.
fn template_parameters(template: &str) -> impl Iterator<Item = &str> {
    let pieces = template.split('{').skip(1);
    pieces.filter_map(|piece| piece.split_once('}')).map(|(name, _)| name.trim_start_matches('*'))
}
