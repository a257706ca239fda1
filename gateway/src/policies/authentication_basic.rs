//! `authentication-basic`: sends a user name and a password to the backend. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/authentication-basic-policy>
//!
//! **Differs from Azure:** none known.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use diagnostic::Diagnostic;
use http::HeaderValue;
use http::header::AUTHORIZATION;

use super::{Attribute, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, ValueKind};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::pipeline::{Act, Flow, Section, Step};
use crate::value::{Value, failed};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "authentication-basic",
    summary: "Sends a user name and a password to the backend.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::required("username", "The user name.", ValueKind::Text).or_expression(),
        Attribute::required("password", "The password.", ValueKind::Text).or_expression(),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Faithful,
    examples: &[Example {
        title: "the header replaces the client's",
        section: Section::Inbound,
        fragment: "<base /><authentication-basic username=\"Aladdin\" password=\"@(&quot;open &quot; + &quot;sesame&quot;)\" />",
        request: &["GET /api/x HTTP/1.1", "Authorization: Bearer a"],
        seen: &["authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "!authorization: Bearer a"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    }],
    compile,
};

struct AuthenticationBasic {
    username: Value,
    password: Value,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of all rows")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let username = compiler.value(element, "username").unwrap_or_else(Value::nothing);
    let password = compiler.value(element, "password").unwrap_or_else(Value::nothing);
    Ok(Step::Act(Box::new(AuthenticationBasic { username, password })))
}

impl Act for AuthenticationBasic {
    fn run(&self, exchange: &mut Exchange) -> Result<Flow, LastError> {
        let username = self.username.text(exchange)?.into_owned();
        let password = self.password.text(exchange)?;
        let text = format!("Basic {}", STANDARD.encode(format!("{username}:{password}")));
        let mut value = HeaderValue::try_from(text).map_err(|_| failed("the header cannot be made"))?;
        value.set_sensitive(true);
        exchange.request.headers.insert(AUTHORIZATION, value);
        Ok(Flow::Continue)
    }
}
