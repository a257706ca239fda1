//! `validate-jwt`: lets only callers with a valid token in. In inbound, at every scope.
//! <https://learn.microsoft.com/azure/api-management/validate-jwt-policy>
//!
//! **Differs from Azure:** whether an OpenID configuration is there is not looked at when the policy is saved; one that
//! cannot be had refuses the token. X.509 signing tokens and Zumo master keys, which the documentation left, are refused.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use diagnostic::Diagnostic;

use super::shapes;
use super::{
    Attribute, Child, Content, Definition, EVERY_GATEWAY, EVERYWHERE, Example, Fidelity, Occurs, ValueKind,
};
use crate::context::Exchange;
use crate::document::{Compiler, Element, codes};
use crate::error::LastError;
use crate::jwt::{
    Check, DecryptionKey, Expiration, Key, Material, Refusal, Signature, Trust, children, texts, values,
};
use crate::pipeline::{Pending, Section, Step, Wait};
use crate::value::{Typed, Value, boolean, integer};

/// The row.
pub static DEFINITION: Definition = Definition {
    name: "validate-jwt",
    summary: "Lets only callers with a valid token in.",
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
        Attribute::optional("header-name", "The header with the token.", ValueKind::Text).or_expression(),
        Attribute::optional("require-scheme", "The scheme before the token.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("query-parameter-name", "The query parameter with the token.", ValueKind::Text)
            .or_expression(),
        Attribute::optional("token-value", "The token.", ValueKind::Text).or_expression(),
        Attribute::optional("clock-skew", "Seconds by which clocks may differ.", ValueKind::Whole)
            .or_expression(),
        Attribute::optional("require-expiration-time", "Whether tokens must end.", ValueKind::Boolean)
            .or_expression(),
        Attribute::optional("require-signed-tokens", "Whether tokens must be signed.", ValueKind::Boolean)
            .or_expression(),
        Attribute::optional("output-token-variable-name", "The variable for the token.", ValueKind::NotEmpty),
    ],
    content: Content::Children(&[
        Child::empty(
            "openid-config",
            Occurs::Repeated,
            &[
                Attribute::required("url", "Where keys and issuer are published.", ValueKind::Text)
                    .or_expression(),
                Attribute::optional("host", "The host to ask for.", ValueKind::Text).or_expression(),
                Attribute::optional(
                    "validate-connectivity",
                    "Whether it must be there when this is saved.",
                    ValueKind::Boolean,
                ),
            ],
        ),
        Child::new(
            "issuer-signing-tokens",
            Occurs::AtMostOnce,
            Content::Children(&[Child::new("token", Occurs::Repeated, Content::Text)]),
        ),
        Child::new(
            "issuer-signing-keys",
            Occurs::AtMostOnce,
            Content::AnyOrder(&[
                Child {
                    attributes: &[
                        key_attribute("id"),
                        key_attribute("certificate-id"),
                        key_attribute("n"),
                        key_attribute("e"),
                    ],
                    ..Child::new("key", Occurs::Repeated, Content::Text)
                },
                Child {
                    attributes: &[key_attribute("id")],
                    ..Child::new("zumo-master-key", Occurs::Repeated, Content::Text)
                },
            ]),
        ),
        Child::new(
            "decryption-keys",
            Occurs::AtMostOnce,
            Content::Children(&[Child {
                attributes: &[key_attribute("id"), key_attribute("certificate-id")],
                ..Child::new("key", Occurs::AtLeastOnce, Content::Text)
            }]),
        ),
        Child::new(
            "audiences",
            Occurs::AtMostOnce,
            Content::Children(&[Child::new("audience", Occurs::Repeated, Content::Text)]),
        ),
        Child::new(
            "issuers",
            Occurs::AtMostOnce,
            Content::Children(&[Child::new("issuer", Occurs::Repeated, Content::Text)]),
        ),
        Child::new("required-claims", Occurs::AtMostOnce, Content::Children(&[shapes::CLAIM])),
    ]),
    fidelity: Fidelity::Faithful,
    examples: EXAMPLES,
    compile,
};

