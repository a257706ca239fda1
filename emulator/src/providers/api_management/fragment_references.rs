//! Which policies include a fragment:
//! <https://learn.microsoft.com/rest/api/apimanagement/policy-fragment/list-references>.

use arm::ErrorResponse;
use serde_json::{Value, json};

use super::all_policies::KINDS;
use super::{policy_fragments, resolver_policies};
use crate::engine::{ActionCall, Answer, Resource, page, text};

/// `POST …/listReferences`
pub fn list(call: &mut ActionCall<'_, '_>) -> Result<Answer, ErrorResponse> {
    let (id, service) = (&call.resource.id, call.resource.id.parent());
    let more = [&resolver_policies::DEFINITION, &policy_fragments::DEFINITION];
    let found = KINDS.iter().chain(&more).flat_map(|kind| call.tx.of_type(kind.name, service.as_ref()));
    let rows = found.filter(|policy| includes(policy, id.name())).map(
        |policy| json!({"id": policy.id.as_str(), "name": policy.id.name(), "type": policy.definition.name}),
    );
    let rows: Vec<Value> = rows.collect();
    page(call.world.call, rows, true)
}

/// An `include-fragment` of the document names the fragment. Documents with expressions need not be XML.
fn includes(policy: &Resource, fragment: &str) -> bool {
    let document = text(policy.properties(), &["value"]).unwrap_or_default();
    document.split("<include-fragment").skip(1).any(|rest| {
        let element = rest.split('>').next().unwrap_or_default();
        let named = element.split_once("fragment-id").and_then(|(_, rest)| rest.split_once('='));
        let value = named.map(|(_, value)| value.trim_start()).unwrap_or_default();
        value.split(['"', '\'']).nth(1).is_some_and(|named| named.trim() == fragment)
    })
}
