//! The authority as clients see it: discovery, tokens, and which tokens Resource Manager takes.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, Request};
use serde_json::{Value, json};

use super::{Caller, Entra};
use crate::graph::tests::{CLIENT, SECRET, TENANT, World, text};

const ORIGIN: &str = "https://127.0.0.1:8443";
const SCOPE: &str = "https%3A%2F%2Flocalhost%3A8443%2F.default";

fn open(world: &World) -> Arc<Entra> {
    Entra::open(
        world.database.clone(),
        world.clock.clone(),
        world.ids.clone(),
        world.directory.clone(),
        ORIGIN.to_owned(),
        &world.seed,
    )
    .expect("an authority")
}

async fn send(entra: &Entra, request: Request<String>) -> (u16, Value) {
    let response = entra.handle(&request.map(Bytes::from)).await.expect("one of its paths");
    let body = serde_json::from_slice(response.body()).expect("JSON");
    (response.status().as_u16(), body)
}

async fn get(entra: &Entra, path: &str) -> (u16, Value) {
    send(entra, Request::get(path).body(String::new()).expect("a request")).await
}

async fn post(entra: &Entra, path: &str, form: &str) -> (u16, Value) {
    send(entra, Request::post(path).body(form.to_owned()).expect("a request")).await
}

fn token_path() -> String {
    format!("/{TENANT}/oauth2/v2.0/token")
}

fn form(extra: &str) -> String {
    format!("grant_type=client_credentials&client_id={CLIENT}&client_secret={SECRET}{extra}")
}

async fn token(entra: &Entra) -> String {
    let (status, body) = post(entra, &token_path(), &form(&format!("&scope={SCOPE}"))).await;
    assert_eq!(status, 200, "{body}");
    text(&body, "access_token")
}

fn bearer(token: &str) -> HeaderMap {
    HeaderMap::from_iter([(
        http::header::AUTHORIZATION,
        format!("Bearer {token}").parse().expect("a header"),
    )])
}

fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("claims");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON")
}

fn refusal(entra: &Entra, headers: &HeaderMap) -> (u16, String) {
    let error = entra.authenticate(headers).expect_err("a refusal");
    (error.status, error.error.code)
}

#[tokio::test]
async fn recorded_token_requests_get_a_token() {
    let world = World::new();
    let entra = open(&world);
    let recorded = [
        // az 2.91
        format!(
            "client_id={CLIENT}&grant_type=client_credentials&client_info=1&client_secret={SECRET}&claims=%7B%22access_token%22%3A+%7B%22xms_cc%22%3A+%7B%22values%22%3A+%5B%22CP1%22%5D%7D%7D%7D&scope={SCOPE}"
        ),
        // azurerm
        format!("client_id={CLIENT}&client_secret={SECRET}&grant_type=client_credentials&scope={SCOPE}"),
    ];
    for form in recorded {
        let (status, body) = post(&entra, &token_path(), &form).await;
        assert_eq!((status, &body["token_type"], &body["expires_in"]), (200, &json!("Bearer"), &json!(3599)));
        let claims = claims(&text(&body, "access_token"));
        let now = world.clock.now().unix_seconds();
        let oid = world.principal(CLIENT);
        for (name, value) in [
            ("aud", json!("https://localhost:8443")),
            ("iss", json!(format!("{ORIGIN}/{TENANT}/"))),
            ("tid", json!(TENANT)),
            ("oid", json!(oid)),
            ("appid", json!(CLIENT)),
            ("azp", json!(CLIENT)),
            ("idtyp", json!("app")),
            ("ver", json!("1.0")),
            ("nbf", json!(now)),
            ("exp", json!(now + 3599)),
        ] {
            assert_eq!(claims[name], value, "{name}");
        }
        let caller = entra.authenticate(&bearer(&text(&body, "access_token"))).expect("a caller");
        assert_eq!(caller, Caller { client_id: CLIENT.to_owned(), object_id: oid });
    }
}

