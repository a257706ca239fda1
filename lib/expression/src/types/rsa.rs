//! `RSA`: signatures and encryption with the keys of certificates, by aws-lc.
//!
//! **Differs from Azure:** keys shorter than 2048 bits are refused, and so are signatures made with SHA-1.

use std::any::Any;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512,
    OaepAlgorithm, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, Pkcs1PrivateDecryptingKey,
    Pkcs1PublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};
use aws_lc_rs::signature::{self, KeyPair, RsaKeyPair, UnparsedPublicKey};
use x509_parser::prelude::{FromDer, SubjectPublicKeyInfo};

use super::host::row;
use crate::failure::{Outcome, Throw, exception, throw};
use crate::registry::{Call, Form, TypeRow};
use crate::run::Machine;
use crate::text::Str;
use crate::value::{Native, Value};

/// A key, or the public half of it.
pub struct Rsa {
    /// `SubjectPublicKeyInfo`
    public: Vec<u8>,
    /// PKCS #8
    private: Option<Vec<u8>>,
}

impl std::fmt::Debug for Rsa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RSA")
    }
}

impl Native for Rsa {
    fn type_name(&self) -> &'static str {
        RSA_CNG.name
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn failed(message: &str) -> Throw {
    exception("System.Security.Cryptography.CryptographicException", message)
}

/// The key inside a `SubjectPublicKeyInfo`.
pub fn pkcs1(public: &[u8]) -> Vec<u8> {
    SubjectPublicKeyInfo::from_der(public)
        .map_or_else(|_| public.to_vec(), |(_, key)| key.subject_public_key.data.to_vec())
}

impl Rsa {
    pub fn public(key: &[u8]) -> Self {
        Self { public: key.to_vec(), private: None }
    }

    pub fn private(pkcs8: &[u8]) -> Outcome<Self> {
        let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| failed("The key is not an RSA key."))?;
        Ok(Self { public: pair.public_key().as_ref().to_vec(), private: Some(pkcs8.to_vec()) })
    }

    fn pair(&self) -> Outcome<RsaKeyPair> {
        let key = self.private.as_ref().ok_or_else(|| {
            failed("Object contains only the public half of a key pair. A private key must also be provided.")
        })?;
        RsaKeyPair::from_pkcs8(key).map_err(|_| failed("The key is not an RSA key."))
    }
}

fn name(value: &Value) -> String {
    match value {
        Value::Native(native) => native.text().to_string(),
        _ => String::new(),
    }
}

fn unsupported<T>(what: &str) -> Outcome<T> {
    throw(
        "System.Security.Cryptography.CryptographicException",
        format!("'{what}' is not implemented by the sandbox."),
    )
}

fn sign(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    m.ticks(20_000)?;
    let pair = c.native::<Rsa>(0)?.pair()?;
    let (hash, padding) = (name(c.value(2)), name(c.value(3)));
    let padding: &'static dyn signature::RsaEncoding = match (hash.as_str(), padding.as_str()) {
        ("SHA256", "Pkcs1") => &signature::RSA_PKCS1_SHA256,
        ("SHA384", "Pkcs1") => &signature::RSA_PKCS1_SHA384,
        ("SHA512", "Pkcs1") => &signature::RSA_PKCS1_SHA512,
        ("SHA256", "Pss") => &signature::RSA_PSS_SHA256,
        ("SHA384", "Pss") => &signature::RSA_PSS_SHA384,
        ("SHA512", "Pss") => &signature::RSA_PSS_SHA512,
        _ => return unsupported(&hash),
    };
    let mut out = vec![0; pair.public_modulus_len()];
    let signed = pair.sign(padding, &SystemRandom::new(), &c.bytes(1)?, &mut out);
    signed.map_err(|_| failed("The signature could not be made."))?;
    Ok(Value::bytes(&out))
}

fn verify(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    m.ticks(2_000)?;
    let (hash, padding) = (name(c.value(3)), name(c.value(4)));
    let algorithm: &'static signature::RsaParameters = match (hash.as_str(), padding.as_str()) {
        ("SHA1", "Pkcs1") => &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        ("SHA256", "Pkcs1") => &signature::RSA_PKCS1_2048_8192_SHA256,
        ("SHA384", "Pkcs1") => &signature::RSA_PKCS1_2048_8192_SHA384,
        ("SHA512", "Pkcs1") => &signature::RSA_PKCS1_2048_8192_SHA512,
        ("SHA256", "Pss") => &signature::RSA_PSS_2048_8192_SHA256,
        ("SHA384", "Pss") => &signature::RSA_PSS_2048_8192_SHA384,
        ("SHA512", "Pss") => &signature::RSA_PSS_2048_8192_SHA512,
        _ => return unsupported(&hash),
    };
    let key = UnparsedPublicKey::new(algorithm, pkcs1(&c.native::<Rsa>(0)?.public));
    Ok(Value::Bool(key.verify(&c.bytes(1)?, &c.bytes(2)?).is_ok()))
}

fn oaep(padding: &str) -> Outcome<&'static OaepAlgorithm> {
    Ok(match padding {
        "OaepSHA1" => &OAEP_SHA1_MGF1SHA1,
        "OaepSHA256" => &OAEP_SHA256_MGF1SHA256,
        "OaepSHA384" => &OAEP_SHA384_MGF1SHA384,
        "OaepSHA512" => &OAEP_SHA512_MGF1SHA512,
        other => return unsupported(other),
    })
}

