//! `get-authorization-context`: puts the token of a connection into a variable. In inbound, at every scope but
//! workspaces.
//! <https://learn.microsoft.com/azure/api-management/get-authorization-context-policy>
//!
//! **Differs from Azure:** what Azure answers when there is no token is not documented: here it is 500, with the reason in
//! `context.LastError`. Callers' tokens are checked with the sandbox's own tenant.

use std::sync::Arc;

use apim::{Authorization, Principal};
use diagnostic::Diagnostic;
use expression::{Memory, Type};

use super::{Attribute, Content, Definition, Example, Fidelity, GatewayKind, NOT_IN_WORKSPACES, ValueKind};
use crate::context::Exchange;
use crate::credential::Credential;
use crate::document::{Compiler, Element};
use crate::error::{LastError, Reason, Source};
use crate::jwt::{Token, Trust, checked};
use crate::pipeline::{Flow, Pending, Section, Step, Wait};
use crate::value::{Typed, Value, Variable, boolean};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "get-authorization-context",
    summary: "Puts the token of a connection into a variable.",
    sections: &[Section::Inbound],
    scopes: NOT_IN_WORKSPACES,
    gateways: &[GatewayKind::Classic, GatewayKind::V2, GatewayKind::Consumption],
    attributes: &[
        Attribute::required("provider-id", "The provider.", ValueKind::Text).or_expression(),
        Attribute::required("authorization-id", "The connection.", ValueKind::Text).or_expression(),
        Attribute::optional("identity-type", "Whose access is checked.", ValueKind::Text)
            .or_expression()
            .or_else("managed"),
        Attribute::optional("identity", "The token of that identity.", ValueKind::Text)
            .or_expression()
            .or_else(""),
        Attribute::required("context-variable-name", "The variable for the token.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("ignore-error", "Goes on without a token.", ValueKind::Boolean)
            .or_expression()
            .or_else("false"),
    ],
    content: Content::Nothing,
    fidelity: Fidelity::Approximate("Azure's error for a missing token is not documented"),
    examples: &[
        Example {
            title: "a failure that is ignored leaves null",
            section: Section::Inbound,
            fragment: "<base /><get-authorization-context provider-id=\"p\" authorization-id=\"none\" \
                       context-variable-name=\"auth\" ignore-error=\"true\" /><set-header name=\"X-None\"><value>\
                       @((context.Variables[\"auth\"] == null).ToString())</value></set-header>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &["x-none: True"],
            answer: &["HTTP/1.1 200 OK"],
            response: &["HTTP/1.1 200 OK", "backend"],
        },
        Example {
            title: "a connection that is not there",
            section: Section::Inbound,
            fragment: "<base /><get-authorization-context provider-id=\"p\" authorization-id=\"none\" \
                       context-variable-name=\"auth\" />",
            request: &["GET /api/x HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &[
                "HTTP/1.1 500 Internal Server Error",
                "{ \"statusCode\": 500, \"message\": \"Internal server error\", \"activityId\": \"00000000-0000-0000-0000-000000000001\" }",
            ],
        },
    ],
    compile,
};

/// What callers' tokens are for.
const AUDIENCE: &str = "https://azure-apim.net/authorization-manager";
/// Where callers' tokens come from.
const ENTRA: &str = "https://login.microsoftonline.com/organizations";

/// Which connection, for whom, and where its token goes.
struct GetAuthorizationContext {
    provider: Value,
    authorization: Value,
    kind: Typed<Kind>,
    identity: Value,
    variable: Value,
    ignore_error: Typed<bool>,
}

/// Whose access is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Managed,
    Jwt,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature that rows share")]
fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let mut value = |name: &str| compiler.value(element, name).unwrap_or_else(Value::nothing);
    Ok(Step::Wait(Box::new(GetAuthorizationContext {
        provider: value("provider-id"),
        authorization: value("authorization-id"),
        identity: value("identity"),
        variable: value("context-variable-name"),
        kind: compiler.typed(element, "identity-type", Kind::read).unwrap_or(Typed::Fixed(Kind::Managed)),
        ignore_error: compiler.typed(element, "ignore-error", boolean).unwrap_or(Typed::Fixed(false)),
    })))
}

impl Kind {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "managed" => Ok(Self::Managed),
            "jwt" => Ok(Self::Jwt),
            _ => Err("it is neither 'managed' nor 'jwt'".to_owned()),
        }
    }
}

