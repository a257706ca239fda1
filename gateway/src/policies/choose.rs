//! `choose`: runs the policies of the first `when` whose condition holds, or those of `otherwise`. In every section, at
//! every scope.
//! <https://learn.microsoft.com/azure/api-management/choose-policy>
//!
//! **Differs from Azure:** none known.

use std::sync::Arc;

use diagnostic::Diagnostic;

use super::{
    Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, Occurs, ValueKind,
};
use crate::context::Exchange;
use crate::document::{Compiler, Element, codes};
use crate::error::LastError;
use crate::pipeline::{self, Pending, Placed, Section, Step, Wait};
use crate::value::{Typed, boolean};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "choose",
    summary: "Runs the policies of the first branch whose condition holds.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[],
    content: Content::Children(&[
        Child {
            name: "when",
            occurs: Occurs::AtLeastOnce,
            attributes: &[
                Attribute::required("condition", "When the branch runs.", ValueKind::Boolean).or_expression()
            ],
            content: Content::Policies,
        },
        Child::new("otherwise", Occurs::AtMostOnce, Content::Policies),
    ]),
    fidelity: Fidelity::Faithful,
    examples: &[
        Example {
            title: "conditions about the request; a variable keeps what was found",
            section: Section::Inbound,
            fragment: "<base /><set-variable name=\"m\" value=\"@(context.Request.Method)\" /><choose><when condition=\"@((string)context.Variables[\"m\"] == \"GET\" && context.Api.Path == \"api\")\"><set-header name=\"X-M\"><value>@((string)context.Variables[\"m\"])</value></set-header></when><otherwise><return-response /></otherwise></choose>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["x-m: GET"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "the first branch that holds runs, and no other",
            section: Section::Inbound,
            fragment: "<base /><choose><when condition=\"false\"><set-method>PUT</set-method></when>\
                       <when condition=\"true\"><set-method>PATCH</set-method></when>\
                       <when condition=\"true\"><set-method>POST</set-method></when>\
                       <otherwise><return-response /></otherwise></choose>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["PATCH /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "otherwise runs when nothing holds, and can end the request",
            section: Section::Inbound,
            fragment: "<choose><when condition=\"false\" /><otherwise><return-response>\
                       <set-status code=\"403\" /></return-response></otherwise></choose>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &["HTTP/1.1 403 Forbidden", ""],
        },
    ],
    compile,
};

struct Choose {
    branches: Vec<Branch>,
    otherwise: Vec<Arc<Placed>>,
}

struct Branch {
    condition: Typed<bool>,
    steps: Vec<Arc<Placed>>,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let mut choose = Choose { branches: Vec::new(), otherwise: Vec::new() };
    for child in element.elements() {
        if child.name == "otherwise" {
            choose.otherwise = compiler.branch(element, child);
        } else {
            let condition = compiler.required(child, "condition", boolean);
            choose.branches.push(Branch { condition, steps: compiler.branch(element, child) });
        }
    }
    if choose.branches.is_empty() {
        let message =
            "The element 'choose' has incomplete content. List of possible elements expected: 'when'.";
        return Err(compiler.problem(codes::ELEMENT, element, message));
    }
    Ok(Step::Wait(Box::new(choose)))
}

impl Wait for Choose {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(async move {
            let steps = self.chosen(exchange)?;
            pipeline::run(steps, exchange).await
        })
    }
}

impl Choose {
    fn chosen(&self, exchange: &mut Exchange) -> Result<&[Arc<Placed>], LastError> {
        let mut held = None;
        for (at, branch) in self.branches.iter().enumerate() {
            let holds = branch.condition.get(exchange)?;
            exchange.asked(|| format!("when[{}]", at + 1), Some(holds));
            if holds {
                held = Some((at, branch));
                break;
            }
        }
        if exchange.recorder.is_some() {
            self.tell(held.map(|(at, _)| at), exchange);
        }
        Ok(held.map_or(self.otherwise.as_slice(), |(_, branch)| &branch.steps))
    }

    /// Which branches do not run, and why.
    fn tell(&self, held: Option<usize>, exchange: &mut Exchange) {
        let name = held.map(|at| format!("when[{}]", at + 1)).unwrap_or_default();
        for (at, branch) in self.branches.iter().enumerate() {
            match held {
                Some(chosen) if at == chosen => {}
                Some(chosen) if at > chosen => {
                    exchange.asked(|| format!("when[{}]", at + 1), None);
                    exchange.skip_steps(&branch.steps, &format!("`{name}` held before it was asked"));
                }
                _ => exchange.skip_steps(&branch.steps, "its condition did not hold"),
            }
        }
        if held.is_some() {
            exchange.skip_steps(&self.otherwise, &format!("`{name}` held"));
        } else if !self.otherwise.is_empty() {
            exchange.asked(|| "otherwise".to_owned(), Some(true));
        }
    }
}

#[cfg(test)]
mod tests {
    use apim::DataPlane;

    use crate::tests::world::{World, policy, service};

    #[tokio::test(flavor = "current_thread")]
    async fn policies_in_branches_are_checked_like_any_other() {
        let mut service = service();
        let world = World::with(service.clone()).await;
        service.apis[0].policy = Some(policy(
            "p",
            "<policies><inbound>\n<choose><when condition='true'>\n<forward-request /><base /></when>\
             <when condition='x' /></choose></inbound></policies>",
        ));
        let found = world.gateway.check(&service.clone().into()).expect_err("problems");
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("'condition' attribute is invalid"), "{found:?}");
    }
}
