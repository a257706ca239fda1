//! What the provider can do, in the words of role definitions:
//! <https://learn.microsoft.com/rest/api/apimanagement/api-management-operations>.

use arm::ErrorResponse;
use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::engine::{Answer, Call, Definition, Verb, page};

/// `GET /providers/Microsoft.ApiManagement/operations`
pub fn list(_: &Emulator, call: &Call) -> Result<Answer, ErrorResponse> {
    let kinds = super::PROVIDER.types.iter();
    page(call, kinds.flat_map(|kind| of_type("Microsoft API Management", kind)).collect(), false)
}

/// What can be done with a type.
pub fn of_type(provider: &str, kind: &Definition) -> Vec<Value> {
    let has = |verbs: &[Verb]| verbs.iter().any(|verb| kind.verbs.contains(verb));
    let verbs = [
        ("read", has(&[Verb::Get, Verb::Head, Verb::List])),
        ("write", has(&[Verb::Put, Verb::Patch])),
        ("delete", has(&[Verb::Delete])),
    ];
    let verbs = verbs.into_iter().filter(|(_, has)| *has).map(|(verb, _)| verb);
    let actions = kind.actions.iter().map(|action| action.permission);
    let operation = |permission: &str| {
        json!({
            "name": kind.permission(permission),
            "display": {
                "provider": provider, "resource": kind.segment(),
                "operation": permission, "description": kind.summary,
            },
            "origin": "user,system",
        })
    };
    verbs.chain(actions).map(operation).collect()
}