impl Wait for GetAuthorizationContext {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(async {
            let variable: Arc<str> = self.variable.text(exchange)?.trim().into();
            let ignore = self.ignore_error.get(exchange)?;
            let value = match self.credential(exchange).await? {
                Ok(credential) => context(&credential),
                Err(why) if ignore => {
                    exchange.trace(format!("get-authorization-context: {why}"));
                    Variable::Null
                }
                Err(why) => return Err(failed(&why)),
            };
            exchange.set_variable(&variable, value);
            Ok(Flow::Continue)
        })
    }
}

impl GetAuthorizationContext {
    /// The token, or why there is none.
    async fn credential(&self, exchange: &mut Exchange) -> Result<Result<Credential, String>, LastError> {
        let provider = self.provider.text(exchange)?.trim().to_owned();
        let name = self.authorization.text(exchange)?.trim().to_owned();
        let kind = self.kind.get(exchange)?;
        let identity = self.identity.text(exchange)?.trim().to_owned();
        let service = Arc::clone(&exchange.matched.service);
        let found = service.model.authorizations.iter().find(|known| {
            known.provider.eq_ignore_ascii_case(&provider) && known.name.eq_ignore_ascii_case(&name)
        });
        let Some(found) = found else {
            return Ok(Err(format!("the provider '{provider}' has no authorization '{name}'")));
        };
        if let Err(why) = permitted(exchange, found, kind, &identity).await {
            return Ok(Err(why));
        }
        Ok(exchange.gateway.credential(&service, found).await)
    }
}

/// Whether the caller, or the service in its place, may use a connection.
async fn permitted(
    exchange: &Exchange,
    authorization: &Authorization,
    kind: Kind,
    identity: &str,
) -> Result<(), String> {
    let allowed = match kind {
        Kind::Managed => authorization.open_to_service,
        Kind::Jwt => {
            let configurations = ["", "/v2.0"]
                .map(|version| (format!("{ENTRA}{version}/.well-known/openid-configuration"), None))
                .into();
            let mut trust = Trust { configurations, ..Trust::default() };
            trust.rules.audiences = vec![AUDIENCE.to_owned()];
            let text = identity.strip_prefix("Bearer ").unwrap_or(identity).trim();
            let token = checked(exchange, text, trust).await.map_err(|refusal| refusal.message)?;
            authorization.principals.iter().any(|principal| names(principal, &token))
        }
    };
    if allowed {
        return Ok(());
    }
    let who = if kind == Kind::Managed { "The service's managed identity" } else { "The identity" };
    Err(format!("{who} has no access policy at the authorization '{}'", authorization.name))
}

/// Whether an access policy is about who a token is of.
fn names(principal: &Principal, token: &Token) -> bool {
    let says = |claim: &str, wanted: &str| {
        token.values(claim).unwrap_or_default().iter().any(|value| value.eq_ignore_ascii_case(wanted))
    };
    let through = |app: &String| says("appid", app) || says("azp", app);
    says("tid", &principal.tenant_id)
        && (says("oid", &principal.object_id) || says("groups", &principal.object_id))
        && (principal.app_ids.is_empty() || principal.app_ids.iter().any(through))
}

/// What expressions see of a token.
fn context(credential: &Credential) -> Variable {
    let ty = "System.Collections.Generic.IReadOnlyDictionary";
    let claims = Memory::new(Type::generic(ty, vec![Type::STRING, Type::OBJECT]));
    let claims =
        credential.claims.iter().fold(claims, |claims, (name, value)| claims.entry(name, plain(value)));
    let authorization = Memory::new(Type::named("Authorization"));
    authorization
        .with("AccessToken", Variable::text(&credential.token))
        .with("Claims", claims.value())
        .value()
}

/// As Json.NET reads values of no particular type.
fn plain(value: &serde_json::Value) -> Variable {
    use serde_json::Value;
    match value {
        Value::Null => Variable::Null,
        Value::Bool(value) => Variable::Bool(*value),
        Value::String(text) => Variable::text(text),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Variable::Long(whole),
            (None, number) => Variable::Double(number.unwrap_or_default()),
        },
        other => expression::json(&other.to_string()).unwrap_or(Variable::Null),
    }
}

