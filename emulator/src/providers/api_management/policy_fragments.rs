//! Policy fragments: <https://learn.microsoft.com/rest/api/apimanagement/policy-fragment>.

use arm::ErrorResponse;

use super::policy::POLICY;
use super::{fragment_references, validation};
use crate::engine::{Action, Answers, Definition, Example, Fidelity, Names, Removal, Verb};

/// The type.
pub const DEFINITION: Definition = Definition {
    name: "Microsoft.ApiManagement/service/policyFragments",
    summary: "A piece of policy that policies include.",
    names: Names::Rule {
        min: 1,
        max: 80,
        accepts: |name| {
            let word = |c: char| c.is_alphanumeric() || c == '_';
            name.starts_with(word) && name.ends_with(word) && name.chars().all(|c| word(c) || c == '-')
        },
        rule: "letters, digits, `_` and `-`, no `-` at the ends",
    },
    verbs: &[Verb::Get, Verb::Head, Verb::List, Verb::Put, Verb::Delete],
    actions: &[Action::new("listReferences", "listReferences/action", fragment_references::list)],
    answers: Answers { found: 200, ..Definition::CHILD.answers },
    fidelity: Fidelity::Faithful,
    examples: &[Example {
        id: "/subscriptions/{subscription}/resourceGroups/example/providers/Microsoft.ApiManagement/service/example-apim/policyFragments/example-fragment",
        body: r#"{"properties": {"format": "xml", "value": "<fragment><set-header name=\"x-example\" exists-action=\"override\"><value>1</value></set-header></fragment>"}}"#,
        patch: None,
        after: &[],
    }],
    removable,
    ..POLICY
};

/// A fragment that a policy includes stays.
fn removable(removal: &Removal<'_, '_>) -> Result<(), ErrorResponse> {
    let name = removal.resource.id.name();
    validation::compile_without(removal, &format!("Policy fragment '{name}'"), |service| {
        service.fragments.retain(|fragment| fragment.name != name);
    })
}
