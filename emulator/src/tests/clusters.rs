//! Managed clusters and what they may do.

use aks::LoadBalancerAccess;
use serde_json::{Value, json};

use super::{CLIENT, GROUP, SECRET, SUBSCRIPTION, World};

const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";

pub fn cluster(client: &str, secret: &str, subnet: &str) -> Value {
    json!({"location": "westus2", "properties": {"dnsPrefix": "aks-for-apim", "kubernetesVersion": "",
        "agentPoolProfiles": [{"name": "default", "count": 1, "vmSize": "Standard_D2_v2", "vnetSubnetID": subnet}],
        "servicePrincipalProfile": {"clientId": client, "secret": secret}}})
}

pub fn id() -> String {
    format!("{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks")
}

fn assignment(name: u32) -> String {
    format!("{GROUP}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-{name:012}")
}

fn role(principal: &str) -> Value {
    let role = format!(
        "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{CONTRIBUTOR}"
    );
    json!({"properties": {"principalId": principal, "roleDefinitionId": role}})
}

#[tokio::test]
async fn a_cluster_gets_what_azure_gives_it() {
    let world = World::instant().await;
    let vnet = world.network().await;
    let created = world.put(&id(), cluster(CLIENT, SECRET, &format!("{vnet}/subnets/aks"))).await.expect(201);
    assert!(!created.body.to_string().contains(SECRET), "the secret is not shown");
    assert!(
        created
            .header("azure-asyncoperation")
            .contains("/Microsoft.ContainerService/locations/westus2/operations/")
    );
    let shown = world.get(&id()).await.expect(200).body;
    let properties = &shown["properties"];
    assert_eq!(properties["nodeResourceGroup"], "MC_g_aks_westus2");
    assert_eq!(properties["networkProfile"]["serviceCidr"], "10.0.0.0/16");
    assert!(properties["fqdn"].as_str().is_some_and(|name| name.starts_with("aks-for-apim-")));
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/MC_g_aks_westus2");
    assert_eq!(world.get(&group).await.expect(200).body["managedBy"], id());
    let pools = world.get(&format!("{}/agentPools", id())).await.expect(200).body;
    assert_eq!(pools["value"][0]["properties"]["vmSize"], "Standard_D2_v2");
    world.get(&format!("{}/maintenanceConfigurations/default", id())).await.expect(404);
    for (action, name) in
        [("listClusterUserCredential", "clusterUser"), ("listClusterAdminCredential", "clusterAdmin")]
    {
        let answer = world.send("POST", &format!("{}/{action}", id()), Value::Null).await.expect(200).body;
        assert_eq!(answer["kubeconfigs"][0], json!({"name": name, "value": "a2luZDogQ29uZmln"}));
    }
    // Sent back as it was read, without the secret.
    world.put(&id(), shown.clone()).await.expect(200);
    // As `az aks scale` sends it back.
    let mut without = shown.clone();
    without["properties"]["servicePrincipalProfile"] = Value::Null;
    let scaled = world.put(&id(), without).await.expect(200).body;
    assert_eq!(
        scaled["properties"]["servicePrincipalProfile"],
        shown["properties"]["servicePrincipalProfile"]
    );
    world.delete(&id()).await.expect(202);
    world.get(&group).await.expect(404);
    assert_eq!(world.cluster(), None);
}

#[tokio::test]
async fn a_cluster_may_make_load_balancers_once_its_principal_has_a_role() {
    let world = World::instant().await;
    let vnet = world.network().await;
    let [client, application, principal, secret] = world.application("aks").await;
    world.put(&id(), cluster(&client, &secret, &format!("{vnet}/subnets/aks"))).await.expect(201);
    let denied = |world: &World| match world.cluster().expect("a cluster").load_balancer_access {
        LoadBalancerAccess::Granted => None,
        LoadBalancerAccess::Denied(denial) => Some(denial),
    };
    let denial = denied(&world).expect("denied");
    assert_eq!(denial.action, "Microsoft.Network/virtualNetworks/subnets/read");
    assert_eq!(denial.scope, format!("{vnet}/subnets/aks"));
    assert!(denial.hint.is_some_and(|hint| hint.contains(&principal)));
    for wrong in [&client, &application] {
        let refused = world.put(&assignment(1), role(wrong)).await.expect_error(400, "PrincipalNotFound");
        let message = refused.body["error"]["message"].as_str().expect("text").to_owned();
        assert!(message.contains(&principal), "{message}");
    }
    assert!(denied(&world).is_some());
    world.put(&assignment(1), role("nobody")).await.expect_error(400, "PrincipalNotFound");
    world.put(&assignment(1), role(&principal)).await.expect(201);
    assert_eq!(denied(&world), None);
    world.put(&assignment(2), role(&principal)).await.expect_error(409, "RoleAssignmentExists");
    let gone = world.delete(&assignment(1)).await.expect(200);
    assert_eq!(gone.body["properties"]["principalId"], principal);
    assert!(denied(&world).is_some());
}

#[tokio::test]
async fn clusters_that_aks_refuses_are_refused() {
    let world = World::instant().await;
    let vnet = world.network().await;
    let subnet = format!("{vnet}/subnets/aks");
    let with = |pointer: &str, value: Value| {
        let mut body = cluster(CLIENT, SECRET, &subnet);
        *body.pointer_mut(pointer).expect("a property") = value;
        body
    };
    for (body, status, code) in [
        (cluster("someone", SECRET, &subnet), 400, "ServicePrincipalNotFound"),
        (cluster(CLIENT, "wrong", &subnet), 400, "ServicePrincipalValidationClientError"),
        (cluster(CLIENT, SECRET, &format!("{vnet}/subnets/none")), 400, "VnetSubnetNotFound"),
        (with("/properties/kubernetesVersion", json!("1.2")), 400, "K8sVersionNotSupported"),
        (with("/properties/agentPoolProfiles", json!([])), 400, "InvalidParameter"),
        (with("/properties/agentPoolProfiles/0/name", json!("Not-Good")), 400, "InvalidParameter"),
        (with("/properties/agentPoolProfiles/0/count", json!(900)), 400, "InsufficientSubnetSize"),
        (with("/properties/servicePrincipalProfile", Value::Null), 400, "InvalidParameter"),
    ] {
        world.put(&id(), body).await.expect_error(status, code);
    }
    let mut body = cluster(CLIENT, SECRET, &subnet);
    body["properties"]["networkProfile"] =
        json!({"serviceCidr": "10.10.0.0/16", "dnsServiceIP": "10.10.0.10"});
    world.put(&id(), body).await.expect_error(400, "ServiceCidrOverlapExistingSubnetsCidr");
    assert_eq!(world.cluster(), None);
    world.get(&format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/MC_g_aks_westus2")).await.expect(404);
}
