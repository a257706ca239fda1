//! Encrypted tokens (RFC 7516): the content is A*CBC-HS* or A*GCM, its key is shared (`dir`) or comes wrapped with RSA.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::cipher::{AES_128, AES_192, AES_256, Algorithm, DecryptionContext};
use aws_lc_rs::cipher::{PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256};
use aws_lc_rs::rsa::{OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::{aead, constant_time, hmac};

use super::token::{decode, object};
use super::{Refusal, Token};

/// A key that tokens are decrypted with.
#[derive(Clone)]
pub enum DecryptionKey {
    /// A secret that both sides know.
    Symmetric(Arc<[u8]>),
    /// A private RSA key, PKCS #8.
    Rsa(Arc<[u8]>),
}

/// How the content of a token is encrypted.
enum Content {
    Cbc(Cbc),
    Gcm(&'static aead::Algorithm),
}

/// A block cipher, and a hash over what it made.
struct Cbc {
    cipher: &'static Algorithm,
    hash: hmac::Algorithm,
    /// How many bytes of the key, and of the tag, are for the hash.
    half: usize,
}

/// The signed token inside an encrypted one; a token that is not encrypted is itself.
///
/// # Errors
/// It cannot be decrypted with any of the keys, or is no token.
pub fn decrypt(text: &str, keys: &[DecryptionKey]) -> Result<Token, Refusal> {
    let parts: Vec<&str> = text.split('.').collect();
    let [header, wrapped, iv, ciphertext, tag] = parts.as_slice() else { return Token::parse(text) };
    let failed = |why: &str| Refusal::invalid(format!("IDX10603: Decryption failed. {why}"));
    let fields = object(header).ok_or_else(|| failed("The header cannot be read."))?;
    let field = |name: &str| fields.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    let content = Content::called(field("enc")).ok_or_else(|| failed("The encryption is not supported."))?;
    let decoded = (decode(wrapped), decode(iv), decode(ciphertext), decode(tag));
    let (Some(wrapped), Some(iv), Some(ciphertext), Some(tag)) = decoded else {
        return Err(failed("The token cannot be read."));
    };
    let mut contents = keys.iter().filter_map(|key| key.unwrap(field("alg"), &wrapped));
    let inner = contents.find_map(|key| content.open(&key, header.as_bytes(), [&iv, &ciphertext, &tag]));
    let inner = inner.and_then(|inner| String::from_utf8(inner).ok());
    Token::parse(&inner.ok_or_else(|| failed("None of the keys decrypts it."))?)
}

impl DecryptionKey {
    fn unwrap(&self, algorithm: &str, wrapped: &[u8]) -> Option<Vec<u8>> {
        match (self, algorithm) {
            (Self::Symmetric(secret), "dir") if wrapped.is_empty() => Some(secret.to_vec()),
            (Self::Rsa(pkcs8), "RSA-OAEP" | "RSA-OAEP-256") => {
                let key = PrivateDecryptingKey::from_pkcs8(pkcs8).ok()?;
                let key = OaepPrivateDecryptingKey::new(key).ok()?;
                let oaep =
                    if algorithm == "RSA-OAEP" { &OAEP_SHA1_MGF1SHA1 } else { &OAEP_SHA256_MGF1SHA256 };
                let mut opened = vec![0; key.min_output_size()];
                let found = key.decrypt(oaep, wrapped, &mut opened, None).ok()?;
                Some(found.to_vec())
            }
            _ => None,
        }
    }
}

impl Content {
    fn called(name: &str) -> Option<Self> {
        Some(match name {
            "A128CBC-HS256" => Self::Cbc(Cbc { cipher: &AES_128, hash: hmac::HMAC_SHA256, half: 16 }),
            "A192CBC-HS384" => Self::Cbc(Cbc { cipher: &AES_192, hash: hmac::HMAC_SHA384, half: 24 }),
            "A256CBC-HS512" => Self::Cbc(Cbc { cipher: &AES_256, hash: hmac::HMAC_SHA512, half: 32 }),
            "A128GCM" => Self::Gcm(&aead::AES_128_GCM),
            "A192GCM" => Self::Gcm(&aead::AES_192_GCM),
            "A256GCM" => Self::Gcm(&aead::AES_256_GCM),
            _ => return None,
        })
    }

    fn open(&self, key: &[u8], header: &[u8], parts: [&[u8]; 3]) -> Option<Vec<u8>> {
        match self {
            Self::Cbc(cbc) => cbc.open(key, header, parts),
            Self::Gcm(algorithm) => open_gcm(algorithm, key, header, parts),
        }
    }
}

/// RFC 7518, 5.3.
fn open_gcm(
    algorithm: &'static aead::Algorithm,
    key: &[u8],
    header: &[u8],
    [iv, ciphertext, tag]: [&[u8]; 3],
) -> Option<Vec<u8>> {
    let key = aead::LessSafeKey::new(aead::UnboundKey::new(algorithm, key).ok()?);
    let nonce = aead::Nonce::try_assume_unique_for_key(iv).ok()?;
    let mut sealed = [ciphertext, tag].concat();
    let opened = key.open_in_place(nonce, aead::Aad::from(header), &mut sealed).ok()?;
    Some(opened.to_vec())
}

impl Cbc {
    /// The tag is checked before anything is decrypted (RFC 7518, 5.2.2.2).
    fn open(&self, key: &[u8], header: &[u8], [iv, ciphertext, tag]: [&[u8]; 3]) -> Option<Vec<u8>> {
        let (mac, secret) = key.split_at_checked(self.half).filter(|(_, rest)| rest.len() == self.half)?;
        let bits = u64::try_from(header.len()).ok()?.checked_mul(8)?.to_be_bytes();
        let signed = [header, iv, ciphertext, &bits].concat();
        let expected = hmac::sign(&hmac::Key::new(self.hash, mac), &signed);
        constant_time::verify_slices_are_equal(expected.as_ref().get(..self.half)?, tag).ok()?;
        let key =
            PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(self.cipher, secret).ok()?).ok()?;
        let context = DecryptionContext::Iv128(iv.try_into().ok()?);
        let mut opened = ciphertext.to_vec();
        let opened = key.decrypt(&mut opened, context).ok()?;
        Some(opened.to_vec())
    }
}

/// Keys must not show.
impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Symmetric(_) => "Symmetric",
            Self::Rsa(_) => "Rsa",
        })
    }
}
