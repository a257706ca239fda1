//! What can be done with a cluster besides making and changing it.

use std::time::Duration;

use network::{Exposure, Frontend, SubnetId};
use serde_json::{Value, json};

use super::clusters::{cluster, id};
use super::{CLIENT, ORIGIN, SECRET, World};

async fn with_cluster(world: &World) -> String {
    let vnet = world.network().await;
    let subnet = format!("{vnet}/subnets/aks");
    world.put(&id(), cluster(CLIENT, SECRET, &subnet)).await.expect(201);
    subnet
}

async fn post(world: &World, action: &str, body: Value) -> super::Answer {
    world.send("POST", &format!("{}/{action}", id()), body).await
}

#[tokio::test]
async fn a_cluster_is_stopped_and_started_and_says_so() {
    let world = World::instant().await;
    with_cluster(&world).await;
    let power = async || world.get(&id()).await.expect(200).body["properties"]["powerState"]["code"].clone();
    assert_eq!(power().await, "Running");
    post(&world, "stop", Value::Null).await.expect(202);
    assert_eq!(power().await, "Stopped");
    assert_eq!(world.cluster().expect("told").power, aks::Power::Stopped);
    post(&world, "runCommand", json!({"command": "kubectl get nodes"})).await.expect(400);
    post(&world, "rotateClusterCertificates", Value::Null).await.expect_error(400, "OperationNotAllowed");
    // A client that sends back what it read starts nothing.
    let read = world.get(&id()).await.body;
    world.put(&id(), read).await.expect(200);
    assert_eq!(power().await, "Stopped");
    post(&world, "start", Value::Null).await.expect(202);
    assert_eq!(power().await, "Running");
    assert_eq!(world.cluster().expect("told").power, aks::Power::Running);
    post(&world, "rotateClusterCertificates", Value::Null).await.expect(202);
    assert_eq!(world.cluster().expect("told").rotations, 1);
    assert_eq!(world.get(&id()).await.body["rotations"], Value::Null);
}

#[tokio::test]
async fn a_change_takes_time_and_can_be_aborted() {
    let mut world = World::realistic().await;
    with_cluster(&world).await;
    world.clock.advance(Duration::from_mins(10));
    world.token = world.token_of(CLIENT, SECRET).await;
    post(&world, "abort", Value::Null).await.expect_error(400, "OperationNotAllowed");
    let accepted = post(&world, "stop", Value::Null).await.expect(202);
    let operation = accepted.header("azure-asyncoperation").strip_prefix(ORIGIN).expect("a URL").to_owned();
    let read = world.get(&id()).await.expect(200).body;
    assert_eq!(read["properties"]["provisioningState"], "Stopping");
    post(&world, "start", Value::Null).await.expect_error(409, "AnotherOperationInProgress");
    post(&world, "abort", Value::Null).await.expect(202);
    let read = world.get(&id()).await.expect(200).body["properties"].clone();
    assert_eq!(
        (&read["provisioningState"], &read["powerState"]["code"]),
        (&json!("Canceled"), &json!("Running"))
    );
    assert_eq!(world.get(&operation).await.expect(200).body["status"], "Failed");
    assert_eq!(world.cluster().expect("told").power, aks::Power::Running);
    post(&world, "stop", Value::Null).await.expect(202);
    world.clock.advance(Duration::from_mins(10));
    world.token = world.token_of(CLIENT, SECRET).await;
    assert_eq!(world.get(&id()).await.body["properties"]["provisioningState"], "Succeeded");
}

