//! A certificate authority for tests, and a backend that speaks TLS.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::world::read_head;

/// The authority of all tests.
pub struct Authority {
    pub roots: Arc<RootCertStore>,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key.
pub struct Leaf {
    pub der: CertificateDer<'static>,
    pub key: Vec<u8>,
}

/// The authority of all tests.
pub fn authority() -> &'static Authority {
    static AUTHORITY: LazyLock<Authority> = LazyLock::new(Authority::new);
    &AUTHORITY
}

impl Authority {
    /// One that nobody knows yet.
    pub fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.distinguished_name.push(rcgen::DnType::CommonName, "Test CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).expect("a certificate");
        let mut roots = RootCertStore::empty();
        roots.add(certificate.der().clone()).expect("a root");
        Self { roots: Arc::new(roots), issuer: Issuer::new(params, key) }
    }

    /// A certificate with this common name, for these hosts.
    pub fn issue(&self, name: &str, hosts: &[&str]) -> Leaf {
        let key = KeyPair::generate().expect("a key");
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let mut params = CertificateParams::new(hosts).expect("names");
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Leaf { der: certificate.der().clone(), key: key.serialize_der() }
    }

    /// A service's certificate, called `client`.
    pub fn client() -> apim::Certificate {
        static CLIENT: LazyLock<Leaf> = LazyLock::new(|| authority().issue("client", &[]));
        apim::Certificate {
            name: "client".to_owned(),
            der: CLIENT.der.to_vec(),
            chain: Vec::new(),
            private_key: Some(apim::PrivateKey::new(CLIENT.key.clone())),
        }
    }

    /// A server for these hosts that takes client certificates of this authority, and calls without one.
    pub fn server(&self, hosts: &[&str]) -> Arc<ServerConfig> {
        let leaf = self.issue("server", hosts);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let roots = Arc::clone(&self.roots);
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(&provider));
        let verifier = verifier.allow_unauthenticated().build().expect("a verifier");
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![leaf.der], PrivateKeyDer::try_from(leaf.key).expect("a key"));
        Arc::new(config.expect("a server configuration"))
    }
}

/// A backend over TLS that answers with the number of the connection and whether a client certificate was shown.
pub async fn secure_backend(hosts: &[&str]) -> SocketAddr {
    secure_backend_of(authority(), hosts).await
}

/// The same with a certificate of another authority.
pub async fn secure_backend_of(authority: &Authority, hosts: &[&str]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let socket = listener.local_addr().expect("an address");
    let acceptor = TlsAcceptor::from(authority.server(hosts));
    tokio::spawn(async move {
        let mut number = 0;
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            number += 1;
            let shown = stream.get_ref().1.peer_certificates().map_or("nobody", |_| "somebody");
            let body = format!("{number} {shown}");
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            tokio::spawn(async move {
                while read_head(&mut stream).await.is_some() {
                    if stream.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    socket
}
