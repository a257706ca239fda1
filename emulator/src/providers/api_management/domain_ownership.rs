//! What a domain's TXT record `apimuid` says for a service to take the domain as its own:
//! <https://learn.microsoft.com/rest/api/apimanagement/api-management-service/get-domain-ownership-identifier>.
//!
//! **Differs from Azure:** nobody looks the record up.

use arm::ErrorResponse;
use serde_json::json;
use sim::Ids;

use crate::emulator::Emulator;
use crate::engine::{Answer, Call};

/// `POST …/getDomainOwnershipIdentifier`: the same for a subscription every time.
#[expect(clippy::unnecessary_wraps, reason = "the signature that endpoints share")]
pub fn identifier(emulator: &Emulator, _: &Call) -> Result<Answer, ErrorResponse> {
    let subscription = emulator.config.seed.subscription_id.as_str();
    let identifier = Ids::named(&["apimuid", subscription]).replace('-', "");
    Ok(Answer::json(200, json!({"domainOwnershipIdentifier": identifier})))
}
