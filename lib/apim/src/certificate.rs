//! Certificates that a service holds for its policies, and how they are read.
//! <https://learn.microsoft.com/azure/api-management/api-management-howto-mutual-certificates>

use std::fmt;

use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use serde::{Deserialize, Serialize};

/// The longest file that is read.
const LENGTH: usize = 256 * 1024;

/// A certificate of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// The identifier in the service, which policies name as `certificate-id`.
    pub name: String,
    /// The certificate, DER.
    pub der: Vec<u8>,
    /// Those that it was issued by, DER.
    pub chain: Vec<Vec<u8>>,
    /// Its private key, PKCS #8, if the service has it.
    pub private_key: Option<PrivateKey>,
}

/// Why a file is no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// It is too long.
    #[error("the certificate is longer than 256 KiB: leave out what it was not issued by")]
    TooLong,
    /// It cannot be read.
    #[error("the certificate is no PKCS #12 file (PFX), or its password is another")]
    Unreadable,
    /// There is no certificate with a private key in it.
    #[error("the file holds no certificate with its private key: export both")]
    NoKey,
}

impl Certificate {
    /// Reads a PKCS #12 file (PFX).
    ///
    /// # Errors
    /// It is not one, the password is another, or there is no private key in it.
    pub fn from_pfx(name: &str, file: &[u8], password: &str) -> Result<Self, CertificateError> {
        if file.len() > LENGTH {
            return Err(CertificateError::TooLong);
        }
        let store = KeyStore::from_pkcs12(file, password, Pkcs12ImportPolicy::Relaxed);
        let store = store.map_err(|_| CertificateError::Unreadable)?;
        let (_, found) = store.private_key_chain().ok_or(CertificateError::NoKey)?;
        let mut certificates = found.certs().iter().map(|certificate| certificate.as_der().to_vec());
        Ok(Self {
            name: name.to_owned(),
            der: certificates.next().ok_or(CertificateError::NoKey)?,
            chain: certificates.collect(),
            private_key: Some(PrivateKey::new(found.key().as_der().to_vec())),
        })
    }
}

/// A private key, PKCS #8. Its debug form does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateKey(Vec<u8>);

impl PrivateKey {
    /// A key of these bytes.
    pub fn new(pkcs8: Vec<u8>) -> Self {
        Self(pkcs8)
    }

    /// The bytes.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(***)")
    }
}
