//! Tokens of an issuer that publishes its keys, of Microsoft Entra, and of those who encrypt them for a certificate.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::rsa::{KeyPair, OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use serde_json::{Value, json};
use sim::{Clock, Timestamp};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::world::{World, policy, read_head, service};
use crate::jwt::tests::{gcm, jwk, rsa_key, rsa_sign, token};

/// 2026-01-01T00:00:00Z.
const NOW: i64 = 1_767_225_600;

/// Publishes its keys, and counts who asks.
struct Issuer {
    socket: SocketAddr,
    keys: Arc<Mutex<Vec<Value>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Issuer {
    async fn start(keys: Vec<Value>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let socket = listener.local_addr().expect("an address");
        let keys = Arc::new(Mutex::new(keys));
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (published, seen) = (Arc::clone(&keys), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                if let Some(head) = read_head(&mut stream).await {
                    let path = head[0].split(' ').nth(1).expect("a path").to_owned();
                    let body = match path.strip_suffix("/.well-known/openid-configuration") {
                        Some(issuer) => {
                            let keys = format!("http://{socket}/keys");
                            json!({ "issuer": format!("http://{socket}{issuer}"), "jwks_uri": keys })
                        }
                        None => json!({ "keys": *published.lock().unwrap_or_else(PoisonError::into_inner) }),
                    }
                    .to_string();
                    seen.lock().unwrap_or_else(PoisonError::into_inner).push(path);
                    let answer = format!(
                        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                        body.len()
                    );
                    stream.write_all(answer.as_bytes()).await.expect("an answer sent");
                }
            }
        });
        Self { socket, keys, asked }
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn publish(&self, keys: Vec<Value>) {
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = keys;
    }
}

async fn world(certificates: Vec<apim::Certificate>, check: &str) -> World {
    let mut service = service();
    service.certificates.extend(certificates);
    let answer = "<return-response><set-status code='204' /></return-response>";
    let text = format!("<policies><inbound>{check}{answer}</inbound></policies>");
    service.apis[0].policy = Some(policy("tokens", &text));
    let clock = Clock::manual(Timestamp::parse("2026-01-01T00:00:00Z").expect("a moment"));
    World::start(service, clock, None).await
}

async fn status(world: &World, token: &str) -> u16 {
    let authorization = format!("Authorization: Bearer {token}");
    world.call(&["GET /api/x HTTP/1.1", &authorization]).await.status()
}

fn signed(pair: &KeyPair, kid: &str, claims: &Value) -> String {
    token(&json!({ "alg": "RS256", "kid": kid }), claims, |message| {
        rsa_sign(pair, &RSA_PKCS1_SHA256, message)
    })
}

#[tokio::test(flavor = "current_thread")]
async fn what_an_issuer_publishes_is_kept_and_looked_for_again() {
    let (first, second) = (rsa_key(), rsa_key());
    let issuer = Issuer::start(vec![jwk(&first, "first")]).await;
    let at = format!("http://{}", issuer.socket);
    let check = format!(
        "<validate-jwt header-name='Authorization'><openid-config url='{at}/.well-known/openid-configuration' />\
         <audiences><audience>me</audience></audiences></validate-jwt>"
    );
    let world = world(Vec::new(), &check).await;
    let claims = json!({ "iss": at, "aud": "me", "exp": NOW + 86_400 });
    for _ in 0..3 {
        assert_eq!(status(&world, &signed(&first, "first", &claims)).await, 204);
        assert_eq!(issuer.asked(), 2, "the configuration and the keys, once");
    }
    let stranger = json!({ "iss": "http://else", "aud": "me", "exp": NOW + 86_400 });
    assert_eq!(status(&world, &signed(&first, "first", &stranger)).await, 401);
    // A new key is looked for, but not at once.
    issuer.publish(vec![jwk(&second, "second")]);
    assert_eq!(status(&world, &signed(&second, "second", &claims)).await, 401);
    assert_eq!(issuer.asked(), 2);
    world.clock.advance(Duration::from_mins(5));
    assert_eq!(status(&world, &signed(&second, "second", &claims)).await, 204);
    assert_eq!(issuer.asked(), 4);
    assert_eq!(status(&world, &signed(&first, "first", &claims)).await, 401);
    // What is an hour old is looked for again.
    world.clock.advance(Duration::from_hours(1));
    assert_eq!(status(&world, &signed(&second, "second", &claims)).await, 204);
    assert_eq!(issuer.asked(), 6);
}

