//! Why a transformation ends without a result.

use thiserror::Error;

use crate::tree::QName;

/// Why a transformation ends without a result.
#[derive(Debug, Error)]
pub enum Error {
    /// The document is not XML, or more than is taken.
    #[error("the body cannot be read as XML: {0}")]
    Document(String),
    /// Something in the stylesheet cannot be done with this document.
    #[error("{0}")]
    Evaluation(String),
    /// `xsl:message` with `terminate`.
    #[error("the stylesheet ended the transformation: {0}")]
    Terminated(String),
    /// More work than is done for one document.
    #[error("the transformation needs more than {0}; does the stylesheet call itself without an end?")]
    Limit(&'static str),
    /// A global variable is needed before it has a value.
    #[error("the global variable `{}` needs its own value", .0.local)]
    Global(QName),
}

impl Error {
    /// Something in the stylesheet cannot be done with this document.
    pub(crate) fn evaluation(message: impl Into<String>) -> Self {
        Self::Evaluation(message.into())
    }
}
