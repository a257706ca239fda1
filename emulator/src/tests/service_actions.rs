//! What can be asked of a service and its parts besides reading and writing them.

use serde_json::{Value, json};

use super::{GROUP, ORIGIN, SUBSCRIPTION, World};

const POLICY: &str = "<policies><inbound><base /><include-fragment fragment-id=\"f\" /></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>";

async fn world() -> (World, String) {
    let world = World::instant().await;
    world.network().await;
    let service = world.service().await;
    (world, service)
}

fn policy(text: &str) -> Value {
    json!({"properties": {"format": "rawxml", "value": text}})
}

fn told(world: &World) -> Vec<String> {
    world.data_plane.3.lock().expect("a lock").clone()
}

#[tokio::test]
async fn policies_that_include_a_fragment_are_its_references() {
    let (world, service) = world().await;
    let fragment = |name: &str| format!("{service}/policyFragments/{name}");
    let text = "<fragment><trace source='a'><message>@(1 > 0)</message></trace></fragment>";
    for name in ["f", "ff"] {
        world.put(&fragment(name), policy(text)).await.expect(201);
    }
    let api = format!("{service}/apis/a");
    let body = json!({"properties": {"displayName": "A", "path": "a", "protocols": ["https"]}});
    world.put(&api, body).await.expect(201);
    world.put(&format!("{api}/policies/policy"), policy(POLICY)).await.expect(201);
    world
        .put(&format!("{service}/policies/policy"), policy(&POLICY.replace("\"f\"", "\"ff\"")))
        .await
        .expect(201);
    for (name, expected) in
        [("f", format!("{api}/policies/policy")), ("ff", format!("{service}/policies/policy"))]
    {
        let found = world.send("POST", &format!("{}/listReferences", fragment(name)), Value::Null).await;
        let found = found.expect(200).body;
        assert_eq!((&found["count"], &found["value"][0]["id"]), (&json!(1), &json!(expected)), "{found}");
        assert_eq!(found["value"][0]["name"], "policy");
    }
    let nothing = world.send("POST", &format!("{}/listReferences", fragment("none")), Value::Null).await;
    nothing.expect(404);
}

#[tokio::test]
async fn the_gateway_is_told_to_reconnect_and_to_forget_tokens() {
    let (world, service) = world().await;
    let backend = format!("{service}/backends/b");
    let body = json!({"properties": {"url": "http://10.10.1.5", "protocol": "http"}});
    world.put(&backend, body).await.expect(201);
    let reconnect = format!("{backend}/reconnect");
    world.send("POST", &reconnect, json!({"properties": {"after": "PT3S"}})).await.expect(202);
    world.send("POST", &reconnect, Value::Null).await.expect(202);
    let late = world.send("POST", &reconnect, json!({"properties": {"after": "P2D"}})).await;
    late.expect_error(400, "ValidationError");
    world.send("POST", &format!("{service}/backends/none/reconnect"), Value::Null).await.expect(404);
    let gateway = format!("{service}/gateways/managed/invalidateDebugCredentials");
    world.send("POST", &gateway, Value::Null).await.expect(204);
    assert_eq!(told(&world), ["reconnect after 3 s", "reconnect after 120 s", "forget the tokens of apim"]);
}

#[tokio::test]
async fn policy_descriptions_are_those_of_the_gateway() {
    let (world, service) = world().await;
    let list = async |query: &str| {
        let found = world.get(&format!("{service}/policyDescriptions{query}")).await.expect(200).body;
        let rows = found["value"].as_array().expect("rows").clone();
        assert_eq!(found["count"], rows.len());
        rows.iter()
            .map(|row| (row["name"].to_string(), row["properties"]["scope"].clone()))
            .collect::<Vec<_>>()
    };
    let base = ("\"base\"".to_owned(), json!(14));
    let quota = ("\"quota\"".to_owned(), json!(2));
    let trace = ("\"trace\"".to_owned(), json!(1));
    assert_eq!(list("").await, [base.clone(), quota.clone(), trace.clone()]);
    assert_eq!(list("?scope=All").await.len(), 3);
    assert_eq!(list("?scope=Product").await, [base, quota]);
    assert_eq!(list("?scope=tenant").await, [trace]);
    let path = format!("{service}/policyDescriptions?scope=Moon");
    world.get(&path).await.expect_error(400, "ValidationError");
    world.get(&path.replace("/apim/", "/none/")).await.expect(404);
}

#[tokio::test]
async fn policies_that_do_not_comply_are_in_the_log_of_a_validation() {
    let (world, service) = world().await;
    let without = POLICY.replace("<base /><include-fragment fragment-id=\"f\" />", "");
    world.put(&format!("{service}/policies/policy"), policy(&without)).await.expect(201);
    let validate = async || {
        let begun = world.send("POST", &format!("{service}/validatePolicies"), Value::Null).await.expect(202);
        let location = begun.header("location").strip_prefix(ORIGIN).expect("an address").to_owned();
        world.get(&location).await.expect(200).body
    };
    let found = validate().await;
    assert_eq!(found["properties"]["status"], "Succeeded", "{found}");
    assert_eq!(found["properties"]["actionLog"], json!([]));
    let restriction = json!({"properties": {"scope": "policies", "requireBase": "true"}});
    world.put(&format!("{service}/policyRestrictions/r"), restriction).await.expect(201);
    let found = validate().await;
    let row = &found["properties"]["actionLog"][0];
    assert_eq!(row["action"], "NonCompliant", "{found}");
    assert_eq!(row["objectKey"], format!("{service}/policies/policy"), "{found}");
}