#[tokio::test]
async fn both_versions_both_kinds_of_slash_and_basic_authentication_work() {
    let world = World::new();
    let entra = open(&world);
    let slash = form("&scope=https://127.0.0.1:8443//.default");
    let (_, body) = post(&entra, &token_path(), &slash).await;
    assert_eq!(claims(&text(&body, "access_token"))["aud"], "https://127.0.0.1:8443/");

    let v1 = form("&resource=https://127.0.0.1:8443/");
    let (_, body) = post(&entra, &format!("/{TENANT}/oauth2/token"), &v1).await;
    assert_eq!(body["expires_in"], "3599");
    assert_eq!(body["resource"], "https://127.0.0.1:8443/");
    assert_eq!(claims(&text(&body, "access_token"))["aud"], "https://127.0.0.1:8443/");

    let pair = STANDARD.encode(format!("{CLIENT}:pw%7E123"));
    let request = Request::post("/apimlab.onmicrosoft.com/oauth2/v2.0/token")
        .header("authorization", format!("Basic {pair}"))
        .body("grant_type=client_credentials&scope=https://graph.microsoft.com/.default".to_owned())
        .expect("a request");
    let (status, body) = send(&entra, request).await;
    assert_eq!(status, 200, "{body}");
    assert!(entra.authenticate(&bearer(&text(&body, "access_token"))).is_ok());
}

#[tokio::test]
async fn refused_token_requests_say_why() {
    let world = World::new();
    let entra = open(&world);
    let (_, without_principal) = world.application("no-principal").await;
    let nobody = "99999999-9999-9999-9999-999999999999";
    let scope = format!("&scope={SCOPE}");
    let grant = |name: &str| format!("grant_type={name}&client_id={CLIENT}&client_secret={SECRET}{scope}");
    let client =
        |id: &str, secret: &str| format!("grant_type=client_credentials&client_id={id}{secret}{scope}");
    let at = token_path();
    let unknown_tenant = format!("/{nobody}/oauth2/v2.0/token");
    let v1 = format!("/{TENANT}/oauth2/token");
    let rows = [
        (&at, client(CLIENT, "&client_secret=wrong"), 401, "invalid_client", 7_000_215),
        (&at, client(CLIENT, ""), 401, "invalid_client", 7_000_218),
        (&at, client(nobody, "&client_secret=x"), 400, "unauthorized_client", 700_016),
        (&at, client(&without_principal, "&client_secret=x"), 401, "invalid_client", 7_000_215),
        (&unknown_tenant, form(&scope), 400, "invalid_tenant", 90_002),
        (&at, grant("password"), 400, "unsupported_grant_type", 70_003),
        (&at, grant("urn:ietf:params:oauth:grant-type:device_code"), 400, "unsupported_grant_type", 70_003),
        (&at, String::new(), 400, "invalid_request", 900_144),
        (&at, "grant_type=client_credentials".to_owned(), 400, "invalid_request", 900_144),
        (&at, form(""), 400, "invalid_request", 900_144),
        (&v1, form(&scope), 400, "invalid_request", 900_144),
        (&at, form("&scope=https://127.0.0.1:8443"), 400, "invalid_scope", 1_002_012),
        (&at, form("&scope=/.default"), 400, "invalid_scope", 1_002_012),
        (&at, form("&scope=a/.default%20b/.default"), 400, "invalid_scope", 28_000),
        (&at, form("&scope=https://vault.azure.net/.default"), 400, "invalid_resource", 500_011),
        (&at, "x".repeat(64 * 1024 + 1), 413, "invalid_request", 90_015),
        (&"/common/oauth2/v2.0/token".to_owned(), form(&scope), 400, "invalid_request", 50_194),
    ];
    for (path, form, status, error, code) in rows {
        let (found, body) = post(&entra, path, &form).await;
        let what = format!("{} -> {body}", form.chars().take(120).collect::<String>());
        assert_eq!((found, &body["error"]), (status, &json!(error)), "{what}");
        assert_eq!(body["error_codes"], json!([code]), "{what}");
        assert!(text(&body, "error_description").starts_with(&format!("AADSTS{code}: ")), "{what}");
        assert!(!body.to_string().contains(SECRET), "{what}");
    }
    let (status, body) = get(&entra, &at).await;
    assert_eq!((status, &body["error_codes"]), (400, &json!([900_561])));
}

