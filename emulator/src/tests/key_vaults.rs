//! Named values and certificates whose secrets are in key vaults.

use serde_json::{Value, json};

use super::World;
use crate::providers::api_management::certificates;

/// A PFX file without a password.
const FILE: &str = "MIIEHAIBAzCCA9IGCSqGSIb3DQEHAaCCA8MEggO/MIIDuzCCAnIGCSqGSIb3DQEHBqCCAmMwggJfAgEAMIICWAYJKoZIhvcNAQcBMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiCAvK8IZQv3wICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEKNxp+PmU9ad6i0fT/bpq3OAggHwQw5SAXZEW6RXaNbyKT/9ey+v/Znn247MdjgCRtKOpeohShIa0KbSm7+DfIeS4cxpNDwGXktTeJGxTDq+gyz252P5qpbC9dJZ1sqQzvJ7hel6ly+gLDWVz1MT+U9bkL11ZumhhJ6SyifdTaK4DK1cX72XzMTGdNmoKuflMy5ShCPXKbEBsJANK2ko6Jyt9Kn4L7nmI1iEt38+JBvyrpYhNe8luD4lqqfUYQWUIVg9Hxd/wY9oDSnu4pOPmEh8apcCuGdS/2U/RQZKAKj8qSm0ZMy2xTJfqhhIitRMRBEa19oMr+rB5ei3afOpagg6tCDLRF96CW3e88b3+dNa0UaHtWFNQhhrZgGs9mqsEU3nku/fCAeuvbjT70K4iuaRNGe45LKsj06SW6VLsAvKZHQiiHJqpJupkyH4jpOMi6G/GJHShCdQQMfTt9z10gMUixy9cula2mq6aLwX15bONlzxISTxjcbLOeScQ+YRI3BC1CfvIisDeGdX+DKXcowvFwvP4NAbe9VxN2tWLgaLsQxp262o1qnsWV94HCAD1LuRN3kDvKorQFUicXmkWSjLVd03d6vXHNlG7ACi1JiZN4h6fPg9gy9Ffrf7KQ68qZNEaM1Xmn5NlFRkBO6twvgNMc67LK4Xys8sDeuzsUry5x8N0zCCAUEGCSqGSIb3DQEHAaCCATIEggEuMIIBKjCCASYGCyqGSIb3DQEMCgECoIHvMIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjo5O5YbqmnzAICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEERQa9EyI+VxaZQkvGbyi0cEgZDhz2f3vGQ6vIR+DC0yIAQ2sCJ19zFuLDvZ5EBiHnQfIv2tbtl1iB5WbTBtwSF4gE6/8uv5lsnkw7ZLHNwG/M8u3egEuyZ06V3uyjVnpV/FrFUxtEWG+j+nWo4uRUDpAS6i/z2/r+FqbPSRNl1srDW6aEwJ1YurSuJLF4zXNregZlDcZiDR60Jpvmcn2uG0KosxJTAjBgkqhkiG9w0BCRUxFgQUixdYoPfdgfY9ugHve2xVMnYNJeUwQTAxMA0GCWCGSAFlAwQCAQUABCD+FR93fopVfauYil52fy+EaWRNyddcleegd4td/q9hHQQIl2IffYVmk28CAggA";
const SECRET: &str = "https://vault.vault.azure.net/secrets/s";

async fn world() -> (World, String) {
    let world = World::instant().await;
    world.network().await;
    let service = world.service().await;
    (world, service)
}

async fn with_identity(world: &World, service: &str) {
    let body = json!({"identity": {"type": "SystemAssigned"}});
    world.send("PATCH", service, body).await.expect(202);
}

fn value(identifier: &str) -> Value {
    json!({"properties": {"displayName": "n", "keyVault": {"secretIdentifier": identifier}}})
}

fn served(world: &World) -> Option<String> {
    let values = world.served().expect("a service").named_values;
    values.first().map(|value| value.value.reveal().to_owned())
}

