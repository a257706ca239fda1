//! What a policy says in an attribute or between its tags: a literal, or an expression that is evaluated for each
//! request.
//! <https://learn.microsoft.com/azure/api-management/api-management-policy-expressions>
//!
//! **Differs from Azure:** an expression may take some steps and some memory, so that it ends alike on all machines; should
//! the steps say too little, it ends after a fifth of a second. One that lasts leaves the requests that wait for its
//! thread to another thread. Where a value stands for a number or a condition, its type is checked when it is there.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use diagnostic::Position;
use expression::{Environment, Expression, Failure, Form, Limits, Part, Str, Type};
use http::HeaderName;

use crate::context::{Evaluation, Exchange};
use crate::error::{LastError, Reason, Source};
use crate::trace::{self, Evaluated};

/// The value of a variable.
pub type Variable = expression::Value;

/// What an author wrote where a value stands.
#[derive(Debug, Clone)]
pub enum Value {
    /// This text.
    Literal(Arc<str>),
    /// What this says about a request.
    Expression(Arc<Written>),
}

/// An expression in a document.
#[derive(Debug)]
pub struct Written {
    expression: Expression,
    code: String,
    form: Form,
    result: Option<Type>,
    position: Position,
    /// The same, telling the values of its parts; made when the first trace wants it.
    telling: OnceLock<Option<Expression>>,
}

impl Written {
    /// What was compiled from this code at this place.
    pub fn new(
        expression: Expression,
        (code, form, result): (String, Form, Option<Type>),
        position: Position,
    ) -> Self {
        Self { expression, code, form, result, position, telling: OnceLock::new() }
    }

    fn telling(&self) -> &Expression {
        let made = self.telling.get_or_init(|| {
            let environment = Environment { result: self.result.clone(), parts: true };
            expression::compile(&self.code, self.form, &environment).ok()
        });
        made.as_ref().unwrap_or(&self.expression)
    }

    /// The value, and what a trace says of it.
    fn explain(&self, host: &Evaluation<'_>, exchange: &Exchange) -> (Result<Variable, Failure>, Evaluated) {
        let (outcome, parts) = self.telling().explain(host, &Limits::default());
        let part = |part: Part| {
            let text = self.code.get(part.at).unwrap_or_default().to_owned();
            (text, trace::shown(&part.value, exchange))
        };
        let text = match self.form {
            Form::Expression => format!("@({})", self.code),
            Form::Block => format!("@{{{}}}", self.code),
        };
        let value = match &outcome {
            Ok(value) => Ok(trace::shown(value, exchange)),
            Err(failure) => Err(failure.to_string()),
        };
        let parts = parts.into_iter().map(part).collect();
        (outcome, Evaluated { text, position: self.position, value, parts })
    }
}

impl Value {
    /// A literal.
    pub fn literal(text: &str) -> Self {
        Self::Literal(text.into())
    }

    /// An empty literal.
    pub fn nothing() -> Self {
        Self::literal("")
    }

    /// The text, if it is the same for all requests.
    pub fn constant(&self) -> Option<&str> {
        match self {
            Self::Literal(text) => Some(text),
            Self::Expression(_) => None,
        }
    }

