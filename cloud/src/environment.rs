//! Where Azure is: endpoints, audiences, the token authority and who asks.
//!
//! The sandbox, a second sandbox that plays Azure, and Azure itself differ in nothing but this.

use std::path::{Path, PathBuf};

use diagnostic::{Diagnostic, Position};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::credential::CredentialSource;

const MAX_FILE: u64 = 1 << 20;

/// The endpoints of one Azure, and the subscription in it that is worked on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Environment {
    /// What people call it.
    pub name: String,
    /// Azure Resource Manager: `https://management.azure.com`.
    pub resource_manager: String,
    /// What Resource Manager's tokens are for; the scope without `/.default`.
    pub audience: String,
    /// Who issues tokens: `https://login.microsoftonline.com`.
    pub authority: String,
    /// Microsoft Graph: `https://graph.microsoft.com`.
    pub graph: String,
    /// What Graph's tokens are for.
    pub graph_audience: String,
    /// The tenant, if the credential does not bring it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// The subscription that is worked on.
    pub subscription_id: String,
    /// Certificate authorities (PEM) to trust beside the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// The HTTP proxy through which "the internet" is reached; none for Azure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// Who asks, if it is not to be found in the process environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialSource>,
}

impl Environment {
    /// Azure's public cloud.
    pub fn azure(subscription_id: &str) -> Self {
        Self {
            name: "azure".to_owned(),
            resource_manager: "https://management.azure.com".to_owned(),
            audience: "https://management.azure.com".to_owned(),
            authority: "https://login.microsoftonline.com".to_owned(),
            graph: "https://graph.microsoft.com".to_owned(),
            graph_audience: "https://graph.microsoft.com".to_owned(),
            tenant_id: None,
            subscription_id: subscription_id.to_owned(),
            ca_file: None,
            proxy: None,
            credential: None,
        }
    }

    /// Reads an environment file, YAML or JSON. File names in it are relative to the file.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let failed = |reason: String| Error::File { verb: "read", path: path.to_owned(), reason };
        let size = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?.len();
        if size > MAX_FILE {
            return Err(failed(format!("it has {size} bytes, more than an environment file can need")));
        }
        let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let mut environment = Self::parse(&text, &path.display().to_string())?;
        environment.resolve_files(path.parent().unwrap_or(Path::new("")));
        Ok(environment)
    }

    fn parse(text: &str, source: &str) -> Result<Self, Error> {
        serde_saphyr::from_str(text).map_err(|error| {
            let plain = error.without_snippet();
            let mut problem = Diagnostic::new("APL0701", first_line(&plain.to_string())).of(source);
            if let Some(location) = plain.location() {
                let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
                let start = Position { line: place(location.line()), column: place(location.column()) };
                let at = start.offset(text);
                problem = problem.at(text, at..at.saturating_add(1));
            }
            Error::EnvironmentFile(problem)
        })
    }

    fn resolve_files(&mut self, directory: &Path) {
        let beside = |file: &mut PathBuf| *file = directory.join(&*file);
        self.ca_file.as_mut().map(beside);
        self.credential.as_mut().and_then(CredentialSource::file_mut).map(beside);
    }
}

/// The parser's message without the places that it appends: they are given as a position.
fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}
