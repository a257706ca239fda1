//! Microsoft Entra ID as far as programs need it: OpenID Connect discovery, signing keys, and access tokens for
//! applications. <https://learn.microsoft.com/entra/identity-platform/v2-protocols>
//!
//! **Differs from Azure:** one tenant, which the names `common` and `organizations` stand for in discovery; no users,
//! so no grant that needs one; tokens for Resource Manager and Graph are interchangeable, because one origin is both.

mod access_token;
mod audience;
mod client_credentials;
mod discovery;
mod error;
mod managed_identity;
mod signing_key;
mod token;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use sim::{Clock, Ids};

use crate::graph::Directory;
use crate::{Database, DatabaseError, Seed};
use audience::Audiences;
pub use managed_identity::IdentityToken;

use error::OAuthError;
use signing_key::SigningKeys;
use token::Grant;

/// The grants of the token endpoint, sorted by name.
const GRANTS: [Grant; 1] = [client_credentials::GRANT];

/// The tenant's authority: it issues tokens and tells whose they are.
#[derive(Debug)]
pub struct Entra {
    tenant_id: String,
    origin: String,
    clock: Clock,
    ids: Ids,
    directory: Arc<Directory>,
    keys: SigningKeys,
    audiences: Audiences,
}

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The application's id (`appid`).
    pub client_id: String,
    /// The service principal's object id (`oid`).
    pub object_id: String,
}

/// The generation of an endpoint, which decides how requests and answers are spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    V1,
    V2,
}

/// One of the authority's paths.
enum Endpoint {
    OpenIdConfiguration(Version),
    Keys,
    Token(Version),
    InstanceDiscovery,
    NeedsUser,
}

impl Entra {
    /// The authority of the seed's tenant. Its signing key is read from the database, or made in the background.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of a control plane, each given once, where it is wired"
    )]
    pub fn open(
        database: Arc<Database>,
        clock: Clock,
        ids: Ids,
        directory: Arc<Directory>,
        mut origin: String,
        seed: &Seed,
    ) -> Result<Arc<Self>, DatabaseError> {
        let keys = SigningKeys::open(database)?;
        let audiences = Audiences::of(&origin);
        let tenant_id = seed.tenant_id.clone();
        if origin.ends_with('/') {
            origin.pop();
        }
        Ok(Arc::new(Self { tenant_id, origin, clock, ids, directory, keys, audiences }))
    }

    /// Whose request it is, by its bearer token.
    pub fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, arm::ErrorResponse> {
        access_token::authenticate(self, headers)
    }

    /// Answers a request for one of the authority's paths; `None` for every other path.
    pub async fn handle(&self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        let (tenant, endpoint) = route(request.uri().path())?;
        let answer = match endpoint {
            Endpoint::Token(version) => token::answer(self, tenant, version, request).await,
            Endpoint::NeedsUser => Err(OAuthError::needs_user(request.uri().path())),
            _ if !matches!(*request.method(), Method::GET | Method::HEAD) => {
                Err(OAuthError::only_accepts("GET", request.method()))
            }
            Endpoint::OpenIdConfiguration(version) => discovery::openid_configuration(self, tenant, version),
            Endpoint::Keys => discovery::keys(self, tenant).await,
            Endpoint::InstanceDiscovery => discovery::instance(self, request.uri().query()),
        };
        Some(answer.unwrap_or_else(|error| error.response(self, request)))
    }

    /// Whether a path's first segment names this tenant itself.
    fn is_tenant(&self, name: &str) -> bool {
        name.eq_ignore_ascii_case(&self.tenant_id) || name.eq_ignore_ascii_case(crate::graph::DOMAIN)
    }
}

/// Which endpoint of which tenant a path means.
fn route(path: &str) -> Option<(&str, Endpoint)> {
    let mut segments = path.trim_matches('/').split('/');
    let tenant = segments.next()?;
    let rest: Vec<String> = segments.take(4).map(str::to_ascii_lowercase).collect();
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    let endpoint = match *rest {
        [".well-known", "openid-configuration"] => Endpoint::OpenIdConfiguration(Version::V1),
        ["v2.0", ".well-known", "openid-configuration"] => Endpoint::OpenIdConfiguration(Version::V2),
        ["discovery", "keys"] | ["discovery", "v2.0", "keys"] => Endpoint::Keys,
        ["discovery", "instance"] => Endpoint::InstanceDiscovery,
        ["oauth2", "token"] => Endpoint::Token(Version::V1),
        ["oauth2", "v2.0", "token"] => Endpoint::Token(Version::V2),
        ["oauth2" | "userrealm", ..] | ["getcredentialtype"] => Endpoint::NeedsUser,
        _ => return None,
    };
    Some((tenant, endpoint))
}
