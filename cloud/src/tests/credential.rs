//! Credentials over HTTPS, with a certificate authority of our own.

use std::collections::BTreeMap;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::{Client, CredentialSource, Environment, Error, Method, Secret};

/// An HTTPS server that gives tokens to who knows the secret, and echoes the token otherwise.
async fn start() -> (String, String) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority =
        CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key")).expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()])
        .expect("names")
        .signed_by(&key, &authority)
        .expect("a leaf");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![leaf.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .expect("a certificate");
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("https://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let _ = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service_fn(answer))
                    .await;
            });
        }
    });
    (url, authority.pem())
}

async fn answer(
    request: hyper::Request<hyper::body::Incoming>,
) -> Result<hyper::Response<Full<bytes::Bytes>>, std::convert::Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let form: BTreeMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let (status, body) = match form.get("client_secret").map(String::as_str) {
        None => {
            (200, serde_json::json!({"authorization": parts.headers["authorization"].to_str().unwrap_or("")}))
        }
        Some("right") => {
            let token = format!("{} {}", parts.uri.path(), form["scope"]);
            (200, serde_json::json!({"token_type": "Bearer", "expires_in": 3600, "access_token": token}))
        }
        Some(_) => (
            401,
            serde_json::json!({"error": "invalid_client", "error_codes": [7_000_215], "error_description": "AADSTS7000215: Invalid client secret provided."}),
        ),
    };
    let body = Full::new(bytes::Bytes::from(body.to_string()));
    Ok(hyper::Response::builder().status(status).body(body).expect("a response"))
}

async fn ask(secret: &str, trust: bool, variables: &[(&str, &str)]) -> Result<String, Error> {
    let (url, pem) = start().await;
    let directory = tempfile::tempdir().expect("a directory");
    let ca_file = directory.path().join("ca.pem");
    std::fs::write(&ca_file, pem).expect("a file");
    let credential = (!secret.is_empty()).then(|| CredentialSource::ClientSecret {
        client_id: "client".to_owned(),
        client_secret_file: None,
        client_secret: Some(Secret::new(secret)),
    });
    let environment = Environment {
        resource_manager: url.clone(),
        authority: url.clone(),
        graph: url,
        tenant_id: Some("tenant".to_owned()),
        ca_file: trust.then_some(ca_file),
        credential,
        ..Environment::azure("s")
    };
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let client = Client::connect(environment, &variables, sim::Clock::system())?;
    let answer = client.arm(Method::GET, "/x", None, &[]).await?.success()?;
    Ok(answer.body["authorization"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_client_secret_of_file_or_process_environment_gives_tokens() {
    let token = "Bearer /tenant/oauth2/v2.0/token https://management.azure.com/.default";
    assert_eq!(ask("right", true, &[]).await.expect("a token"), token);
    let variables = [("AZURE_CLIENT_ID", "client"), ("AZURE_CLIENT_SECRET", "right")];
    assert_eq!(ask("", true, &variables).await.expect("a token"), token);
}

#[tokio::test]
async fn a_wrong_secret_is_said_and_not_printed() {
    let error = ask("canary", true, &[]).await.expect_err("refused").to_string();
    assert!(error.contains("AADSTS7000215"), "{error}");
    assert!(!error.contains("canary"), "{error}");
}

#[test]
fn the_process_environment_names_the_source() {
    let source = |names: &[&str]| {
        let variables = names.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect();
        format!("{:?}", CredentialSource::from_variables(&variables))
    };
    let cases: [(&[&str], &str); 4] = [
        (&["AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE"], "ClientSecret"),
        (&["AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"], "WorkloadIdentity"),
        (&["AZURE_CLIENT_ID"], "AzureCli"),
        (&[], "AzureCli"),
    ];
    for (names, expected) in cases {
        assert!(source(names).starts_with(expected), "{names:?}: {}", source(names));
    }
}
