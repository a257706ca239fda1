//! What the policies that check tokens have in common: where the token is, what it must say, and the answer to a caller
//! without a good one.

use std::sync::Arc;

use diagnostic::Diagnostic;
use http::header::AUTHORIZATION;
use http::{HeaderName, StatusCode};

use super::{Claim, DecryptionKey, Key, Match, Need, Refusal, Rules, Token, decrypt};
use crate::context::Exchange;
use crate::document::{Compiler, Element, codes};
use crate::error::{LastError, Reason, Source};
use crate::pipeline::Flow;
use crate::policies::status_code;
use crate::value::{Typed, Value, header_name};

/// A check of a token.
pub struct Check {
    policy: &'static str,
    place: Place,
    scheme: Option<Value>,
    status: Typed<StatusCode>,
    message: Option<Value>,
    output: Option<Arc<str>>,
    claims: Vec<ClaimRule>,
}

/// Where the token is.
enum Place {
    Header(Typed<HeaderName>),
    Query(Value),
    Given(Value),
}

struct ClaimRule {
    name: Value,
    matches: Typed<Match>,
    separator: Option<Value>,
    values: Vec<Value>,
}

/// Whose tokens are good, for one request.
#[derive(Debug, Default)]
pub struct Trust {
    /// Where issuers publish their keys, and the host to ask for if it is another.
    pub configurations: Vec<(String, Option<String>)>,
    /// Keys that are known.
    pub keys: Vec<Key>,
    /// Keys that tokens are encrypted with.
    pub decryption: Vec<DecryptionKey>,
    /// What a token must be.
    pub rules: Rules,
}

impl Check {
    /// Compiles what is common. Without a word about where the token is, it is in `header`.
    pub fn compile(
        policy: &'static str,
        element: &Element,
        compiler: &mut Compiler<'_>,
        header: Option<HeaderName>,
    ) -> Result<Self, Diagnostic> {
        let places = ["header-name", "query-parameter-name", "token-value"];
        let given = places.iter().filter(|name| element.attribute(name).is_some()).count();
        if given > 1 || (given == 0 && header.is_none()) {
            let message =
                "Exactly one of 'header-name', 'query-parameter-name' and 'token-value' is required.";
            return Err(compiler.problem(codes::MISSING, element, message));
        }
        let place = match (compiler.value(element, places[1]), compiler.value(element, places[2]), header) {
            (Some(name), _, _) => Place::Query(name),
            (_, Some(token), _) => Place::Given(token),
            (_, _, header) => Place::Header(
                compiler
                    .typed(element, places[0], header_name)
                    .unwrap_or(Typed::Fixed(header.unwrap_or(AUTHORIZATION))),
            ),
        };
        let rules = children(element, "required-claims", "claim");
        Ok(Self {
            policy,
            place,
            scheme: compiler.value(element, "require-scheme"),
            status: compiler
                .typed(element, "failed-validation-httpcode", status_code)
                .unwrap_or(Typed::Fixed(StatusCode::UNAUTHORIZED)),
            message: compiler.value(element, "failed-validation-error-message"),
            output: element.attribute("output-token-variable-name").map(Arc::from),
            claims: rules.map(|claim| ClaimRule::compile(claim, compiler)).collect(),
        })
    }

    /// Checks the token of a request.
    ///
    /// # Errors
    /// It is refused, or an expression failed.
    pub async fn run(&self, exchange: &mut Exchange, mut trust: Trust) -> Result<Flow, LastError> {
        for claim in &self.claims {
            trust.rules.claims.push(claim.evaluate(exchange)?);
        }
        let checked = match self.token(exchange)? {
            None => Err(Refusal::absent()),
            Some(text) => checked(exchange, &text, trust).await,
        };
        match checked {
            Ok(token) => {
                if let Some(name) = &self.output {
                    let value = expression::jwt(&token.text).unwrap_or(crate::value::Variable::Null);
                    exchange.set_variable(name, value);
                }
                Ok(Flow::Continue)
            }
            Err(refusal) => Err(self.refused(exchange, refusal)?),
        }
    }

    /// The answer to a caller whose token is refused.
    pub fn refused(&self, exchange: &mut Exchange, refusal: Refusal) -> Result<LastError, LastError> {
        let Refusal { reason, message } = refusal;
        let status = self.status.get(exchange)?;
        let told = match &self.message {
            Some(text) => text.text(exchange)?.into_owned(),
            None if reason == Reason::TokenNotPresent => "JWT not present.".to_owned(),
            None => "Invalid JWT.".to_owned(),
        };
        Ok(LastError::new(Source::Policy(self.policy), reason, message).answered(status, told))
    }

