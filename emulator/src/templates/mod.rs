//! ARM templates: <https://learn.microsoft.com/azure/azure-resource-manager/templates/syntax>.
//!
//! **Differs from Azure:** `uniqueString` gives other strings than Azure's; templates at links are refused; `list…`
//! functions stand in properties and outputs only.

mod expression;
mod functions;
mod lambdas;
mod lenient;
mod parameters;
mod plan;
mod run;
mod scope;
mod sets;

pub use lenient::parse as parse_leniently;
pub use run::{Outcome, Request, run};

use arm::ErrorResponse;

/// 400: the template cannot be deployed, whatever exists.
fn invalid(message: impl AsRef<str>) -> ErrorResponse {
    let message = format!("Deployment template validation failed: '{}'.", message.as_ref());
    ErrorResponse::new(400, "InvalidTemplate", message)
}
