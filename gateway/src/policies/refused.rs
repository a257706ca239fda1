//! A policy that is checked like all others and not executed: Azure takes the document, and so does the sandbox. A
//! request that gets there ends with an answer that names the policy; nothing is skipped in silence.
//!
//! **Differs from Azure:** there the policy runs.

use diagnostic::Diagnostic;

use super::{Fidelity, find};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::{Act, Flow, Step};

#[derive(Debug)]
struct Refused {
    policy: &'static str,
    why: String,
}

/// Compiles an element whose row says that it is not executed.
pub fn refused(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let row = find(&element.name);
    let why = match row.map(|row| row.fidelity) {
        Some(Fidelity::Refused(why)) => why.to_owned(),
        _ => String::new(),
    };
    compiler.check_inside(element);
    Ok(step(row.map_or("", |row| row.name), why))
}

/// The step that stands for a policy, or for a use of it, that is not executed.
pub fn step(policy: &'static str, why: String) -> Step {
    Step::Act(Box::new(Refused { policy, why }))
}

impl Act for Refused {
    fn run(&self, _: &mut Exchange) -> Result<Flow, LastError> {
        let Self { policy, why } = self;
        let message = format!("The policy '{policy}' is not implemented by the sandbox: {why}.");
        Err(LastError::new(Source::Policy(policy), Reason::NotImplementedBySandbox, message))
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::world::{World, policy, service};

    #[tokio::test(flavor = "current_thread")]
    async fn a_request_that_gets_there_ends_with_an_answer_that_names_the_policy() {
        for (inbound, named) in [
            (
                "<invoke-request url='http://a' />",
                "The policy 'invoke-request' is not implemented by the sandbox: it is undocumented.",
            ),
            ("<block><invoke-request url='http://a' /></block>", "The policy 'invoke-request'"),
        ] {
            let mut service = service();
            let text = format!("<policies><inbound>{inbound}</inbound></policies>");
            service.apis[0].policy = Some(policy("refused", &text));
            let world = World::with(service).await;
            let reply = world.call(&["GET /api/x HTTP/1.1"]).await;
            assert_eq!(reply.head[0], "HTTP/1.1 500 Internal Server Error", "{inbound}");
            assert!(reply.body.contains(named), "{inbound}: {}", reply.body);
        }
    }
}