const fn key_attribute(name: &'static str) -> Attribute {
    Attribute::optional(name, "A part of the key.", ValueKind::Text).or_expression()
}

/// Tokens of the examples: signed with `SECRET`, for ever; ended long ago; not signed.
macro_rules! token {
    (good) => { "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJhIiwiYXVkIjoiYiIsInN1YiI6Im1lIiwic2NwIjoicmVhZCB3cml0ZSIsImV4cCI6NDEwMjQ0NDgwMH0.xYq07xjmU1jWnuTo6o_JrxQVJDG1qE2Bu9GXBVdATAA" };
    (old) => { "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJhIiwiYXVkIjoiYiIsImV4cCI6MX0.HKuLS8cN21QEdW6ab4Rnc5XZDFa9kSq8zuBmv6dkqdc" };
    (unsigned) => { "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJ4In0." };
}

macro_rules! secret {
    () => {
        "<issuer-signing-keys><key>MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=</key></issuer-signing-keys>"
    };
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "a good token passes and is in the variable",
        section: Section::Inbound,
        fragment: concat!(
            "<base /><validate-jwt header-name=\"Authorization\" require-scheme=\"Bearer\" output-token-variable-name=\"jwt\" ",
            "failed-validation-httpcode=\"403\" failed-validation-error-message=\"no\" clock-skew=\"5\">",
            secret!(),
            "<audiences><audience>b</audience></audiences><issuers><issuer>a</issuer></issuers><required-claims>",
            "<claim name=\"scp\" match=\"any\" separator=\" \"><value>write</value><value>all</value></claim></required-claims>",
            "</validate-jwt><set-header name=\"X-Who\"><value>@(((Jwt)context.Variables[\"jwt\"]).Subject)</value></set-header>"
        ),
        request: &["GET /api/x HTTP/1.1", concat!("Authorization: Bearer ", token!(good))],
        seen: &["x-who: me"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    },
    Example {
        title: "there is no token",
        section: Section::Inbound,
        fragment: concat!("<validate-jwt header-name=\"Authorization\">", secret!(), "</validate-jwt>"),
        request: &["GET /api/x HTTP/1.1"],
        seen: &[],
        answer: &[],
        response: &[
            "HTTP/1.1 401 Unauthorized",
            "{ \"statusCode\": 401, \"message\": \"JWT not present.\" }",
        ],
    },
    Example {
        title: "the scheme is another",
        section: Section::Inbound,
        fragment: concat!(
            "<validate-jwt header-name=\"Authorization\" require-scheme=\"Bearer\">",
            secret!(),
            "</validate-jwt>"
        ),
        request: &["GET /api/x HTTP/1.1", concat!("Authorization: Basic ", token!(good))],
        seen: &[],
        answer: &[],
        response: &[
            "HTTP/1.1 401 Unauthorized",
            "{ \"statusCode\": 401, \"message\": \"JWT not present.\" }",
        ],
    },
    Example {
        title: "a token that has ended, with the answer of the policy",
        section: Section::Inbound,
        fragment: concat!(
            "<validate-jwt query-parameter-name=\"t\" failed-validation-httpcode=\"403\" failed-validation-error-message=\"no\">",
            secret!(),
            "</validate-jwt>"
        ),
        request: &[concat!("GET /api/x?t=", token!(old), " HTTP/1.1")],
        seen: &[],
        answer: &[],
        response: &["HTTP/1.1 403 Forbidden", "{ \"statusCode\": 403, \"message\": \"no\" }"],
    },
    Example {
        title: "a token for somebody else",
        section: Section::Inbound,
        fragment: concat!(
            "<validate-jwt header-name=\"X-Token\">",
            secret!(),
            "<audiences><audience>c</audience></audiences></validate-jwt>"
        ),
        request: &["GET /api/x HTTP/1.1", concat!("X-Token: ", token!(good))],
        seen: &[],
        answer: &[],
        response: &["HTTP/1.1 401 Unauthorized", "{ \"statusCode\": 401, \"message\": \"Invalid JWT.\" }"],
    },
    Example {
        title: "a token without all values of a claim",
        section: Section::Inbound,
        fragment: concat!(
            "<validate-jwt header-name=\"X-Token\">",
            secret!(),
            "<required-claims><claim name=\"scp\" match=\"all\" separator=\" \"><value>read</value>",
            "<value>all</value></claim></required-claims></validate-jwt>"
        ),
        request: &["GET /api/x HTTP/1.1", concat!("X-Token: ", token!(good))],
        seen: &[],
        answer: &[],
        response: &["HTTP/1.1 401 Unauthorized", "{ \"statusCode\": 401, \"message\": \"Invalid JWT.\" }"],
    },
    Example {
        title: "a token without a signature and an end, where neither is needed",
        section: Section::Inbound,
        fragment: concat!(
            "<base /><validate-jwt token-value=\"@(context.Request.Headers[&quot;X-Token&quot;][0])\" require-signed-tokens=\"false\" ",
            "require-expiration-time=\"false\" />"
        ),
        request: &["GET /api/x HTTP/1.1", concat!("X-Token: ", token!(unsigned))],
        seen: &["GET /x HTTP/1.1"],
        answer: &["HTTP/1.1 200 OK"],
        response: &["HTTP/1.1 200 OK", "backend"],
    },
    Example {
        title: "a token without a signature, where it is needed",
        section: Section::Inbound,
        fragment: concat!(
            "<validate-jwt header-name=\"X-Token\" require-expiration-time=\"false\">",
            secret!(),
            "</validate-jwt>"
        ),
        request: &["GET /api/x HTTP/1.1", concat!("X-Token: ", token!(unsigned))],
        seen: &[],
        answer: &[],
        response: &["HTTP/1.1 401 Unauthorized", "{ \"statusCode\": 401, \"message\": \"Invalid JWT.\" }"],
    },
];

