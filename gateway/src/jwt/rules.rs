//! What a token must be, in the order in which Azure's library looks: signature, times, audience, issuer, claims.

use super::{Key, Refusal, Token};
use crate::error::Reason;

/// What a token must be.
#[derive(Debug, Default)]
pub struct Rules {
    /// One of these made it; anybody, if there are none.
    pub issuers: Vec<String>,
    /// It is for one of these; for anybody, if there are none.
    pub audiences: Vec<String>,
    /// One of these applications asked for it; anybody, if there are none.
    pub clients: Vec<String>,
    /// It says these.
    pub claims: Vec<Claim>,
    /// By how many seconds clocks may differ.
    pub skew: i64,
    /// Whether it must end.
    pub expiration: Expiration,
    /// Whether it must be signed.
    pub signature: Signature,
}

/// Whether a token must end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Expiration {
    /// It must say when.
    #[default]
    Required,
    /// It may last for ever.
    Optional,
}

/// Whether a token must be signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Signature {
    /// It must.
    #[default]
    Required,
    /// It may be.
    Optional,
}

/// A claim that must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Its name.
    pub name: String,
    /// Which of the values must be there.
    pub matches: Match,
    /// What stands between values in the token.
    pub separator: Option<String>,
    /// The values; any, if there are none.
    pub values: Vec<String>,
}

/// Which of a claim's values must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// All.
    All,
    /// One at least.
    Any,
}

