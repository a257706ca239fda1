//! Keys that signatures are checked with, and sets of them (RFC 7517, 7518).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::{hmac, signature};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::token::decode;

/// How many keys of a set are looked at.
const KEYS: usize = 100;

/// A key, perhaps with a name.
#[derive(Debug, Clone)]
pub struct Key {
    /// The name that tokens call it by (`kid`), or its certificate's thumbprint (`x5t`).
    pub ids: Vec<String>,
    /// The key itself.
    pub material: Material,
}

/// What a key is made of.
#[derive(Clone, PartialEq, Eq)]
pub enum Material {
    /// A secret that both sides know.
    Symmetric(Arc<[u8]>),
    /// An RSA key: modulus and exponent.
    Rsa(Vec<u8>, Vec<u8>),
    /// A key on an elliptic curve: the point, uncompressed.
    Curve(Vec<u8>),
}

impl Key {
    /// The signature of `message` is this key's.
    pub fn verifies(&self, algorithm: &str, message: &[u8], signed: &[u8]) -> bool {
        match &self.material {
            Material::Symmetric(secret) => hash(algorithm)
                .is_some_and(|hash| hmac::verify(&hmac::Key::new(hash, secret), message, signed).is_ok()),
            Material::Rsa(n, e) => {
                let key = signature::RsaPublicKeyComponents { n, e };
                rsa(algorithm).is_some_and(|kind| key.verify(kind, message, signed).is_ok())
            }
            Material::Curve(point) => curve(algorithm).is_some_and(|kind| {
                signature::UnparsedPublicKey::new(kind, point).verify(message, signed).is_ok()
            }),
        }
    }

    /// A token's header means this key.
    pub fn is_called(&self, name: &str) -> bool {
        self.ids.iter().any(|id| id == name)
    }
}

impl Material {
    /// The public key of a certificate in DER.
    pub fn of_certificate(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        match certificate.public_key().parsed().ok()? {
            PublicKey::RSA(key) => Some(Self::rsa(key.modulus, key.exponent)),
            PublicKey::EC(point) => Some(Self::Curve(point.data().to_vec())),
            _ => None,
        }
    }

    /// An RSA key of these numbers.
    pub fn rsa(modulus: &[u8], exponent: &[u8]) -> Self {
        let number = |bytes: &[u8]| {
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            bytes.get(zeros..).unwrap_or_default().to_vec()
        };
        Self::Rsa(number(modulus), number(exponent))
    }
}

/// The keys of a JSON Web Key Set; keys for encryption and of unknown kinds are left out.
pub fn key_set(set: &Value) -> Vec<Key> {
    let keys = set.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    keys.iter().take(KEYS).filter_map(key).collect()
}

fn key(jwk: &Value) -> Option<Key> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    if text("use") == Some("enc") {
        return None;
    }
    let bytes = |name: &str| text(name).and_then(decode);
    let material = match text("kty")? {
        "RSA" => match (bytes("n"), bytes("e")) {
            (Some(n), Some(e)) => Material::rsa(&n, &e),
            _ => Material::of_certificate(&STANDARD.decode(jwk.get("x5c")?.get(0)?.as_str()?).ok()?)?,
        },
        "EC" => {
            let size = match text("crv")? {
                "P-256" => 32,
                "P-384" => 48,
                "P-521" => 66,
                _ => return None,
            };
            Material::Curve([vec![4], padded(&bytes("x")?, size)?, padded(&bytes("y")?, size)?].concat())
        }
        "oct" => Material::Symmetric(bytes("k")?.into()),
        _ => return None,
    };
    let ids = ["kid", "x5t"].into_iter().filter_map(text).map(str::to_owned).collect();
    Some(Key { ids, material })
}

fn padded(number: &[u8], size: usize) -> Option<Vec<u8>> {
    let zeros = size.checked_sub(number.len())?;
    Some([vec![0; zeros], number.to_vec()].concat())
}

fn hash(algorithm: &str) -> Option<hmac::Algorithm> {
    match algorithm {
        "HS256" => Some(hmac::HMAC_SHA256),
        "HS384" => Some(hmac::HMAC_SHA384),
        "HS512" => Some(hmac::HMAC_SHA512),
        _ => None,
    }
}

fn rsa(algorithm: &str) -> Option<&'static signature::RsaParameters> {
    match algorithm {
        "RS256" => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        "RS384" => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        "RS512" => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        "PS256" => Some(&signature::RSA_PSS_2048_8192_SHA256),
        "PS384" => Some(&signature::RSA_PSS_2048_8192_SHA384),
        "PS512" => Some(&signature::RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}

fn curve(algorithm: &str) -> Option<&'static signature::EcdsaVerificationAlgorithm> {
    match algorithm {
        "ES256" => Some(&signature::ECDSA_P256_SHA256_FIXED),
        "ES384" => Some(&signature::ECDSA_P384_SHA384_FIXED),
        "ES512" => Some(&signature::ECDSA_P521_SHA512_FIXED),
        _ => None,
    }
}

/// Keys must not show.
impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Symmetric(_) => "Symmetric",
            Self::Rsa(..) => "Rsa",
            Self::Curve(_) => "Curve",
        })
    }
}
