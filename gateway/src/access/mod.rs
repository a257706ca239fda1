//! Who may call: subscription keys, what they open, and what is open without one.
//!
//! The header counts before the query parameter. A key that is sent must be good, even where none is needed.
//! <https://learn.microsoft.com/azure/api-management/api-management-subscriptions>

use std::borrow::Cow;
use std::sync::Arc;

use apim::{Scope, SubscriptionState};
use http::HeaderMap;

use crate::error::{LastError, Reason, Source};
use crate::snapshot::{Api, Product, Service};

/// What a request is accounted to.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// The product whose policy applies.
    pub product: Option<Arc<Product>>,
    /// The subscription whose key was sent.
    pub subscription: Option<Arc<apim::Subscription>>,
}

/// Decides whether a request may call an API.
///
/// # Errors
/// `SubscriptionKeyNotFound` and `SubscriptionKeyInvalid`.
pub fn decide(
    service: &Service,
    api: &Api,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Result<Access, LastError> {
    match key(api, headers, query) {
        Some(key) => with_key(service, api, &key).ok_or_else(invalid),
        None => without_key(api).ok_or_else(missing),
    }
}

fn with_key(service: &Service, api: &Api, key: &[u8]) -> Option<Access> {
    let subscription = service.subscription(key)?;
    if subscription.state != SubscriptionState::Active {
        return None;
    }
    let product = match &subscription.scope {
        Scope::AllApis => None,
        Scope::Api(name) => {
            if !name.eq_ignore_ascii_case(&api.name) {
                return None;
            }
            None
        }
        Scope::Product(name) => {
            let product = api.products.iter().find(|product| product.name.eq_ignore_ascii_case(name))?;
            Some(Arc::clone(product))
        }
    };
    Some(Access { product, subscription: Some(Arc::clone(subscription)) })
}

fn without_key(api: &Api) -> Option<Access> {
    if let Some(open) = api.products.iter().find(|product| !product.subscription_required) {
        return Some(Access { product: Some(Arc::clone(open)), subscription: None });
    }
    (!api.subscription_required).then(Access::default)
}

fn key<'a>(api: &Api, headers: &'a HeaderMap, query: Option<&'a str>) -> Option<Cow<'a, [u8]>> {
    if let Some(value) = headers.get(&api.key_header)
        && !value.is_empty()
    {
        return Some(Cow::Borrowed(value.as_bytes()));
    }
    let (_, value) = form_urlencoded::parse(query?.as_bytes())
        .find(|(name, value)| *name == *api.key_query && !value.is_empty())?;
    Some(match value {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    })
}

/// The message in `LastError` ends in "to this API", the one in the response body in "to an API": so it is in Azure.
fn missing() -> LastError {
    let message = "Access denied due to missing subscription key. Make sure to include subscription key when making \
                   requests to this API.";
    LastError::new(Source::Authorization, Reason::SubscriptionKeyNotFound, message)
}

fn invalid() -> LastError {
    let message = "Access denied due to invalid subscription key. Make sure to provide a valid key for an active \
                   subscription.";
    LastError::new(Source::Authorization, Reason::SubscriptionKeyInvalid, message)
}