#[tokio::test]
async fn a_command_is_accepted_and_its_result_is_read_where_the_answer_says() {
    let world = World::instant().await;
    with_cluster(&world).await;
    post(&world, "runCommand", json!({})).await.expect_error(400, "InvalidParameter");
    let with_files = json!({"command": "kubectl get nodes", "context": "UEs="});
    post(&world, "runCommand", with_files).await.expect_error(501, "NotImplementedBySandbox");
    post(&world, "runCommand", json!({"command": "rm"})).await.expect_error(409, "RunCommandFailed");
    let accepted = post(&world, "runCommand", json!({"command": "kubectl get nodes"})).await.expect(202);
    let result = accepted.header("location").strip_prefix(ORIGIN).expect("a URL").to_owned();
    let result = world.get(&result).await.expect(200).body;
    assert_eq!(
        (&result["properties"]["exitCode"], &result["properties"]["logs"]),
        (&json!(0), &json!("NAME"))
    );
    let waiting = world.get(&format!("{}/commandResults/running", id())).await.expect(202);
    assert_eq!(waiting.body["properties"]["provisioningState"], "Running");
    assert!(waiting.header("location").contains("/commandResults/running?api-version="));
    world.get(&format!("{}/commandResults/none", id())).await.expect(404);
}

#[tokio::test]
async fn versions_machines_and_dependencies_are_shown() {
    let world = World::instant().await;
    let subnet = with_cluster(&world).await;
    let shown = async |path: &str| world.get(&format!("{}/{path}", id())).await.expect(200).body;
    let profile = shown("upgradeProfiles/default").await;
    assert_eq!(profile["properties"]["controlPlaneProfile"]["kubernetesVersion"], "1.34.1");
    assert_eq!(profile["properties"]["agentPoolProfiles"][0]["name"], "default");
    let pool = shown("agentPools/default/upgradeProfiles/default").await;
    assert_eq!(pool["properties"]["upgrades"], json!([]));
    let available = shown("availableAgentPoolVersions").await;
    let versions = available["properties"]["agentPoolVersions"].as_array().expect("a list").clone();
    assert!(versions.contains(&json!({"kubernetesVersion": "1.34.1", "default": true})), "{versions:?}");
    let endpoints = shown("outboundNetworkDependenciesEndpoints").await;
    assert_eq!(endpoints["value"][0]["category"], "apiserver");
    assert_eq!(shown("agentPools/default/machines").await["value"], json!([]));
    let name = "aks-default-12345678-vmss00000a";
    let node = Frontend {
        owner: Frontend::owned_by_node(name),
        address: "10.10.1.4".parse().expect("an address"),
        exposure: Exposure::Internal(SubnetId::new(subnet)),
        ports: Vec::new(),
    };
    world.fabric.publish(&id().to_lowercase(), vec![node]);
    let machine = shown(&format!("agentPools/default/machines/{name}")).await["properties"].clone();
    assert_eq!(machine["network"]["ipAddresses"][0]["ip"], "10.10.1.4");
    assert!(machine["resourceId"].as_str().is_some_and(|id| id.ends_with("vmss/virtualMachines/10")));
    assert_eq!(shown("agentPools/default/machines").await["value"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn what_the_directory_does_not_know_is_no_principal_of_a_cluster() {
    let world = World::instant().await;
    with_cluster(&world).await;
    let [client, _, _, secret] = world.application("other").await;
    let profile = |client: &str, secret: &str| json!({"clientId": client, "secret": secret});
    let action = "resetServicePrincipalProfile";
    post(&world, action, profile("x", &secret)).await.expect_error(400, "ServicePrincipalNotFound");
    let wrong = post(&world, action, profile(&client, "wrong")).await;
    wrong.expect_error(400, "ServicePrincipalValidationClientError");
    post(&world, action, profile(&client, &secret)).await.expect(202);
    assert_eq!(world.cluster().expect("told").principal.client_id, client);
    let read = world.get(&id()).await.body;
    assert!(!read.to_string().contains(&secret), "the secret is not shown");
    for (name, body) in [
        ("default", json!({"properties": {"timeInWeek": [{"day": "Monday", "hourSlots": [24]}]}})),
        ("aksManagedAutoUpgradeSchedule", json!({"properties": {}})),
        (
            "aksManagedAutoUpgradeSchedule",
            json!({"properties": {"maintenanceWindow": {
            "durationHours": 2, "startTime": "00:00", "schedule": {"daily": {"intervalDays": 1}}}}}),
        ),
    ] {
        let path = format!("{}/maintenanceConfigurations/{name}", id());
        world.put(&path, body).await.expect_error(400, "InvalidParameter");
    }
}
