//! `invoke-dapr-binding`: calls a binding of Dapr. In inbound, outbound and on-error, at every scope but workspaces.
//! <https://learn.microsoft.com/azure/api-management/invoke-dapr-binding-policy>
//!
//! **Differs from Azure:** any gateway of the sandbox executes it; there only self-hosted ones do. Data that are JSON are sent
//! as such, others as text.

use bytes::Bytes;
use diagnostic::Diagnostic;
use serde_json::{Map, json};

use super::dapr::{Posted, Sidecar};
use super::set_body::SetBody;
use super::{
    Attribute, Child, Content, Definition, Example, Fidelity, GatewayKind, NOT_IN_WORKSPACES, Occurs,
    ValueKind,
};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Flow, Pending, Section, Step, Wait};
use crate::value::Value;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "invoke-dapr-binding",
    summary: "Calls a binding of Dapr.",
    sections: &[Section::Inbound, Section::Outbound, Section::OnError],
    scopes: NOT_IN_WORKSPACES,
    gateways: &[GatewayKind::SelfHosted],
    attributes: &[
        Attribute::required("name", "The binding.", ValueKind::Text).or_expression(),
        Attribute::optional("template", "How the data are made.", ValueKind::OneOf(&["liquid"])),
        Attribute::optional("response-variable-name", "The variable for the answer.", ValueKind::Text),
        Attribute::optional("operation", "What the binding shall do.", ValueKind::Text)
            .or_expression()
            .or_else("create"),
        Attribute::optional("timeout", "Seconds to wait: 5 unless given.", ValueKind::Integer)
            .or_expression(),
        Attribute::optional("ignore-error", "Goes on after a failure.", ValueKind::Boolean),
        Attribute::optional("content-type", "The media type of the data.", ValueKind::Text),
    ],
    content: Content::WithText(&Content::Children(&[
        Child::new(
            "metadata",
            Occurs::AtMostOnce,
            Content::Children(&[Child {
                attributes: &[Attribute::required("key", "The property.", ValueKind::Text).or_expression()],
                ..Child::new("item", Occurs::Repeated, Content::Text)
            }]),
        ),
        Child::new("data", Occurs::AtMostOnce, Content::Anything),
    ])),
    fidelity: Fidelity::Faithful,
    examples: &[Example {
        title: "without a sidecar there is nobody to call",
        section: Section::Inbound,
        fragment: "<base /><invoke-dapr-binding name=\"a\" timeout=\"1\" ignore-error=\"true\" response-variable-name=\"r\"><data>x</data></invoke-dapr-binding><set-header name=\"X-R\"><value>\
                   @((context.Variables[\"r\"] == null).ToString())</value></set-header>",
        request: &["GET /api/x HTTP/1.1"],
        seen: &["x-r: True"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    }],
    compile,
};

struct InvokeDaprBinding {
    sidecar: Sidecar,
    name: Value,
    operation: Value,
    metadata: Vec<(Value, Value)>,
    data: Option<SetBody>,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let mut binding = InvokeDaprBinding {
        sidecar: Sidecar::compile("invoke-dapr-binding", element, compiler)?,
        name: compiler.value(element, "name").unwrap_or_else(Value::nothing),
        operation: compiler.value(element, "operation").unwrap_or_else(|| Value::literal("create")),
        metadata: Vec::new(),
        data: None,
    };
    for child in element.elements() {
        if child.name == "data" {
            // The policy says whether its data are a template.
            let mut data = child.clone();
            data.attributes.extend(element.attributes.iter().find(|known| known.name == "template").cloned());
            binding.data = Some(SetBody::compile(&data, compiler)?);
            continue;
        }
        for item in child.elements() {
            let key = compiler.value(item, "key").unwrap_or_else(Value::nothing);
            binding.metadata.push((key, compiler.content(item)));
        }
    }
    Ok(Step::Wait(Box::new(binding)))
}

impl Wait for InvokeDaprBinding {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(self.invoke(exchange))
    }
}

impl InvokeDaprBinding {
    async fn invoke(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let mut metadata = Map::new();
        for (key, value) in &self.metadata {
            let key = key.text(exchange)?.into_owned();
            metadata.insert(key, value.text(exchange)?.into());
        }
        let data = self.data.as_ref().map(|data| data.evaluate(exchange)).transpose()?.unwrap_or_default();
        let data = serde_json::from_slice(&data).unwrap_or_else(|_| json!(String::from_utf8_lossy(&data)));
        let operation = self.operation.text(exchange)?.into_owned();
        let body = json!({"data": data, "metadata": metadata, "operation": operation}).to_string();
        let path = vec!["bindings".to_owned(), self.name.text(exchange)?.into_owned()];
        let posted = Posted { path, content_type: "application/json", body: Bytes::from(body) };
        self.sidecar.post(exchange, posted).await
    }
}
