//! `publish-event`: publishes an event to subscriptions of a GraphQL API. In resolvers of GraphQL APIs.
//! <https://learn.microsoft.com/azure/api-management/publish-event-policy>
//!
//! The event is what the resolver's field is, once it is. Whoever subscribed to one of the targets gets it.
//!
//! **Differs from Azure:** an event has at most 1 MiB; more is an error of the field.

use diagnostic::Diagnostic;

use super::{Attribute, Child, Content, Definition, Example, Fidelity, GatewayKind, Occurs, ValueKind};
use crate::body::Body;
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::graphql::{LARGEST_EVENT, Topic};
use crate::pipeline::{Act, Bodies, Deferred, Flow, ScopeKind, Section, Step};
use crate::value::failed;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "publish-event",
    summary: "Publishes an event to subscriptions of a GraphQL API.",
    sections: &[],
    scopes: &[ScopeKind::Resolver],
    gateways: &[GatewayKind::Classic, GatewayKind::V2, GatewayKind::Consumption],
    attributes: &[],
    content: Content::Children(&[Child::new(
        "targets",
        Occurs::Once,
        Content::Children(&[Child::empty(
            "graphql-subscription",
            Occurs::AtLeastOnce,
            &[Attribute::required("id", "The subscription.", ValueKind::Text)],
        )]),
    )]),
    fidelity: Fidelity::Faithful,
    examples: EXAMPLES,
    compile,
};

const EXAMPLES: &[Example] = &[Example {
    title: "the field is what it would be without the event",
    section: Section::Inbound,
    fragment: "<http-data-source><http-request><set-method>GET</set-method><set-url>http://10.10.1.5/</set-url></http-request>\
               <http-response><set-body>{\"id\": 7}</set-body><publish-event><targets><graphql-subscription id=\"added\" /></targets>\
               </publish-event></http-response></http-data-source>",
    request: &["GET /api?query=%7Bbook(id:7)%7Bid%7D%7D HTTP/1.1"],
    seen: &["GET / HTTP/1.1"],
    answer: &["HTTP/1.1 200 OK"],
    response: &["HTTP/1.1 200 OK", "{\"data\":{\"book\":{\"id\":\"7\"}}}"],
}];

/// The fields that are published to.
struct PublishEvent(Vec<String>);

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, _: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let targets = element.elements().flat_map(Element::elements);
    let fields = targets.filter_map(|target| Some(target.attribute("id")?.trim().to_owned()));
    Ok(Step::Act(Box::new(PublishEvent(fields.collect()))))
}

impl Act for PublishEvent {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let fields = self.0.clone();
        exchange.deferred.push(Deferred::new(Bodies::default(), move |exchange| publish(exchange, &fields)));
        Ok(Flow::Continue)
    }
}

fn publish(exchange: &Exchange, fields: &[String]) -> Result<(), LastError> {
    let Some(Body::Full(body)) = exchange.response.as_ref().map(|response| &response.body) else {
        return Ok(());
    };
    if body.len() > LARGEST_EVENT {
        return Err(failed(&format!("an event has at most {LARGEST_EVENT} bytes")));
    }
    let event: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    for topic in fields.iter().filter_map(|field| Topic::of(exchange, field)) {
        exchange.gateway.events.publish(&topic, event.clone());
    }
    Ok(())
}
