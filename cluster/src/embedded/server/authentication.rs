//! Who is let in: bearers of the cluster's token, and holders of the client certificate.
//! <https://kubernetes.io/docs/reference/access-authn-authz/authentication/>

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::status::Failure;
use crate::embedded::Peer;
use crate::embedded::token::Token;

/// Everybody may ask this, as the role `system:public-info-viewer` allows.
pub fn is_public(path: &[&str]) -> bool {
    matches!(path, ["version"] | ["healthz" | "livez" | "readyz", ..])
}

/// Lets the request pass, or not.
pub fn check(token: &Token, headers: &HeaderMap, peer: Peer) -> Result<(), Failure> {
    if peer == Peer::ClientCertificate {
        return Ok(());
    }
    let shown = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|value| value.split_once(' '));
    match shown {
        Some((scheme, shown)) if scheme.eq_ignore_ascii_case("bearer") && token.is(shown.trim()) => Ok(()),
        _ => Err(Failure::unauthorized()),
    }
}
