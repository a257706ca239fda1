//! What the policies for Dapr have in common: a request to the sidecar, and what becomes of the answer.
//! <https://docs.dapr.io/reference/api/>

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use diagnostic::Diagnostic;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::forward_request::timeout;
use super::send_request::Sending;
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::Flow;
use crate::value::{Typed, Variable, boolean};

/// How long the sidecar may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What a segment of a path cannot hold as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// How the sidecar is called.
pub struct Sidecar {
    policy: &'static str,
    variable: Option<Arc<str>>,
    timeout: Typed<Duration>,
    ignore_error: bool,
}

/// What the sidecar gets.
pub struct Posted {
    /// The path behind `/v1.0/`, its segments as they are.
    pub path: Vec<String>,
    /// The media type.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
}

impl Sidecar {
    /// Compiles the attributes.
    pub fn compile(
        policy: &'static str,
        element: &Element,
        compiler: &mut Compiler<'_>,
    ) -> Result<Self, Diagnostic> {
        Ok(Self {
            policy,
            variable: element.attribute("response-variable-name").map(Arc::from),
            timeout: timeout(element, compiler, TIMEOUT)?,
            ignore_error: element.attribute("ignore-error").is_some_and(|text| boolean(text) == Ok(true)),
        })
    }

    /// Calls it.
    pub async fn post(&self, exchange: &mut Exchange, posted: Posted) -> Result<Flow, LastError> {
        let value = match self.answer(exchange, posted).await {
            Ok(value) => value,
            Err(_) if self.ignore_error => Variable::Null,
            Err(error) => return Err(error),
        };
        if let Some(name) = &self.variable {
            exchange.set_variable(name, value);
        }
        Ok(Flow::Continue)
    }

    async fn answer(&self, exchange: &mut Exchange, posted: Posted) -> Result<Variable, LastError> {
        let Posted { path, content_type, body } = posted;
        let path = path.iter().map(|part| utf8_percent_encode(part, SEGMENT).to_string());
        let url = format!("{}/v1.0/{}", exchange.gateway.dapr.load(), path.collect::<Vec<_>>().join("/"));
        let timeout = self.timeout.get(exchange)?;
        let response =
            Sending::post(self.policy, exchange, (&url, content_type), body, timeout)?.send().await?;
        let status = response.status.as_u16();
        if status >= 400 {
            let message = format!("Dapr answered with status code {status}.");
            return Err(LastError::new(
                Source::Policy(self.policy),
                Reason::BackendConnectionFailure,
                message,
            ));
        }
        Ok(response.kept())
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::world::{Recorder, World, policy, service};

    #[tokio::test(flavor = "current_thread")]
    async fn the_sidecar_gets_what_the_policies_say() {
        for (inside, target, body) in [
            (
                "<publish-to-dapr pubsub-name='bus' topic='@(\"orders\")' response-variable-name='r'>@(context.Request.Method)</publish-to-dapr>",
                "POST /v1.0/publish/bus/orders HTTP/1.1",
                "content-length: 3",
            ),
            (
                "<publish-to-dapr topic='bus/orders' template='liquid' response-variable-name='r'>{{context.Request.Method}}!</publish-to-dapr>",
                "POST /v1.0/publish/bus/orders HTTP/1.1",
                "content-length: 4",
            ),
            (
                "<invoke-dapr-binding name='mail box' operation='send' response-variable-name='r'><metadata><item key='to'>me</item></metadata>\
                 <data>{\"a\":1}</data></invoke-dapr-binding>",
                "POST /v1.0/bindings/mail%20box HTTP/1.1",
                "content-length: 58",
            ),
        ] {
            let text = format!(
                "<policies><inbound>{inside}<return-response><set-body>@(((IResponse)context.Variables[\"r\"]).StatusCode + \"\")</set-body></return-response></inbound></policies>"
            );
            let mut service = service();
            service.apis[0].policy = Some(policy("dapr", &text));
            let sidecar = Recorder::start("HTTP/1.1 204 No Content\r\n\r\n").await;
            let world = World::with(service).await;
            world.gateway.reach_dapr_at(format!("http://{}", sidecar.socket));
            assert_eq!(world.call(&["GET /api/x HTTP/1.1"]).await.body, "204", "{inside}");
            let head = sidecar.heads().concat();
            assert_eq!(
                (&*head[0], head.iter().any(|line| line == body)),
                (target, true),
                "{inside}: {head:?}"
            );
        }
    }
}
