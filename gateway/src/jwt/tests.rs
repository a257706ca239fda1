//! Tokens of all algorithms, and why they are refused.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{self, EcdsaKeyPair, KeyPair as _, RsaEncoding};
use aws_lc_rs::{aead, cipher, hmac, rsa};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_800_000_000;
const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token with a signature that `sign` makes.
pub fn token(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let signature = sign(signed.as_bytes());
    format!("{signed}.{}", encode(signature))
}

pub fn rsa_key() -> RsaKeyPair {
    RsaKeyPair::generate(KeySize::Rsa2048).expect("a key")
}

pub fn rsa_sign(pair: &RsaKeyPair, encoding: &'static dyn RsaEncoding, message: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), message, &mut signature).expect("a signature");
    signature
}

/// The JSON Web Key of a pair.
pub fn jwk(pair: &RsaKeyPair, kid: &str) -> Value {
    // A sequence and a modulus, each with two bytes of length; a zero, 256 bytes, and the exponent.
    let der = pair.public_key().as_ref();
    json!({ "kty": "RSA", "kid": kid, "n": encode(&der[9..265]), "e": encode(&der[267..]) })
}

fn hs256(claims: &Value) -> Token {
    let sign = |text: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET), text).as_ref().to_vec();
    Token::parse(&token(&json!({ "alg": "HS256" }), claims, sign)).expect("a token")
}

fn secret() -> Key {
    Key { ids: Vec::new(), material: Material::Symmetric(SECRET.into()) }
}

#[test]
fn every_algorithm_verifies_with_its_key_and_with_no_other() {
    let (pair, other) = (rsa_key(), rsa_key());
    let keys = key_set(&json!({ "keys": [jwk(&other, "b"), jwk(&pair, "a")] }));
    let claims = json!({ "exp": NOW + 60 });
    let encodings: [(&str, &'static dyn RsaEncoding); 6] = [
        ("RS256", &signature::RSA_PKCS1_SHA256),
        ("RS384", &signature::RSA_PKCS1_SHA384),
        ("RS512", &signature::RSA_PKCS1_SHA512),
        ("PS256", &signature::RSA_PSS_SHA256),
        ("PS384", &signature::RSA_PSS_SHA384),
        ("PS512", &signature::RSA_PSS_SHA512),
    ];
    for (algorithm, encoding) in encodings {
        let header = json!({ "alg": algorithm, "kid": "a" });
        let text = token(&header, &claims, |message| rsa_sign(&pair, encoding, message));
        let read = Token::parse(&text).expect("a token");
        assert_eq!(Rules::default().check(&read, &keys, NOW), Ok(()), "{algorithm}");
        let refusal = Rules::default().check(&read, &keys[..1], NOW).expect_err("another key");
        assert_eq!(refusal.reason, Reason::TokenSignatureKeyNotFound, "{algorithm}");
    }
}

#[test]
fn curves_verify() {
    for (algorithm, kind, curve) in [
        ("ES256", &signature::ECDSA_P256_SHA256_FIXED_SIGNING, "P-256"),
        ("ES384", &signature::ECDSA_P384_SHA384_FIXED_SIGNING, "P-384"),
        ("ES512", &signature::ECDSA_P521_SHA512_FIXED_SIGNING, "P-521"),
    ] {
        let pair = EcdsaKeyPair::generate(kind).expect("a key");
        let point = &pair.public_key().as_ref()[1..];
        let (x, y) = point.split_at(point.len() / 2);
        let set = json!({ "keys": [{ "kty": "EC", "crv": curve, "x": encode(x), "y": encode(y) }] });
        let text = token(&json!({ "alg": algorithm }), &json!({ "exp": NOW }), |message| {
            pair.sign(&SystemRandom::new(), message).expect("a signature").as_ref().to_vec()
        });
        let read = Token::parse(&text).expect("a token");
        assert_eq!(Rules::default().check(&read, &key_set(&set), NOW), Ok(()), "{algorithm}");
        assert!(Rules::default().check(&read, &[secret()], NOW).is_err(), "{algorithm}");
    }
}

#[test]
fn a_public_key_is_no_secret() {
    let pair = rsa_key();
    let keys = key_set(&json!({ "keys": [jwk(&pair, "a")] }));
    let Material::Rsa(modulus, _) = &keys[0].material else { panic!("an RSA key") };
    let forged = token(&json!({ "alg": "HS256", "kid": "a" }), &json!({ "exp": NOW + 1 }), |text| {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, modulus), text).as_ref().to_vec()
    });
    let refusal = Rules::default().check(&Token::parse(&forged).expect("a token"), &keys, NOW);
    assert_eq!(refusal.expect_err("a forged token").reason, Reason::TokenSignatureInvalid);
}

