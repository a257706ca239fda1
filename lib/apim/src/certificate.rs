//! Certificates that a service holds for its policies.

use std::fmt;

/// A certificate of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// A private key, PKCS #8. Its debug form does not show it.
#[derive(Clone, PartialEq, Eq)]
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
