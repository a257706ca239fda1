//! Deploys the article's scenario to the stand-in, verifies it, and takes the lessons.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::{Duration, OffsetDateTime};
use cloud::{ApplyOptions, Client, Environment, NoProgress};
use sim::{Clock, Timestamp};

use super::fake::Fake;
use crate::{Report, Scenario, Teach, VerifyEvent, VerifyOptions, VerifyProgress, load, verify};

const SUBSCRIPTION: &str = "11111111-1111-1111-1111-111111111111";

/// A credential that gives everybody a token.
#[derive(Debug)]
struct Anybody;

#[async_trait::async_trait]
impl TokenCredential for Anybody {
    async fn get_token(
        &self,
        _scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        Ok(AccessToken::new("token", OffsetDateTime::now_utc() + Duration::hours(1)))
    }
}

/// Keeps what it is told.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl VerifyProgress for Told {
    fn event(&self, event: &VerifyEvent<'_>) {
        let line = match event {
            VerifyEvent::Checked(result) => result.id.clone(),
            VerifyEvent::LessonStarted { id, .. } => format!("lesson {id}"),
            VerifyEvent::LessonActs { action, .. } => format!("acts: {action}"),
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

/// The scenario, deployed to a stand-in in which `broken` laws do not hold.
struct World {
    fake: Fake,
    client: Client,
    scenario: Scenario,
    journal: tempfile::TempDir,
    told: Arc<Told>,
}

impl World {
    async fn deployed(broken: &[&'static str]) -> Self {
        let fake = Fake::without(broken).await;
        let environment = Environment {
            name: "stand-in".to_owned(),
            resource_manager: fake.server.url.clone(),
            authority: fake.server.url.clone(),
            graph: fake.server.url.clone(),
            tenant_id: Some("33333333-3333-3333-3333-333333333333".to_owned()),
            proxy: Some(fake.server.url.clone()),
            ..Environment::azure(SUBSCRIPTION)
        };
        let clock = Clock::manual(Timestamp::from_unix_seconds(1_764_027_151));
        tokio::spawn(pass(clock.clone()));
        let client = Client::with_credential(environment, Arc::new(Anybody), clock).expect("a client");
        let scenario = load("getting-started/private-api").expect("the scenario is right");
        let journal = tempfile::tempdir().expect("a folder");
        let world = Self { fake, client, scenario, journal, told: Arc::default() };
        world.deploy().await;
        world
    }

    async fn deploy(&self) {
        let options = ApplyOptions {
            journal: self.journal.path().to_owned(),
            progress: Arc::new(NoProgress),
            tags: BTreeMap::new(),
        };
        let nodes = self.scenario.nodes(SUBSCRIPTION);
        cloud::apply(&self.client, &nodes, &options).await.expect("the scenario is deployed");
    }

    async fn verify(&self, teach: Teach) -> Report {
        let options =
            VerifyOptions { teach, journal: self.journal.path().to_owned(), progress: self.told.clone() };
        verify(&self.scenario, &self.client, options).await
    }

    /// Paths of all that exists, without the Pods, which come and go.
    fn everything(&self) -> Vec<String> {
        let state = self.fake.state();
        let objects = state.objects.keys().filter(|path| !path.contains("/pods/"));
        let joined = state.resources.iter().filter(|(path, _)| path.ends_with("/service/blog-apim"));
        let joined = joined.map(|(_, service)| service["properties"]["virtualNetworkType"].to_string());
        state.resources.keys().chain(objects).cloned().chain(joined).collect()
    }
}

/// Lets the scenario's time pass, faster than ours.
async fn pass(clock: Clock) {
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(1));
    loop {
        ticks.tick().await;
        clock.advance(std::time::Duration::from_millis(500));
    }
}

fn failed(report: &Report) -> Vec<&str> {
    report.failed().map(|result| result.id.as_str()).collect()
}

#[tokio::test]
async fn a_deployed_scenario_passes_its_checks_and_lessons_and_is_left_as_it_was() {
    let world = World::deployed(&[]).await;
    let before = world.everything();
    let report = world.verify(Teach::Yes).await;
    let problems: Vec<String> =
        report.failed().map(|result| format!("{}: {}", result.id, result.detail)).collect();
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(world.everything(), before);
    assert!(!world.fake.state().objects.keys().any(|path| path.contains("apimlab-check-")), "no Pod is left");
    let lessons: Vec<&str> = world.scenario.lessons().iter().map(|lesson| lesson.id.as_str()).collect();
    for lesson in lessons {
        assert!(report.checks.iter().any(|result| result.id.starts_with(&format!("{lesson}/"))), "{lesson}");
    }
    let load = report.checks.iter().find(|result| result.id == "pod-replacement/2").expect("the load");
    assert!(load.detail.contains("0 failed"), "{}", load.detail);
    let told = world.told.0.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(told.contains(&"acts: removes role Contributor for nf-aksapim-sp".to_owned()), "{told:?}");
}

#[tokio::test]
async fn without_teaching_nothing_is_changed() {
    let world = World::deployed(&[]).await;
    let before = world.fake.state().resources.clone();
    let report = world.verify(Teach::No).await;
    assert_eq!(failed(&report), Vec::<&str>::new());
    assert_eq!(report.checks.len(), world.scenario.checks().len());
    assert_eq!(world.fake.state().resources, before);
    let json = serde_json::to_value(&report).expect("a report is JSON");
    assert_eq!(json["checks"][0]["id"], "replicas");
    assert!(json["checks"][0]["latencyMs"].is_number());
}

/// What fails when a law does not hold; everything is put back all the same.
async fn check(law: &'static str, expected: &[&str]) {
    let world = World::deployed(&[law]).await;
    let before = world.everything();
    let report = world.verify(Teach::Yes).await;
    assert_eq!(failed(&report), expected, "without the law that {law}");
    assert_eq!(world.everything(), before, "without the law that {law}");
}

#[tokio::test]
async fn each_check_fails_when_what_it_checks_is_not_so() {
    let cases: &[(&str, &[&str])] = &[
        ("a refusal is told", &["role-missing/1"]),
        ("a load balancer needs the role", &["role-missing/1"]),
        ("a role is for a service principal", &["role-missing/3"]),
        ("the gateway needs the network", &["before-join/1"]),
        ("no call is lost", &["pod-replacement/2"]),
        ("a Pod is replaced", &["pod-replacement/1"]),
        ("a private address is private", &["private-from-internet"]),
        ("the subnet reaches the address", &["private-from-subnet"]),
    ];
    for (law, expected) in cases {
        check(law, expected).await;
    }
}

#[tokio::test]
async fn a_verification_can_run_as_a_task_of_its_own() {
    let world = World::deployed(&[]).await;
    let report = tokio::spawn(async move { world.verify(Teach::Yes).await }).await.expect("it ends");
    assert!(report.ok());
}
