//! The certificates of backends whose chain or name is not to be checked. That they hold the key is always proven.
//! <https://learn.microsoft.com/azure/api-management/backends>

use std::io;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::tls::Checks;

/// Checks the chain, the name, or neither.
#[derive(Debug)]
pub struct Verifier {
    provider: Arc<CryptoProvider>,
    /// Checks the chain, and the name with it.
    chain: Option<Arc<WebPkiServerVerifier>>,
    checks: Checks,
}

impl Verifier {
    /// Checks only what it should.
    ///
    /// # Errors
    /// The chain is to be checked and there are no roots.
    pub fn new(
        provider: &Arc<CryptoProvider>,
        roots: &Arc<RootCertStore>,
        checks: Checks,
    ) -> io::Result<Self> {
        let (provider, roots) = (Arc::clone(provider), Arc::clone(roots));
        let chain = if checks.chain {
            let builder = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider));
            Some(builder.build().map_err(io::Error::other)?)
        } else {
            None
        };
        Ok(Self { provider, chain, checks })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(chain) = &self.chain {
            // The name is looked at last, so that everything else was right if only that is wrong.
            return match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            {
                Err(Error::InvalidCertificate(
                    CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
                )) if !self.checks.name => Ok(ServerCertVerified::assertion()),
                verified => verified,
            };
        }
        if self.checks.name {
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