#[test]
fn reasons_are_those_of_the_documentation() {
    let claim = |name: &str, matches, values: &[&str]| Claim {
        name: name.to_owned(),
        matches,
        separator: None,
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    let rules = Rules {
        issuers: vec!["https://a/{tenantid}/".to_owned()],
        audiences: vec!["b".to_owned()],
        claims: vec![claim("roles", Match::All, &["x", "y"]), claim("n", Match::Any, &["7", "8"])],
        skew: 10,
        ..Rules::default()
    };
    let good = json!({ "iss": "https://a/t/", "tid": "t", "aud": ["c", "b"], "exp": NOW - 10, "nbf": NOW + 10,
                       "roles": ["x", "y", "z"], "n": 7 });
    assert_eq!(rules.check(&hs256(&good), &[secret()], NOW), Ok(()));
    for (name, value, reason) in [
        ("exp", json!(NOW - 11), Reason::TokenExpired),
        ("exp", Value::Null, Reason::TokenExpired),
        ("nbf", json!(NOW + 11), Reason::JwtInvalid),
        ("aud", json!("c"), Reason::TokenAudienceNotAllowed),
        ("iss", json!("https://a/u/"), Reason::TokenIssuerNotAllowed),
        ("roles", json!(["x"]), Reason::TokenClaimValueNotAllowed),
        ("n", json!("9"), Reason::TokenClaimValueNotAllowed),
    ] {
        let mut claims = good.clone();
        claims[name] = value.clone();
        let refusal = rules.check(&hs256(&claims), &[secret()], NOW).expect_err(name);
        assert_eq!(refusal.reason, reason, "{name}: {value}");
    }
    let mut claims = good.clone();
    claims.as_object_mut().expect("claims").retain(|name, _| name != "roles" && name != "n");
    let refusal = rules.check(&hs256(&claims), &[secret()], NOW).expect_err("no claims");
    assert_eq!(refusal.reason, Reason::TokenClaimNotFound);
    assert_eq!(refusal.message, "JWT token is missing the following claims: roles, n. Access denied.");
    let refusal = rules.check(&hs256(&good), &[], NOW).expect_err("no keys");
    assert_eq!(refusal.reason, Reason::TokenSignatureKeyNotFound);
}

#[test]
fn what_is_no_token_is_refused() {
    for text in
        ["", "a", "a.b", "a.b.c", "e30.e30.!", "....", "a.b.c.d.e", "e30.WzFd.", &"e30.".repeat(70_000)]
    {
        let refusal = decrypt(text, &[]).expect_err(text);
        assert_eq!(refusal.reason, Reason::JwtInvalid, "{text}");
    }
}

/// A token whose content is encrypted with AES-GCM; `wrapped` is its key as the token carries it.
pub fn gcm(inner: &str, (algorithm, encryption): (&str, &str), key: &[u8], wrapped: &[u8]) -> String {
    let kind = match encryption {
        "A128GCM" => &aead::AES_128_GCM,
        "A192GCM" => &aead::AES_192_GCM,
        _ => &aead::AES_256_GCM,
    };
    let header = encode(json!({ "alg": algorithm, "enc": encryption }).to_string());
    let sealing = aead::LessSafeKey::new(aead::UnboundKey::new(kind, key).expect("a key"));
    let nonce = aead::Nonce::assume_unique_for_key([7; 12]);
    let mut sealed = inner.as_bytes().to_vec();
    let tag = sealing
        .seal_in_place_separate_tag(nonce, aead::Aad::from(header.as_bytes()), &mut sealed)
        .expect("sealed");
    let parts = [encode(wrapped), encode([7; 12]), encode(sealed), encode(tag.as_ref())];
    format!("{header}.{}", parts.join("."))
}

#[test]
fn an_encrypted_token_is_opened_with_galois_counter_mode() {
    let inner = hs256(&json!({ "sub": "me" })).text;
    for (name, length) in [("A128GCM", 16), ("A192GCM", 24), ("A256GCM", 32)] {
        let key: Vec<u8> = (0..length).collect();
        let text = gcm(&inner, ("dir", name), &key, &[]);
        let opened = decrypt(&text, &[DecryptionKey::Symmetric(key.clone().into())]).expect(name);
        assert_eq!(opened.text, inner, "{name}");
        for wrong in [&key[1..], &[0; 32]] {
            assert!(decrypt(&text, &[DecryptionKey::Symmetric(wrong.into())]).is_err(), "{name}");
        }
        let forged = text.replacen("..", "..A", 1);
        assert!(decrypt(&forged, &[DecryptionKey::Symmetric(key.into())]).is_err(), "{name}");
    }
}

#[test]
fn the_key_of_an_encrypted_token_comes_wrapped() {
    let inner = hs256(&json!({ "sub": "me" })).text;
    let pair = rsa::PrivateDecryptingKey::generate(KeySize::Rsa2048).expect("a key");
    let pkcs8: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().expect("a key");
    let public = rsa::OaepPublicEncryptingKey::new(pair.public_key()).expect("a key");
    for (name, oaep) in
        [("RSA-OAEP", &rsa::OAEP_SHA1_MGF1SHA1), ("RSA-OAEP-256", &rsa::OAEP_SHA256_MGF1SHA256)]
    {
        let mut wrapped = vec![0; public.ciphertext_size()];
        let wrapped = public.encrypt(oaep, &SECRET[..16], &mut wrapped, None).expect("wrapped");
        let text = gcm(&inner, (name, "A128GCM"), &SECRET[..16], wrapped);
        let keys = [DecryptionKey::Symmetric(SECRET.into()), DecryptionKey::Rsa(pkcs8.as_ref().into())];
        assert_eq!(decrypt(&text, &keys).expect(name).text, inner, "{name}");
        assert!(decrypt(&text, &keys[..1]).is_err(), "{name}");
    }
}

#[test]
fn an_encrypted_token_is_opened_with_a_shared_key() {
    let inner = hs256(&json!({ "sub": "me" })).text;
    for (name, cipher, hash, half) in [
        ("A128CBC-HS256", &cipher::AES_128, hmac::HMAC_SHA256, 16),
        ("A192CBC-HS384", &cipher::AES_192, hmac::HMAC_SHA384, 24),
        ("A256CBC-HS512", &cipher::AES_256, hmac::HMAC_SHA512, 32),
    ] {
        let key: Vec<u8> = (0..2 * half).map(|byte| u8::try_from(byte).expect("a byte")).collect();
        let header = encode(json!({ "alg": "dir", "enc": name }).to_string());
        let mut sealed = inner.clone().into_bytes();
        let encrypting = cipher::UnboundCipherKey::new(cipher, &key[half..]).expect("a key");
        let encrypting = cipher::PaddedBlockEncryptingKey::cbc_pkcs7(encrypting).expect("a cipher");
        let context = encrypting.encrypt(&mut sealed).expect("encrypted");
        let cipher::DecryptionContext::Iv128(iv) = context else { panic!("an IV") };
        let iv: &[u8] = iv.as_ref();
        let bits = (header.len() as u64 * 8).to_be_bytes();
        let signed = [header.as_bytes(), iv, &sealed, &bits].concat();
        let tag = hmac::sign(&hmac::Key::new(hash, &key[..half]), &signed);
        let text = format!("{header}..{}.{}.{}", encode(iv), encode(&sealed), encode(&tag.as_ref()[..half]));
        let opened = decrypt(&text, &[DecryptionKey::Symmetric(key.clone().into())]).expect(name);
        assert_eq!(opened.text, inner, "{name}");
        let mut wrong = key;
        wrong[0] ^= 1;
        assert!(decrypt(&text, &[DecryptionKey::Symmetric(wrong.into())]).is_err(), "{name}");
    }
}
