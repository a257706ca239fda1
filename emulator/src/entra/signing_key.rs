//! The key that signs tokens: RSA-2048, made once, kept in the database.
//!
//! Making it takes up to some hundred milliseconds, so that happens on a thread of its own while the sandbox starts.
//! Whoever needs the key first waits for it and stores it; a token is only issued under a stored key, so it stays
//! valid over a restart.

use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};
use tokio::sync::{OnceCell, watch};

use crate::{Change, Database, DatabaseError};

const BUCKET: &str = "entra";
const KEY: &str = "signing-key";

/// Tags of the ASN.1 types that a public key is made of.
const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;

/// The tenant's key, there or in the making.
#[derive(Debug)]
pub(super) struct SigningKeys {
    database: Arc<Database>,
    made: watch::Receiver<Option<Arc<SigningKey>>>,
    stored: OnceCell<Arc<SigningKey>>,
}

/// A key pair and its public parts as JSON Web Keys spell them.
pub(super) struct SigningKey {
    pair: KeyPair,
    id: String,
    modulus: String,
    exponent: String,
}

impl SigningKeys {
    pub(super) fn open(database: Arc<Database>) -> Result<Self, DatabaseError> {
        let (maker, made) = watch::channel(None);
        let stored = database.load(BUCKET)?.into_iter().find(|(key, _)| key == KEY);
        let stored = stored.and_then(|(_, pkcs8)| {
            let key = KeyPair::from_pkcs8(&pkcs8).ok().and_then(SigningKey::new);
            if key.is_none() {
                tracing::warn!("the stored signing key is unreadable: a new one takes its place");
            }
            key
        });
        if stored.is_none() {
            let thread = std::thread::Builder::new().name(KEY.to_owned()).spawn(move || make(&maker));
            if let Err(error) = thread {
                tracing::error!(%error, "no thread to make the signing key on");
            }
        }
        Ok(Self { database, made, stored: OnceCell::new_with(stored.map(Arc::new)) })
    }

    /// The key, once it is stored; `None` if it can be neither made nor stored.
    pub(super) async fn stored(&self) -> Option<Arc<SigningKey>> {
        let key = self.stored.get_or_try_init(|| async {
            let key = self.made().await.ok_or(())?;
            self.store(&key).await.map(|()| key)
        });
        key.await.ok().cloned()
    }

    /// The key, if tokens may have been issued under it.
    pub(super) fn current(&self) -> Option<&SigningKey> {
        self.stored.get().map(Arc::as_ref)
    }

    async fn made(&self) -> Option<Arc<SigningKey>> {
        let mut made = self.made.clone();
        let key = made.wait_for(Option::is_some).await.ok()?;
        key.clone()
    }

    async fn store(&self, key: &SigningKey) -> Result<(), ()> {
        let pkcs8: Pkcs8V1Der = key.pair.as_der().map_err(|_| ())?;
        let change =
            Change { bucket: BUCKET.to_owned(), key: KEY.to_owned(), value: Some(pkcs8.as_ref().to_vec()) };
        self.database.commit(vec![change]).await.map_err(|error| {
            tracing::error!(%error, "the signing key could not be stored");
        })
    }
}

impl SigningKey {
    fn new(pair: KeyPair) -> Option<Self> {
        let public = pair.public_key().as_ref();
        let (modulus, exponent) = public_numbers(public)?;
        let (modulus, exponent) = (BASE64.encode(modulus), BASE64.encode(exponent));
        let fingerprint = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, public);
        let id = BASE64.encode(fingerprint.as_ref().get(..20)?);
        Some(Self { pair, id, modulus, exponent })
    }

    /// A signed token in its compact form.
    pub(super) fn sign(&self, claims: &Value) -> Option<String> {
        let header = json!({ "typ": "JWT", "alg": "RS256", "x5t": self.id, "kid": self.id });
        let mut token =
            format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), token.as_bytes(), &mut signature).ok()?;
        token.push('.');
        BASE64.encode_string(signature, &mut token);
        Some(token)
    }

    /// The public key, for whoever checks signatures.
    pub(super) fn public(&self) -> Option<jsonwebtoken::DecodingKey> {
        jsonwebtoken::DecodingKey::from_rsa_components(&self.modulus, &self.exponent).ok()
    }

    /// The JSON Web Key.
    pub(super) fn jwk(&self) -> Value {
        json!({
            "kty": "RSA", "use": "sig", "alg": "RS256",
            "kid": self.id, "x5t": self.id,
            "n": self.modulus, "e": self.exponent,
        })
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

fn make(maker: &watch::Sender<Option<Arc<SigningKey>>>) {
    let key = KeyPair::generate(KeySize::Rsa2048).ok().and_then(SigningKey::new);
    if key.is_none() {
        tracing::error!("the signing key could not be made");
    }
    maker.send_replace(key.map(Arc::new));
}

/// The modulus and the exponent of `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }`.
fn public_numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (sequence, _) = element(SEQUENCE, der)?;
    let (modulus, rest) = element(INTEGER, sequence)?;
    let (exponent, _) = element(INTEGER, rest)?;
    // A leading zero only says that the number is not negative.
    Some((modulus.strip_prefix(&[0]).unwrap_or(modulus), exponent.strip_prefix(&[0]).unwrap_or(exponent)))
}

/// The content of the first element, and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[found, length], rest) = der.split_first_chunk::<2>()?;
    if found != tag {
        return None;
    }
    if length < 0x80 {
        return rest.split_at_checked(usize::from(length));
    }
    let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
    let length = digits.iter().try_fold(0usize, |length, digit| {
        length.checked_mul(256).and_then(|length| length.checked_add(usize::from(*digit)))
    })?;
    rest.split_at_checked(length)
}
