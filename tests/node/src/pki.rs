//! The cluster's certificates, as `kubeadm init` makes them: <https://kubernetes.io/docs/setup/best-practices/certificates/>.
//!
//! **Differs from kubeadm:** one authority; the API server's certificate is made anew at each start, so that it fits the
//! addresses that the container has then.

use std::fs;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use time::{Duration, OffsetDateTime};

use crate::error::Error;
use crate::node::replace;

const CERTIFICATE: &str = "/etc/kubernetes/pki/ca.crt";
const KEY: &str = "/etc/kubernetes/pki/ca.key";
const VALID: Duration = Duration::days(365);

/// The cluster's authority.
pub struct Authority {
    /// Its certificate.
    pub certificate_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate with its key.
pub struct Pair {
    /// The certificate.
    pub certificate_pem: String,
    /// The key.
    pub key_pem: String,
}

impl Authority {
    /// The authority on this node's disk; makes it if there is none.
    pub fn open() -> Result<Self, Error> {
        if fs::metadata(CERTIFICATE).is_err() {
            make()?;
        }
        let certificate_pem = fs::read_to_string(CERTIFICATE).map_err(Error::file(CERTIFICATE))?;
        let key = KeyPair::from_pem(&fs::read_to_string(KEY).map_err(Error::file(KEY))?)?;
        Ok(Self { issuer: Issuer::from_ca_cert_pem(&certificate_pem, key)?, certificate_pem })
    }

    /// The certificate that `admin.conf` shows.
    pub fn administrator(&self) -> Result<Pair, Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name = named(&[
            (DnType::OrganizationName, "kubeadm:cluster-admins"),
            (DnType::CommonName, "kubernetes-admin"),
        ]);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(params)
    }

    /// How the API server listens: it takes client certificates of this authority.
    pub fn server(&self, names: &[String]) -> Result<Arc<ServerConfig>, Error> {
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = named(&[(DnType::CommonName, "kube-apiserver")]);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let pair = self.issue(params)?;
        let chain = vec![der(&pair.certificate_pem)?];
        let key = PrivateKeyDer::from_pem_slice(pair.key_pem.as_bytes()).map_err(unreadable)?;
        let mut roots = RootCertStore::empty();
        roots.add(der(&self.certificate_pem)?)?;
        let clients = WebPkiClientVerifier::builder(Arc::new(roots)).allow_unauthenticated().build();
        let clients = clients.map_err(unreadable)?;
        let mut config =
            ServerConfig::builder().with_client_cert_verifier(clients).with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    fn issue(&self, mut params: CertificateParams) -> Result<Pair, Error> {
        let key = KeyPair::generate()?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        valid(&mut params, VALID);
        let certificate_pem = params.signed_by(&key, &self.issuer)?.pem();
        Ok(Pair { certificate_pem, key_pem: key.serialize_pem() })
    }
}

fn make() -> Result<(), Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params.distinguished_name = named(&[(DnType::CommonName, "kubernetes")]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    valid(&mut params, VALID * 10);
    let certificate = params.self_signed(&key)?.pem();
    // The certificate last: it says that there is an authority.
    replace(KEY, key.serialize_pem().as_bytes())?;
    replace(CERTIFICATE, certificate.as_bytes())
}

fn valid(params: &mut CertificateParams, time: Duration) {
    let now = OffsetDateTime::from_unix_timestamp(sim::Clock::system().now().unix_seconds());
    let now = now.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    params.not_before = now - Duration::hours(1);
    params.not_after = now + time;
}

fn named(parts: &[(DnType, &str)]) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    for (kind, value) in parts {
        name.push(kind.clone(), *value);
    }
    name
}

fn der(pem: &str) -> Result<CertificateDer<'static>, Error> {
    CertificateDer::from_pem_slice(pem.as_bytes()).map_err(unreadable)
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::Certificate(error.to_string())
}