#[tokio::test]
async fn an_applications_own_secret_needs_a_service_principal_that_is_enabled() {
    let world = World::new();
    let entra = open(&world);
    let (id, app_id) = world.application("app").await;
    let add = format!("POST /v1.0/applications/{id}/addPassword");
    let until = world.clock.now().after(Duration::from_mins(10)).rfc3339();
    let key = world.done(&add, json!({"passwordCredential": {"endDateTime": until}})).await;
    let secret = text(&key, "secretText");
    let form =
        format!("grant_type=client_credentials&client_id={app_id}&client_secret={secret}&scope={SCOPE}");
    let codes = |body: Value| body["error_codes"].clone();
    assert_eq!(codes(post(&entra, &token_path(), &form).await.1), json!([7_000_229]));
    let made = world.done("POST /v1.0/servicePrincipals", json!({"appId": app_id})).await;
    assert_eq!(post(&entra, &token_path(), &form).await.0, 200);
    let at = format!("PATCH /v1.0/servicePrincipals/{}", text(&made, "id"));
    world.done(&at, json!({"accountEnabled": false})).await;
    assert_eq!(codes(post(&entra, &token_path(), &form).await.1), json!([7_000_112]));
    world.clock.advance(Duration::from_mins(10));
    assert_eq!(codes(post(&entra, &token_path(), &form).await.1), json!([7_000_222]));
}

#[tokio::test]
async fn a_token_for_another_application_is_none_for_resource_manager() {
    let world = World::new();
    let entra = open(&world);
    let (id, app_id) = world.application("orders").await;
    let body = json!({"identifierUris": ["api://orders"], "api": {"requestedAccessTokenVersion": 2}});
    world.done(&format!("PATCH /v1.0/applications/{id}"), body).await;
    world.done("POST /v1.0/servicePrincipals", json!({"appId": app_id})).await;
    let (status, body) = post(&entra, &token_path(), &form("&scope=api://orders/.default")).await;
    assert_eq!(status, 200, "{body}");
    let token = text(&body, "access_token");
    let claims = claims(&token);
    assert_eq!(claims["ver"], "2.0");
    assert_eq!(claims["iss"], format!("{ORIGIN}/{TENANT}/v2.0"));
    assert_eq!(refusal(&entra, &bearer(&token)), (401, "InvalidAuthenticationTokenAudience".to_owned()));
}

#[tokio::test]
async fn a_token_for_the_credential_manager_is_none_for_resource_manager() {
    let world = World::new();
    let entra = open(&world);
    let scope = "&scope=https://azure-apim.net/authorization-manager/.default";
    let (status, body) = post(&entra, &token_path(), &form(scope)).await;
    assert_eq!(status, 200, "{body}");
    let token = text(&body, "access_token");
    assert_eq!(claims(&token)["aud"], "https://azure-apim.net/authorization-manager");
    assert_eq!(refusal(&entra, &bearer(&token)), (401, "InvalidAuthenticationTokenAudience".to_owned()));
}

#[tokio::test]
async fn only_unexpired_tokens_of_this_authority_are_taken() {
    let world = World::new();
    let entra = open(&world);
    let token = token(&entra).await;
    let invalid = (401, "InvalidAuthenticationToken".to_owned());
    assert_eq!(refusal(&entra, &HeaderMap::new()), (401, "AuthenticationFailed".to_owned()));
    let basic =
        HeaderMap::from_iter([(http::header::AUTHORIZATION, "Basic eDp5".parse().expect("a header"))]);
    assert_eq!(refusal(&entra, &basic), (401, "AuthenticationFailedInvalidHeader".to_owned()));
    let parts: Vec<&str> = token.split('.').collect();
    let mut other = claims(&token);
    other["oid"] = json!("99999999-9999-9999-9999-999999999999");
    let other = URL_SAFE_NO_PAD.encode(other.to_string());
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    for forged in [
        "x".to_owned(),
        String::new(),
        format!("{}.{other}.{}", parts[0], parts[2]),
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!("{}.{}", parts[0], parts[1]),
    ] {
        assert_eq!(refusal(&entra, &bearer(&forged)), invalid, "{forged}");
    }
    let stranger = World::new();
    let stranger = open(&stranger);
    assert_eq!(refusal(&stranger, &bearer(&token)), invalid);
    world.clock.advance(Duration::from_secs(3598));
    assert!(entra.authenticate(&bearer(&token)).is_ok());
    world.clock.advance(Duration::from_secs(1));
    let error = entra.authenticate(&bearer(&token)).expect_err("expired");
    assert_eq!(error.error.code, "ExpiredAuthenticationToken");
    assert!(error.error.message.contains("'11/25/2025 12:32:30 AM'"), "{error}");
}

