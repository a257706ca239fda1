//! How an evaluation ends without a value.

use std::sync::Arc;

use thiserror::Error;

use crate::text::Str;
use crate::value::{Exception, Value};

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Failure {
    /// A .NET exception that the expression did not catch.
    #[error("{message}")]
    Exception {
        /// The full name of its type.
        ty: &'static str,
        /// Its message.
        message: String,
    },
    /// The expression took more than it may.
    #[error("the expression was stopped: it exceeds the limit of {0}")]
    Limit(&'static str),
}

impl Failure {
    /// An exception.
    pub fn exception(ty: &'static str, message: impl Into<String>) -> Self {
        Self::Exception { ty, message: message.into() }
    }
}

/// What unwinds an evaluation.
#[derive(Debug, Clone)]
pub enum Throw {
    Exception(Arc<Exception>),
    Limit(&'static str),
}

pub type Outcome<T = Value> = Result<T, Throw>;

/// Fails with a .NET exception.
pub fn throw<T>(ty: &'static str, message: impl AsRef<str>) -> Outcome<T> {
    Err(exception(ty, message))
}

pub fn exception(ty: &'static str, message: impl AsRef<str>) -> Throw {
    Throw::Exception(Arc::new(Exception { ty, message: Str::from(message.as_ref()), inner: Value::Null }))
}

pub fn null_reference() -> Throw {
    exception("System.NullReferenceException", "Object reference not set to an instance of an object.")
}

pub fn format_exception(message: &str) -> Throw {
    exception("System.FormatException", message)
}

pub fn null_argument(name: &str) -> Throw {
    exception("System.ArgumentNullException", format!("Value cannot be null. (Parameter '{name}')"))
}

pub fn out_of_range(message: &str, name: &str) -> Throw {
    exception("System.ArgumentOutOfRangeException", format!("{message} (Parameter '{name}')"))
}

pub fn overflow(ty: &str) -> Throw {
    exception("System.OverflowException", format!("Value was either too large or too small for {ty}."))
}

impl From<Failure> for Throw {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Exception { ty, message } => exception(ty, message),
            Failure::Limit(what) => Self::Limit(what),
        }
    }
}

impl From<Throw> for Failure {
    fn from(thrown: Throw) -> Self {
        match thrown {
            Throw::Exception(e) => Self::Exception { ty: e.ty, message: e.message.text().into_owned() },
            Throw::Limit(what) => Self::Limit(what),
        }
    }
}
