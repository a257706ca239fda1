//! Applying, continuing, and what the journal keeps.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::azure::{Azure, CANARY, group_id, provider, system};
use crate::plan::{Action, plan};
use crate::{ApplyOptions, NodeKind, Progress, ProgressEvent, apply};

/// Remembers what it was told.
#[derive(Default)]
pub(super) struct Log(Mutex<Vec<String>>);

impl Progress for Log {
    fn event(&self, event: &ProgressEvent) {
        let line = match event {
            ProgressEvent::Started { key, .. } => format!("started {key}"),
            ProgressEvent::Waiting { key, state, .. } => format!("waiting {key} {state}"),
            ProgressEvent::Done { key, action, .. } => format!("done {key} {action:?}"),
            ProgressEvent::Failed { key, error } => format!("failed {key} {error}"),
        };
        self.0.lock().expect("a log").push(line);
    }
}

impl Log {
    fn lines(&self) -> Vec<String> {
        self.0.lock().expect("a log").clone()
    }
}

pub(super) fn options() -> (tempfile::TempDir, ApplyOptions, Arc<Log>) {
    let directory = tempfile::tempdir().expect("a directory");
    let log = Arc::new(Log::default());
    let tags = BTreeMap::from([("apimlab-run".to_owned(), "run-1".to_owned())]);
    let options = ApplyOptions { journal: directory.path().join("journal"), progress: log.clone(), tags };
    (directory, options, log)
}

fn journal(options: &ApplyOptions) -> String {
    let mut files: Vec<_> = std::fs::read_dir(&options.journal)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).expect("a file")).collect()
}

