//! What a service answered.

use http::{HeaderMap, Method};
use serde_json::Value;

use crate::Error;

/// An answer with a JSON body, after retries.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The request's method.
    pub method: Method,
    /// The request's path and query.
    pub path: String,
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body; null if there is none, a string if it is not JSON.
    pub body: Value,
}

impl Answer {
    /// The status says that it worked.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The answer if it worked, else the service's error.
    pub fn success(self) -> Result<Self, Error> {
        if self.is_success() { Ok(self) } else { Err(self.refusal()) }
    }

    /// The service's error as an [`Error::Refused`].
    pub fn refusal(&self) -> Error {
        let (code, message) = self.error();
        Error::Refused {
            status: self.status,
            method: self.method.to_string(),
            path: self.path.clone(),
            code,
            message,
        }
    }

    /// Code and message of an error body: the innermost ones, as Azure wraps errors in errors.
    pub fn error(&self) -> (String, String) {
        crate::error::innermost(&self.body)
    }

    /// A header field as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
