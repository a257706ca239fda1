//! Hashes, HMACs and random bytes of `System.Security.Cryptography`, by aws-lc.

use std::any::Any;
use std::sync::Mutex;

use aws_lc_rs::{digest, hmac};

use crate::failure::{Outcome, throw};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::Machine;
use crate::value::{Native, Value, lock};

/// A hash algorithm; one with a key is an HMAC.
struct Hash {
    name: &'static str,
    key: Option<Mutex<Vec<u8>>>,
    last: Mutex<Value>,
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Native for Hash {
    fn type_name(&self) -> &'static str {
        self.name
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn hash(name: &'static str, key: Option<Vec<u8>>) -> Value {
    Value::native(Hash { name, key: key.map(Mutex::new), last: Mutex::new(Value::Null) })
}

/// The digest, or the code under a key.
fn computed(name: &str, key: Option<&[u8]>, bytes: &[u8]) -> Vec<u8> {
    let (plain, keyed) = match name {
        _ if name.contains("MD5") => {
            return key
                .map_or_else(|| super::md5::digest(bytes), |key| super::md5::hmac(key, bytes))
                .to_vec();
        }
        _ if name.contains("SHA1") => {
            (&digest::SHA1_FOR_LEGACY_USE_ONLY, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY)
        }
        _ if name.contains("384") => (&digest::SHA384, hmac::HMAC_SHA384),
        _ if name.contains("512") => (&digest::SHA512, hmac::HMAC_SHA512),
        _ => (&digest::SHA256, hmac::HMAC_SHA256),
    };
    match key {
        Some(key) => hmac::sign(&hmac::Key::new(keyed, key), bytes).as_ref().to_vec(),
        None => digest::digest(plain, bytes).as_ref().to_vec(),
    }
}

fn compute(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let hash = c.native::<Hash>(0)?;
    let mut bytes = c.bytes(1)?;
    if c.sets(2) {
        let range = usize::try_from(c.integer(2)).ok().zip(usize::try_from(c.integer(3)).ok());
        let part = range.and_then(|(from, count)| bytes.get(from..from.checked_add(count)?));
        let Some(part) = part else {
            return throw("System.ArgumentException", "Value was invalid. (Parameter 'count')");
        };
        bytes = part.to_vec();
    }
    m.ticks(bytes.len() as u64 / 16)?;
    m.charge(2048)?;
    let key = hash.key.as_ref().map(|key| lock(key).clone());
    let value = Value::bytes(&computed(hash.name, key.as_deref(), &bytes));
    *lock(&hash.last) = value.clone();
    Ok(value)
}

const fn class(
    name: &'static str,
    bases: &'static [&'static str],
    members: &'static [(&'static str, Run)],
    missing: &'static [&'static str],
) -> TypeRow {
    TypeRow { name, generics: &[], form: Form::Class, bases, members, missing }
}

pub const HASH_ALGORITHM: TypeRow = class(
    "System.Security.Cryptography.HashAlgorithm",
    &[],
    &[
        ("byte[] ComputeHash(byte[] buffer)", compute),
        ("byte[] ComputeHash(byte[] buffer, int offset, int count)", compute),
        ("byte[] Hash { get; }", |_, c| Ok(lock(&c.native::<Hash>(0)?.last).clone())),
        ("int HashSize { get; }", |_, c| {
            let hash = c.native::<Hash>(0)?;
            let key = hash.key.as_ref().map(|_| &[][..]);
            Ok(Value::Int(computed(hash.name, key, &[]).len() as i32 * 8))
        }),
        ("void Initialize()", |_, _| Ok(Value::Null)),
        ("void Clear()", |_, _| Ok(Value::Null)),
        ("void Dispose()", |_, _| Ok(Value::Null)),
    ],
    &["TransformBlock", "TransformFinalBlock", "Create"],
);

pub const KEYED_HASH_ALGORITHM: TypeRow = class(
    "System.Security.Cryptography.KeyedHashAlgorithm",
    &["HashAlgorithm"],
    &[("byte[] Key { get; set; }", |_, c| {
        let hash = c.native::<Hash>(0)?;
        let Some(key) = &hash.key else { return Ok(Value::Null) };
        if c.sets(1) {
            *lock(key) = c.bytes(1)?;
            return Ok(c.value(1).clone());
        }
        Ok(Value::bytes(&lock(key)))
    })],
    &[],
);

pub const HMAC: TypeRow =
    class("System.Security.Cryptography.HMAC", &["KeyedHashAlgorithm"], &[], &["HashName", "Create"]);

macro_rules! hashes {
    ($($const:ident $name:literal: $base:literal $create:literal),* $(,)?) => {$(
        pub const $const: TypeRow =
            class($name, &[$base], &[($create, |_, _| Ok(hash($name, None)))], &["HashData"]);
    )*};
}

hashes!(
    MD5 "System.Security.Cryptography.MD5": "HashAlgorithm" "static MD5 Create()",
    SHA1 "System.Security.Cryptography.SHA1": "HashAlgorithm" "static SHA1 Create()",
    SHA1_MANAGED "System.Security.Cryptography.SHA1Managed": "SHA1" "new()",
    SHA256 "System.Security.Cryptography.SHA256": "HashAlgorithm" "static SHA256 Create()",
    SHA256_MANAGED "System.Security.Cryptography.SHA256Managed": "SHA256" "new()",
    SHA384 "System.Security.Cryptography.SHA384": "HashAlgorithm" "static SHA384 Create()",
    SHA384_MANAGED "System.Security.Cryptography.SHA384Managed": "SHA384" "new()",
    SHA512 "System.Security.Cryptography.SHA512": "HashAlgorithm" "static SHA512 Create()",
    SHA512_MANAGED "System.Security.Cryptography.SHA512Managed": "SHA512" "new()",
);

macro_rules! hmacs {
    ($($const:ident $name:literal),* $(,)?) => {$(
        pub const $const: TypeRow = class(
            $name,
            &["HMAC"],
            &[
                ("new()", |m, _| {
                    let mut key = vec![0; 64];
                    m.host.random(&mut key);
                    Ok(hash($name, Some(key)))
                }),
                ("new(byte[] key)", |_, c| Ok(hash($name, Some(c.bytes(0)?)))),
            ],
            &["HashData"],
        );
    )*};
}

hmacs!(
    HMAC_MD5 "System.Security.Cryptography.HMACMD5",
    HMAC_SHA1 "System.Security.Cryptography.HMACSHA1",
    HMAC_SHA256 "System.Security.Cryptography.HMACSHA256",
    HMAC_SHA384 "System.Security.Cryptography.HMACSHA384",
    HMAC_SHA512 "System.Security.Cryptography.HMACSHA512",
);

#[derive(Debug)]
struct RandomBytes;

impl Native for RandomBytes {
    fn type_name(&self) -> &'static str {
        RNG_CRYPTO_SERVICE_PROVIDER.name
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

pub const RNG_CRYPTO_SERVICE_PROVIDER: TypeRow = class(
    "System.Security.Cryptography.RNGCryptoServiceProvider",
    &[],
    &[
        ("new()", |_, _| Ok(Value::native(RandomBytes))),
        ("void GetBytes(byte[] data)", |m, c| {
            let mut bytes = c.bytes(1)?;
            m.ticks(bytes.len() as u64)?;
            m.host.random(&mut bytes);
            if let Value::Array(items) = c.value(1) {
                *items.lock() = bytes.into_iter().map(Value::Byte).collect();
            }
            Ok(Value::Null)
        }),
        ("void Dispose()", |_, _| Ok(Value::Null)),
    ],
    &["GetNonZeroBytes"],
);
