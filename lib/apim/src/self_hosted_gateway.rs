//! A gateway entity, whose keys sign the tokens that a self-hosted gateway shows.
//! <https://learn.microsoft.com/rest/api/apimanagement/gateway/generate-token>
//!
//! **Differs from Azure:** what exactly is signed is not documented there, so tokens of one are not taken by the other.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::Key;

/// How long the end in a token is: `yyyyMMddHHmm`.
const MINUTE: usize = 12;

/// A gateway entity of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SelfHostedGateway {
    /// The identifier in the service.
    pub name: String,
    /// The primary and the secondary key.
    pub keys: [Key; 2],
    /// The APIs that it serves, by name.
    pub apis: Vec<String>,
}

impl SelfHostedGateway {
    /// A token that this key signs and that is good until the minute of this moment (RFC 3339, UTC).
    pub fn token(&self, key: &Key, until: &str) -> String {
        shared_access_token(&self.name, key, until)
    }

    /// One of the keys signed this token, and it is still good now (RFC 3339, UTC).
    pub fn takes(&self, token: &str, now: &str) -> bool {
        let Some((name, rest)) = token.split_once('&') else { return false };
        let Some((until, signature)) = rest.split_once('&') else { return false };
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        let text = signed(name, until);
        let is_time = until.len() == MINUTE && until.bytes().all(|byte| byte.is_ascii_digit());
        is_time
            && minute(now).as_str() < until
            && name.eq_ignore_ascii_case(&self.name)
            && self.keys.iter().any(|key| hmac::verify(&signing(key), text.as_bytes(), &signature).is_ok())
    }
}

/// A token of this name that a key signs and that is good until the minute of this moment (RFC 3339, UTC).
pub fn shared_access_token(name: &str, key: &Key, until: &str) -> String {
    let until = minute(until);
    let signature = hmac::sign(&signing(key), signed(name, &until).as_bytes());
    format!("{name}&{until}&{}", STANDARD.encode(signature))
}

fn signing(key: &Key) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA512, key.reveal().as_bytes())
}

fn signed(name: &str, until: &str) -> String {
    format!("{name}\n{until}")
}

/// `2026-11-24T23:32:31Z` as `202611242332`.
fn minute(moment: &str) -> String {
    moment.chars().filter(char::is_ascii_digit).take(MINUTE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_gateway_until_its_end() {
        let gateway = |name: &str, keys: [&str; 2]| SelfHostedGateway {
            name: name.to_owned(),
            keys: keys.map(Key::new),
            apis: Vec::new(),
        };
        let own = gateway("here", ["one", "two"]);
        let token = own.token(&own.keys[1], "2026-11-24T23:32:31Z");
        assert!(token.starts_with("here&202611242332&"), "{token}");
        let later = token.replace("202611242332", "203611242332");
        let (day, end) = ("2026-11-24T00:00:00Z", "2026-11-24T23:32:00Z");
        for (what, holder, shown, now, expected) in [
            ("its own", &own, token.as_str(), day, true),
            ("past its end", &own, &token, end, false),
            ("with another end", &own, &later, day, false),
            ("of another gateway", &gateway("there", ["one", "two"]), &token, day, false),
            ("of other keys", &gateway("here", ["one", "three"]), &token, day, false),
            ("in pieces", &own, "here&202611242332", day, false),
            ("without an end", &own, "here&&AAAA", day, false),
            ("nothing", &own, "", day, false),
        ] {
            assert_eq!(holder.takes(shown, now), expected, "{what}");
        }
    }
}
