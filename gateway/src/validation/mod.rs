//! What the policies `validate-*` have in common: what they do about what they find, and the schemas that they ask.
//! <https://learn.microsoft.com/azure/api-management/validation-policies>
//!
//! **Differs from Azure:** a schema's own words are those of this program's validator, followed by the path of what is
//! wrong: there they are Json.NET's, followed by line and position.

mod parameter;
mod sample;
mod schema;
mod xml;

use std::sync::Arc;

use http::StatusCode;
use serde_json::json;

use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::Flow;
use crate::value::Typed;

pub use parameter::{Given, Place, check as check_parameter};
pub use schema::{Missing, Options, Schemas};
pub use xml::{Markup, XmlSchemas};

/// What the client is told when it is not to blame.
pub const INTERNAL: &str =
    "The request could not be processed due to an internal error. Contact the API owner.";

/// What happens to what does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Nothing; nobody looks.
    Ignore,
    /// The request ends.
    Prevent,
    /// It is written down.
    Detect,
}

/// What does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The parameter, header, media type or status.
    pub name: String,
    /// What it is, such as `QueryParameter`.
    pub kind: &'static str,
    /// The rule that it breaks.
    pub rule: &'static str,
    /// What is wrong.
    pub details: String,
    /// What the client is told.
    pub public: String,
    /// What happens.
    pub action: Action,
}

impl Action {
    /// Reads it.
    pub fn read(text: &str) -> Result<Self, String> {
        match text {
            "ignore" => Ok(Self::Ignore),
            "prevent" => Ok(Self::Prevent),
            "detect" => Ok(Self::Detect),
            _ => Err("it is none of 'ignore', 'prevent', 'detect'".to_owned()),
        }
    }
}

/// Actions for what has a name, and for the rest.
#[derive(Debug)]
pub struct Named {
    specified: Typed<Action>,
    unspecified: Typed<Action>,
    exceptions: Vec<(Typed<Arc<str>>, Typed<Action>)>,
}

impl Named {
    /// Reads two attributes of an element and its children with `name` and `action`.
    pub fn compile(element: &Element, attributes: [&str; 2], compiler: &mut Compiler<'_>) -> Self {
        let [specified, unspecified] = attributes;
        let specified = compiler.required(element, specified, Action::read);
        // Path parameters are all specified.
        let unspecified = compiler.typed(element, unspecified, Action::read);
        let exceptions =
            element.elements().filter(|child| child.attribute("action").is_some()).map(|child| {
                let name = compiler.required(child, "name", crate::value::plain);
                (name, compiler.required(child, "action", Action::read))
            });
        let exceptions = exceptions.collect();
        Self { specified, unspecified: unspecified.unwrap_or(Typed::Fixed(Action::Ignore)), exceptions }
    }

    /// What happens to something, which the API declares or not.
    pub fn action(&self, exchange: &mut Exchange, name: &str, declared: bool) -> Result<Action, LastError> {
        for (known, action) in &self.exceptions {
            if known.get(exchange)?.eq_ignore_ascii_case(name) {
                return action.get(exchange);
            }
        }
        if declared { self.specified.get(exchange) } else { self.unspecified.get(exchange) }
    }
}

/// Does what is to be done about what was found.
///
/// # Errors
/// Something was found that must not be.
pub fn conclude(
    exchange: &mut Exchange,
    policy: &'static str,
    variable: Option<&Arc<str>>,
    found: Vec<Finding>,
) -> Result<Flow, LastError> {
    let mut found = found;
    found.retain(|finding| finding.action != Action::Ignore);
    if found.is_empty() {
        return Ok(Flow::Continue);
    }
    for finding in &found {
        exchange.trace(format!("{policy}: {}", finding.details));
    }
    if let Some(variable) = variable {
        let errors: Vec<_> = found.iter().map(Finding::json).collect();
        let errors = expression::json(&json!(errors).to_string()).unwrap_or(expression::Value::Null);
        exchange.set_variable(variable, errors);
    }
    let (status, reason) = match exchange.response {
        None => (StatusCode::BAD_REQUEST, Reason::BadRequest),
        Some(_) => (StatusCode::BAD_GATEWAY, Reason::ResponseNotAllowed),
    };
    match found.into_iter().find(|finding| finding.action == Action::Prevent) {
        None => Ok(Flow::Continue),
        Some(finding) => {
            let error = LastError::new(Source::Policy(policy), reason, finding.details);
            Err(error.answered(status, finding.public))
        }
    }
}

impl Finding {
    /// A finding in a response: the client learns nothing of it.
    pub fn of_response(self) -> Self {
        Self { public: INTERNAL.to_owned(), ..self }
    }

    fn json(&self) -> serde_json::Value {
        let action = if self.action == Action::Prevent { "prevent" } else { "detect" };
        json!({
            "Name": self.name,
            "Type": self.kind,
            "ValidationRule": self.rule,
            "Details": self.details,
            "Action": action,
        })
    }
}

/// The variable that an element names for what it finds.
pub fn variable(element: &Element, attribute: &str) -> Option<Arc<str>> {
    element.attribute(attribute).filter(|name| !name.is_empty()).map(Arc::from)
}
