//! `wait`: runs policies at the same time and waits for all or for the first. In inbound, backend and outbound, at
//! every scope.
//! <https://learn.microsoft.com/azure/api-management/wait-policy>
//!
//! **Differs from Azure:** policies that run at the same time see what the others did when those are done.

use std::sync::Arc;

use diagnostic::Diagnostic;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::{
    Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, Occurs, ValueKind,
};
use crate::context::Exchange;
use crate::document::{Compiler, Element, codes};
use crate::error::LastError;
use crate::pipeline::{self, Bodies, Flow, Pending, Placed, Section, Step, Wait};
use crate::value::Typed;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "wait",
    summary: "Runs policies at the same time and waits for all or for the first.",
    sections: &[Section::Inbound, Section::Backend, Section::Outbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required("for", "What it waits for.", ValueKind::OneOf(&["all", "any"])).or_expression()
    ],
    content: Content::AnyOrder(&[
        Child::new("choose", Occurs::Repeated, Content::Policy),
        Child::new("forward-request", Occurs::Repeated, Content::Policy),
        Child::new("send-request", Occurs::Repeated, Content::Policy),
        Child::new("cache-lookup-value", Occurs::Repeated, Content::Policy),
        Child::new("cache-store-value", Occurs::Repeated, Content::Policy),
        Child::new("authentication-managed-identity", Occurs::Repeated, Content::Policy),
        Child::new("authentication-token", Occurs::Repeated, Content::Policy),
    ]),
    fidelity: Fidelity::Faithful,
    examples: &[
        Example {
            title: "all of them, and what they leave behind",
            section: Section::Inbound,
            fragment: "<base /><wait for=\"all\"><cache-lookup-value key=\"a\" variable-name=\"a\" default-value=\"none\" />\
                       <choose><when condition=\"@(context.Request.Method == &quot;GET&quot;)\"><set-header name=\"X-B\"><value>b</value></set-header>\
                       <set-variable name=\"b\" value=\"2\" /></when></choose>\
                       <send-request response-variable-name=\"c\" ignore-error=\"true\"><set-url>http://10.10.1.99/</set-url></send-request></wait>\
                       <set-header name=\"X-All\"><value>@((string)context.Variables[\"a\"] + context.Variables[\"b\"] + (context.Variables[\"c\"] == null))</value></set-header>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["x-b: b", "x-all: none2True"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "one that ends the request, and one that is sent on",
            section: Section::Backend,
            fragment: "<wait for=\"any\"><forward-request /></wait><wait for=\"@(&quot;all&quot;)\"><choose><when condition=\"true\">\
                       <return-response><set-status code=\"@(context.Response.StatusCode + 1)\" /></return-response></when></choose></wait>",
            request: &["POST /api/x HTTP/1.1"],
            seen: &["POST /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 201 Created", ""],
        },
    ],
    compile,
};

struct WaitFor {
    target: Typed<Target>,
    bodies: Bodies,
    steps: Vec<Arc<Placed>>,
}

/// What it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    All,
    Any,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    if element.elements().next().is_none() {
        let message = "The element 'wait' has incomplete content. List of possible elements expected: 'choose, \
                       forward-request, send-request, cache-lookup-value, cache-store-value, \
                       authentication-managed-identity, authentication-token'.";
        return Err(compiler.problem(codes::ELEMENT, element, message));
    }
    // A body that is on its way is not there for several policies at a time.
    let mut bodies = Bodies::of(compiler.inner(element));
    let copies = |child: &Element| child.name == "forward-request" || child.attribute("mode") == Some("copy");
    if element.elements().any(copies) {
        bodies = bodies.with_request();
    }
    let target = compiler.required(element, "for", target);
    Ok(Step::Wait(Box::new(WaitFor { target, bodies, steps: compiler.policies(element) })))
}

fn target(text: &str) -> Result<Target, String> {
    match text {
        "all" => Ok(Target::All),
        "any" => Ok(Target::Any),
        _ => Err("it is neither 'all' nor 'any'".to_owned()),
    }
}

impl Wait for WaitFor {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.together(exchange))
    }
}

impl WaitFor {
    async fn together(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        self.bodies.collect(exchange).await?;
        let target = self.target.get(exchange)?;
        let base = exchange.fork();
        let mut running: FuturesUnordered<_> = self
            .steps
            .iter()
            .map(|step| {
                let mut fork = base.fork();
                async move {
                    let outcome = pipeline::run(std::slice::from_ref(step), &mut fork).await;
                    (outcome, fork)
                }
            })
            .collect();
        // The first failure ends it; whatever is not done by then is dropped.
        while let Some((outcome, fork)) = running.next().await {
            exchange.merge(fork, &base);
            match outcome? {
                Flow::Continue if target == Target::All => {}
                flow => return Ok(flow),
            }
        }
        Ok(Flow::Continue)
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::world::{Recorder, World, policy, service};

    #[tokio::test(flavor = "current_thread")]
    async fn any_goes_on_with_the_first_and_drops_the_rest() {
        let quick = Recorder::start("HTTP/1.1 204 No Content\r\n\r\n").await;
        let silent = Recorder::start("").await;
        let request = |name: &str, at: std::net::SocketAddr| {
            format!(
                "<send-request response-variable-name='{name}'><set-url>http://{at}/</set-url></send-request>"
            )
        };
        let text = format!(
            "<policies><inbound><wait for='any'>{}{}</wait><return-response><set-body>@(context.Variables.ContainsKey(\"a\") + \
             \" \" + ((IResponse)context.Variables[\"b\"]).StatusCode)</set-body></return-response></inbound></policies>",
            request("a", silent.socket),
            request("b", quick.socket)
        );
        let mut service = service();
        service.apis[0].policy = Some(policy("wait", &text));
        let world = World::with(service).await;
        let reply = world.call(&["GET /api/x HTTP/1.1"]).await;
        assert_eq!(reply.body, "False 204");
    }
}
