//! `send-service-bus-message`: sends a message to a queue or a topic of Azure Service Bus. In inbound, outbound and on-
//! error, at every scope but workspaces.
//! <https://learn.microsoft.com/azure/api-management/send-service-bus-message-policy>
//!
//! **Differs from Azure:** messages stay in the sandbox, where they can be read. No schema of it is published; the
//! attributes are those of the documentation. Whose identity it would be sent with is not checked.

use diagnostic::Diagnostic;

use super::{
    Attribute, Child, Content, Definition, Example, Fidelity, GatewayKind, NOT_IN_WORKSPACES, Occurs,
    ValueKind,
};
use crate::context::Exchange;
use crate::document::{Compiler, Element, codes};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};
use crate::sink::{What, cut};
use crate::value::Value;

/// How long a message may be, in bytes.
const LENGTH: usize = 256 * 1_024;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "send-service-bus-message",
    summary: "Sends a message to a queue or a topic of Azure Service Bus.",
    sections: &[Section::Inbound, Section::Outbound, Section::OnError],
    scopes: NOT_IN_WORKSPACES,
    gateways: &[GatewayKind::Classic],
    attributes: &[
        Attribute::optional("queue-name", "The queue.", ValueKind::Text).or_expression(),
        Attribute::optional("topic-name", "The topic.", ValueKind::Text).or_expression(),
        Attribute::optional("namespace", "The namespace.", ValueKind::Text).or_expression(),
        Attribute::optional("client-id", "The user-assigned identity.", ValueKind::Text).or_expression(),
    ],
    content: Content::AnyOrder(&[
        Child::new(
            "message-properties",
            Occurs::AtMostOnce,
            Content::Children(&[Child {
                attributes: &[Attribute::required("name", "The property.", ValueKind::Text).or_expression()],
                ..Child::new("message-property", Occurs::Repeated, Content::Text)
            }]),
        ),
        Child::new("payload", Occurs::AtMostOnce, Content::Text),
    ]),
    fidelity: Fidelity::Approximate("messages stay in the sandbox"),
    examples: &[Example {
        title: "the request goes on as before",
        section: Section::Inbound,
        fragment: "<base /><send-service-bus-message queue-name=\"orders\" namespace=\"ns.servicebus.windows.net\">\
                   <payload>@(context.Request.Method)</payload></send-service-bus-message>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    }],
    compile,
};

#[derive(Debug)]
struct SendServiceBusMessage {
    namespace: Value,
    entity: Value,
    properties: Vec<(Value, Value)>,
    payload: Value,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let entities = (compiler.value(element, "queue-name"), compiler.value(element, "topic-name"));
    let ((Some(entity), None) | (None, Some(entity))) = entities else {
        let message = "One of 'queue-name' and 'topic-name' is required, and only one can be used.";
        return Err(compiler.problem(codes::MISSING, element, message));
    };
    let namespace = compiler.value(element, "namespace").unwrap_or_else(Value::nothing);
    let mut message =
        SendServiceBusMessage { namespace, entity, properties: Vec::new(), payload: Value::nothing() };
    for child in element.elements() {
        if child.name == "payload" {
            message.payload = compiler.content(child);
            continue;
        }
        for property in child.elements() {
            let name = compiler.value(property, "name").unwrap_or_else(Value::nothing);
            message.properties.push((name, compiler.content(property)));
        }
    }
    Ok(Step::Act(Box::new(message)))
}

impl Act for SendServiceBusMessage {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let namespace = self.namespace.text(exchange)?.into_owned();
        let entity = self.entity.text(exchange)?.into_owned();
        let mut properties = Vec::with_capacity(self.properties.len());
        for (name, value) in &self.properties {
            let name = name.text(exchange)?.into_owned();
            properties.push((name, value.text(exchange)?.into_owned()));
        }
        let payload = cut(self.payload.text(exchange)?.into_owned(), LENGTH);
        exchange.emit(What::Message { namespace, entity, properties, payload });
        Ok(Flow::Continue)
    }
}
