//! TLS to backends: whom the gateway believes, and what it shows of itself.
//! <https://learn.microsoft.com/azure/api-management/api-management-howto-mutual-certificates>
//!
//! **Differs from Azure:** the roots are the machine's and the sandbox's own authority; certificates are not checked
//! for revocation.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::digest::{SHA256, digest};
use http::uri::Scheme;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Call;
use super::verifier::Verifier;
use super::version::HttpVersion;

/// Makes TLS connections.
#[derive(Debug)]
pub struct Tls {
    roots: Arc<RootCertStore>,
    /// The set-ups without a client certificate, by version of HTTP and what is checked; they remember sessions.
    anonymous: [[OnceLock<Arc<ClientConfig>>; 4]; 3],
}

/// How the gateway shows itself to a backend.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Session {
    /// The client certificate.
    pub identity: Option<Arc<Identity>>,
    /// What it looks at in the backend's.
    pub checks: Checks,
}

/// What the gateway looks at in the certificate of a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Checks {
    /// Who issued it.
    pub chain: bool,
    /// Whom it is for.
    pub name: bool,
}

/// A client certificate with its key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    fingerprint: [u8; 32],
}

/// The other end of a connection: connections to different peers are not exchanged for each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Peer {
    /// Its socket.
    pub socket: SocketAddr,
    /// What may be spoken with it.
    pub version: HttpVersion,
    /// The name that its certificate is for, and what was shown to it.
    secured: Option<(Arc<str>, Session)>,
}

/// A TLS connection about to be made.
pub struct Handshake {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl Tls {
    /// Believes certificates that end at these roots.
    pub fn new(roots: Arc<RootCertStore>) -> Self {
        Self { roots, anonymous: Default::default() }
    }

    /// What the next connection to this backend begins with.
    ///
    /// # Errors
    /// The backend's host can be no certificate's, or the client certificate cannot be used.
    pub fn handshake(&self, call: Call<'_>) -> io::Result<Handshake> {
        let name = ServerName::try_from(call.to.name.to_string()).map_err(io::Error::other)?;
        let Session { identity, checks } = call.session;
        let [one, two_or_one, two] = &self.anonymous;
        let [both, chain, name_only, nothing] = match call.version {
            HttpVersion::One => one,
            HttpVersion::TwoOrOne => two_or_one,
            HttpVersion::Two => two,
        };
        let known = match checks {
            Checks { chain: true, name: true } => both,
            Checks { chain: true, name: false } => chain,
            Checks { chain: false, name: true } => name_only,
            Checks { chain: false, name: false } => nothing,
        };
        let config = match (identity, known.get()) {
            (None, Some(config)) => Arc::clone(config),
            (None, None) => {
                let made = self.config(call, None)?;
                Arc::clone(known.get_or_init(|| made))
            }
            (Some(identity), _) => self.config(call, Some(identity))?,
        };
        Ok(Handshake { config, name })
    }

    fn config(&self, call: Call<'_>, identity: Option<&Identity>) -> io::Result<Arc<ClientConfig>> {
        let checks = call.session.checks;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?;
        let builder = if checks == Checks::default() {
            builder.with_root_certificates(Arc::clone(&self.roots))
        } else {
            let verifier = Verifier::new(&provider, &self.roots, checks)?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        };
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some(Identity { chain, key, .. }) => {
                builder.with_client_auth_cert(chain.clone(), key.clone_key()).map_err(io::Error::other)?
            }
        };
        config.alpn_protocols = call.version.protocols();
        Ok(Arc::new(config))
    }
}

impl Identity {
    /// A certificate of a service; `None` if its key is not known.
    pub fn of(certificate: &apim::Certificate) -> Option<Self> {
        let chain = std::iter::once(&certificate.der).chain(&certificate.chain);
        let chain = chain.map(|der| CertificateDer::from(der.clone())).collect();
        let key = PrivatePkcs8KeyDer::from(certificate.private_key.as_ref()?.reveal().to_vec());
        Self::new(chain, key.into())
    }

    /// A certificate, those that it is issued by, and its key; `None` without a certificate.
    fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Option<Self> {
        let fingerprint = digest(&SHA256, chain.first()?).as_ref().try_into().ok()?;
        Some(Self { chain, key, fingerprint })
    }
}

impl Peer {
    /// Whom a call reaches at a socket.
    pub fn new(socket: SocketAddr, call: Call<'_>) -> Self {
        let secured = call.to.tls.then(|| (Arc::clone(&call.to.name), call.session.clone()));
        let version = if call.to.tls { call.version } else { call.version.in_the_clear() };
        Self { socket, version, secured }
    }

    /// How URLs of it begin.
    pub(super) fn scheme(&self) -> Scheme {
        if self.secured.is_some() { Scheme::HTTPS } else { Scheme::HTTP }
    }
}

impl Handshake {
    /// Makes the connection.
    ///
    /// # Errors
    /// The other end is not whom it should be, or does not speak TLS.
    pub async fn over(self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsConnector::from(self.config).connect(self.name, stream).await
    }
}

impl Default for Checks {
    fn default() -> Self {
        Self { chain: true, name: true }
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }
}

impl Eq for Identity {}

impl Hash for Identity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.fingerprint.hash(state);
    }
}

/// Keys must not show.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}