#[tokio::test]
async fn users_show_who_they_are_with_tokens() {
    let (world, service) = world().await;
    let user = format!("{service}/users/ada");
    let body = json!({"properties": {"firstName": "Ada", "lastName": "L", "email": "ada@example.com"}});
    world.put(&user, body.clone()).await.expect(201);
    let token = async |key: &str, expiry: &str| {
        let body = json!({"properties": {"keyType": key, "expiry": expiry}});
        world.send("POST", &format!("{user}/token"), body).await
    };
    let text = |body: &Value| body["value"].as_str().expect("text").to_owned();
    let first = text(&token("primary", "2027-01-20T00:00:00Z").await.expect(200).body);
    assert!(first.starts_with("ada&202701200000&"), "{first}");
    let second = text(&token("secondary", "2027-01-20T00:00:00Z").await.expect(200).body);
    assert_ne!(first, second);
    // The keys stay when the user is written anew, and nobody sees them.
    let shown = world.put(&user, body).await.expect(200).body;
    assert_eq!(shown["properties"].get("primaryKey"), None);
    assert_eq!(text(&token("primary", "2027-01-20T00:00:00Z").await.expect(200).body), first);
    for (key, expiry) in [("primary", "2020-01-01T00:00:00Z"), ("primary", "2030-01-01T00:00:00Z"), ("", "")]
    {
        token(key, expiry).await.expect_error(400, "ValidationError");
    }
    // Nobody gets mail from here.
    let mail = format!("{user}/confirmations/password/send");
    world.send("POST", &mail, Value::Null).await.expect_error(501, "NotImplementedBySandbox");
    let url = world.send("POST", &format!("{user}/generateSsoUrl"), Value::Null).await.expect(200);
    let start = "https://apim.developer.azure-api.net/signin-sso?token=";
    assert!(text(&url.body).starts_with(&format!("{start}ada%26")), "{}", url.body);
    let url = world.send("POST", &format!("{service}/getssotoken"), Value::Null).await.expect(200);
    let url = url.body["redirectUri"].as_str().expect("a URL").to_owned();
    assert!(url.starts_with(&format!("{start}1%26")), "{url}");
}

#[tokio::test]
async fn a_service_is_on_the_newest_platform_already() {
    let (world, service) = world().await;
    let path = format!("{service}/migrateToStv2");
    world.send("POST", &path, Value::Null).await.expect_error(400, "MigrateToStv2NotApplicable");
    world.send("POST", &path, json!({"mode": "Fly"})).await.expect_error(400, "ValidationError");
}

#[tokio::test]
async fn what_is_the_same_for_all_services_is_listed() {
    let (world, service) = world().await;
    let provider = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ApiManagement");
    let skus = world.get(&format!("{provider}/skus")).await.expect(200).body;
    let developer = skus["value"].as_array().expect("tiers").iter().find(|sku| sku["name"] == "Developer");
    assert_eq!(developer.expect("a tier")["capacity"]["maximum"], 1);
    let owner = async || {
        let path = format!("{provider}/getDomainOwnershipIdentifier");
        world.send("POST", &path, Value::Null).await.expect(200).body["domainOwnershipIdentifier"].clone()
    };
    assert_eq!(owner().await, owner().await);
    assert_eq!(owner().await.as_str().map(str::len), Some(32));
    let path = format!("{service}/outboundNetworkDependenciesEndpoints");
    let reached = world.get(&path).await.expect(200).body;
    let sql = reached["value"].as_array().expect("rows").iter().find(|row| row["category"] == "SQLDatabase");
    assert_eq!(
        sql.expect("a row")["endpoints"][0]["endpointDetails"],
        json!([{"port": 1433, "region": "westus2"}])
    );
}

#[tokio::test]
async fn gateways_of_workspaces_serve_workspaces_that_are_there() {
    let (world, service) = world().await;
    let gateway = format!("{GROUP}/providers/Microsoft.ApiManagement/gateways/g");
    let body = json!({"location": "westus2", "sku": {"name": "WorkspaceGatewayPremium"}, "properties": {}});
    let made = world.put(&gateway, body).await.expect(201).body;
    assert_eq!(made["sku"]["capacity"], 1);
    let tiers = world.get(&format!("{gateway}/skus")).await.expect(200).body;
    assert_eq!(tiers["value"][0]["resourceType"], "Microsoft.ApiManagement/gateways");
    let everywhere = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ApiManagement/gateways");
    assert_eq!(world.get(&everywhere).await.expect(200).body["value"][0]["id"], gateway.as_str());
    let workspace = format!("{service}/workspaces/w");
    let connection = format!("{gateway}/configConnections/c");
    let source = json!({"properties": {"sourceId": workspace}});
    world.put(&connection, source.clone()).await.expect_error(400, "ValidationError");
    world.put(&workspace, json!({"properties": {"displayName": "W"}})).await.expect(201);
    world.put(&connection, source).await.expect(201);
    let shown = world.get(&connection).await.expect(200).body;
    assert_eq!(shown["properties"]["provisioningState"], "Succeeded");
    let bad = json!({"location": "westus2", "sku": {"name": "Developer"}, "properties": {}});
    world.put(&gateway, bad).await.expect_error(400, "ValidationError");
}
