//! What can go wrong on the client side, each with a next step.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

/// Why the client could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The environment file is not one.
    #[error("{0}; see `apimlab env --help` for the keys of an environment file")]
    EnvironmentFile(diagnostic::Diagnostic),
    /// A file that is needed cannot be read or written.
    #[error("cannot {verb} {}: {reason}", path.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The environment is not usable.
    #[error("environment `{environment}`: {reason}")]
    Environment {
        /// Its name.
        environment: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// There is no credential, or it gives no token.
    #[error("no token from {authority}: {reason}")]
    Credential {
        /// The token authority.
        authority: String,
        /// Why not, and what to do.
        reason: String,
    },
    /// Nobody answers.
    #[error("{method} {url} got no answer: {reason}; check that the endpoint is up and reachable from here")]
    Transport {
        /// The request's method.
        method: String,
        /// Where to.
        url: String,
        /// Why not.
        reason: String,
    },
    /// The service said no.
    #[error("{method} {path} answered {status} {code}: {message}")]
    Refused {
        /// The status code.
        status: u16,
        /// The request's method.
        method: String,
        /// The request's path.
        path: String,
        /// The innermost code.
        code: String,
        /// The innermost message.
        message: String,
    },
    /// A long-running operation ended badly.
    #[error("{path} ended in state {state}: {code}: {message}")]
    Operation {
        /// The resource or operation.
        path: String,
        /// The state.
        state: String,
        /// The innermost code.
        code: String,
        /// The innermost message.
        message: String,
    },
    /// The service answered something that is not understood.
    #[error("{path} answered something unexpected: {reason}")]
    Unexpected {
        /// The request's path.
        path: String,
        /// What is odd about it.
        reason: String,
    },
    /// Waited long enough.
    #[error("{what} was not ready after {} s: {reason}; run the same command again to continue", waited.as_secs())]
    TimedOut {
        /// What was waited for.
        what: String,
        /// The bound.
        waited: Duration,
        /// The last known reason.
        reason: String,
    },
    /// The nodes do not make sense together.
    #[error("the desired state is inconsistent: {0}")]
    Graph(String),
    /// Something exists that was not made by us.
    #[error("{title}: {reason}")]
    Blocked {
        /// What.
        title: String,
        /// Why, and what to do.
        reason: String,
    },
    /// Some nodes could not be made.
    #[error("{}{}", first, others(*more))]
    Apply {
        /// The first failure in the order of the plan: node and reason.
        first: String,
        /// How many others failed.
        more: usize,
        /// The error behind the first failure.
        #[source]
        source: Box<Error>,
    },
}

impl Error {
    /// The service's code, if it is the service that said no.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } | Self::Operation { code, .. } => Some(code),
            Self::Apply { source, .. } => source.code(),
            _ => None,
        }
    }

    /// The service's status code, if it is the service that said no.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            Self::Apply { source, .. } => source.status(),
            _ => None,
        }
    }

    /// It may work when the same command is run again.
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::TimedOut { .. } => true,
            Self::Apply { source, .. } => source.is_timeout(),
            _ => false,
        }
    }
}

fn others(more: usize) -> String {
    if more == 0 { String::new() } else { format!(" (and {more} more failed)") }
}

/// Code and message of the innermost error of an error body.
///
/// Azure wraps the errors of resource providers in its own, as details or as JSON within the message.
pub(crate) fn innermost(body: &Value) -> (String, String) {
    let mut current = body.get("error").unwrap_or(body).clone();
    let mut found = (String::new(), String::new());
    for _ in 0..8 {
        let text = |key: &str| current.get(key).and_then(Value::as_str).map(str::to_owned);
        if let Some(code) = text("code") {
            found.0 = code;
        }
        let message = text("message");
        if let Some(message) = &message {
            found.1.clone_from(message);
        }
        let wrapped = message.as_deref().filter(|message| message.trim_start().starts_with('{'));
        let inner = wrapped
            .and_then(|message| serde_json::from_str::<Value>(message).ok())
            .map(|inner| inner.get("error").cloned().unwrap_or(inner))
            .or_else(|| {
                current.get("details")?.get(0).cloned().filter(|detail| detail.get("code").is_some())
            });
        match inner {
            Some(inner) => current = inner,
            None => break,
        }
    }
    if found.1.is_empty() {
        found.1 = match body {
            Value::String(text) => text.chars().take(500).collect(),
            Value::Null => "no reason given".to_owned(),
            // OAuth and Kubernetes bodies have their message at the top.
            other => ["error_description", "message"]
                .iter()
                .find_map(|key| other.get(*key)?.as_str())
                .unwrap_or("no reason given")
                .to_owned(),
        };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_innermost_error_is_found() {
        let cases = [
            (json!({"error": {"code": "A", "message": "m"}}), ("A", "m")),
            (
                json!({"error": {"code": "DeploymentFailed", "message": "see details", "details": [{"code": "B", "message": "inner"}]}}),
                ("B", "inner"),
            ),
            (
                json!({"error": {"code": "Wrap", "message": "{\"error\":{\"code\":\"C\",\"message\":\"deep\"}}"}}),
                ("C", "deep"),
            ),
            (json!({"kind": "Status", "message": "pods not found"}), ("", "pods not found")),
            (json!("plain"), ("", "plain")),
            (json!(null), ("", "no reason given")),
        ];
        for (body, (code, message)) in cases {
            assert_eq!(innermost(&body), (code.to_owned(), message.to_owned()), "{body}");
        }
    }
}