    fn token(&self, exchange: &mut Exchange) -> Result<Option<String>, LastError> {
        let (text, in_authorization) = match &self.place {
            Place::Header(name) => {
                let name = name.get(exchange)?;
                let value = exchange.request.headers.get(&name).and_then(|value| value.to_str().ok());
                (value.map(str::to_owned), name == AUTHORIZATION)
            }
            Place::Query(name) => {
                let name = name.text(exchange)?.into_owned();
                let query = exchange.request.query.as_deref().unwrap_or_default();
                let mut pairs = form_urlencoded::parse(query.as_bytes());
                (pairs.find(|(key, _)| *key == name).map(|(_, value)| value.into_owned()), false)
            }
            Place::Given(token) => (Some(token.text(exchange)?.into_owned()), false),
        };
        let Some(text) = text else { return Ok(None) };
        let (scheme, token) = match text.trim().split_once(' ') {
            Some((scheme, token)) => (scheme, token.trim()),
            None => ("", text.trim()),
        };
        if let (Some(required), true) = (&self.scheme, in_authorization)
            && !required.text(exchange)?.trim().eq_ignore_ascii_case(scheme)
        {
            return Ok(None);
        }
        Ok(Some(token.to_owned()).filter(|token| !token.is_empty()))
    }
}

impl ClaimRule {
    fn compile(element: &Element, compiler: &mut Compiler<'_>) -> Self {
        Self {
            name: compiler.value(element, "name").unwrap_or_else(Value::nothing),
            matches: compiler.typed(element, "match", matches).unwrap_or(Typed::Fixed(Match::All)),
            separator: compiler.value(element, "separator"),
            values: element.elements().map(|value| compiler.content(value)).collect(),
        }
    }

    fn evaluate(&self, exchange: &mut Exchange) -> Result<Claim, LastError> {
        Ok(Claim {
            name: self.name.text(exchange)?.into_owned(),
            matches: self.matches.get(exchange)?,
            separator: match &self.separator {
                Some(separator) => Some(separator.text(exchange)?.into_owned()),
                None => None,
            },
            values: texts(&self.values, exchange)?,
        })
    }
}

/// Checks a token with what its issuers publish; once more if they have changed their keys since.
///
/// # Errors
/// Why it is refused.
pub async fn checked(exchange: &Exchange, text: &str, mut trust: Trust) -> Result<Token, Refusal> {
    let token = decrypt(text, &trust.decryption)?;
    let now = exchange.gateway.clock.now().unix_seconds();
    let known = (trust.keys.clone(), trust.rules.issuers.clone());
    learn(exchange, &mut trust, Need::Check).await?;
    let mut outcome = trust.rules.check(&token, &trust.keys, now);
    let unknown = |refusal: &Refusal| refusal.reason == Reason::TokenSignatureKeyNotFound;
    if outcome.as_ref().is_err_and(unknown) && !trust.configurations.is_empty() {
        (trust.keys, trust.rules.issuers) = known;
        learn(exchange, &mut trust, Need::UnknownKey).await?;
        outcome = trust.rules.check(&token, &trust.keys, now);
    }
    outcome.map(|()| token)
}

/// Adds what issuers publish; one that cannot be reached counts only if there is nothing else.
async fn learn(exchange: &Exchange, trust: &mut Trust, need: Need) -> Result<(), Refusal> {
    let mut failed = None;
    for (url, host) in &trust.configurations {
        let (gateway, service) = (&exchange.gateway, &exchange.matched.service);
        match gateway.providers.metadata((gateway, service), url, host.as_deref(), need).await {
            Ok(metadata) => {
                trust.keys.extend(metadata.keys.iter().cloned());
                trust.rules.issuers.extend(metadata.issuer.clone());
            }
            Err(refusal) => failed = Some(refusal),
        }
    }
    match failed {
        Some(refusal) if trust.keys.is_empty() => Err(refusal),
        _ => Ok(()),
    }
}

/// The elements in a part of a policy.
pub fn children<'a>(element: &'a Element, part: &'a str, name: &'a str) -> impl Iterator<Item = &'a Element> {
    let parts = element.elements().filter(move |child| child.name == part);
    parts.flat_map(Element::elements).filter(move |child| child.name == name)
}

/// The values of the elements in a part of a policy.
pub fn values(element: &Element, part: &str, name: &str, compiler: &mut Compiler<'_>) -> Vec<Value> {
    children(element, part, name).map(|child| compiler.content(child)).collect()
}

/// What values say about a request.
pub fn texts(values: &[Value], exchange: &mut Exchange) -> Result<Vec<String>, LastError> {
    values.iter().map(|value| Ok(value.text(exchange)?.trim().to_owned())).collect()
}

fn matches(text: &str) -> Result<Match, String> {
    match text {
        "all" => Ok(Match::All),
        "any" => Ok(Match::Any),
        _ => Err("it is neither 'all' nor 'any'".to_owned()),
    }
}
