//! Why a gateway in a process of its own does not start or has nothing new, each with what to do about it.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use diagnostic::Diagnostic;

/// Why there is no gateway, or no newer configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be listened on.
    #[error("{address} cannot be listened on: {reason}; choose another with `--listen`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        reason: io::Error,
    },
    /// A file cannot be read or written.
    #[error("{}: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: io::Error,
    },
    /// The control plane does not answer.
    #[error("the control plane does not answer: {0}")]
    Away(String),
    /// The control plane does not take the token.
    #[error(
        "the control plane refuses the token: get a new one with `generateToken` of the gateway, or take the sandbox's"
    )]
    Token,
    /// The control plane knows no such endpoint.
    #[error("the control plane answers {0}: `--config` wants the address of the sandbox's own API")]
    NoConfiguration(u16),
    /// What came is no configuration.
    #[error("the configuration cannot be understood: {0}; both programs must have the same version")]
    Unreadable(String),
    /// The configuration does not compile.
    #[error("the configuration does not compile: {}", told(.0))]
    Refused(Vec<Diagnostic>),
}

impl Error {
    /// Asking again does not help.
    pub(super) fn is_final(&self) -> bool {
        !matches!(self, Self::Away(_))
    }
}

fn told(problems: &[Diagnostic]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
