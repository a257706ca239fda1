//! A request of GraphQL over HTTP: a body of JSON, or the parameters of the query.
//! <https://graphql.github.io/graphql-over-http/draft/>

use serde_json::{Map, Value};

use crate::body::Body;
use crate::context::Message;

/// How many bytes a request may have.
pub const LARGEST: usize = 100 << 10;

/// What is asked.
#[derive(Debug)]
pub struct Request {
    /// The document.
    pub query: String,
    /// Which of its operations is meant.
    pub operation_name: Option<String>,
    /// What its variables are.
    pub variables: Map<String, Value>,
}

impl Request {
    /// What a message asks, once its body is collected; `None` if it asks nothing.
    pub fn of(message: &Message) -> Option<Self> {
        if let Body::Full(body) = &message.body {
            let Ok(Value::Object(mut body)) = serde_json::from_slice(body) else { return None };
            let mut text = |name: &str| match body.remove(name) {
                Some(Value::String(text)) => Some(text),
                _ => None,
            };
            let (query, operation_name) = (text("query")?, text("operationName"));
            return Some(Self { query, operation_name, variables: object(body.remove("variables")) });
        }
        let parameter = |wanted: &str| {
            let query = message.query.as_deref().unwrap_or_default();
            let found = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.into_owned())
        };
        let variables = parameter("variables").and_then(|text| serde_json::from_str(&text).ok());
        Some(Self {
            query: parameter("query")?,
            operation_name: parameter("operationName").filter(|name| !name.is_empty()),
            variables: object(variables),
        })
    }
}

fn object(value: Option<Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    }
}
