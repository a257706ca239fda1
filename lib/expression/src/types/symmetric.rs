//! `SymmetricAlgorithm` and the extension methods `Encrypt` and `Decrypt` of byte arrays: AES, by aws-lc.
//!
//! **Differs from Azure:** of the symmetric algorithms there is AES only, with the modes CBC and ECB.

use std::any::Any;
use std::sync::Mutex;

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, DecryptingKey, DecryptionContext, EncryptingKey, UnboundCipherKey,
};

use crate::failure::{Outcome, Throw, exception, throw};
use crate::registry::{Call, Form, Run, TypeRow};
use crate::run::Machine;
use crate::value::{Native, Value, lock};

const BLOCK: usize = 16;
const CBC: i32 = 1;
const ECB: i32 = 2;
const NONE: i32 = 1;
const PKCS7: i32 = 2;
const ZEROS: i32 = 3;

/// How an algorithm is set up.
#[derive(Clone)]
struct Setup {
    key: Vec<u8>,
    iv: Vec<u8>,
    mode: i32,
    padding: i32,
}

struct Algorithm(Mutex<Setup>);

impl std::fmt::Debug for Algorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SymmetricAlgorithm")
    }
}

impl Native for Algorithm {
    fn type_name(&self) -> &'static str {
        NAME
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

const NAME: &str = "System.Security.Cryptography.SymmetricAlgorithm";

fn cryptographic(message: &str) -> Throw {
    exception("System.Security.Cryptography.CryptographicException", message)
}

fn cipher(key: &[u8]) -> Outcome<UnboundCipherKey> {
    let algorithm = match key.len() {
        16 => &AES_128,
        24 => &AES_192,
        32 => &AES_256,
        _ => return Err(cryptographic("Specified key is not a valid size for this algorithm.")),
    };
    UnboundCipherKey::new(algorithm, key)
        .map_err(|_| cryptographic("Specified key is not a valid size for this algorithm."))
}

fn blocks(setup: &Setup, mut data: Vec<u8>, encrypt: bool) -> Outcome<Vec<u8>> {
    let failed = |_| cryptographic("The algorithm failed.");
    if setup.mode == CBC && setup.iv.len() != BLOCK {
        let message =
            "Specified initialization vector (IV) does not match the block size for this algorithm.";
        return Err(cryptographic(message));
    }
    let mut last = setup.iv.clone();
    let mix = |block: &mut [u8], with: &[u8]| {
        if setup.mode == CBC {
            block.iter_mut().zip(with).for_each(|(byte, other)| *byte ^= other);
        }
    };
    if encrypt {
        let key = EncryptingKey::ecb(cipher(&setup.key)?).map_err(failed)?;
        for block in data.chunks_exact_mut(BLOCK) {
            mix(block, &last);
            key.encrypt(&mut *block).map_err(failed)?;
            last = block.to_vec();
        }
    } else {
        let key = DecryptingKey::ecb(cipher(&setup.key)?).map_err(failed)?;
        for block in data.chunks_exact_mut(BLOCK) {
            let before = block.to_vec();
            key.decrypt(&mut *block, DecryptionContext::None).map_err(failed)?;
            mix(block, &last);
            last = before;
        }
    }
    Ok(data)
}

fn encrypt(setup: &Setup, mut data: Vec<u8>) -> Outcome<Vec<u8>> {
    let rest = BLOCK - data.len() % BLOCK;
    match setup.padding {
        NONE if rest != BLOCK => {
            return Err(cryptographic("The input data is not a complete block."));
        }
        ZEROS if rest != BLOCK => data.extend(std::iter::repeat_n(0, rest)),
        NONE | ZEROS => {}
        _ => data.extend(std::iter::repeat_n(rest as u8, rest)),
    }
    blocks(setup, data, true)
}

fn decrypt(setup: &Setup, data: Vec<u8>) -> Outcome<Vec<u8>> {
    if !data.len().is_multiple_of(BLOCK) {
        return Err(cryptographic("The input data is not a complete block."));
    }
    let mut plain = blocks(setup, data, false)?;
    if setup.padding == PKCS7 && !plain.is_empty() {
        let count = plain.last().map_or(0, |last| usize::from(*last));
        let kept = plain.len().saturating_sub(count);
        let valid = (1..=BLOCK).contains(&count)
            && plain.get(kept..).is_some_and(|tail| tail.iter().all(|byte| usize::from(*byte) == count));
        if !valid {
            return Err(cryptographic("Padding is invalid and cannot be removed."));
        }
        plain.truncate(kept);
    }
    Ok(plain)
}

/// Whether a name is one of AES.
fn known(name: &str) -> Outcome<()> {
    let simple = name.rsplit('.').next().unwrap_or(name).to_lowercase();
    if matches!(
        simple.as_str(),
        "aes" | "aesmanaged" | "rijndael" | "rijndaelmanaged" | "aescryptoserviceprovider"
    ) {
        return Ok(());
    }
    throw(
        "System.NotSupportedException",
        format!("The symmetric algorithm '{name}' is not implemented by the sandbox."),
    )
}

/// The algorithm of an extension method's arguments: by name with key and vector, or an object with or without them.
fn setup(c: Call<'_>) -> Outcome<Setup> {
    let mut setup = match c.value(1) {
        Value::String(name) => {
            known(&name.text())?;
            Setup { key: Vec::new(), iv: Vec::new(), mode: CBC, padding: PKCS7 }
        }
        _ => lock(&c.native::<Algorithm>(1)?.0).clone(),
    };
    if c.sets(2) {
        setup.key = c.bytes(2)?;
        setup.iv = c.bytes(3)?;
    }
    Ok(setup)
}

fn transform(m: &mut Machine<'_>, c: Call<'_>, work: fn(&Setup, Vec<u8>) -> Outcome<Vec<u8>>) -> Outcome {
    let data = c.bytes(0)?;
    m.ticks(data.len() as u64 / 4)?;
    m.charge(data.len() * (size_of::<Value>() + 4))?;
    Ok(Value::bytes(&work(&setup(c)?, data)?))
}

fn random(m: &mut Machine<'_>, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    m.host.random(&mut bytes);
    bytes
}

fn changed(c: Call<'_>, change: impl FnOnce(&mut Setup)) -> Outcome {
    change(&mut lock(&c.native::<Algorithm>(0)?.0));
    Ok(c.value(1).clone())
}

fn seen(c: Call<'_>, show: impl FnOnce(&Setup) -> Value) -> Outcome {
    Ok(show(&lock(&c.native::<Algorithm>(0)?.0)))
}

const ENCRYPT: Run = |m, c| transform(m, c, encrypt);
const DECRYPT: Run = |m, c| transform(m, c, decrypt);

pub const SYMMETRIC_ALGORITHM: TypeRow = TypeRow {
    name: NAME,
    generics: &[],
    form: Form::Class,
    bases: &[],
    members: &[
        ("static byte[] Encrypt(this byte[] input, string alg, byte[] key, byte[] iv)", ENCRYPT),
        ("static byte[] Encrypt(this byte[] input, SymmetricAlgorithm alg)", ENCRYPT),
        ("static byte[] Encrypt(this byte[] input, SymmetricAlgorithm alg, byte[] key, byte[] iv)", ENCRYPT),
        ("static byte[] Decrypt(this byte[] input, string alg, byte[] key, byte[] iv)", DECRYPT),
        ("static byte[] Decrypt(this byte[] input, SymmetricAlgorithm alg)", DECRYPT),
        ("static byte[] Decrypt(this byte[] input, SymmetricAlgorithm alg, byte[] key, byte[] iv)", DECRYPT),
        ("static SymmetricAlgorithm Create(string algName)", |m, c| {
            known(&c.text(0)?.text())?;
            let (key, iv) = (random(m, 32), random(m, BLOCK));
            Ok(Value::native(Algorithm(Mutex::new(Setup { key, iv, mode: CBC, padding: PKCS7 }))))
        }),
        ("byte[] Key { get; set; }", |_, c| {
            if c.sets(1) {
                let key = c.bytes(1)?;
                cipher(&key)?;
                return changed(c, |setup| setup.key = key);
            }
            seen(c, |setup| Value::bytes(&setup.key))
        }),
        ("byte[] IV { get; set; }", |_, c| {
            if c.sets(1) {
                let iv = c.bytes(1)?;
                return changed(c, |setup| setup.iv = iv);
            }
            seen(c, |setup| Value::bytes(&setup.iv))
        }),
        ("CipherMode Mode { get; set; }", |_, c| {
            if c.sets(1) {
                let mode = c.integer(1) as i32;
                if mode != CBC && mode != ECB {
                    return throw(
                        "System.NotSupportedException",
                        "This cipher mode is not implemented by the sandbox.",
                    );
                }
                return changed(c, |setup| setup.mode = mode);
            }
            seen(c, |setup| Value::Enum(CIPHER_MODE.name, setup.mode))
        }),
        ("PaddingMode Padding { get; set; }", |_, c| {
            if c.sets(1) {
                let padding = c.integer(1) as i32;
                if !(NONE..=ZEROS).contains(&padding) {
                    return throw(
                        "System.NotSupportedException",
                        "This padding is not implemented by the sandbox.",
                    );
                }
                return changed(c, |setup| setup.padding = padding);
            }
            seen(c, |setup| Value::Enum(PADDING_MODE.name, setup.padding))
        }),
        ("int KeySize { get; set; }", |m, c| {
            if c.sets(1) {
                let key = random(m, usize::try_from(c.integer(1) / 8).unwrap_or(0).min(64));
                cipher(&key)?;
                return changed(c, |setup| setup.key = key);
            }
            seen(c, |setup| Value::Int(setup.key.len() as i32 * 8))
        }),
        ("int BlockSize { get; }", |_, _| Ok(Value::Int(128))),
        ("void GenerateKey()", |m, c| {
            let key = random(m, 32);
            changed(c, |setup| setup.key = key)
        }),
        ("void GenerateIV()", |m, c| {
            let iv = random(m, BLOCK);
            changed(c, |setup| setup.iv = iv)
        }),
        ("void Dispose()", |_, _| Ok(Value::Null)),
        ("void Clear()", |_, _| Ok(Value::Null)),
    ],
    missing: &["CreateEncryptor", "CreateDecryptor", "FeedbackSize", "LegalKeySizes", "LegalBlockSizes"],
};

const fn enumeration(name: &'static str, members: &'static [(&'static str, i32)]) -> TypeRow {
    TypeRow { name, generics: &[], form: Form::Enum(members), bases: &[], members: &[], missing: &[] }
}

pub const CIPHER_MODE: TypeRow = enumeration(
    "System.Security.Cryptography.CipherMode",
    &[("CBC", CBC), ("ECB", ECB), ("OFB", 3), ("CFB", 4), ("CTS", 5)],
);

pub const PADDING_MODE: TypeRow = enumeration(
    "System.Security.Cryptography.PaddingMode",
    &[("None", NONE), ("PKCS7", PKCS7), ("Zeros", ZEROS), ("ANSIX923", 4), ("ISO10126", 5)],
);