    /// The value as text.
    ///
    /// # Errors
    /// The expression failed.
    pub fn text(&self, exchange: &mut Exchange) -> Result<Cow<'_, str>, LastError> {
        match self {
            Self::Literal(text) => Ok(Cow::Borrowed(text)),
            Self::Expression(expression) => {
                let as_text =
                    |value, host: &Evaluation<'_>| expression::text(&value, host, &Limits::default());
                evaluate(expression, exchange, as_text).map(Cow::Owned)
            }
        }
    }

    /// The value as the content of a body: bytes as they are, everything else as text.
    ///
    /// # Errors
    /// The expression failed.
    pub fn bytes(&self, exchange: &mut Exchange) -> Result<Bytes, LastError> {
        match self {
            Self::Literal(text) => Ok(Bytes::from(text.to_string())),
            Self::Expression(expression) => evaluate(expression, exchange, |value, host| {
                if let Variable::Array(items) = &value
                    && items.element() == Type::BYTE
                {
                    let byte = |item: &Variable| if let Variable::Byte(byte) = item { *byte } else { 0 };
                    return Ok(items.lock().iter().map(byte).collect());
                }
                expression::text(&value, host, &Limits::default()).map(Bytes::from)
            }),
        }
    }

    /// The value of a variable.
    ///
    /// # Errors
    /// The expression failed.
    pub fn variable(&self, exchange: &mut Exchange) -> Result<Variable, LastError> {
        match self {
            Self::Literal(text) => Ok(Variable::String(Str::literal(text))),
            Self::Expression(expression) => evaluate(expression, exchange, |value, _| Ok(value)),
        }
    }
}

fn evaluate<T>(
    written: &Written,
    exchange: &mut Exchange,
    then: impl FnOnce(Variable, &Evaluation<'_>) -> Result<T, Failure>,
) -> Result<T, LastError> {
    let host = Evaluation::of(exchange);
    let (value, told) = if exchange.recorder.is_none() {
        (written.expression.evaluate(&host, &Limits::default()), None)
    } else {
        let (value, told) = written.explain(&host, exchange);
        (value, Some(told))
    };
    let outcome = value.and_then(|value| then(value, &host));
    host.finish().apply(exchange);
    if let (Some(recorder), Some(told)) = (&mut exchange.recorder, told) {
        recorder.expression(told);
    }
    outcome.map_err(|failure| failed(&failure.to_string()))
}

/// A value that is read as something else: a literal at once, an expression for each request.
#[derive(Debug, Clone)]
pub enum Typed<T> {
    /// The same for all requests.
    Fixed(T),
    /// Read anew for each request.
    Evaluated(Value, Read<T>),
}

/// Reads a text, or says what is wrong with it.
pub type Read<T> = fn(&str) -> Result<T, String>;

impl<T> Typed<T> {
    /// Reads a literal.
    ///
    /// # Errors
    /// What is wrong with the literal.
    pub fn new(value: Value, read: Read<T>) -> Result<Self, String> {
        match value.constant() {
            Some(text) => read(text).map(Self::Fixed),
            None => Ok(Self::Evaluated(value, read)),
        }
    }
}

impl<T: Clone> Typed<T> {
    /// The value for this request.
    ///
    /// # Errors
    /// The expression failed, or what it says cannot be read.
    pub fn get(&self, exchange: &mut Exchange) -> Result<T, LastError> {
        match self {
            Self::Fixed(value) => Ok(value.clone()),
            Self::Evaluated(value, read) => read(&value.text(exchange)?).map_err(|why| failed(&why)),
        }
    }
}

/// Reads `true` and `false`, as XML Schema and .NET write them.
pub fn boolean(text: &str) -> Result<bool, String> {
    match text.trim() {
        "true" | "True" | "1" => Ok(true),
        "false" | "False" | "0" => Ok(false),
        _ => Err("it is neither 'true' nor 'false'".to_owned()),
    }
}

/// Reads a whole number.
pub fn integer(text: &str) -> Result<i64, String> {
    text.trim().parse().map_err(|_| "it is not a whole number".to_owned())
}

/// Reads a header's name.
pub fn header_name(text: &str) -> Result<HeaderName, String> {
    HeaderName::try_from(text.trim()).map_err(|_| "it is not a header name".to_owned())
}

/// Reads a text.
#[expect(clippy::unnecessary_wraps, reason = "the signature of all readers")]
pub fn plain(text: &str) -> Result<Arc<str>, String> {
    Ok(text.into())
}

/// What Azure says when an expression fails, with .NET's words behind it.
pub fn failed(why: &str) -> LastError {
    let message = format!("Expression evaluation failed. {why}");
    LastError::new(Source::Expression, Reason::ExpressionValueEvaluationFailure, message)
}
