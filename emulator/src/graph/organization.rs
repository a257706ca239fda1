//! The tenant. <https://learn.microsoft.com/graph/api/resources/organization>

use http::Method;
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::error::GraphError;
use super::query;

const SET: &str = "organization";

pub(super) fn answer(call: &Call<'_>, rest: &[&str]) -> Result<Answer, GraphError> {
    if call.method() != Method::GET {
        return Err(GraphError::not_implemented("Changing the organization"));
    }
    let options = query::Options::read(call, None)?;
    let Value::Object(tenant) = tenant(&call.directory.tenant_id) else { return Ok(Answer::NoContent) };
    match rest {
        [] => Ok(options.page(call, SET, &[tenant])),
        [id] if id.eq_ignore_ascii_case(&call.directory.tenant_id) => {
            let view = Value::Object(options.select(tenant));
            Ok(Answer::Entity { status: 200, context: options.entity_context(SET), view })
        }
        [id] => Err(GraphError::object_not_found(id, None)),
        [_, part, ..] => Err(GraphError::not_implemented(&format!("'{part}' of {SET}"))),
    }
}

fn tenant(id: &str) -> Value {
    json!({
        "id": id,
        "displayName": "apimlab",
        "tenantType": "AAD",
        "countryLetterCode": null,
        "verifiedDomains": [{
            "capabilities": "", "isDefault": true, "isInitial": true, "name": super::DOMAIN, "type": "Managed",
        }],
    })
}