fn failed(why: &str) -> LastError {
    let source = Source::Policy("get-authorization-context");
    LastError::new(source, Reason::TokenAcquisitionFailure, format!("Failed to get the authorization: {why}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use apim::{Consent, Secret};
    use sim::{Clock, Timestamp};

    use super::*;
    use crate::tests::world::{Recorder, World, policy, service};

    /// A service with a connection, and a policy that shows its token.
    async fn world(consent: Consent, open_to_service: bool, answer: &'static str) -> (World, Recorder) {
        let mut service = service();
        service.authorizations.push(Authorization {
            provider: "p".to_owned(),
            name: "a".to_owned(),
            token_url: "http://10.10.1.5/token?x=1".to_owned(),
            form: vec![
                ("client_id".to_owned(), Secret::new("c")),
                ("client_secret".to_owned(), Secret::new("s s")),
            ],
            consent,
            open_to_service,
            principals: Vec::new(),
        });
        let text = "<policies><inbound><get-authorization-context provider-id='@(\"P\")' authorization-id='a' \
                    context-variable-name='auth' /><return-response><set-body>@{ var auth = (Authorization)context.Variables[\"auth\"]; \
                    return auth.AccessToken + \" \" + auth.Claims[\"token_type\"] + \" \" + auth.Claims.Count; }</set-body></return-response></inbound>\
                    <on-error><return-response><set-body>@(context.LastError.Message)</set-body></return-response></on-error></policies>";
        service.apis[0].policy = Some(policy("connection", text));
        let status = if answer.contains("error") { "400 Bad Request" } else { "200 OK" };
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
        let server = Recorder::start(answer.leak()).await;
        let world = World::start(service, Clock::manual(Timestamp::from_unix_seconds(0)), None).await;
        world.pods(&[server.socket]);
        (world, server)
    }

    const TOKEN: &str = r#"{"access_token":"t","token_type":"Bearer","expires_in":60,"refresh_token":"r"}"#;

    #[tokio::test(flavor = "current_thread")]
    async fn a_token_is_asked_for_once_and_again_when_it_ends() {
        for (consent, first, again) in [
            (Consent::NotNeeded, "grant_type=client_credentials", "grant_type=client_credentials"),
            (
                Consent::Given(Secret::new("x")),
                "grant_type=authorization_code&code=x",
                "grant_type=refresh_token&refresh_token=r",
            ),
        ] {
            let (world, server) = world(consent, true, TOKEN).await;
            for _ in 0..2 {
                assert_eq!(world.call(&["GET /api/x HTTP/1.1"]).await.body, "t Bearer 2");
            }
            let heads = server.heads();
            assert_eq!(heads.len(), 1, "{heads:?}");
            assert_eq!(heads[0][0], "POST /token?x=1 HTTP/1.1");
            for _ in 0..2 {
                world.clock.advance(Duration::from_secs(40));
                assert_eq!(world.call(&["GET /api/x HTTP/1.1"]).await.body, "t Bearer 2");
            }
            // A body is in front of the next request on the connection.
            let heads = server.heads();
            let lines: Vec<&str> = heads.iter().map(|head| head[0].as_str()).collect();
            let form = "&client_id=c&client_secret=s+sPOST /token?x=1 HTTP/1.1";
            assert_eq!(lines[1..], [format!("{first}{form}"), format!("{again}{form}")]);
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn without_access_or_consent_or_a_token_there_is_an_error() {
        const REFUSED: &str = r#"{"error":"invalid_client","error_description":"unknown client"}"#;
        for (consent, open, answer, why) in [
            (
                Consent::NotNeeded,
                false,
                TOKEN,
                "The service's managed identity has no access policy at the authorization 'a'",
            ),
            (Consent::Missing, true, TOKEN, "This connection is not authenticated."),
            (
                Consent::NotNeeded,
                true,
                REFUSED,
                "the authorization server answered with status code 400: unknown client",
            ),
            (Consent::NotNeeded, true, "{}", "the authorization server's answer holds no access_token"),
        ] {
            let (world, _server) = world(consent, open, answer).await;
            let body = world.call(&["GET /api/x HTTP/1.1"]).await.body;
            assert_eq!(body, format!("Failed to get the authorization: {why}"));
        }
    }

    #[test]
    fn an_access_policy_names_callers() {
        use base64::Engine as _;
        let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        let claims = encode(r#"{"tid":"T","oid":"O","groups":["G"],"appid":"A"}"#);
        let token = Token::parse(&format!("{}.{claims}.", encode("{}"))).expect("a token");
        let check = |tenant: &str, object: &str, apps: &[&str], named: bool| {
            let app_ids = apps.iter().map(ToString::to_string).collect();
            let principal = Principal { tenant_id: tenant.to_owned(), object_id: object.to_owned(), app_ids };
            assert_eq!(names(&principal, &token), named, "{principal:?}");
        };
        check("t", "o", &[], true);
        check("t", "g", &["b", "a"], true);
        check("t", "o", &["b"], false);
        check("u", "o", &[], false);
        check("t", "x", &[], false);
    }
}
