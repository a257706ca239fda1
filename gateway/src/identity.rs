//! Managed identities: tokens that a service gets for itself, kept until they end.
//! <https://learn.microsoft.com/azure/api-management/api-management-howto-use-managed-service-identity>

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderValue;

use crate::Gateway;

/// How many tokens are kept.
const TOKENS: usize = 1_000;
/// A token is not used in its last seconds.
const MARGIN: i64 = 30;

/// Microsoft Entra, as the gateway knows it.
#[derive(Debug, Clone)]
pub struct Entra {
    /// Where it publishes its keys, without a slash at the end.
    pub origin: String,
    /// Who gives tokens to services.
    pub tokens: Arc<dyn TokenSource>,
}

/// The port to who gives tokens to services.
pub trait TokenSource: fmt::Debug + Send + Sync {
    /// A token for one of a service's identities, or why there is none.
    fn token<'a>(&'a self, wanted: &'a Wanted) -> TokenFuture<'a>;
}

/// A token in the making.
pub type TokenFuture<'a> = Pin<Box<dyn Future<Output = Result<AccessToken, String>> + Send + 'a>>;

/// Which token a service wants.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// The service's ARM id.
    pub service: String,
    /// The application (client) id of a user-assigned identity; its own identity without one.
    pub client_id: Option<String>,
    /// What the token is for.
    pub resource: String,
}

/// A token and its end.
#[derive(Clone)]
pub struct AccessToken {
    /// The token.
    pub text: String,
    /// When it ends, in seconds since 1970.
    pub expires: i64,
}

/// The tokens that are still good.
#[derive(Debug, Default)]
pub struct Tokens(Mutex<HashMap<Wanted, AccessToken>>);

impl Gateway {
    /// A token of a service's identity, from before if that is still good.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn identity_token(&self, wanted: Wanted) -> Result<String, String> {
        let now = self.clock.now().unix_seconds();
        if let Some(token) = self.tokens.get(&wanted, now) {
            return Ok(token);
        }
        let entra = self.entra.as_ref().ok_or("there is no Microsoft Entra tenant to ask")?;
        let token = entra.tokens.token(&wanted).await?;
        let text = token.text.clone();
        self.tokens.keep(wanted, token, now);
        Ok(text)
    }
}

/// The value of the header `Authorization` that shows a token.
///
/// # Errors
/// It cannot be sent.
pub(crate) fn bearer(token: &str) -> Result<HeaderValue, String> {
    let value = HeaderValue::try_from(format!("Bearer {token}"));
    let mut value = value.map_err(|_| "the token cannot be sent".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

impl Tokens {
    fn get(&self, wanted: &Wanted, now: i64) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(wanted).filter(|token| token.is_good(now)).map(|token| token.text.clone())
    }

    fn keep(&self, wanted: Wanted, token: AccessToken, now: i64) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= TOKENS {
            known.retain(|_, token| token.is_good(now));
        }
        if known.len() < TOKENS {
            known.insert(wanted, token);
        }
    }
}

impl AccessToken {
    fn is_good(&self, now: i64) -> bool {
        self.expires - MARGIN > now
    }
}

/// Tokens must not show.
impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("expires", &self.expires).finish_non_exhaustive()
    }
}
