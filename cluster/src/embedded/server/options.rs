//! How a change is to be made.

use super::Call;
use super::query::{FieldValidation, Persistence};
use super::status::Failure;

/// How long the name of a manager may be.
const LONGEST: usize = 128;

/// What the parameters of a change say.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether it is kept.
    pub persistence: Persistence,
    /// What happens to unknown fields.
    pub fields: FieldValidation,
    /// Who makes it.
    pub manager: String,
}

impl Options {
    /// Reads the parameters.
    pub fn of(call: &Call<'_>) -> Result<Self, Failure> {
        let manager = call.query.get("fieldManager");
        if manager.chars().count() > LONGEST || manager.chars().any(char::is_control) {
            return Err(Failure::bad_request(format!(
                "fieldManager: Invalid value: may not be longer than {LONGEST} characters and should only contain printable characters"
            )));
        }
        Ok(Self {
            persistence: call.query.persistence()?,
            fields: call.query.field_validation()?,
            manager: if manager.is_empty() { agent(call) } else { manager.to_owned() },
        })
    }
}

/// The client's name from its `User-Agent`.
fn agent(call: &Call<'_>) -> String {
    let agent = call.headers.get(http::header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let name: String =
        agent.unwrap_or_default().chars().take_while(|letter| *letter != '/').take(LONGEST).collect();
    if name.is_empty() { "unknown".to_owned() } else { name }
}
