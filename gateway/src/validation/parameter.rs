//! One parameter or header compared with what an operation declares of it.

use apim::Parameter;
use serde_json::Value;

use super::{Action, Finding, INTERNAL, Missing, Options, Schemas};

/// Where a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the query.
    Query,
    /// In the path.
    Path,
    /// In the request's head.
    RequestHeader,
    /// In the response's head.
    ResponseHeader,
}

/// A parameter as a message has it.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// Where it is.
    pub place: Place,
    /// The name.
    pub name: &'a str,
    /// What it says; more than one if it is there more than once.
    pub values: &'a [String],
}

impl Place {
    fn words(self) -> &'static str {
        match self {
            Self::Query => "query parameter",
            Self::Path => "path parameter",
            Self::RequestHeader | Self::ResponseHeader => "header",
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Query => "QueryParameter",
            Self::Path => "PathParameter",
            Self::RequestHeader => "RequestHeader",
            Self::ResponseHeader => "ResponseHeader",
        }
    }
}

/// What is wrong with a parameter; `None` if nothing is.
pub fn check(
    given: Given<'_>,
    declared: Option<&Parameter>,
    schemas: &Schemas,
    action: Action,
) -> Option<Finding> {
    let Given { place, name, values } = given;
    let words = place.words();
    let finding = |rule: &'static str, details: String, public: String| {
        let found = Finding { name: name.to_owned(), kind: place.kind(), rule, details, public, action };
        Some(if place == Place::ResponseHeader { found.of_response() } else { found })
    };
    let Some(declared) = declared else {
        let text = format!("Unspecified {words} {name} is not allowed.");
        return finding("Unspecified", text.clone(), text);
    };
    let wrong = |why: &str| {
        let details = format!("Value of the {words} {name} does not conform to the definition.\n\n{why}");
        let public = format!("The value of the {words} {name} does not conform to the definition.\n\n{why}");
        finding("IncorrectMessage", details, public)
    };
    let text = match values {
        [] if declared.required => return wrong("The value is required."),
        [] => return None,
        [only] => only,
        _ if declared.kind == "array" => return None,
        _ => {
            let message = if place == Place::ResponseHeader { "Response" } else { "Request" };
            let text = format!("{message} cannot contain multiple values for the {words} {name}.");
            return finding("IncorrectMessage", text.clone(), text);
        }
    };
    let value = match parsed(text, &declared.kind) {
        Ok(value) => value,
        Err(why) => {
            let details = format!(
                "Value of the {words} {name} cannot be parsed according to the definition. \n\n{why}"
            );
            let public = format!(
                "Value of the {words} {name} couldn't be parsed according to the definition. \n\n{why}"
            );
            return finding("IncorrectMessage", details, public);
        }
    };
    if !declared.values.is_empty() && !declared.values.contains(text) {
        return wrong(&format!("Value \"{text}\" is not defined in enum."));
    }
    let (schema, definition) = declared.schema.as_ref()?;
    let details = match schemas.check(schema, definition, Options::default(), &value) {
        Ok(found) => return found.first().and_then(|why| wrong(why)),
        Err(Missing::Schema) => "API's schema doesn't exist or it couldn't be resolved.".to_owned(),
        Err(Missing::Definitions) => "API schema does not specify definitions.".to_owned(),
        Err(Missing::Definition) => format!(
            "API's schema does not contain definition {definition}, which is associated with the {words} {name}."
        ),
        Err(Missing::Invalid(why)) => format!("{words} {name} cannot be validated.\n\n{why}"),
    };
    finding("MissingDefinition", details, INTERNAL.to_owned())
}

/// The value that a text is, for its type.
fn parsed(text: &str, kind: &str) -> Result<Value, String> {
    let read = |fits: fn(&Value) -> bool| {
        serde_json::from_str::<Value>(text.trim())
            .ok()
            .filter(fits)
            .ok_or_else(|| format!("Could not convert string to {kind}: {text}."))
    };
    match kind {
        "integer" => read(|value| value.is_i64() || value.is_u64()),
        "number" => read(Value::is_number),
        "boolean" => read(Value::is_boolean),
        "array" | "object" => Ok(serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))),
        _ => Ok(Value::from(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_compared_with_what_is_declared() {
        let parameter = |kind: &str, required: bool, values: &[&str]| Parameter {
            name: "p".to_owned(),
            kind: kind.to_owned(),
            required,
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            schema: None,
        };
        let check = |declared: Option<Parameter>, values: &[&str], expected: Option<&str>| {
            let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
            let given = Given { place: Place::Query, name: "p", values: &values };
            let found = super::check(given, declared.as_ref(), &Schemas::default(), Action::Prevent);
            assert_eq!(found.as_ref().map(|found| found.public.lines().next().unwrap_or_default()), expected);
        };
        check(None, &["1"], Some("Unspecified query parameter p is not allowed."));
        check(Some(parameter("integer", true, &[])), &["-7"], None);
        check(Some(parameter("integer", false, &[])), &[], None);
        check(
            Some(parameter("integer", true, &[])),
            &[],
            Some("The value of the query parameter p does not conform to the definition."),
        );
        check(
            Some(parameter("integer", true, &[])),
            &["x"],
            Some("Value of the query parameter p couldn't be parsed according to the definition. "),
        );
        check(
            Some(parameter("string", true, &[])),
            &["a", "b"],
            Some("Request cannot contain multiple values for the query parameter p."),
        );
        check(Some(parameter("string", true, &["a"])), &["a"], None);
        check(
            Some(parameter("string", true, &["a"])),
            &["b"],
            Some("The value of the query parameter p does not conform to the definition."),
        );
    }
}