#[tokio::test(flavor = "current_thread")]
async fn tokens_of_microsoft_entra_are_let_in_by_tenant_client_and_audience() {
    let pair = rsa_key();
    let issuer = Issuer::start(vec![jwk(&pair, "a")]).await;
    let at = format!("http://{}", issuer.socket);
    let check = format!(
        "<validate-azure-ad-token tenant-id='tenant' authentication-endpoint='{at}' output-token-variable-name='jwt'>\
         <client-application-ids><application-id>client</application-id></client-application-ids>\
         <backend-application-ids><application-id>backend</application-id></backend-application-ids>\
         <required-claims><claim name='roles' match='any'><value>read</value></claim></required-claims>\
         </validate-azure-ad-token>"
    );
    let world = world(Vec::new(), &check).await;
    let first = json!({ "iss": format!("{at}/tenant"), "aud": "api://backend", "appid": "client",
                        "exp": NOW + 60, "roles": ["read"] });
    let second = json!({ "iss": format!("{at}/tenant/v2.0"), "aud": "backend", "azp": "client",
                         "exp": NOW + 60, "roles": ["read", "write"] });
    assert_eq!(status(&world, &signed(&pair, "a", &first)).await, 204);
    assert_eq!(status(&world, &signed(&pair, "a", &second)).await, 204);
    for (name, value) in [
        ("azp", json!("another")),
        ("aud", json!("another")),
        ("iss", json!(format!("{at}/another/v2.0"))),
        ("roles", json!(["write"])),
        ("exp", json!(NOW - 60)),
    ] {
        let mut claims = second.clone();
        claims[name] = value;
        assert_eq!(status(&world, &signed(&pair, "a", &claims)).await, 401, "{name}");
    }
    assert_eq!(status(&world, &signed(&rsa_key(), "a", &second)).await, 401);
}

#[tokio::test(flavor = "current_thread")]
async fn a_certificate_from_a_file_checks_and_decrypts_tokens() {
    let Some(file) = pfx() else {
        eprintln!("skipped: there is no openssl");
        return;
    };
    assert_eq!(apim::Certificate::from_pfx("a", &file, "no"), Err(apim::CertificateError::Unreadable));
    let certificate = apim::Certificate::from_pfx("file", &file, "pass").expect("a certificate");
    let key = certificate.private_key.clone().expect("a key");
    let pair = KeyPair::from_pkcs8(key.reveal()).expect("a key");
    let public = PrivateDecryptingKey::from_pkcs8(key.reveal()).expect("a key").public_key();
    let public = OaepPublicEncryptingKey::new(public).expect("a key");
    let check = "<validate-jwt header-name='Authorization'><issuer-signing-keys><key certificate-id='file' />\
                 </issuer-signing-keys><decryption-keys><key certificate-id='file' /></decryption-keys></validate-jwt>";
    let world = world(vec![certificate], check).await;
    let inner = signed(&pair, "a", &json!({ "exp": NOW + 60 }));
    assert_eq!(status(&world, &inner).await, 204);
    let mut wrapped = vec![0; public.ciphertext_size()];
    let wrapped = public.encrypt(&OAEP_SHA256_MGF1SHA256, &[5; 32], &mut wrapped, None).expect("wrapped");
    let sealed = gcm(&inner, ("RSA-OAEP-256", "A256GCM"), &[5; 32], wrapped);
    assert_eq!(status(&world, &sealed).await, 204);
    let forged = gcm(&inner, ("RSA-OAEP-256", "A256GCM"), &[6; 32], wrapped);
    assert_eq!(status(&world, &forged).await, 401);
}

/// A certificate and its key in a file as people upload them, if there is a program to make one.
fn pfx() -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().ok()?;
    let run = |arguments: &[&str]| {
        let made = std::process::Command::new("openssl").args(arguments).current_dir(folder.path()).output();
        made.ok().filter(|made| made.status.success())
    };
    run(&["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=a", "-keyout", "k", "-out", "c"])?;
    run(&["pkcs12", "-export", "-inkey", "k", "-in", "c", "-out", "f", "-passout", "pass:pass"])?;
    std::fs::read(folder.path().join("f")).ok()
}
