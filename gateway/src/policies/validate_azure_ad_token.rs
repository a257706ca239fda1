//! `validate-azure-ad-token`: lets only callers with a token of Microsoft Entra in. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/validate-azure-ad-token-policy>
//!
//! **Differs from Azure:** the tenant is the sandbox's own, whichever host of Microsoft Entra is named. Protected forwarded
//! tokens and tokens with proof of possession are refused.

use diagnostic::Diagnostic;
use http::header::AUTHORIZATION;

use super::shapes;
use super::validate_jwt::decryption_key;
use super::{
    Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, Occurs, ValueKind,
};
use crate::context::Exchange;
use crate::document::{Compiler, Element};
use crate::error::LastError;
use crate::jwt::{Check, Refusal, Trust, children, texts, values};
use crate::pipeline::{Pending, Section, Step, Wait};
use crate::value::Value;

/// Where tenants are unless a policy says otherwise.
const ENDPOINT: &str = "https://login.microsoftonline.com";

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "validate-azure-ad-token",
    summary: "Lets only callers with a token of Microsoft Entra in.",
    sections: &[Section::Inbound],
    scopes: EVERYWHERE,
    gateways: EVERY_GATEWAY,
    attributes: &[
        Attribute::optional(
            "failed-validation-httpcode",
            "The status of the answer: 401 unless given.",
            ValueKind::Whole,
        )
        .or_expression(),
        Attribute::optional("failed-validation-error-message", "The message of the answer.", ValueKind::Text)
            .or_expression(),
        Attribute::required("tenant-id", "The tenant.", ValueKind::Text).or_expression(),
        Attribute::optional(
            "header-name",
            "The header with the token: `Authorization` unless given.",
            ValueKind::Text,
        )
        .or_expression(),
        Attribute::optional("authentication-endpoint", "Where the tenant's keys are.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("require-scheme", "The scheme before the token.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("query-parameter-name", "The query parameter with the token.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("token-value", "The token.", ValueKind::Text).or_expression(),
        Attribute::optional(
            "allow-protected-forwarded-tokens",
            "Whether such tokens count.",
            ValueKind::Boolean,
        )
        .or_expression()
        .but_not(&["true", "1"]),
        Attribute::optional(
            "allow-proof-of-possession-tokens",
            "Whether such tokens count.",
            ValueKind::Boolean,
        )
        .or_expression()
        .but_not(&["true", "1"]),
        Attribute::optional("output-token-variable-name", "The variable for the token.", ValueKind::NotEmpty),
    ],
    content: Content::AnyOrder(&[
        Child::new("backend-application-ids", Occurs::AtMostOnce, Content::Children(APPLICATIONS)),
        Child::new("client-application-ids", Occurs::AtMostOnce, Content::Children(APPLICATIONS)),
        Child::new(
            "audiences",
            Occurs::AtMostOnce,
            Content::Children(&[Child::new("audience", Occurs::AtLeastOnce, Content::Text)]),
        ),
        Child::new(
            "required-claims",
            Occurs::AtMostOnce,
            Content::Children(&[Child { occurs: Occurs::AtLeastOnce, ..shapes::CLAIM }]),
        ),
        Child::new(
            "decryption-keys",
            Occurs::AtMostOnce,
            Content::Children(&[Child::empty(
                "key",
                Occurs::AtLeastOnce,
                &[
                    Attribute::optional("id", "The key's name.", ValueKind::Text),
                    Attribute::required("certificate-id", "The certificate.", ValueKind::Text)
                        .or_expression(),
                ],
            )]),
        ),
    ]),
    fidelity: Fidelity::Approximate("no protected forwarded tokens, no proof of possession"),
    examples: &[
        Example {
            title: "there is no token",
            section: Section::Inbound,
            fragment: "<validate-azure-ad-token tenant-id=\"organizations\"><client-application-ids><application-id>\
                       a</application-id></client-application-ids></validate-azure-ad-token>",
            request: &["GET /api/x HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &[
                "HTTP/1.1 401 Unauthorized",
                "{ \"statusCode\": 401, \"message\": \"JWT not present.\" }",
            ],
        },
        Example {
            title: "what is no token, with the answer of the policy",
            section: Section::Inbound,
            fragment: "<validate-azure-ad-token tenant-id=\"organizations\" query-parameter-name=\"t\" \
                       failed-validation-httpcode=\"403\" failed-validation-error-message=\"no\" />",
            request: &["GET /api/x?t=a HTTP/1.1"],
            seen: &[],
            answer: &[],
            response: &["HTTP/1.1 403 Forbidden", "{ \"statusCode\": 403, \"message\": \"no\" }"],
        },
    ],
    compile,
};

const APPLICATIONS: &[Child] = &[Child::new("application-id", Occurs::AtLeastOnce, Content::Text)];

struct ValidateAzureAdToken {
    check: Check,
    tenant: Value,
    endpoint: Value,
    backends: Vec<Value>,
    clients: Vec<Value>,
    audiences: Vec<Value>,
    decryption: Vec<Value>,
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    let keys = children(element, "decryption-keys", "key");
    let decryption = keys.filter_map(|key| compiler.value(key, "certificate-id")).collect();
    Ok(Step::Wait(Box::new(ValidateAzureAdToken {
        check: Check::compile("validate-azure-ad-token", element, compiler, Some(AUTHORIZATION))?,
        tenant: compiler.value(element, "tenant-id").unwrap_or_else(Value::nothing),
        endpoint: compiler
            .value(element, "authentication-endpoint")
            .unwrap_or_else(|| Value::literal(ENDPOINT)),
        backends: values(element, "backend-application-ids", "application-id", compiler),
        clients: values(element, "client-application-ids", "application-id", compiler),
        audiences: values(element, "audiences", "audience", compiler),
        decryption,
    })))
}

impl Wait for ValidateAzureAdToken {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(async {
            match self.trust(exchange)? {
                Ok(trust) => self.check.run(exchange, trust).await,
                Err(refusal) => Err(self.check.refused(exchange, refusal)?),
            }
        })
    }
}

impl ValidateAzureAdToken {
    fn trust(&self, exchange: &mut Exchange) -> Result<Result<Trust, Refusal>, LastError> {
        let mut trust = Trust::default();
        for name in &self.decryption {
            match decryption_key(exchange, name)? {
                Ok(key) => trust.decryption.push(key),
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        let tenant = self.tenant.text(exchange)?.trim().trim_end_matches('/').to_owned();
        let endpoint = self.endpoint.text(exchange)?.trim().trim_end_matches('/').to_owned();
        let authority = if tenant.contains("://") { tenant } else { format!("{endpoint}/{tenant}") };
        // Tokens of both versions count, and each version has its own issuer.
        trust.configurations = ["", "/v2.0"]
            .map(|version| (format!("{authority}{version}/.well-known/openid-configuration"), None))
            .into();
        trust.rules.clients = texts(&self.clients, exchange)?;
        trust.rules.audiences = texts(&self.audiences, exchange)?;
        for id in texts(&self.backends, exchange)? {
            trust.rules.audiences.push(format!("api://{id}"));
            trust.rules.audiences.push(id);
        }
        Ok(Ok(trust))
    }
}
