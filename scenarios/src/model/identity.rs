//! The `identity` block.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Text;

/// An application registration in Microsoft Entra ID, its service principal and a password.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Identity {
    /// Display name of the application.
    pub application: Text,
    /// Display name of the password; its value is made by Microsoft Entra ID and never written anywhere.
    #[serde(default = "default_password")]
    pub password: String,
}

fn default_password() -> String {
    "apimlab".to_owned()
}