#[tokio::test]
async fn a_named_value_is_what_its_secret_is_when_it_is_saved_or_refreshed() {
    let (world, service) = world().await;
    with_identity(&world, &service).await;
    world.key_vaults(&json!({"Vault": {"s": "one", "s/0123": "old"}}));
    let path = format!("{service}/namedValues/n");
    let made = world.put(&path, value(SECRET)).await.expect(201);
    let properties = &made.body["properties"];
    assert_eq!((&properties["secret"], properties.get("value")), (&json!(true), None));
    assert_eq!(properties["keyVault"]["secretIdentifier"], SECRET);
    assert_eq!(properties["keyVault"]["lastStatus"]["code"], "Success");
    assert_eq!(served(&world).as_deref(), Some("one"));
    // The same again changes nothing, not even when it was read.
    let again = world.put(&path, value(SECRET)).await.expect(200);
    assert_eq!(again.header("etag"), made.header("etag"));
    world.key_vaults(&json!({"vault": {"s": "two", "s/0123": "old"}}));
    assert_eq!(served(&world).as_deref(), Some("one"));
    let refresh = format!("{path}/refreshSecret");
    let body = world.send("POST", &refresh, Value::Null).await.expect(200).body;
    assert_eq!(body["properties"]["keyVault"]["lastStatus"]["code"], "Success");
    assert_eq!(served(&world).as_deref(), Some("two"));
    // A secret that is gone is said to be, and the value stays.
    world.key_vaults(&json!({"vault": {}}));
    let body = world.send("POST", &refresh, Value::Null).await.expect(200).body;
    assert_eq!(body["properties"]["keyVault"]["lastStatus"]["code"], "SecretNotFound", "{body}");
    assert_eq!(served(&world).as_deref(), Some("two"));
    world.key_vaults(&json!({"vault": {"s": "two", "s/0123": "old"}}));
    world.put(&path, value(&format!("{SECRET}/0123"))).await.expect(200);
    assert_eq!(served(&world).as_deref(), Some("old"));
    // A value of its own takes the place of the reference.
    let own = json!({"properties": {"displayName": "n", "value": "own"}});
    let body = world.put(&path, own).await.expect(200).body;
    assert_eq!(body["properties"].get("keyVault"), None);
    world.send("POST", &refresh, Value::Null).await.expect_error(400, "ValidationError");
}

#[tokio::test]
async fn secrets_that_cannot_be_had_are_refused_and_leave_nothing() {
    let (world, service) = world().await;
    let path = format!("{service}/namedValues/n");
    world.put(&path, value(SECRET)).await.expect_error(400, "ValidationError");
    with_identity(&world, &service).await;
    let no_file = world.put(&path, value(SECRET)).await.expect_error(400, "ValidationError");
    assert!(no_file.body.to_string().contains("key-vaults.json"), "{}", no_file.body);
    world.key_vaults(&json!({"vault": {"s": "a secret", "n": 1}, "other": []}));
    for identifier in [
        "",
        "s",
        "http://vault.vault.azure.net/secrets/s",
        "https://vault.vault.azure.net/keys/s",
        "https://vault.vault.azure.net/secrets/",
        "https://vault.vault.azure.net/secrets/s/0123",
        "https://vault.vault.azure.net/secrets/n",
        "https://vault.vault.azure.net/secrets/s/../s",
        "https://other.vault.azure.net/secrets/s",
        "https://none.vault.azure.net/secrets/s",
    ] {
        let answer = world.put(&path, value(identifier)).await.expect_error(400, "ValidationError");
        assert!(!answer.body.to_string().contains("a secret"), "{}", answer.body);
    }
    let mut stranger = value(SECRET);
    stranger["properties"]["keyVault"]["identityClientId"] = json!("somebody");
    world.put(&path, stranger).await.expect_error(400, "ValidationError");
    world.get(&path).await.expect(404);
}

#[tokio::test]
async fn a_certificate_is_the_file_that_its_secret_holds() {
    let (world, service) = world().await;
    with_identity(&world, &service).await;
    let example: Value = serde_json::from_str(certificates::DEFINITION.examples[0].body).expect("JSON");
    let (file, password) = (&example["properties"]["data"], &example["properties"]["password"]);
    world.key_vaults(&json!({"vault": {"s": "no file", "locked": file, "file": FILE}}));
    let path = format!("{service}/certificates/c");
    let body = |name: &str| {
        let identifier = format!("https://vault.vault.azure.net/secrets/{name}");
        json!({"properties": {"keyVault": {"secretIdentifier": identifier}}})
    };
    world.put(&path, body("s")).await.expect_error(400, "ValidationError");
    // The example's file has a password, which files in key vaults have not.
    let locked = world.put(&path, body("locked")).await.expect_error(400, "ValidationError");
    assert!(!locked.body.to_string().contains(password.as_str().expect("text")), "{}", locked.body);
    let made = world.put(&path, body("file")).await.expect(201).body;
    assert_eq!(made["properties"]["subject"], "CN=vault.example", "{made}");
    assert_eq!(world.served().expect("a service").certificates.len(), 1);
    let refresh = format!("{path}/refreshSecret");
    let body = world.send("POST", &refresh, Value::Null).await.expect(200).body;
    assert_eq!(body["properties"]["thumbprint"], made["properties"]["thumbprint"]);
    assert_eq!(body["properties"].get("privateKey"), None);
    // A certificate that was uploaded is in no key vault.
    let own = format!("{service}/certificates/own");
    world.put(&own, example).await.expect(201);
    let refresh = format!("{own}/refreshSecret");
    world.send("POST", &refresh, Value::Null).await.expect_error(400, "ValidationError");
}
