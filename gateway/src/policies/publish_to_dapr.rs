//! `publish-to-dapr`: publishes a message through Dapr. In inbound, at every scope but workspaces.
//! <https://learn.microsoft.com/azure/api-management/publish-to-dapr-policy>
//!
//! **Differs from Azure:** any gateway of the sandbox executes it; there only self-hosted ones do.

use diagnostic::Diagnostic;

use super::dapr::{Posted, Sidecar};
use super::set_body::SetBody;
use super::{Attribute, Content, Definition, Example, Fidelity, GatewayKind, NOT_IN_WORKSPACES, ValueKind};
use crate::context::Exchange;
use crate::document::{Compiler, Element, codes};
use crate::error::LastError;
use crate::pipeline::{Flow, Pending, Section, Step, Wait};
use crate::value::Value;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "publish-to-dapr",
    summary: "Publishes a message through Dapr.",
    sections: &[Section::Inbound],
    scopes: NOT_IN_WORKSPACES,
    gateways: &[GatewayKind::SelfHosted],
    attributes: &[
        Attribute::optional("pubsub-name", "The component.", ValueKind::Text).or_expression(),
        Attribute::required("topic", "The topic.", ValueKind::Text).or_expression(),
        Attribute::optional("template", "How the message is made.", ValueKind::OneOf(&["liquid"])),
        Attribute::optional("response-variable-name", "The variable for the answer.", ValueKind::Text),
        Attribute::optional("timeout", "Seconds to wait: 5 unless given.", ValueKind::Integer)
            .or_expression(),
        Attribute::optional("ignore-error", "Goes on after a failure.", ValueKind::Boolean),
        Attribute::optional(
            "content-type",
            "The media type of the message.",
            ValueKind::OneOf(&["application/json"]),
        ),
    ],
    content: Content::Anything,
    fidelity: Fidelity::Faithful,
    examples: &[Example {
        title: "without a sidecar there is nobody to call",
        section: Section::Inbound,
        fragment: "<base /><publish-to-dapr topic=\"a/b\" timeout=\"1\" ignore-error=\"true\" response-variable-name=\"r\">x</publish-to-dapr><set-header name=\"X-R\"><value>\
                   @((context.Variables[\"r\"] == null).ToString())</value></set-header>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["x-r: True"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    }],
    compile,
};

struct PublishToDapr {
    sidecar: Sidecar,
    component: Option<Value>,
    topic: Value,
    message: SetBody,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let topic = compiler.value(element, "topic").unwrap_or_else(Value::nothing);
    let component = compiler.value(element, "pubsub-name");
    if component.is_none() && topic.constant().is_some_and(|topic| !topic.contains('/')) {
        let message = "Without 'pubsub-name', 'topic' is a component and a topic with a slash between them.";
        return Err(compiler.problem(codes::MISSING, element, message));
    }
    let message = SetBody::compile(element, compiler)?;
    let sidecar = Sidecar::compile("publish-to-dapr", element, compiler)?;
    Ok(Step::Wait(Box::new(PublishToDapr { sidecar, component, topic, message })))
}

impl Wait for PublishToDapr {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.publish(exchange))
    }
}

impl PublishToDapr {
    async fn publish(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let topic = self.topic.text(exchange)?.into_owned();
        let component = self.component.as_ref().map(|component| component.text(exchange)).transpose()?;
        let mut path = vec!["publish".to_owned()];
        match component {
            Some(component) => path.extend([component.into_owned(), topic]),
            None => path.extend(topic.splitn(2, '/').map(str::to_owned)),
        }
        let posted =
            Posted { path, content_type: "application/json", body: self.message.evaluate(exchange)? };
        self.sidecar.post(exchange, posted).await
    }
}
