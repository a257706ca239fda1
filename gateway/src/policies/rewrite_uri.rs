//! `rewrite-uri`: gives the request to the backend another path and query. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/rewrite-uri-policy>
//!
//! **Differs from Azure:** whether parameters exist is checked when the policy is saved at an operation; at broader
//! scopes, and in what an expression answers, a parameter that the operation does not have fails the request.

use diagnostic::Diagnostic;

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::context::Exchange;
use crate::document::{Compiler, Element, codes};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};
use crate::routing::{parameters, query};
use crate::value::{Typed, Value, boolean, failed};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "rewrite-uri",
    summary: "Gives the request to the backend another path and query.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required(
            "template",
            "The new path, with parameters of the URL template.",
            ValueKind::Text,
        )
        .or_expression(),
        Attribute::optional(
            "copy-unmatched-params",
            "Keeps query parameters that the URL template does not have: `true` unless given.",
            ValueKind::Boolean,
        )
        .or_expression(),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Faithful,
    examples: &[
        Example {
            title: "an expression makes the template",
            section: Section::Inbound,
            fragment: "<base /><rewrite-uri template=\"@(\"/v3/\" + context.Request.MatchedParameters[\"name\"] + \"/{name}\")\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /v3/x/x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "parameters keep their encoding, other query parameters are copied",
            section: Section::Inbound,
            fragment: "<base /><rewrite-uri template=\"/v2/items/{name}?kind=a\" />",
            request: &["GET /api/a%20b?x=1&y=%7e HTTP/1.1"],
            seen: &["GET /v2/items/a%20b?kind=a&x=1&y=%7e HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "without copying, the query ends",
            section: Section::Inbound,
            fragment: "<base /><rewrite-uri template=\"v2\" copy-unmatched-params=\"false\" />",
            request: &["GET /api/x?y=1 HTTP/1.1"],
            seen: &["GET /v2 HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
    ],
    compile,
};

/// Azure's words.
const UNKNOWN: &str =
    "Only parameters specified in the original URL template can be used in the rewrite template";

#[derive(Debug)]
struct RewriteUri {
    template: Value,
    copy: Typed<bool>,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let template = compiler.value(element, "template").unwrap_or_else(Value::nothing);
    let copy = compiler.typed(element, "copy-unmatched-params", boolean).unwrap_or(Typed::Fixed(true));
    if let (Some(text), Some(original)) = (template.constant(), compiler.setting().url_template) {
        let known: Vec<&str> = parameters::names(original).collect();
        if parameters::names(text).any(|name| !known.iter().any(|known| known.eq_ignore_ascii_case(name))) {
            return Err(compiler.problem(codes::REWRITE, element, UNKNOWN));
        }
    }
    Ok(Step::Act(Box::new(RewriteUri { template, copy })))
}

impl Act for RewriteUri {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let template = self.template.text(exchange)?;
        let copy = self.copy.get(exchange)?;
        let (path, query) = rewritten(&template, copy, exchange)?;
        exchange.request.lead_to(path, query);
        Ok(Flow::Continue)
    }
}

fn rewritten(template: &str, copy: bool, exchange: &Exchange) -> Result<(String, Option<String>), LastError> {
    let message = &exchange.request;
    let (_, original_path, original_query) = message.original();
    let url_template = exchange.matched.operation.as_ref().map_or("", |operation| &operation.url_template);
    let known = parameters::captured(url_template, original_path, original_query);
    let mut text = String::with_capacity(template.len() + original_path.len() + 1);
    text.push_str(if template.starts_with('/') { "" } else { "/" });
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}').ok_or_else(|| failed(UNKNOWN))?;
        let name = name.trim().trim_start_matches('*');
        let found = known.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let is_known = || parameters::names(url_template).any(|known| known.eq_ignore_ascii_case(name));
        text.push_str(before);
        match found {
            Some((_, value)) => text.push_str(value),
            None if is_known() => {}
            None => return Err(failed(UNKNOWN)),
        }
        rest = behind;
    }
    text.push_str(rest);
    let query_text = text.find('?').map(|at| text.split_off(at));
    let query_text = query_text.as_deref().and_then(|text| text.strip_prefix('?')).unwrap_or_default();
    let own =
        |name: &str| parameters::query_names(url_template).any(|known| known.eq_ignore_ascii_case(name));
    let current = message.query.as_deref().filter(|_| copy).unwrap_or_default();
    let copied = query::pairs(current).filter(|(name, _)| !own(name));
    let mut query = String::new();
    for (_, part) in query::pairs(query_text).chain(copied) {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(part);
    }
    Ok((text, (!query.is_empty()).then_some(query)))
}

#[cfg(test)]
mod tests {
    use apim::DataPlane;

    use crate::tests::world::{World, operation, policy, service};

    #[tokio::test(flavor = "current_thread")]
    async fn a_parameter_that_the_operation_does_not_have_is_refused_in_azures_words() {
        let world = World::with(service()).await;
        for (url_template, template, good) in [
            ("/orders/{id}", "/o/{id}", true),
            ("/orders/{id}?x={y}", "/o/{ID}/{y}", true),
            ("/orders/{*rest}", "/o/{rest}", true),
            ("/orders/{id}", "/o/{other}", false),
        ] {
            let mut service = service();
            let mut operation = operation("GET", url_template);
            let text =
                format!("<policies><inbound><rewrite-uri template='{template}' /></inbound></policies>");
            operation.policy = Some(policy("p", &text));
            service.apis[0].operations = vec![operation.into()];
            match world.gateway.check(&service.clone().into()) {
                Ok(()) => assert!(good, "{template}"),
                Err(found) => {
                    assert!(!good, "{found:?}");
                    assert!(found[0].message.ends_with(super::UNKNOWN), "{found:?}");
                }
            }
        }
    }
}
