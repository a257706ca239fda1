//! What the engine's client says, in our words.

use std::io::{self, ErrorKind};

use bollard::errors::Error as Docker;

use super::Error;

/// A call that failed: `action` completes "the engine refused to …".
pub(crate) fn failed(action: impl Into<String>) -> impl FnOnce(Docker) -> Error {
    move |error| {
        let message = told(&error);
        if message.contains("no space left on device") {
            return Error::TooLittleDisk { detail: message };
        }
        let gone = [ErrorKind::NotFound, ErrorKind::ConnectionRefused, ErrorKind::BrokenPipe];
        match cause(&error) {
            Some(cause) if gone.contains(&cause.kind()) => Error::EngineGone { reason: message },
            _ => Error::Engine { action: action.into(), message },
        }
    }
}

/// Why the engine at `address` cannot be reached.
pub(super) fn connect(address: &str, error: &Docker) -> Error {
    let socket = address.trim_start_matches("unix://");
    match error {
        Docker::SocketNotFoundError(_) => Error::NoEngine { places: address.to_owned() },
        Docker::UnsupportedURISchemeError { .. } => Error::EngineAddress {
            address: address.to_owned(),
            reason: "expected unix://, npipe:// or tcp://localhost:PORT".to_owned(),
        },
        _ => match cause(error).map(io::Error::kind) {
            Some(ErrorKind::PermissionDenied) => Error::NoPermission { socket: socket.to_owned() },
            Some(ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
                Error::NoEngine { places: address.to_owned() }
            }
            _ => Error::Engine { action: format!("answer at {address}"), message: told(error) },
        },
    }
}

/// The engine's own words, without the library's around them.
pub(crate) fn told(error: &Docker) -> String {
    match error {
        Docker::DockerResponseServerError { message, .. } => message.clone(),
        Docker::DockerStreamError { error } => error.clone(),
        other => cause(other).map_or_else(|| other.to_string(), ToString::to_string),
    }
}

/// There is no such container, network or image.
pub(crate) const fn is_absent(error: &Docker) -> bool {
    matches!(error, Docker::DockerResponseServerError { status_code: 404, .. })
}

/// There is one already, or what is there is in the wrong state.
pub(crate) const fn is_conflict(error: &Docker) -> bool {
    matches!(error, Docker::DockerResponseServerError { status_code: 409, .. })
}

/// The operating system's error at the bottom.
fn cause(error: &Docker) -> Option<&io::Error> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<io::Error>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
