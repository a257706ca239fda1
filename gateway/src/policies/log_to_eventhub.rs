//! `log-to-eventhub`: sends a message to an event hub. In every section, at every scope but workspaces.
//! <https://learn.microsoft.com/azure/api-management/log-to-eventhub-policy>
//!
//! **Differs from Azure:** messages stay in the sandbox, where they can be read. Whether the logger exists is not checked.

use diagnostic::Diagnostic;

use super::{
    Attribute, Content, Definition, Example, Fidelity, NOT_IN_WORKSPACE_GATEWAYS, NOT_IN_WORKSPACES,
    ValueKind,
};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};
use crate::sink::{What, cut};
use crate::value::Value;

/// How long a message may be, in bytes; what is longer is cut.
const LENGTH: usize = 200 * 1_024;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "log-to-eventhub",
    summary: "Sends a message to an event hub.",
    sections: &Section::ALL,
    scopes: NOT_IN_WORKSPACES,
    gateways: NOT_IN_WORKSPACE_GATEWAYS,
    attributes: &[
        Attribute::required("logger-id", "The logger.", ValueKind::Text).or_expression(),
        Attribute::optional("partition-key", "What leads to a partition.", ValueKind::Text).or_expression(),
        Attribute::optional("partition-id", "The partition.", ValueKind::Text).or_expression(),
    ],
    content: Content::Text,
    fidelity: Fidelity::Approximate("messages stay in the sandbox"),
    examples: &[Example {
        title: "the request goes on as before",
        section: Section::Inbound,
        fragment: "<base /><log-to-eventhub logger-id=\"hub\" partition-id=\"0\">@(context.Request.Method + context.RequestId)</log-to-eventhub>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    }],
    compile,
};

#[derive(Debug)]
struct LogToEventHub {
    logger: Value,
    partition: Option<Value>,
    message: Value,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let key = compiler.value(element, "partition-key");
    Ok(Step::Act(Box::new(LogToEventHub {
        logger: compiler.value(element, "logger-id").unwrap_or_else(Value::nothing),
        partition: compiler.value(element, "partition-id").or(key),
        message: compiler.content(element),
    })))
}

impl Act for LogToEventHub {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let logger = self.logger.text(exchange)?.into_owned();
        let partition = self.partition.as_ref().map(|partition| partition.text(exchange)).transpose()?;
        let message = cut(self.message.text(exchange)?.into_owned(), LENGTH);
        exchange.emit(What::Event { logger, partition: partition.map(Into::into), message });
        Ok(Flow::Continue)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::world::{World, policy, service};

    #[tokio::test(flavor = "current_thread")]
    async fn what_policies_send_can_be_read() {
        let text = "<policies><inbound><log-to-eventhub logger-id='hub' partition-key='@(context.Request.Method)'>@(context.Api.Name)</log-to-eventhub>\
                    <emit-metric name='calls' value='@(2.5)' namespace='n'><dimension name='API ID' /><dimension name='x' value='y' /></emit-metric>\
                    <trace source='here' severity='error'><message>m</message><metadata name='a' value='b' /></trace>\
                    <send-service-bus-message queue-name='q' namespace='ns'><message-properties><message-property name='p'>v</message-property>\
                    </message-properties><payload>@(1 + 1)</payload></send-service-bus-message><return-response /></inbound></policies>";
        let mut service = service();
        service.apis[0].policy = Some(policy("sink", text));
        let world = World::with(service).await;
        assert_eq!(world.call(&["GET /api/x HTTP/1.1"]).await.status(), 200);
        let emissions = world.gateway.emissions(0);
        for (at, expected) in [
            json!({"kind": "event", "logger": "hub", "partition": "GET", "message": "api"}),
            json!({"kind": "metric", "namespace": "n", "name": "calls", "value": 2.5, "dimensions": {"API ID": "api", "x": "y"}}),
            json!({"kind": "trace", "source": "here", "severity": "error", "message": "m", "metadata": {"a": "b"}}),
            json!({"kind": "message", "namespace": "ns", "entity": "q", "properties": {"p": "v"}, "payload": "2"}),
        ]
        .into_iter()
        .enumerate()
        {
            let mut found = emissions[at].clone();
            for name in ["number", "time", "service", "requestId"] {
                assert!(found.as_object_mut().expect("an object").remove(name).is_some());
            }
            assert_eq!(found, expected);
        }
    }
}
