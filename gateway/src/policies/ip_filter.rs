//! `ip-filter`: lets only some callers through, or keeps some away, by their address. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/ip-filter-policy>
//!
//! **Differs from Azure:** the caller is who connects to the sandbox, which is this machine itself in most cases.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use diagnostic::Diagnostic;
use http::StatusCode;

use super::{
    Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, Occurs, ValueKind,
};
use crate::context::Exchange;
use crate::document::{Compiler, Element, codes};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::{Act, Flow, Section, Step};
use crate::value::Typed;

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "ip-filter",
    summary: "Lets callers through or keeps them away by their address.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[Attribute::optional(
        "action",
        "What happens to these callers.",
        ValueKind::OneOf(&["allow", "forbid"]),
    )
    .or_expression()
    .or_else("allow")],
    content: Content::AnyOrder(&[
        Child::new("address", Occurs::Repeated, Content::Text),
        Child {
            name: "address-range",
            occurs: Occurs::Repeated,
            attributes: &[
                Attribute::required("from", "The first address.", ValueKind::Text).or_expression(),
                Attribute::required("to", "The last address.", ValueKind::Text).or_expression(),
            ],
            content: Content::Nothing,
        },
    ]),
    fidelity: Fidelity::Faithful,
    examples: &[
        Example {
            title: "a caller that may call",
            section: Section::Inbound,
            fragment: "<base /><ip-filter action=\"allow\"><address-range from=\"127.0.0.0\" to=\"127.255.255.255\" />\
                       <address>::1</address></ip-filter>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["GET /x HTTP/1.1"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "a caller that is not among those who may",
            section: Section::Inbound,
            fragment: "<ip-filter action=\"allow\"><address>192.0.2.1</address></ip-filter>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &["HTTP/1.1 403 Forbidden", "{ \"statusCode\": 403, \"message\": \"Forbidden\" }"],
        },
        Example {
            title: "a caller that must not",
            section: Section::Inbound,
            fragment: "<ip-filter action=\"forbid\"><address>127.0.0.1</address></ip-filter>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &["HTTP/1.1 403 Forbidden", "{ \"statusCode\": 403, \"message\": \"Forbidden\" }"],
        },
    ],
    compile,
};

#[derive(Debug)]
struct IpFilter {
    action: Typed<Action>,
    ranges: Vec<(Typed<IpAddr>, Typed<IpAddr>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Allow,
    Forbid,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let action = compiler.typed(element, "action", Action::read).unwrap_or(Typed::Fixed(Action::Allow));
    let mut ranges = Vec::new();
    for child in element.elements() {
        ranges.push(if child.name == "address" {
            let address = compiler.typed_content(child, address);
            (address.clone(), address)
        } else {
            (compiler.required(child, "from", address), compiler.required(child, "to", address))
        });
    }
    if ranges.is_empty() {
        let message = "The element 'ip-filter' has incomplete content. List of possible elements expected: \
                       'address, address-range'.";
        return Err(compiler.problem(codes::ELEMENT, element, message));
    }
    Ok(Step::Act(Box::new(IpFilter { action, ranges })))
}

impl Act for IpFilter {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let caller = exchange.request.client.to_canonical();
        let mut listed = false;
        for (from, to) in &self.ranges {
            let (from, to) = (from.get(exchange)?.to_canonical(), to.get(exchange)?.to_canonical());
            listed |= from.is_ipv4() == caller.is_ipv4() && from <= caller && caller <= to;
        }
        let (reason, message) = match (self.action.get(exchange)?, listed) {
            (Action::Allow, true) | (Action::Forbid, false) => return Ok(Flow::Continue),
            (Action::Allow, false) => {
                let message = format!("Caller IP address {caller} is not allowed. Access denied.");
                (Reason::CallerIpNotAllowed, message)
            }
            (Action::Forbid, true) => {
                (Reason::CallerIpBlocked, "Caller IP address is blocked. Access denied.".to_owned())
            }
        };
        let error = LastError::new(Source::Policy("ip-filter"), reason, message);
        Err(error.answered(StatusCode::FORBIDDEN, "Forbidden"))
    }
}

impl Action {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "allow" => Ok(Self::Allow),
            "forbid" => Ok(Self::Forbid),
            _ => Err("it is neither 'allow' nor 'forbid'".to_owned()),
        }
    }
}

/// An address, or a range in CIDR notation of which this is no end: those are refused, as in Azure.
fn address(text: &str) -> Result<IpAddr, String> {
    let text = text.trim();
    let v4 = text.parse::<Ipv4Addr>().map(IpAddr::V4);
    v4.or_else(|_| text.parse::<Ipv6Addr>().map(IpAddr::V6)).map_err(|_| "it is not an IP address".to_owned())
}