fn encrypt(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    m.ticks(2_000)?;
    let wrong = |_| failed("The message could not be encrypted with this key.");
    let key = PublicEncryptingKey::from_der(&c.native::<Rsa>(0)?.public);
    let key = key.map_err(|_| failed("The key is not an RSA key."))?;
    let (data, padding) = (c.bytes(1)?, name(c.value(2)));
    let mut out = vec![0; key.key_size_bytes()];
    let length = if padding == "Pkcs1" {
        let key = Pkcs1PublicEncryptingKey::new(key).map_err(wrong)?;
        key.encrypt(&data, &mut out).map_err(wrong)?.len()
    } else {
        let key = OaepPublicEncryptingKey::new(key).map_err(wrong)?;
        key.encrypt(oaep(&padding)?, &data, &mut out, None).map_err(wrong)?.len()
    };
    Ok(Value::bytes(out.get(..length).unwrap_or_default()))
}

fn decrypt(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    m.ticks(20_000)?;
    let wrong = |_| failed("The parameter is incorrect.");
    let rsa = c.native::<Rsa>(0)?;
    let key = rsa.private.as_ref().ok_or_else(|| failed("Key does not exist."))?;
    let key = PrivateDecryptingKey::from_pkcs8(key).map_err(|_| failed("The key is not an RSA key."))?;
    let (data, padding) = (c.bytes(1)?, name(c.value(2)));
    let mut out = vec![0; key.key_size_bytes()];
    let length = if padding == "Pkcs1" {
        let key = Pkcs1PrivateDecryptingKey::new(key).map_err(wrong)?;
        key.decrypt(&data, &mut out).map_err(wrong)?.len()
    } else {
        let key = OaepPrivateDecryptingKey::new(key).map_err(wrong)?;
        key.decrypt(oaep(&padding)?, &data, &mut out, None).map_err(wrong)?.len()
    };
    Ok(Value::bytes(out.get(..length).unwrap_or_default()))
}

pub const ASYMMETRIC_ALGORITHM: TypeRow = TypeRow {
    form: Form::Class,
    ..row(
        "System.Security.Cryptography.AsymmetricAlgorithm",
        &[("void Dispose()", |_, _| Ok(Value::Null)), ("void Clear()", |_, _| Ok(Value::Null))],
        &["KeySize", "FromXmlString", "ToXmlString", "SignatureAlgorithm", "KeyExchangeAlgorithm"],
    )
};

pub const RSA: TypeRow = TypeRow {
    form: Form::Class,
    bases: &["AsymmetricAlgorithm"],
    ..row(
        "System.Security.Cryptography.RSA",
        &[
            (
                "byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)",
                sign,
            ),
            (
                "bool VerifyData(byte[] data, byte[] signature, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)",
                verify,
            ),
            ("byte[] Encrypt(byte[] data, RSAEncryptionPadding padding)", encrypt),
            ("byte[] Decrypt(byte[] data, RSAEncryptionPadding padding)", decrypt),
        ],
        &[
            "Create",
            "SignHash",
            "VerifyHash",
            "ExportParameters",
            "ImportParameters",
            "EncryptValue",
            "DecryptValue",
        ],
    )
};

/// `RSACng`, which published policies cast keys to: the sandbox's keys are that, too.
pub const RSA_CNG: TypeRow =
    TypeRow { form: Form::Class, bases: &["RSA"], ..row("System.Security.Cryptography.RSACng", &[], &[]) };

/// A name of an algorithm or a padding.
#[derive(Debug)]
struct Named(&'static str, &'static str);

impl Native for Named {
    fn type_name(&self) -> &'static str {
        self.0
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_value(&self) -> bool {
        true
    }

    fn text(&self) -> Str {
        Str::from(self.1)
    }
}

macro_rules! names {
    ($const:ident $full:literal $short:literal: $($name:literal $property:literal),* $(,)?) => {
        pub const $const: TypeRow = TypeRow {
            form: Form::Class,
            ..row($full, &[
                $((concat!("static ", $short, " ", $property, " { get; }"), |_, _| Ok(Value::native(Named($full, $name))))),*
            ], &[])
        };
    };
}

names!(HASH_ALGORITHM_NAME "System.Security.Cryptography.HashAlgorithmName" "HashAlgorithmName":
    "MD5" "MD5", "SHA1" "SHA1", "SHA256" "SHA256", "SHA384" "SHA384", "SHA512" "SHA512");
names!(RSA_SIGNATURE_PADDING "System.Security.Cryptography.RSASignaturePadding" "RSASignaturePadding":
    "Pkcs1" "Pkcs1", "Pss" "Pss");
names!(RSA_ENCRYPTION_PADDING "System.Security.Cryptography.RSAEncryptionPadding" "RSAEncryptionPadding":
    "Pkcs1" "Pkcs1", "OaepSHA1" "OaepSHA1", "OaepSHA256" "OaepSHA256", "OaepSHA384" "OaepSHA384",
    "OaepSHA512" "OaepSHA512");
