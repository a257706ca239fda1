//! The sandbox's certificate authority and what it issues.
//!
//! The authority's key is made once per state folder (ECDSA P-256, readable for its owner only) and never installed
//! anywhere: clients are told about `ca.pem`. Server and client certificates live in memory only and are made anew
//! at each start.
//!
//! **Differs from Azure:** Azure's endpoints have certificates of public authorities.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use sim::Timestamp;
use time::OffsetDateTime;

use crate::any_client::AnyClient;
use crate::{Error, StateFolder};

/// The authority's certificate, for clients.
pub const CA_FILE: &str = "ca.pem";
/// The authority's certificate together with the system's, for clients that know one bundle only.
pub const CA_BUNDLE_FILE: &str = "ca-bundle.pem";
const CA_KEY_FILE: &str = "ca-key.pem";

/// Where Linux distributions and macOS keep the certificates of public authorities.
const SYSTEM_BUNDLES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

const DAY: Duration = Duration::from_hours(24);
const CA_DAYS: u32 = 3650;
const LEAF_DAYS: u32 = 90;
/// An authority that ends within this time is replaced at the next start.
const CA_RENEWAL_DAYS: u32 = 180;

/// Names that the sandbox's servers answer on.
const HOST_NAMES: [&str; 4] = ["localhost", "*.localhost", "*.azure-api.localhost", "*.azure-api.net"];

/// A certificate and its key, both PEM.
pub struct Pair {
    /// The certificate.
    pub certificate_pem: String,
    /// The private key.
    pub key_pem: String,
}

/// The authority.
pub struct Authority {
    /// Its certificate.
    pub certificate_pem: String,
    /// Itself and the authorities that this machine believes.
    pub roots: Arc<RootCertStore>,
    issuer: Issuer<'static, KeyPair>,
    now: Timestamp,
}

/// How each HTTPS server of the sandbox is set up.
pub struct ServerConfigs {
    /// Azure Resource Manager, Entra ID and Microsoft Graph.
    pub resource_manager: Arc<ServerConfig>,
    /// The API Management gateway; asks for client certificates and takes any.
    pub gateway: Arc<ServerConfig>,
    /// The Kubernetes API; takes client certificates of the authority.
    pub kubernetes: Arc<ServerConfig>,
}

impl Authority {
    /// The authority of the state folder; makes it if there is none, or if it ends soon.
    pub fn open(folder: &StateFolder, now: Timestamp) -> Result<Self, Error> {
        let stored = (folder.read(CA_FILE)?, folder.read(CA_KEY_FILE)?);
        let (certificate_pem, key) = match stored {
            (Some(certificate), Some(key)) if ends_after(&certificate, now.after(DAY * CA_RENEWAL_DAYS)) => {
                (certificate, KeyPair::from_pem(&key)?)
            }
            _ => Self::make(folder, now)?,
        };
        let roots = Arc::new(roots(&write_bundle(folder, &certificate_pem)?));
        Ok(Self { issuer: Issuer::from_ca_cert_pem(&certificate_pem, key)?, certificate_pem, roots, now })
    }

    fn make(folder: &StateFolder, now: Timestamp) -> Result<(String, KeyPair), Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        let name = format!("apimlab sandbox {}", now.rfc3339());
        params.distinguished_name = distinguished_name(&[(DnType::CommonName, &name)]);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages =
            vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
        set_validity(&mut params, now, CA_DAYS);
        let certificate = params.self_signed(&key)?.pem();
        // The key first: a certificate without its key would be replaced at the next start, unlike the reverse.
        folder.write(CA_KEY_FILE, key.serialize_pem().as_bytes())?;
        folder.write(CA_FILE, certificate.as_bytes())?;
        Ok((certificate, key))
    }

    /// A certificate for the sandbox's servers.
    pub fn server(&self) -> Result<Pair, Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name = distinguished_name(&[(DnType::CommonName, "localhost")]);
        let addresses =
            [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)].map(SanType::IpAddress);
        params.subject_alt_names = addresses.into();
        for name in HOST_NAMES {
            params.subject_alt_names.push(SanType::DnsName(Ia5String::try_from(name)?));
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.issue(params)
    }

    /// The certificate of a cluster's administrator, as AKS puts it into kubeconfigs.
    pub fn cluster_client(&self) -> Result<Pair, Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name = distinguished_name(&[
            (DnType::OrganizationName, "system:masters"),
            (DnType::CommonName, "masterclient"),
        ]);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(params)
    }

    /// How servers are spoken to whose certificates must be of the authority, or of one that this machine trusts.
    pub fn client(&self) -> Result<Arc<ClientConfig>, Error> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(tls)?.with_root_certificates(Arc::clone(&self.roots));
        Ok(Arc::new(builder.with_no_client_auth()))
    }

    fn issue(&self, mut params: CertificateParams) -> Result<Pair, Error> {
        let key = KeyPair::generate()?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        set_validity(&mut params, self.now, LEAF_DAYS);
        let certificate_pem = params.signed_by(&key, &self.issuer)?.pem();
        Ok(Pair { certificate_pem, key_pem: key.serialize_pem() })
    }
}

