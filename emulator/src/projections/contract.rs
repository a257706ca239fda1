//! What operations declare of their messages, as the gateway knows it.

use apim::{Contract, Parameter, Representation, ResponseContract, Schema};
use serde_json::Value;

use crate::engine::{Resource, array, property, text};

/// What an operation with these properties declares.
pub fn contract(properties: &Value) -> Contract {
    let request = property(properties, &["request"]);
    Contract {
        template_parameters: parameters(properties, "templateParameters"),
        query_parameters: parameters(request, "queryParameters"),
        headers: parameters(request, "headers"),
        representations: representations(request),
        responses: array(properties, &["responses"]).iter().filter_map(response).collect(),
    }
}

/// A schema of an API or of a service.
pub fn schema(resource: &Resource) -> Schema {
    let properties = resource.properties();
    let content_type = text(properties, &["contentType"]).or_else(|| text(properties, &["schemaType"]));
    // An API's schema is a text in the document, or one of its two parts; a service's is the document itself.
    let document = match (property(properties, &["document"]), property(properties, &["value"])) {
        (Value::Object(document), _) => match document.get("value") {
            Some(Value::String(text)) => text.clone(),
            _ => Value::Object(document.clone()).to_string(),
        },
        (_, Value::String(text)) => text.clone(),
        (_, value) => value.to_string(),
    };
    let content_type = content_type.unwrap_or_default().to_owned();
    Schema { name: resource.id.name().to_owned(), content_type, document }
}

fn response(found: &Value) -> Option<ResponseContract> {
    let status = property(found, &["statusCode"]).as_u64()?;
    Some(ResponseContract {
        status: u16::try_from(status).ok()?,
        headers: parameters(found, "headers"),
        representations: representations(found),
    })
}

fn parameters(of: &Value, name: &str) -> Box<[Parameter]> {
    let parameter = |found: &Value| Parameter {
        name: text(found, &["name"]).unwrap_or_default().to_owned(),
        kind: text(found, &["type"]).unwrap_or_default().to_owned(),
        required: property(found, &["required"]).as_bool().unwrap_or(false),
        values: array(found, &["values"]).iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        schema: reference(found),
    };
    array(of, &[name]).iter().map(parameter).collect()
}

fn representations(of: &Value) -> Box<[Representation]> {
    let example = |found: &Value| match property(found, &["value"]) {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let representation = |found: &Value| {
        let examples = property(found, &["examples"]).as_object();
        Representation {
            content_type: text(found, &["contentType"]).unwrap_or_default().to_owned(),
            schema: reference(found),
            examples: examples.into_iter().flatten().filter_map(|(_, found)| example(found)).collect(),
        }
    };
    array(of, &["representations"]).iter().map(representation).collect()
}

fn reference(found: &Value) -> Option<(String, String)> {
    let schema = text(found, &["schemaId"])?;
    Some((schema.to_owned(), text(found, &["typeName"]).unwrap_or_default().to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_operation_declares_is_told() {
        let found = contract(&json!({
            "templateParameters": [{"name": "id", "type": "integer", "required": true}],
            "request": {
                "queryParameters": [{"name": "q", "type": "string", "values": ["a", "b"], "schemaId": "s", "typeName": "Q"}],
                "representations": [{"contentType": "application/json", "schemaId": "s", "typeName": "Pet"}]
            },
            "responses": [{"statusCode": 200, "headers": [{"name": "X"}], "representations": [
                {"contentType": "text/plain", "examples": {"default": {"value": "hi"}, "more": {"value": {"a": 1}}}}
            ]}, {"description": "no status"}]
        }));
        assert_eq!(found.template_parameters[0].kind, "integer");
        assert!(found.template_parameters[0].required);
        assert_eq!(found.query_parameters[0].values, ["a", "b"]);
        assert_eq!(found.query_parameters[0].schema, Some(("s".to_owned(), "Q".to_owned())));
        assert_eq!(found.representations[0].content_type, "application/json");
        assert_eq!(found.responses.len(), 1);
        assert_eq!(found.responses[0].representations[0].examples, ["hi", "{\"a\":1}"]);
        assert_eq!(contract(&json!({})), Contract::default());
    }
}
