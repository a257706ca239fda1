//! `--cloud`: the same scenario file and the same code path, with a second sandbox in Azure's place.

use std::process::Command;

use tests::{Run, World};

use crate::client::Azure;

#[tokio::test]
async fn up_verify_and_destroy_work_against_another_azure() {
    let azure = World::new();
    azure.ok(&["up", "--no-deploy"]);
    let environment = azure.environment();
    let client = World::new();
    // What a user of Azure sets: a service principal in the usual variables. The environment file carries endpoints
    // only.
    let endpoints = azure.files().join("azure.json");
    std::fs::write(&endpoints, endpoints_only(&environment["APIMLAB_ENVIRONMENT_FILE"])).expect("written");
    let run = |arguments: &[&str]| {
        let mut command: Command = client.command(arguments);
        command
            .args(["--cloud", "--subscription", &environment["APIMLAB_SUBSCRIPTION_ID"]])
            .arg("--environment")
            .arg(&endpoints)
            .env("AZURE_TENANT_ID", &environment["APIMLAB_TENANT_ID"])
            .env("AZURE_CLIENT_ID", &environment["APIMLAB_CLIENT_ID"])
            .env("AZURE_CLIENT_SECRET", &environment["APIMLAB_CLIENT_SECRET"]);
        Run::from(command.output().expect("the binary starts"))
    };
    let ok = |arguments: &[&str]| {
        let run = run(arguments);
        assert_eq!(run.code, 0, "{arguments:?}: {}{}", run.stdout, run.stderr);
        run
    };

    let plan = ok(&["plan", "-o", "json"]).json();
    let changes = plan["data"]["changes"].as_array().expect("changes").clone();
    assert!(changes.len() > 12, "{} changes", changes.len());
    // The join is a change of the service that is made before it.
    let made = |change: &serde_json::Value| change["action"] == "create" || change["key"] == "apim/join";
    assert!(changes.iter().all(made), "{plan}");
    let service = changes.iter().find(|change| change["key"] == "apim");
    assert!(
        service.is_some_and(|change| change["request"]["body"].is_object()),
        "request bodies are shown: {plan}"
    );
    assert_eq!(run(&["plan", "--detailed-exitcode"]).code, 2, "there is something to change");

    let refused = run(&["up"]);
    assert_ne!(refused.code, 0, "money is not spent without a yes: {}", refused.stderr);
    ok(&["up", "--yes"]);
    ok(&["verify"]);
    assert_eq!(run(&["plan", "--detailed-exitcode"]).code, 0, "nothing is left to change");

    let wrong = run(&["destroy", "--confirm", "something-else"]);
    assert_ne!(wrong.code, 0, "the name has to be typed");
    ok(&["destroy", "--purge", "--confirm", "blog-apim-and-aks"]);
    let arm = Azure::login(&environment).await;
    for path in ["/resourcegroups?api-version=2022-09-01", "/resources?api-version=2022-09-01"] {
        let (status, list) = arm.get(path).await;
        assert_eq!((status, list["value"].as_array().map(Vec::len)), (200, Some(0)), "{path}: {list}");
    }
    let deleted = "/providers/Microsoft.ApiManagement/deletedservices?api-version=2022-08-01";
    let (_, list) = arm.get(deleted).await;
    assert_eq!(list["value"].as_array().map(Vec::len), Some(0), "{list}");
    assert!(!client.state().join("state.db").exists(), "no sandbox was started on this side");
}

#[tokio::test]
async fn destroy_leaves_a_group_alone_that_it_did_not_make() {
    let world = World::new();
    world.ok(&["up", "--no-deploy"]);
    let arm = Azure::login(&world.environment()).await;
    let group = "/resourcegroups/blog-apim-and-aks?api-version=2022-09-01";
    let made = arm.send(reqwest::Method::PUT, group, Some(&serde_json::json!({"location": "westus2"}))).await;
    assert_eq!(made.status(), 201);
    let plan = world.run(&["plan", "-o", "json"]).json();
    assert!(plan.to_string().contains("\"blocked\""), "the plan does not take it over: {plan}");
    assert_ne!(world.run(&["apply", "--yes"]).code, 0, "nothing is put into it");
    let run = world.run(&["destroy", "--confirm", "blog-apim-and-aks"]);
    assert_ne!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("tag"), "it says why: {}", run.stderr);
    assert_eq!(arm.get(group).await.0, 200, "the group is still there");
}

/// The environment file without its credential.
fn endpoints_only(path: &str) -> String {
    let text = std::fs::read_to_string(path).expect("the environment file");
    let mut environment: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    environment.as_object_mut().expect("an object").remove("credential");
    // What the file names is relative to the file; this copy lies elsewhere.
    let authority = std::path::Path::new(path).with_file_name("ca.pem");
    environment["caFile"] = authority.to_str().expect("a path").into();
    environment.to_string()
}
