//! Observes a deployed scenario from outside, against the sandbox and against Azure alike.
//!
//! Each check looks from its vantage point: the internet, a Pod of the cluster, Azure Resource Manager or the
//! Kubernetes API. Lessons ([`Teach::Yes`]) also bring failures about and repair them; what they take apart they put
//! back at their end, also when something was not as expected. A lesson that is interrupted leaves the rest to the
//! next `apply`, which restores the whole scenario.

mod answer;
mod internet;
mod lesson;
mod patience;
mod pod;
mod probe;
mod report;
mod session;

use std::path::PathBuf;
use std::sync::Arc;

use cloud::Client;
use futures_util::StreamExt;
use futures_util::stream;

use crate::Scenario;
use crate::model::{Check, Lesson};
pub(crate) use pod::CURL_IMAGE;
pub use report::{CheckResult, Report};
use session::Session;

/// Checks that are under way at a time.
const PARALLEL: usize = 8;

/// Whether failures are brought about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Teach {
    /// Only the checks, which change nothing but one-shot Pods.
    #[default]
    No,
    /// The lessons too. In Azure some of them take hours: joining a virtual network twice, for one.
    Yes,
}

/// How to verify.
#[derive(Clone)]
pub struct VerifyOptions {
    /// Whether failures are brought about.
    pub teach: Teach,
    /// The directory of the journals, as for deploying: lessons put resources back.
    pub journal: PathBuf,
    /// Who is told.
    pub progress: Arc<dyn VerifyProgress>,
}

/// Something that happened while verifying.
#[derive(Debug)]
#[non_exhaustive]
pub enum VerifyEvent<'a> {
    /// A check or a part of a lesson has its result.
    Checked(&'a CheckResult),
    /// A lesson begins.
    LessonStarted {
        /// Its short name.
        id: &'a str,
        /// What it shows.
        title: &'a str,
        /// What a student should understand.
        narration: &'a str,
    },
    /// A lesson does something.
    LessonActs {
        /// The lesson's short name.
        id: &'a str,
        /// What it does, as a sentence.
        action: &'a str,
    },
}

/// Who is told.
pub trait VerifyProgress: Send + Sync {
    /// Takes note of one event; must not block.
    fn event(&self, event: &VerifyEvent<'_>);
}

impl VerifyProgress for cloud::NoProgress {
    fn event(&self, _event: &VerifyEvent<'_>) {}
}

/// Makes the scenario's checks and, if asked, its lessons. Everything that goes wrong is a result.
pub async fn verify(scenario: &Scenario, client: &Client, options: VerifyOptions) -> Report {
    let session = Session::new(scenario, client, &options);
    let mut report = Report::default();
    let checks: Vec<_> = scenario.checks().iter().map(|check| run(&session, check)).collect();
    let mut results = stream::iter(checks).buffered(PARALLEL);
    while let Some(result) = results.next().await {
        options.progress.event(&VerifyEvent::Checked(&result));
        report.checks.push(result);
    }
    drop(results);
    if options.teach == Teach::Yes {
        for lesson in scenario.lessons() {
            report.checks.extend(teach(&session, lesson, report.ok()).await);
        }
    }
    report
}

async fn run(session: &Session<'_>, check: &Check) -> CheckResult {
    let result = CheckResult::of(&check.id, &check.title).vantage(probe::vantage(&check.probe));
    if let Some(reason) = probe::skipped(session, &check.probe) {
        return result.skipped(reason);
    }
    let started = session.clock().elapsed();
    let seen = probe::within(session, &check.probe, check.within_seconds).await;
    result.seen(seen, session.clock().elapsed().saturating_sub(started))
}

/// A lesson makes sense only where everything is as it should be.
async fn teach(session: &Session<'_>, lesson: &Lesson, ready: bool) -> Vec<CheckResult> {
    if ready {
        return lesson::run(session, lesson).await;
    }
    let result = CheckResult::of(&lesson.id, &lesson.title)
        .skipped("something before it is not as expected; deploy again, then repeat".to_owned());
    session.tell(&VerifyEvent::Checked(&result));
    vec![result]
}
