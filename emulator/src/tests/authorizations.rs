//! Authorizations of the credential manager: consent, secrets, access, and what the gateway is told.

use apim::{Authorization, Consent};
use serde_json::{Value, json};

use super::World;

/// A service with a provider that has both grants; the path of the provider.
async fn example() -> (World, String) {
    let world = World::instant().await;
    world.network().await;
    let service = world.service().await;
    let provider = format!("{service}/authorizationProviders/p");
    let code = json!({"clientId": "c", "clientSecret": "hidden", "scopes": "a,b", "tokenUrl": "http://idp.example/token",
        "authorizationUrl": "http://idp.example/authorize"});
    let grants =
        json!({"authorizationCode": code, "clientCredentials": {"tokenUrl": "http://idp.example/token"}});
    let body = json!({"properties": {"displayName": "P", "identityProvider": "oauth2", "oauth2": {"grantTypes": grants}}});
    let created = world.put(&provider, body).await.expect(201).body;
    assert_eq!(
        created["properties"]["oauth2"]["grantTypes"]["authorizationCode"]["clientSecret"],
        Value::Null
    );
    (world, provider)
}

fn authorization(grant: &str, parameters: &Value) -> Value {
    json!({"properties": {"authorizationType": "OAuth2", "oauth2grantType": grant, "parameters": parameters}})
}

fn served(world: &World) -> Authorization {
    world.served().expect("served").authorizations.first().expect("an authorization").clone()
}

#[tokio::test]
async fn a_connection_that_somebody_has_to_agree_to_is_in_error_until_then() {
    let (world, provider) = example().await;
    let path = format!("{provider}/authorizations/a");
    let created = world.put(&path, authorization("AuthorizationCode", &json!({}))).await.expect(201).body;
    assert_eq!(created["properties"]["status"], "Error");
    assert_eq!(created["properties"]["error"]["code"], "Unauthenticated");
    assert_eq!(served(&world).consent, Consent::Missing);
    let asked = json!({"postLoginRedirectUrl": "http://localhost"});
    let links = world.send("POST", &format!("{path}/getLoginLinks"), asked).await.expect(200).body;
    let link = links["loginLink"].as_str().unwrap_or_default();
    assert!(link.starts_with("http://idp.example/authorize?response_type=code&client_id=c&"), "{link}");
    assert!(link.contains("&scope=a+b&"), "{link}");
    let confirm = format!("{path}/confirmConsentCode");
    world.send("POST", &confirm, json!({})).await.expect_error(400, "ValidationError");
    world.send("POST", &confirm, json!({"consentCode": "x"})).await.expect(200);
    let shown = world.get(&path).await.expect(200).body["properties"].clone();
    assert_eq!(
        (&shown["status"], &shown["error"], &shown["consentCode"]),
        (&json!("Connected"), &Value::Null, &Value::Null)
    );
    let Consent::Given(code) = served(&world).consent else { panic!("no consent") };
    assert_eq!(code.reveal(), "x");
}

#[tokio::test]
async fn the_gateway_is_told_how_to_ask_and_who_may() {
    let (world, provider) = example().await;
    let path = format!("{provider}/authorizations/a");
    let own =
        authorization("ClientCredentials", &json!({"clientId": "c", "clientSecret": "s", "scopes": "read"}));
    let created = world.put(&path, own).await.expect(201).body;
    assert_eq!(created["properties"]["status"], "Connected");
    assert_eq!(created["properties"]["parameters"], json!({"clientId": "c", "scopes": "read"}));
    // What is shown can be written again: secrets stay.
    world.put(&path, json!({"properties": created["properties"]})).await.expect(200);
    let told = served(&world);
    let form: Vec<String> =
        told.form.iter().map(|(name, value)| format!("{name}={}", value.reveal())).collect();
    assert_eq!(form, ["client_id=c", "client_secret=s", "scope=read"]);
    assert_eq!((told.token_url.as_str(), told.open_to_service), ("http://idp.example/token", false));
    let access = json!({"properties": {"tenantId": "t", "objectId": "o", "appIds": ["x"]}});
    world.put(&format!("{path}/accessPolicies/one"), access).await.expect(201);
    let principal = served(&world).principals.first().expect("a principal").clone();
    assert_eq!((principal.object_id.as_str(), principal.app_ids), ("o", vec!["x".to_owned()]));
    world.delete(&provider).await.expect(200);
    assert_eq!(world.served().expect("served").authorizations, []);
}

#[tokio::test]
async fn what_cannot_work_is_refused() {
    let (world, provider) = example().await;
    let path = format!("{provider}/authorizations/a");
    let full = json!({"clientId": "c", "clientSecret": "s"});
    for body in [
        authorization("Implicit", &full),
        authorization("ClientCredentials", &json!({"clientId": "c"})),
        authorization("ClientCredentials", &json!({"clientId": 1})),
        json!({"properties": {"authorizationType": "Basic", "oauth2grantType": "ClientCredentials", "parameters": full}}),
    ] {
        world.put(&path, body).await.expect_error(400, "ValidationError");
    }
    world.put(&path, authorization("ClientCredentials", &full)).await.expect(201);
    let links = format!("{path}/getLoginLinks");
    world.send("POST", &links, json!({})).await.expect_error(400, "ValidationError");
    let other = |provider: &str, grants: Value| json!({"properties": {"displayName": "P", "identityProvider": provider, "oauth2": {"grantTypes": grants}}});
    let path = format!("{}/q", provider.trim_end_matches("/p"));
    let unknown = other("github", json!({"authorizationCode": {}}));
    world.put(&path, unknown).await.expect_error(501, "NotImplementedBySandbox");
    for grants in [json!({}), json!({"implicit": {}}), json!({"clientCredentials": {"tokenUrl": "x"}})] {
        world.put(&path, other("oauth2", grants)).await.expect_error(400, "ValidationError");
    }
    let entra = other(
        "aad",
        json!({"clientCredentials": {"resourceUri": "https://graph.microsoft.com/", "tenantId": "t"}}),
    );
    world.put(&path, entra).await.expect(201);
    world
        .put(&format!("{path}/authorizations/b"), authorization("ClientCredentials", &full))
        .await
        .expect(201);
    let told = world.served().expect("served").authorizations;
    let told = told.iter().find(|known| known.provider == "q").expect("an authorization");
    assert_eq!(told.token_url, "https://login.microsoftonline.com/t/oauth2/v2.0/token");
    let scope = told.form.iter().find(|(name, _)| name == "scope").map(|(_, scope)| scope.reveal());
    assert_eq!(scope, Some("https://graph.microsoft.com/.default"));
}