#[tokio::test]
async fn everything_is_made_and_the_second_plan_is_unchanged() {
    let azure = Azure::start().await;
    azure.world().replication = 2;
    let client = azure.server.client();
    let (_directory, options, log) = options();
    let outputs = apply(&client, &system(), &options).await.expect("applied");

    assert_eq!(outputs.text("service/default/web.address").as_deref(), Some("10.10.1.5"));
    assert_eq!(outputs.text("kubernetes/Service/default/web.address").as_deref(), Some("10.10.1.5"));
    assert!(outputs.text("sp.objectId").is_some());
    assert!(!format!("{outputs:?}").contains(CANARY));
    let world_of =
        |path: &str| azure.world().resources.get(&provider(path).to_lowercase()).cloned().expect("there");
    let api = world_of("Microsoft.ApiManagement/service/a/apis/x");
    assert_eq!(api["properties"]["serviceUrl"], "http://10.10.1.5");
    assert_eq!(world_of("Microsoft.ApiManagement/service/a")["properties"]["virtualNetworkType"], "External");
    let group = azure.world().resources.get(&group_id().to_lowercase()).cloned().expect("there");
    assert_eq!(group["tags"], json!({"apimlab-scenario": "test", "apimlab-run": "run-1"}));
    assert_eq!(azure.world().applications[0]["tags"], json!(["apimlab:test"]));
    assert!(log.lines().contains(&"waiting role PrincipalNotFound".to_owned()), "{:?}", log.lines());
    assert!(log.lines().contains(&"done cluster Create".to_owned()), "{:?}", log.lines());
    let if_match: Vec<bool> = azure
        .server
        .seen()
        .iter()
        .filter(|seen| {
            seen.method == "PUT" && seen.path.ends_with("/apis/x") && !seen.path.contains("products")
        })
        .map(|seen| seen.headers.contains_key("if-match"))
        .collect();
    assert_eq!(if_match, [true]);

    azure.server.forget();
    let again = plan(&client, &system()).await.expect("a plan");
    assert_eq!(again.count(Action::Unchanged), again.changes.len(), "{again:#?}");
    apply(&client, &system(), &options).await.expect("applied again");
    assert_eq!(azure.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn the_journal_is_private_and_holds_no_secret_and_no_body() {
    let azure = Azure::start().await;
    let (_directory, options, _) = options();
    apply(&azure.server.client(), &system(), &options).await.expect("applied");
    let text = journal(&options);
    for kept in ["\"begin\"", "\"intent\"", "\"accepted\"", "\"done\"", "\"end\"", "managedClusters/c"] {
        assert!(text.contains(kept), "{kept} in {text}");
    }
    for absent in [CANARY, "publisherName", "cluster-token", "serviceUrl", "token for"] {
        assert!(!text.contains(absent), "{absent} in {text}");
    }
    #[cfg(unix)]
    for entry in std::fs::read_dir(&options.journal).expect("a directory") {
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &entry.expect("an entry").metadata().expect("data").permissions(),
        );
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test]
async fn an_interrupted_run_is_continued_where_it_was() {
    let azure = Azure::start().await;
    azure.world().polls = 1_000_000;
    let client = azure.server.client();
    let (_directory, options, _) = options();
    let (nodes, cut) = (system(), options.clone());
    let run = tokio::spawn({
        let client = client.clone();
        async move { apply(&client, &nodes, &cut).await.map(|_| ()) }
    });
    // Both long operations run and are in the journal; then the process dies.
    for _ in 0..10_000 {
        if options.journal.exists() && journal(&options).matches("\"accepted\"").count() == 2 {
            break;
        }
        tokio::task::yield_now().await;
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    run.abort();
    let _ = run.await;
    let puts = |name: &str| {
        azure.writes().iter().filter(|line| line.starts_with("PUT") && line.ends_with(name)).count()
    };
    assert_eq!((puts("managedClusters/c"), puts("service/a")), (1, 1));

    // Azure goes on without us.
    azure.world().finish();
    apply(&client, &system(), &options).await.expect("continued");
    assert_eq!((puts("managedClusters/c"), puts("service/a")), (1, 1));
    let passwords = azure.world().applications[0]["passwordCredentials"].as_array().map(Vec::len);
    assert_eq!(passwords, Some(1));
    let again = plan(&client, &system()).await.expect("a plan");
    assert!(!again.has_changes(), "{again:#?}");
    let polled = azure.server.requests().iter().filter(|line| line.contains("/operations/")).count();
    assert!(polled > 2, "the operation of the first run was asked for");
}

#[tokio::test]
async fn a_lost_secret_is_replaced_when_the_cluster_must_be_made() {
    let azure = Azure::start().await;
    let client = azure.server.client();
    let (_directory, options, _) = options();
    apply(&client, &system(), &options).await.expect("applied");
    let old = azure.world().applications[0]["passwordCredentials"][0]["keyId"].clone();
    azure.world().resources.remove(&provider("Microsoft.ContainerService/managedClusters/c").to_lowercase());
    apply(&client, &system(), &options).await.expect("applied again");
    let passwords = azure.world().applications[0]["passwordCredentials"].as_array().cloned().expect("a list");
    assert_eq!(passwords.len(), 1);
    assert_ne!(passwords[0]["keyId"], old);
}

#[tokio::test]
async fn a_change_does_not_undo_the_join_and_sends_no_secret_again() {
    let azure = Azure::start().await;
    let client = azure.server.client();
    let (_directory, options, _) = options();
    apply(&client, &system(), &options).await.expect("applied");
    azure.server.forget();
    let mut nodes = system();
    for node in &mut nodes {
        if let (NodeKind::Arm { body, .. }, "apim") = (&mut node.kind, node.key.as_str()) {
            body["properties"]["publisherName"] = "M".into();
            body["properties"]["virtualNetworkType"] = "None".into();
        }
    }
    apply(&client, &nodes, &options).await.expect("applied again");
    let writes: Vec<Value> =
        azure.server.seen().into_iter().filter(|seen| seen.method == "PUT").map(|seen| seen.body).collect();
    let [body] = writes.as_slice() else { panic!("{writes:?}") };
    assert_eq!(body["properties"]["publisherName"], "M");
    assert_eq!(body["properties"]["virtualNetworkType"], "External");
}

#[tokio::test]
async fn a_failure_stops_what_needs_it_and_nothing_else() {
    let azure = Azure::start().await;
    let client = azure.server.client();
    let (_directory, options, log) = options();
    let mut nodes = system();
    for node in &mut nodes {
        if let (NodeKind::Arm { body, .. }, "role") = (&mut node.kind, node.key.as_str()) {
            // The application's id in the place of the service principal's: no time mends that.
            body["properties"]["principalId"] = json!({"$ref": "app.objectId"});
        }
        if node.key == "cluster" {
            node.depends = vec!["role".to_owned()];
        }
    }
    let error = apply(&client, &nodes, &options).await.expect_err("refused");
    assert_eq!(error.code(), Some("PrincipalNotFound"));
    assert!(error.to_string().starts_with("the role: "), "{error}");
    let made = |line: &str| log.lines().iter().any(|other| other == line);
    assert!(made("done apim Create") && !made("started cluster"), "{:?}", log.lines());
    assert!(journal(&options).contains("PrincipalNotFound"));
}

#[tokio::test]
async fn while_an_address_is_awaited_the_newest_warning_is_the_reason() {
    let azure = Azure::start().await;
    azure.world().looks = 10;
    azure.world().warning = Some("does not have authorization".to_owned());
    let (_directory, options, log) = options();
    apply(&azure.server.client(), &system(), &options).await.expect("applied");
    let expected =
        "waiting kubernetes/Service/default/web SyncLoadBalancerFailed: does not have authorization";
    assert!(log.lines().iter().any(|line| line == expected), "{:?}", log.lines());
}
