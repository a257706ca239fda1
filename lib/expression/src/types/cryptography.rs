//! Hashes and HMACs of `System.Security.Cryptography`, by aws-lc.

use std::any::Any;

use aws_lc_rs::{digest, hmac};

use crate::failure::Outcome;
use crate::registry::{Call, Form, TypeRow};
use crate::run::Machine;
use crate::value::{Native, Value};

#[derive(Debug)]
struct Hash {
    name: &'static str,
    key: Option<hmac::Key>,
}

impl Native for Hash {
    fn type_name(&self) -> &'static str {
        self.name
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn compute(m: &mut Machine<'_>, c: Call<'_>) -> Outcome {
    let hash = c.native::<Hash>(0)?;
    let bytes = c.bytes(1)?;
    m.ticks(bytes.len() as u64 / 16)?;
    m.charge(2048)?;
    if let Some(key) = &hash.key {
        return Ok(Value::bytes(hmac::sign(key, &bytes).as_ref()));
    }
    let algorithm = if hash.name.contains("SHA1") {
        &digest::SHA1_FOR_LEGACY_USE_ONLY
    } else if hash.name.contains("384") {
        &digest::SHA384
    } else if hash.name.contains("512") {
        &digest::SHA512
    } else {
        &digest::SHA256
    };
    Ok(Value::bytes(digest::digest(algorithm, &bytes).as_ref()))
}

pub const HASH_ALGORITHM: TypeRow = TypeRow {
    name: "System.Security.Cryptography.HashAlgorithm",
    generics: &[],
    form: Form::Class,
    bases: &[],
    members: &[("byte[] ComputeHash(byte[] buffer)", compute), ("void Dispose()", |_, _| Ok(Value::Null))],
    missing: &["Hash", "HashSize", "TransformBlock"],
};

macro_rules! hashes {
    ($($const:ident $name:literal $create:literal),* $(,)?) => {$(
        pub const $const: TypeRow = TypeRow {
            name: $name,
            generics: &[],
            form: Form::Class,
            bases: &["HashAlgorithm"],
            members: &[($create, |_, _| Ok(Value::native(Hash { name: $name, key: None })))],
            missing: &["HashData"],
        };
    )*};
}

hashes!(
    SHA1 "System.Security.Cryptography.SHA1" "static HashAlgorithm Create()",
    SHA1_MANAGED "System.Security.Cryptography.SHA1Managed" "new()",
    SHA256 "System.Security.Cryptography.SHA256" "static HashAlgorithm Create()",
    SHA256_MANAGED "System.Security.Cryptography.SHA256Managed" "new()",
    SHA384 "System.Security.Cryptography.SHA384" "static HashAlgorithm Create()",
    SHA512 "System.Security.Cryptography.SHA512" "static HashAlgorithm Create()",
    SHA512_MANAGED "System.Security.Cryptography.SHA512Managed" "new()",
);

macro_rules! hmacs {
    ($($const:ident $name:literal $algorithm:expr),* $(,)?) => {$(
        pub const $const: TypeRow = TypeRow {
            name: $name,
            generics: &[],
            form: Form::Class,
            bases: &["HashAlgorithm"],
            members: &[("new(byte[] key)", |_, c| {
                Ok(Value::native(Hash { name: $name, key: Some(hmac::Key::new($algorithm, &c.bytes(0)?)) }))
            })],
            missing: &["Key", "HashData"],
        };
    )*};
}

hmacs!(
    HMAC_SHA1 "System.Security.Cryptography.HMACSHA1" hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
    HMAC_SHA256 "System.Security.Cryptography.HMACSHA256" hmac::HMAC_SHA256,
    HMAC_SHA384 "System.Security.Cryptography.HMACSHA384" hmac::HMAC_SHA384,
    HMAC_SHA512 "System.Security.Cryptography.HMACSHA512" hmac::HMAC_SHA512,
);
