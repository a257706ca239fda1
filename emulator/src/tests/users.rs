//! Users, groups and what the gateway is told about them.

use serde_json::json;

use super::World;

#[tokio::test]
async fn the_gateway_knows_who_owns_a_subscription_and_who_sees_a_product() {
    let world = World::instant().await;
    world.network().await;
    let service = world.service().await;
    let user = json!({"properties": {"firstName": "Ada", "lastName": "Example", "email": "ada@example.com"}});
    world.put(&format!("{service}/users/ada"), user).await.expect(201);
    world
        .put(&format!("{service}/groups/gold"), json!({"properties": {"displayName": "Gold"}}))
        .await
        .expect(201);
    world.put(&format!("{service}/groups/gold/users/ada"), json!({})).await.expect(201);
    let product = json!({"properties": {"displayName": "P", "state": "published", "approvalRequired": true,
        "subscriptionsLimit": 3}});
    world.put(&format!("{service}/products/p"), product).await.expect(201);
    world.put(&format!("{service}/products/p/groups/gold"), json!({})).await.expect(201);
    let subscription = json!({"properties": {"displayName": "S", "scope": "/apis", "state": "active",
        "ownerId": format!("{service}/users/ada")}});
    world.put(&format!("{service}/subscriptions/s"), subscription).await.expect(201);

    let served = world.served().expect("served");
    let ada = served.users.iter().find(|user| user.name == "ada").expect("the user");
    let groups: Vec<_> = ada.groups.iter().map(|group| group.display_name.as_str()).collect();
    assert_eq!(groups, ["Gold", "Developers"]);
    assert_eq!((ada.first_name.as_str(), ada.identities[0].provider.as_str()), ("Ada", "Basic"));
    assert!(ada.registered.is_some());
    let product = served.products.iter().find(|product| product.name == "p").expect("the product");
    assert_eq!((product.approval_required, product.subscriptions_limit), (true, Some(3)));
    assert!(product.groups.iter().any(|group| group.name == "gold"), "{:?}", product.groups);
    let own =
        served.subscriptions.iter().find(|subscription| subscription.name == "s").expect("the subscription");
    assert_eq!(own.owner.as_deref(), Some("ada"));
    assert!(own.created.is_some() && own.ends.is_none());

    world.delete(&format!("{service}/groups/gold/users/ada")).await;
    let served = world.served().expect("served");
    let ada = served.users.iter().find(|user| user.name == "ada").expect("the user");
    assert_eq!(ada.groups.len(), 1);
}
