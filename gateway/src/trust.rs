//! Whether a certificate comes from an authority that the gateway believes.
//!
//! **Differs from Azure:** the authorities are the machine's and the sandbox's own; nothing is looked up about revocation.

use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;

/// The first certificate is issued, through the others, by one of the roots, as of a time in seconds since 1970.
pub fn trusts(roots: &Arc<RootCertStore>, chain: &[CertificateDer<'_>], at: i64) -> bool {
    let Some((leaf, others)) = chain.split_first() else { return false };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::clone(roots), provider).build();
    let at = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at).unwrap_or(0)));
    verifier.is_ok_and(|verifier| verifier.verify_client_cert(leaf, others, at).is_ok())
}