#[tokio::test]
async fn a_token_is_valid_after_a_restart() {
    let world = World::new();
    let entra = open(&world);
    let token = token(&entra).await;
    drop(entra);
    let world = world.reopened();
    let entra = open(&world);
    assert!(entra.authenticate(&bearer(&token)).is_ok());
}

#[tokio::test]
async fn the_published_key_checks_the_tokens() {
    let world = World::new();
    let entra = open(&world);
    let token = token(&entra).await;
    for path in [format!("/{TENANT}/discovery/v2.0/keys"), "/common/discovery/keys".to_owned()] {
        let (status, body) = get(&entra, &path).await;
        assert_eq!(status, 200);
        let key = &body["keys"][0];
        let public =
            jsonwebtoken::DecodingKey::from_rsa_components(&text(key, "n"), &text(key, "e")).expect("a key");
        let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
        (validation.validate_exp, validation.validate_aud) = (false, false);
        let read = jsonwebtoken::decode::<Value>(&token, &public, &validation).expect("a valid token");
        assert_eq!(read.header.kid.as_ref(), key["kid"].as_str().map(str::to_owned).as_ref());
        assert_eq!(read.claims["tid"], TENANT);
    }
}

#[tokio::test]
async fn discovery_names_the_endpoints() {
    let world = World::new();
    let entra = open(&world);
    let rows = [
        (TENANT, "/v2.0", TENANT, "/v2.0", "{tenant}/v2.0"),
        (TENANT, "", TENANT, "", "{tenant}/"),
        ("apimlab.onmicrosoft.com", "/v2.0", TENANT, "/v2.0", "{tenant}/v2.0"),
        ("common", "/v2.0", "common", "/v2.0", "{tenantid}/v2.0"),
        ("organizations", "/v2.0", "organizations", "/v2.0", "{tenantid}/v2.0"),
    ];
    for (tenant, version, named, oauth, issuer) in rows {
        let (status, body) =
            get(&entra, &format!("/{tenant}{version}/.well-known/openid-configuration")).await;
        assert_eq!(status, 200, "{tenant}");
        assert_eq!(body["issuer"], format!("{ORIGIN}/{}", issuer.replace("{tenant}", TENANT)));
        assert_eq!(body["token_endpoint"], format!("{ORIGIN}/{named}/oauth2{oauth}/token"));
        for name in ["authorization_endpoint", "device_authorization_endpoint", "jwks_uri"] {
            assert!(text(&body, name).starts_with(ORIGIN), "{name}");
        }
    }
    let (status, body) = get(&entra, "/contoso.com/v2.0/.well-known/openid-configuration").await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_tenant")));
}

#[tokio::test]
async fn instance_discovery_knows_this_authority_only() {
    let world = World::new();
    let entra = open(&world);
    let ask = |authority: &str| {
        format!(
            "/common/discovery/instance?api-version=1.1&authorization_endpoint={authority}/oauth2/v2.0/authorize"
        )
    };
    let (status, body) = get(&entra, &ask(&format!("https://localhost:8443/{TENANT}"))).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["metadata"][0]["preferred_network"], "localhost:8443");
    assert_eq!(
        body["tenant_discovery_endpoint"],
        format!("https://localhost:8443/{TENANT}/v2.0/.well-known/openid-configuration")
    );
    let (status, body) = get(&entra, &ask(&format!("https://login.example/{TENANT}"))).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_instance")));
}

#[tokio::test]
async fn user_sign_in_is_refused_loudly_and_other_paths_are_left_alone() {
    let world = World::new();
    let entra = open(&world);
    for path in
        ["/common/oauth2/v2.0/authorize", "/common/userrealm/me@example.org", "/t/oauth2/v2.0/devicecode"]
    {
        let (status, body) = get(&entra, path).await;
        assert_eq!((status, &body["error"]), (501, &json!("not_implemented_by_sandbox")), "{path}");
    }
    for path in ["/", "/subscriptions", "/v1.0/applications", "/metadata/endpoints", "/tenants"] {
        let request = Request::get(path).body(Bytes::new()).expect("a request");
        assert!(entra.handle(&request).await.is_none(), "{path}");
    }
}
