//! `send-one-way-request`: sends a request of its own and does not wait for the answer. In every section, at every
//! scope.
//! <https://learn.microsoft.com/azure/api-management/send-one-way-request-policy>
//!
//! **Differs from Azure:** as `send-request` does. So many are on their way at a time, and no more.

use diagnostic::Diagnostic;

use super::send_request::{self, SendRequest};
use super::{Attribute, Definition, EVERYWHERE, Example, Fidelity, NOT_IN_WORKSPACE_GATEWAYS, ValueKind};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::{Flow, Pending, Section, Step, Wait};

/// How many may be on their way at a time, for each service.
const UNDER_WAY: usize = 256;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "send-one-way-request",
    summary: "Sends a request of its own and does not wait for the answer.",
    sections: &Section::ALL,
    scopes: EVERYWHERE,
    gateways: NOT_IN_WORKSPACE_GATEWAYS,
    attributes: &[
        Attribute::optional("mode", "Whether it begins as a copy.", ValueKind::OneOf(&["new", "copy"]))
            .or_expression(),
        Attribute::optional("timeout", "Seconds to wait: 60 unless given.", ValueKind::Integer),
    ],
    content: send_request::PARTS,
    fidelity: Fidelity::Approximate("no certificates and managed identities"),
    examples: &[Example {
        title: "a request of its own; the answer goes nowhere",
        section: Section::Inbound,
        fragment: "<send-one-way-request mode=\"new\" timeout=\"20\"><set-url>@(\"http://10.10.1.5/log?m=\" + context.Request.Method)</set-url>\
                   <set-method>POST</set-method><set-body>@(context.Api.Name)</set-body></send-one-way-request>\
                   <send-request><set-url>http://10.10.1.99/</set-url></send-request>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["POST /log?m=GET HTTP/1.1", "host: 10.10.1.5", "content-length: 3"],
        answer: &["HTTP/1.1 500 Internal Server Error"],
        response: &[
            "HTTP/1.1 500 Internal Server Error",
            "{ \"statusCode\": 500, \"message\": \"Internal server error\", \"activityId\": \"00000000-0000-0000-0000-000000000001\" }",
        ],
    }],
    compile,
};

struct SendOneWayRequest(SendRequest);

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let request = SendRequest::compile("send-one-way-request", element, compiler)?;
    Ok(Step::Wait(Box::new(SendOneWayRequest(request))))
}

impl Wait for SendOneWayRequest {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.post(exchange))
    }
}

impl SendOneWayRequest {
    async fn post(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let sending = self.0.prepare(exchange).await?;
        let key = format!("one-way\n{}", exchange.matched.service.model.id);
        let seat = exchange.gateway.state.concurrency.enter(key, UNDER_WAY).ok_or_else(|| {
            let message = format!("{UNDER_WAY} requests are on their way already.");
            LastError::new(Source::Policy("send-one-way-request"), Reason::BackendConnectionFailure, message)
        })?;
        tokio::spawn(async move {
            let _seat = seat;
            if let Err(error) = sending.send().await {
                tracing::debug!(%error, "one-way request failed");
            }
        });
        Ok(Flow::Continue)
    }
}