struct ValidateJwt {
    check: Check,
    skew: Typed<i64>,
    expiration: Typed<bool>,
    signature: Typed<bool>,
    configurations: Vec<(Value, Option<Value>)>,
    signing: Vec<(Option<Value>, Source)>,
    decryption: Vec<Source>,
    audiences: Vec<Value>,
    issuers: Vec<Value>,
}

/// Where a key comes from.
enum Source {
    /// A secret in Base64.
    Secret(Typed<Arc<[u8]>>),
    /// A certificate of the service.
    Certificate(Value),
    /// The modulus and the exponent of an RSA key.
    Numbers(Typed<Arc<[u8]>>, Typed<Arc<[u8]>>),
}

fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Result<Step, Diagnostic> {
    for (part, name) in [("issuer-signing-tokens", "token"), ("issuer-signing-keys", "zumo-master-key")] {
        if let Some(child) = children(element, part, name).next() {
            let message = format!("'{name}' in '{part}' is not implemented by the sandbox.");
            return Err(compiler.problem(codes::NOT_IMPLEMENTED, child, &message));
        }
    }
    let mut flag = |name: &str| compiler.typed(element, name, boolean).unwrap_or(Typed::Fixed(true));
    let (expiration, signature) = (flag("require-expiration-time"), flag("require-signed-tokens"));
    let configurations = element.elements().filter(|child| child.name == "openid-config");
    let configurations = configurations
        .map(|child| {
            let url = compiler.value(child, "url").unwrap_or_else(Value::nothing);
            (url, compiler.value(child, "host"))
        })
        .collect();
    let signing = children(element, "issuer-signing-keys", "key")
        .map(|key| (compiler.value(key, "id"), Source::compile(key, compiler)))
        .collect();
    let decryption =
        children(element, "decryption-keys", "key").map(|key| Source::compile(key, compiler)).collect();
    Ok(Step::Wait(Box::new(ValidateJwt {
        check: Check::compile("validate-jwt", element, compiler, None)?,
        skew: compiler.typed(element, "clock-skew", integer).unwrap_or(Typed::Fixed(0)),
        expiration,
        signature,
        configurations,
        signing,
        decryption,
        audiences: values(element, "audiences", "audience", compiler),
        issuers: values(element, "issuers", "issuer", compiler),
    })))
}