impl Rules {
    /// Checks a token at a time, in seconds since 1970.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn check(&self, token: &Token, keys: &[Key], now: i64) -> Result<(), Refusal> {
        self.check_signature(token, keys)?;
        self.check_times(token, now)?;
        self.check_audience(token)?;
        self.check_issuer(token)?;
        self.check_client(token)?;
        self.check_claims(token)
    }

    fn check_signature(&self, token: &Token, keys: &[Key]) -> Result<(), Refusal> {
        let algorithm = token.algorithm();
        if token.signature.is_empty() && algorithm == "none" {
            return match self.signature {
                Signature::Optional => Ok(()),
                Signature::Required => Err(Refusal::denied(
                    Reason::TokenSignatureInvalid,
                    "IDX10504: Unable to validate signature, token does not have a signature.",
                )),
            };
        }
        let named = token.header("kid").or_else(|| token.header("x5t"));
        let (first, rest): (Vec<&Key>, Vec<&Key>) =
            keys.iter().partition(|key| named.is_some_and(|name| key.is_called(name)));
        let known = named.is_none() || !first.is_empty();
        let mut tried = first.into_iter().chain(rest);
        if tried.any(|key| key.verifies(algorithm, token.signed(), &token.signature)) {
            return Ok(());
        }
        Err(match named.filter(|_| !known) {
            Some(name) => {
                let message =
                    format!("IDX10501: Signature validation failed. Unable to match key: kid: '{name}'.");
                Refusal::denied(Reason::TokenSignatureKeyNotFound, message)
            }
            None if keys.is_empty() => Refusal::denied(
                Reason::TokenSignatureKeyNotFound,
                "IDX10500: Signature validation failed. No security keys were provided to validate the signature.",
            ),
            None => Refusal::denied(
                Reason::TokenSignatureInvalid,
                "IDX10511: Signature validation failed. None of the keys verifies it.",
            ),
        })
    }

    fn check_times(&self, token: &Token, now: i64) -> Result<(), Refusal> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "seconds since 1970 are far below what a double holds"
        )]
        let (now, skew) = (now as f64, self.skew as f64);
        let expires = token.seconds("exp");
        if expires.is_none() && self.expiration == Expiration::Required {
            let message = "IDX10225: Lifetime validation failed. The token is missing an Expiration Time.";
            return Err(Refusal::denied(Reason::TokenExpired, message));
        }
        if token.seconds("nbf").is_some_and(|begins| begins > now + skew) {
            let message = "IDX10222: Lifetime validation failed. The token is not yet valid.";
            return Err(Refusal::denied(Reason::JwtInvalid, message));
        }
        if expires.is_some_and(|ends| ends < now - skew) {
            let message = "IDX10223: Lifetime validation failed. The token is expired.";
            return Err(Refusal::denied(Reason::TokenExpired, message));
        }
        Ok(())
    }

    fn check_audience(&self, token: &Token) -> Result<(), Refusal> {
        let found = token.values("aud").unwrap_or_default();
        if self.audiences.is_empty() || found.iter().any(|audience| self.audiences.contains(audience)) {
            return Ok(());
        }
        let message = format!(
            "IDX10214: Audience validation failed. Audiences: '{}'. Did not match: '{}'.",
            found.join(", "),
            self.audiences.join(", ")
        );
        Err(Refusal::denied(Reason::TokenAudienceNotAllowed, message))
    }

    /// An issuer of many tenants is published with a gap where the token's tenant belongs.
    fn check_issuer(&self, token: &Token) -> Result<(), Refusal> {
        if self.issuers.is_empty() {
            return Ok(());
        }
        let text =
            |name: &str| token.claims.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
        let (issuer, tenant) = (text("iss"), text("tid"));
        if self.issuers.iter().any(|known| known == issuer || known.replace("{tenantid}", tenant) == issuer) {
            return Ok(());
        }
        let message = format!(
            "IDX10205: Issuer validation failed. Issuer: '{issuer}'. Did not match: '{}'.",
            self.issuers.join(", ")
        );
        Err(Refusal::denied(Reason::TokenIssuerNotAllowed, message))
    }

    /// Version 1.0 of a token says `appid`, version 2.0 `azp`.
    fn check_client(&self, token: &Token) -> Result<(), Refusal> {
        if self.clients.is_empty() {
            return Ok(());
        }
        let name = if token.claims.contains_key("azp") { "azp" } else { "appid" };
        let Some(found) = token.values(name) else {
            let message = "JWT token is missing the following claims: appid.";
            return Err(Refusal::denied(Reason::TokenClaimNotFound, message));
        };
        if found.iter().any(|id| self.clients.iter().any(|client| client.eq_ignore_ascii_case(id))) {
            return Ok(());
        }
        let message = format!("Claim {name} value of {} is not allowed.", found.join(","));
        Err(Refusal::denied(Reason::TokenClaimValueNotAllowed, message))
    }

    fn check_claims(&self, token: &Token) -> Result<(), Refusal> {
        let missing: Vec<&str> = self
            .claims
            .iter()
            .map(|claim| claim.name.as_str())
            .filter(|name| !token.claims.contains_key(*name))
            .collect();
        if !missing.is_empty() {
            let message = format!("JWT token is missing the following claims: {}.", missing.join(", "));
            return Err(Refusal::denied(Reason::TokenClaimNotFound, message));
        }
        for claim in &self.claims {
            let found = claim.found(token);
            if !claim.fits(&found) {
                let (name, value) = (&claim.name, found.join(","));
                let message = format!("Claim {name} value of {value} is not allowed.");
                return Err(Refusal::denied(Reason::TokenClaimValueNotAllowed, message));
            }
        }
        Ok(())
    }
}

impl Claim {
    fn found(&self, token: &Token) -> Vec<String> {
        let values = token.values(&self.name).unwrap_or_default();
        match self.separator.as_deref().filter(|separator| !separator.is_empty()) {
            None => values,
            Some(separator) => {
                let parts = values.iter().flat_map(|value| value.split(separator));
                parts.map(|part| part.trim().to_owned()).collect()
            }
        }
    }

    fn fits(&self, found: &[String]) -> bool {
        match self.matches {
            _ if self.values.is_empty() => true,
            Match::All => self.values.iter().all(|value| found.contains(value)),
            Match::Any => self.values.iter().any(|value| found.contains(value)),
        }
    }
}
