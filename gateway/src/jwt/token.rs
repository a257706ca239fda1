//! A signed token in its compact form (RFC 7515, 7519).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::Refusal;

/// The longest token that .NET's library reads.
const LENGTH: usize = 256_000;

/// A token, taken apart; nothing in it is checked yet.
#[derive(Debug)]
pub struct Token {
    /// The token as it came.
    pub text: String,
    /// The header.
    pub header: Map<String, Value>,
    /// The claims.
    pub claims: Map<String, Value>,
    /// The signature; empty for a token without one.
    pub signature: Vec<u8>,
    signed: usize,
}

impl Token {
    /// Reads a token.
    ///
    /// # Errors
    /// It is not one.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.len() > LENGTH {
            return Err(Refusal::invalid("IDX10209: Token has a length larger than the maximum of 256000."));
        }
        let parts: Vec<&str> = text.split('.').collect();
        let [header, claims, signature] = parts.as_slice() else {
            return Err(Refusal::invalid(
                "IDX12741: JWT must have three segments (JWS) or five segments (JWE).",
            ));
        };
        let unreadable =
            || Refusal::invalid("IDX12729: Unable to decode the header or the payload of the token.");
        Ok(Self {
            header: object(header).ok_or_else(unreadable)?,
            claims: object(claims).ok_or_else(unreadable)?,
            signature: decode(signature).ok_or_else(unreadable)?,
            signed: header.len() + 1 + claims.len(),
            text: text.to_owned(),
        })
    }

    /// What the signature is for.
    pub fn signed(&self) -> &[u8] {
        self.text.as_bytes().get(..self.signed).unwrap_or_default()
    }

    /// The algorithm of the signature.
    pub fn algorithm(&self) -> &str {
        self.header("alg").unwrap_or("none")
    }

    /// A text of the header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name)?.as_str()
    }

    /// The values of a claim: one for each element of an array; `None` if the claim is not there.
    pub fn values(&self, name: &str) -> Option<Vec<String>> {
        Some(match self.claims.get(name)? {
            Value::Array(items) => items.iter().map(plain).collect(),
            value => vec![plain(value)],
        })
    }

    /// A claim that is a number of seconds.
    pub fn seconds(&self, name: &str) -> Option<f64> {
        let claim = self.claims.get(name)?;
        claim.as_f64().or_else(|| claim.as_str()?.parse().ok())
    }
}

/// Decodes a part of a token.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

/// Reads a part of a token.
pub fn object(text: &str) -> Option<Map<String, Value>> {
    match serde_json::from_slice(&decode(text)?).ok()? {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
