//! Children of a service that show or make other children.

use serde_json::{Value, json};

use super::World;

async fn with_api() -> (World, String) {
    let world = World::instant().await;
    world.network().await;
    let service = world.service().await;
    let api = json!({"properties": {"displayName": "A", "path": "a", "protocols": ["https"]}});
    world.put(&format!("{service}/apis/a"), api).await.expect(201);
    let product = json!({"properties": {"displayName": "P", "state": "published"}});
    world.put(&format!("{service}/products/p"), product).await.expect(201);
    world.put(&format!("{service}/tags/t"), json!({"properties": {"displayName": "Tag"}})).await.expect(201);
    (world, service)
}

fn names(body: &Value) -> Vec<String> {
    let items = body["value"].as_array().expect("a list").iter();
    items.map(|item| item["name"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_named_link_makes_the_plain_one_and_takes_it_along() {
    let (world, service) = with_api().await;
    let link = format!("{service}/products/p/apiLinks/l");
    let body = |api: &str| json!({"properties": {"apiId": api}});
    world.put(&link, body("/apis/none")).await.expect_error(400, "ValidationError");
    world.put(&link, body(&format!("{service}/apis/a"))).await.expect(201);
    world.send("HEAD", &format!("{service}/products/p/apis/a"), Value::Null).await.expect(204);
    assert_eq!(names(&world.get(&format!("{service}/apis/a/products")).await.expect(200).body), ["p"]);
    let served = world.served().expect("served");
    assert!(served.products.iter().any(|product| product.apis.iter().any(|api| api == "a")));
    world.delete(&link).await.expect(200);
    world.send("HEAD", &format!("{service}/products/p/apis/a"), Value::Null).await.expect(404);
}

#[tokio::test]
async fn what_has_a_tag_is_listed_by_it() {
    let (world, service) = with_api().await;
    let link = format!("{service}/tags/t/apiLinks/l");
    world.put(&link, json!({"properties": {"apiId": format!("{service}/apis/a")}})).await.expect(201);
    for list in ["tagResources", "apisByTags"] {
        let listed = world.get(&format!("{service}/{list}")).await.expect(200).body;
        assert_eq!(listed["count"], 1, "{listed}");
        assert_eq!(listed["value"][0]["tag"]["name"], "Tag", "{listed}");
        assert_eq!(listed["value"][0]["api"]["path"], "a", "{listed}");
    }
    assert_eq!(world.get(&format!("{service}/productsByTags")).await.expect(200).body["count"], 0);
}

#[tokio::test]
async fn policies_that_leave_out_what_is_above_them_do_not_comply() {
    let (world, service) = with_api().await;
    let restriction = json!({"properties": {"scope": "apis/a", "requireBase": "true"}});
    world.put(&format!("{service}/policyRestrictions/r"), restriction).await.expect(201);
    let policy = |inbound: &str| {
        json!({"properties": {"format": "rawxml", "value": format!("<policies><inbound>{inbound}</inbound>\
            <backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>")}})
    };
    for (inbound, state) in [("<base />", "Compliant"), ("", "NonCompliant")] {
        world.put(&format!("{service}/apis/a/policies/policy"), policy(inbound)).await;
        let all = world.get(&format!("{service}/allPolicies")).await.expect(200).body;
        let rows = all["value"].as_array().expect("rows");
        let own = rows.iter().find(|row| {
            row["properties"]["referencePolicyId"].as_str().is_some_and(|id| id.contains("/apis/a/"))
        });
        assert_eq!(own.expect("the API's")["properties"]["complianceState"], state, "{all}");
    }
}

#[tokio::test]
async fn a_user_shows_groups_subscriptions_and_identities() {
    let (world, service) = with_api().await;
    let user = format!("{service}/users/ada");
    let body = json!({"properties": {"firstName": "Ada", "lastName": "E", "email": "ada@example.com"}});
    world.put(&user, body).await.expect(201);
    world.put(&format!("{service}/groups/g"), json!({"properties": {"displayName": "G"}})).await.expect(201);
    world.put(&format!("{service}/groups/g/users/ada"), Value::Null).await.expect(201);
    let body = json!({"properties": {"displayName": "S", "scope": "/products/p", "ownerId": "/users/ada"}});
    world.put(&format!("{service}/subscriptions/s"), body).await.expect(201);
    assert_eq!(names(&world.get(&format!("{user}/groups")).await.expect(200).body), ["g"]);
    let subscriptions = world.get(&format!("{user}/subscriptions")).await.expect(200).body;
    assert_eq!(names(&subscriptions), ["s"]);
    assert!(subscriptions["value"][0]["properties"].get("primaryKey").is_none(), "{subscriptions}");
    world.get(&format!("{user}/subscriptions/s")).await.expect(200);
    world.get(&format!("{user}/subscriptions/none")).await.expect_error(404, "ResourceNotFound");
    let identities = world.get(&format!("{user}/identities")).await.expect(200).body;
    assert_eq!(identities["value"], json!([{"provider": "Basic", "id": "ada@example.com"}]));
    assert_eq!(
        names(&world.get(&format!("{service}/products/p/subscriptions")).await.expect(200).body),
        ["s"]
    );
}

#[tokio::test]
async fn keys_of_tenant_access_stay_until_somebody_wants_new_ones() {
    let (world, service) = with_api().await;
    let access = format!("{service}/tenant/access");
    let keys =
        || async { world.send("POST", &format!("{access}/listSecrets"), json!({})).await.expect(200).body };
    let first = keys().await;
    assert_eq!(keys().await, first);
    world.send("POST", &format!("{access}/regeneratePrimaryKey"), json!({})).await.expect(204);
    let second = keys().await;
    assert_ne!(second["primaryKey"], first["primaryKey"]);
    assert_eq!(second["secondaryKey"], first["secondaryKey"]);
    let shown = world.get(&access).await.expect(200).body;
    assert!(shown["properties"].get("primaryKey").is_none(), "{shown}");
    world.send("POST", &format!("{access}/git/regenerateSecondaryKey"), json!({})).await.expect(204);
    assert_eq!(keys().await, second, "Git has keys of its own");
}

#[tokio::test]
async fn what_is_always_there_is_there_under_its_names_only() {
    let (world, service) = with_api().await;
    for (kind, name) in [
        ("notifications", "BCC"),
        ("portalconfigs", "default"),
        ("portalsettings", "signin"),
        ("privateLinkResources", "Gateway"),
        ("settings", "public"),
        ("templates", "newIssueNotificationMessage"),
        ("tenant", "access"),
    ] {
        let list = world.get(&format!("{service}/{kind}")).await.expect(200).body;
        assert!(names(&list).contains(&name.to_owned()), "{list}");
        world.get(&format!("{service}/{kind}/{name}")).await.expect(200);
        world.get(&format!("{service}/{kind}/none")).await.expect_error(404, "ResourceNotFound");
    }
}
