//! `Jwt`, `BasicAuthCredentials` and `Authorization`, and the extension methods of strings that read the first two.
//!
//! Follows
//! <https://learn.microsoft.com/azure/api-management/api-management-policy-expressions#ContextVariables>: `AsJwt` and
//! `AsBasic` answer `null` for what is neither.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use indexmap::IndexMap;

use super::host::{READ, row};
use crate::failure::Outcome;
use crate::host::Memory;
use crate::json::{self, Token};
use crate::registry::{Call, TypeRow};
use crate::run::Machine;
use crate::time::{DateTime, Kind, SECOND};
use crate::ty::Type;
use crate::value::Value;

pub const JWT: TypeRow = row(
    "Jwt",
    &[
        ("string Algorithm { get; }", READ),
        ("IEnumerable<string> Audiences { get; }", READ),
        ("IReadOnlyDictionary<string, string[]> Claims { get; }", READ),
        ("DateTime? ExpirationTime { get; }", READ),
        ("string Id { get; }", READ),
        ("string Issuer { get; }", READ),
        ("DateTime? IssuedAt { get; }", READ),
        ("DateTime? NotBefore { get; }", READ),
        ("string Subject { get; }", READ),
        ("string Type { get; }", READ),
        ("static Jwt AsJwt(this string input)", |m, c| read(m, c, jwt)),
        ("static bool TryParseJwt(this string input, out Jwt result)", |m, c| attempt(m, c, jwt)),
    ],
    &[],
);

pub const BASIC: TypeRow = row(
    "BasicAuthCredentials",
    &[
        ("string UserId { get; }", READ),
        ("string Password { get; }", READ),
        ("static BasicAuthCredentials AsBasic(this string input)", |m, c| read(m, c, basic)),
        ("static bool TryParseBasic(this string input, out BasicAuthCredentials result)", |m, c| {
            attempt(m, c, basic)
        }),
    ],
    &[],
);

/// What `get-authorization-context` puts into its variable.
pub const AUTHORIZATION: TypeRow = row(
    "Authorization",
    &[("string AccessToken { get; }", READ), ("IReadOnlyDictionary<string, object> Claims { get; }", READ)],
    &[],
);

fn read(m: &mut Machine<'_>, c: Call<'_>, parse: fn(&str) -> Option<Value>) -> Outcome {
    let Value::String(text) = c.value(0) else { return Ok(Value::Null) };
    m.charge(text.len() * 8)?;
    m.ticks(text.len() as u64 / 8)?;
    Ok(parse(&text.text()).unwrap_or(Value::Null))
}

fn attempt(m: &mut Machine<'_>, c: Call<'_>, parse: fn(&str) -> Option<Value>) -> Outcome {
    let found = read(m, c, parse)?;
    let good = !found.is_null();
    m.rare().outs.push(found);
    Ok(Value::Bool(good))
}

/// The user and password of a `Basic` authorization header.
fn basic(header: &str) -> Option<Value> {
    let bytes = STANDARD.decode(header.strip_prefix("Basic ")?.trim()).ok()?;
    let text: String = bytes.into_iter().map(char::from).collect();
    let (user, password) = text.rsplit_once(':')?;
    let credentials = Memory::new(Type::named("BasicAuthCredentials"));
    Some(credentials.with("UserId", Value::text(user)).with("Password", Value::text(password)).value())
}

/// A signed JSON web token as expressions see it; neither its signature nor its times are checked.
pub fn jwt(text: &str) -> Option<Value> {
    let text = text.trim();
    let token = match text.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("Bearer ") => text.get(7..)?.trim(),
        _ => text,
    };
    let mut parts = token.split('.');
    let (head, body) = (part(parts.next()?)?, part(parts.next()?)?);
    if parts.next().is_none() || parts.next().is_some() {
        return None;
    }
    let claims = claims(&body);
    let first = |name: &str| match claims.get(name).and_then(|values| values.first()) {
        Some(value) => Value::text(value),
        None => Value::Null,
    };
    let header = |name: &str| head.get(name).map_or(Value::Null, |token| Value::text(&plain(&token)));
    let time = |name: &str| {
        claims.get(name).and_then(|values| values.first()?.parse().ok()).map_or(Value::Null, moment)
    };
    let texts = |values: &[String]| {
        Value::array(Type::STRING, values.iter().map(|value| Value::text(value)).collect())
    };
    let dictionary = Type::generic(
        "System.Collections.Generic.IReadOnlyDictionary",
        vec![Type::STRING, Type::Array(Type::STRING.into())],
    );
    let all =
        claims.iter().fold(Memory::new(dictionary), |all, (name, values)| all.entry(name, texts(values)));
    let jwt = Memory::new(Type::named("Jwt"))
        .with("Algorithm", header("alg"))
        .with("Type", header("typ"))
        .with("Audiences", texts(claims.get("aud").map_or(&[], Vec::as_slice)))
        .with("Claims", all.value())
        .with("ExpirationTime", time("exp"))
        .with("NotBefore", time("nbf"))
        .with("IssuedAt", time("iat"))
        .with("Id", first("jti"))
        .with("Issuer", first("iss"))
        .with("Subject", first("sub"));
    Some(jwt.value())
}

fn part(text: &str) -> Option<Token> {
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
    let parsed = json::parse(std::str::from_utf8(&bytes).ok()?, false).ok()?;
    (parsed.kind() == 1).then_some(parsed)
}

/// Each claim's values: one for each element of an array.
fn claims(body: &Token) -> IndexMap<String, Vec<String>> {
    let mut claims = IndexMap::new();
    for property in body.tokens() {
        let (Some(name), Some(value)) = (property.property_name(), property.property_value()) else {
            continue;
        };
        let values = if value.kind() == 2 { value.tokens() } else { vec![value] };
        claims.insert(name, values.iter().map(plain).collect());
    }
    claims
}

fn plain(token: &Token) -> String {
    match token.scalar() {
        Some(Value::String(text)) => text.to_string(),
        Some(Value::Null) => String::new(),
        _ => token.json(false),
    }
}

fn moment(seconds: f64) -> Value {
    let ticks = DateTime::unix(0).ticks.saturating_add((seconds as i64).saturating_mul(SECOND));
    Value::DateTime(DateTime { ticks: ticks.max(0), kind: Kind::Utc })
}