impl ServerConfigs {
    /// The set-up of all servers, with one certificate of the authority.
    pub fn new(authority: &Authority) -> Result<Self, Error> {
        let pair = authority.server()?;
        let chain = vec![CertificateDer::from_pem_slice(pair.certificate_pem.as_bytes()).map_err(tls)?];
        let key = PrivateKeyDer::from_pem_slice(pair.key_pem.as_bytes()).map_err(tls)?;
        let mut roots = RootCertStore::empty();
        let ca = CertificateDer::from_pem_slice(authority.certificate_pem.as_bytes()).map_err(tls)?;
        roots.add(ca).map_err(tls)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let build = |verifier: Option<Arc<dyn rustls::server::danger::ClientCertVerifier>>| {
            let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
                .with_safe_default_protocol_versions()
                .map_err(tls)?;
            let builder = match verifier {
                Some(verifier) => builder.with_client_cert_verifier(verifier),
                None => builder.with_no_client_auth(),
            };
            let mut config = builder.with_single_cert(chain.clone(), key.clone_key()).map_err(tls)?;
            config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            Ok::<_, Error>(Arc::new(config))
        };
        let anybody = Arc::new(AnyClient(Arc::clone(&provider)));
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .allow_unauthenticated()
            .build()
            .map_err(tls)?;
        Ok(Self {
            resource_manager: build(None)?,
            gateway: build(Some(anybody))?,
            kubernetes: build(Some(verifier))?,
        })
    }
}

/// When a certificate (PEM) ends; `None` if the text is no certificate.
pub fn ends_at(certificate_pem: &str) -> Option<Timestamp> {
    let der = CertificateDer::from_pem_slice(certificate_pem.as_bytes()).ok()?;
    let (_, certificate) = x509_parser::parse_x509_certificate(&der).ok()?;
    Some(Timestamp::from_unix_seconds(certificate.validity().not_after.timestamp()))
}

fn ends_after(certificate_pem: &str, moment: Timestamp) -> bool {
    ends_at(certificate_pem).is_some_and(|end| end > moment)
}

fn set_validity(params: &mut CertificateParams, now: Timestamp, days: u32) {
    // A clock that was set back a little must not make a fresh certificate invalid.
    let start = now.unix_seconds() - 60 * 60;
    let at = |seconds| OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    params.not_before = at(start);
    params.not_after = at(start + i64::from(days) * 24 * 60 * 60);
}

fn distinguished_name(parts: &[(DnType, &str)]) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    for (kind, value) in parts {
        name.push(kind.clone(), *value);
    }
    name
}

/// The authorities of a bundle; what is no certificate in it is left out.
fn roots(bundle: &str) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(bundle.as_bytes()).filter_map(Result::ok));
    roots
}

fn write_bundle(folder: &StateFolder, certificate_pem: &str) -> Result<String, Error> {
    let system = SYSTEM_BUNDLES.iter().find_map(|path| fs::read_to_string(Path::new(path)).ok());
    let bundle = format!("{certificate_pem}\n{}", system.unwrap_or_default());
    // Some 200 KiB: not worth a write at each start.
    if folder.read(CA_BUNDLE_FILE)?.as_deref() != Some(bundle.as_str()) {
        folder.write(CA_BUNDLE_FILE, bundle.as_bytes())?;
    }
    Ok(bundle)
}

fn tls(error: impl std::fmt::Display) -> Error {
    Error::Tls(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

    fn folder() -> (tempfile::TempDir, StateFolder) {
        let parent = tempfile::tempdir().expect("a directory");
        let folder = StateFolder::create(&parent.path().join("state")).expect("a folder");
        (parent, folder)
    }

    #[test]
    fn the_authority_is_made_once_and_its_key_is_for_the_owner_only() {
        let (_parent, folder) = folder();
        let first = Authority::open(&folder, NOW).expect("an authority");
        let again = Authority::open(&folder, NOW.after(DAY * 1000)).expect("an authority");
        assert_eq!(first.certificate_pem, again.certificate_pem);
        let mode = fs::metadata(folder.file(CA_KEY_FILE)).expect("the key").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let bundle = folder.read(CA_BUNDLE_FILE).expect("readable").expect("a bundle");
        assert!(bundle.starts_with(&first.certificate_pem));
    }

    #[test]
    fn an_authority_that_ends_soon_is_replaced() {
        let (_parent, folder) = folder();
        let first = Authority::open(&folder, NOW).expect("an authority");
        let later = NOW.after(DAY * (CA_DAYS - 100));
        let second = Authority::open(&folder, later).expect("an authority");
        assert_ne!(first.certificate_pem, second.certificate_pem);
        assert!(ends_after(&second.certificate_pem, later.after(DAY * 3000)));
    }

    #[test]
    fn server_certificates_last_ninety_days_at_most_and_name_all_hosts() {
        let (_parent, folder) = folder();
        let authority = Authority::open(&folder, NOW).expect("an authority");
        let pair = authority.server().expect("a certificate");
        assert!(!ends_after(&pair.certificate_pem, NOW.after(DAY * LEAF_DAYS)));
        let der = CertificateDer::from_pem_slice(pair.certificate_pem.as_bytes()).expect("a certificate");
        let (_, parsed) = x509_parser::parse_x509_certificate(&der).expect("a certificate");
        let names = parsed.subject_alternative_name().expect("readable").expect("names");
        let names: Vec<String> = names.value.general_names.iter().map(ToString::to_string).collect();
        for host in HOST_NAMES {
            assert!(names.iter().any(|name| name.contains(host)), "{host} in {names:?}");
        }
        assert_eq!(names.len(), HOST_NAMES.len() + 2);
    }

    #[test]
    fn server_set_ups_speak_http_2_and_1() {
        let (_parent, folder) = folder();
        let authority = Authority::open(&folder, NOW).expect("an authority");
        let configs = ServerConfigs::new(&authority).expect("a set-up");
        for config in [configs.resource_manager, configs.gateway, configs.kubernetes] {
            assert_eq!(config.alpn_protocols, [b"h2".to_vec(), b"http/1.1".to_vec()]);
        }
    }
}
