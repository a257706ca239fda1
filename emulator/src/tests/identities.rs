//! Managed identities, and the agent pools of clusters that have one.

use serde_json::{Value, json};

use super::{GROUP, World};

fn cluster_body(identity: &Value) -> Value {
    json!({"location": "westus2", "identity": identity, "properties": {
        "agentPoolProfiles": [{"name": "nodepool1", "count": 1, "mode": "System"}]}})
}

async fn assign(world: &World, principal: &Value) -> u16 {
    let name = uuid::Uuid::new_v4();
    let scope = format!("{GROUP}/providers/Microsoft.Authorization/roleAssignments/{name}");
    let subscription = GROUP.split("/resourceGroups").next().expect("a subscription");
    let role = format!(
        "{subscription}/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7"
    );
    let body = json!({"properties": {"principalId": principal, "principalType": "ServicePrincipal",
        "roleDefinitionId": role}});
    world.put(&scope, body).await.status
}

#[tokio::test]
async fn roles_can_be_assigned_to_every_kind_of_identity() {
    let world = World::instant().await;
    world.network().await;
    let identity = format!("{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/mine");
    let made = world.put(&identity, json!({"location": "westus2"})).await.expect(201).body;
    assert_eq!(assign(&world, &made["properties"]["principalId"]).await, 201);
    let cluster = format!("{GROUP}/providers/Microsoft.ContainerService/managedClusters/c");
    let system = cluster_body(&json!({"type": "SystemAssigned"}));
    let made = world.put(&cluster, system.clone()).await.expect(201).body;
    assert_eq!(assign(&world, &made["identity"]["principalId"]).await, 201);
    let kubelet = &made["properties"]["identityProfile"]["kubeletidentity"];
    assert_eq!(assign(&world, &kubelet["objectId"]).await, 201);
    world.get(kubelet["resourceId"].as_str().expect("an id")).await.expect(200);
    let again = world.put(&cluster, system).await.expect(200).body;
    assert_eq!(again["identity"], made["identity"], "an identity stays");
    assert_eq!(assign(&world, &json!(uuid::Uuid::new_v4().to_string())).await, 400);
}

#[tokio::test]
async fn a_cluster_acts_as_the_identity_that_was_assigned() {
    let world = World::instant().await;
    world.network().await;
    let identity = format!("{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/mine");
    let cluster = format!("{GROUP}/providers/Microsoft.ContainerService/managedClusters/c");
    let body =
        cluster_body(&json!({"type": "UserAssigned", "userAssignedIdentities": {(identity.clone()): {}}}));
    world.put(&cluster, body.clone()).await.expect_error(400, "FailedIdentityOperation");
    let made = world.put(&identity, json!({"location": "westus2"})).await.expect(201).body;
    let shown = world.put(&cluster, body).await.expect(201).body;
    let principal = &made["properties"]["principalId"];
    assert_eq!(shown["identity"]["userAssignedIdentities"][&identity]["principalId"], *principal);
    assert_eq!(world.cluster().expect("a cluster").principal.object_id, principal.as_str().expect("text"));
}

#[tokio::test]
async fn agent_pools_are_made_scaled_and_deleted() {
    let world = World::instant().await;
    world.network().await;
    let cluster = format!("{GROUP}/providers/Microsoft.ContainerService/managedClusters/c");
    world.put(&cluster, cluster_body(&json!({"type": "SystemAssigned"}))).await.expect(201);
    let pool = format!("{cluster}/agentPools/extra");
    let sizes = || {
        let cluster = world.cluster().expect("a cluster");
        cluster.pools.iter().map(|pool| (pool.name.clone(), pool.count)).collect::<Vec<_>>()
    };
    let made = world.put(&pool, json!({"properties": {"count": 2}})).await.expect(201);
    assert!(made.header(arm::AZURE_ASYNC_OPERATION).contains("/operations/"), "{made:?}");
    assert_eq!(sizes(), [("nodepool1".to_owned(), 1), ("extra".to_owned(), 2)]);
    world.put(&pool, json!({"properties": {"count": 5}})).await.expect(200);
    assert_eq!(sizes()[1].1, 5);
    world.put(&pool, json!({"properties": {"count": 5000}})).await.expect_error(400, "InvalidParameter");
    let last = format!("{cluster}/agentPools/nodepool1");
    world.delete(&last).await.expect_error(400, "OperationNotAllowed");
    world.delete(&pool).await.expect(202);
    assert_eq!(sizes(), [("nodepool1".to_owned(), 1)]);
    world.get(&pool).await.expect(404);
}
