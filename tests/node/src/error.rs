//! What a program of the node fails with, in the words of the real one.

use std::io;
use std::path::{Path, PathBuf};

/// Why a program ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The process could not do what it needs first.
    #[error("cannot start: {0}")]
    Start(io::Error),
    /// A file.
    #[error("{}: {why}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What happened.
        why: io::Error,
    },
    /// A command line that the real program may know, and this one does not.
    #[error("the stand-in node does not know this command line: {0}")]
    Usage(String),
    /// A document that cannot be used.
    #[error("{0}")]
    Document(String),
    /// The API server was not reached, or its answer was no JSON.
    #[error("the server was not reached: {0}")]
    Unreached(#[from] reqwest::Error),
    /// The API server refused.
    #[error("Error from server ({reason}): {message}")]
    Refused {
        /// The HTTP status.
        code: u16,
        /// In one word.
        reason: String,
        /// For people.
        message: String,
    },
    /// A phase of `kubeadm`.
    #[error("error execution phase {phase}: {why}")]
    Phase {
        /// Which one.
        phase: &'static str,
        /// What happened.
        why: String,
    },
    /// Certificates.
    #[error("certificate: {0}")]
    Certificate(String),
    /// An archive or a name of an image.
    #[error("{0}")]
    Image(String),
}

impl Error {
    /// For `map_err`: what happened to a file.
    pub fn file(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |why| Self::File { path, why }
    }

    /// The line for people.
    pub fn as_said_by(&self, program: &str) -> String {
        match self {
            Self::Refused { .. } => self.to_string(),
            _ if matches!(program, "kubeadm" | "kubectl") => format!("error: {self}"),
            _ => format!("{program}: {self}"),
        }
    }

    /// The exit code.
    pub fn code(&self) -> u8 {
        if matches!(self, Self::Usage(_)) { 64 } else { 1 }
    }
}

impl From<rcgen::Error> for Error {
    fn from(error: rcgen::Error) -> Self {
        Self::Certificate(error.to_string())
    }
}

impl From<rustls::Error> for Error {
    fn from(error: rustls::Error) -> Self {
        Self::Certificate(error.to_string())
    }
}