impl Wait for ValidateJwt {
    fn run<'a>(&'a self, exchange: &'a mut Exchange) -> Pending<'a> {
        Box::pin(async {
            match self.trust(exchange)? {
                Ok(trust) => self.check.run(exchange, trust).await,
                Err(refusal) => Err(self.check.refused(exchange, refusal)?),
            }
        })
    }
}

impl ValidateJwt {
    fn trust(&self, exchange: &mut Exchange) -> Result<Result<Trust, Refusal>, LastError> {
        let mut trust = Trust::default();
        for (url, host) in &self.configurations {
            let url = url.text(exchange)?.trim().to_owned();
            let host = host.as_ref().map(|host| host.text(exchange).map(std::borrow::Cow::into_owned));
            trust.configurations.push((url, host.transpose()?));
        }
        for (id, source) in &self.signing {
            let ids = match id {
                Some(id) => vec![id.text(exchange)?.into_owned()],
                None => Vec::new(),
            };
            match source.signing(exchange)? {
                Ok(material) => trust.keys.push(Key { ids, material }),
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        for source in &self.decryption {
            match source.decryption(exchange)? {
                Ok(key) => trust.decryption.push(key),
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        trust.rules.audiences = texts(&self.audiences, exchange)?;
        trust.rules.issuers = texts(&self.issuers, exchange)?;
        trust.rules.skew = self.skew.get(exchange)?;
        if !self.expiration.get(exchange)? {
            trust.rules.expiration = Expiration::Optional;
        }
        if !self.signature.get(exchange)? {
            trust.rules.signature = Signature::Optional;
        }
        Ok(Ok(trust))
    }
}

impl Source {
    fn compile(key: &Element, compiler: &mut Compiler<'_>) -> Self {
        if let Some(certificate) = compiler.value(key, "certificate-id") {
            return Self::Certificate(certificate);
        }
        match (compiler.typed(key, "n", base64), compiler.typed(key, "e", base64)) {
            (Some(n), Some(e)) => Self::Numbers(n, e),
            _ => Self::Secret(compiler.typed_content(key, base64)),
        }
    }

    fn signing(&self, exchange: &mut Exchange) -> Result<Result<Material, Refusal>, LastError> {
        Ok(match self {
            Self::Secret(secret) => Ok(Material::Symmetric(secret.get(exchange)?)),
            Self::Numbers(n, e) => Ok(Material::rsa(&n.get(exchange)?, &e.get(exchange)?)),
            Self::Certificate(name) => {
                let name = name.text(exchange)?.into_owned();
                let found = exchange.matched.service.certificate(&name);
                found
                    .and_then(|found| Material::of_certificate(&found.der))
                    .ok_or_else(|| no_certificate(&name))
            }
        })
    }

    fn decryption(&self, exchange: &mut Exchange) -> Result<Result<DecryptionKey, Refusal>, LastError> {
        Ok(match self {
            Self::Secret(secret) => Ok(DecryptionKey::Symmetric(secret.get(exchange)?)),
            Self::Numbers(..) => Err(Refusal::invalid("A public key decrypts nothing.")),
            Self::Certificate(name) => decryption_key(exchange, name)?,
        })
    }
}

/// The private key of a certificate of the service.
pub(super) fn decryption_key(
    exchange: &mut Exchange,
    name: &Value,
) -> Result<Result<DecryptionKey, Refusal>, LastError> {
    let name = name.text(exchange)?.into_owned();
    let found = exchange.matched.service.certificate(&name);
    let key = found.and_then(|found| found.private_key.as_ref());
    Ok(key.map(|key| DecryptionKey::Rsa(key.reveal().into())).ok_or_else(|| no_certificate(&name)))
}

fn no_certificate(name: &str) -> Refusal {
    Refusal::invalid(format!("The certificate '{name}' is not there, or has not the key that is needed."))
}

fn base64(text: &str) -> Result<Arc<[u8]>, String> {
    let text: String = text.split_whitespace().collect();
    let bytes = STANDARD.decode(&text).or_else(|_| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')));
    bytes.map(Arc::from).map_err(|_| "it is not Base64".to_owned())
}
