//! Takes the steps of a lesson: one file per kind of step.

mod apply;
mod assign_role;
mod delete;
mod expect;
mod load;
mod patch;
mod remove;
mod replace_pod;
mod restore;

use std::time::Duration;

use cloud::Method;
use serde_json::Value;

use super::VerifyEvent;
use super::report::{CheckResult, Seen};
use super::session::{Session, told};
use crate::model::{Lesson, LessonStep};

/// Something was not as expected: the rest of the lesson makes no sense. The result says what.
pub(super) struct Stop;

/// A lesson under way.
pub(super) struct Lecture<'l> {
    session: &'l Session<'l>,
    lesson: &'l Lesson,
    results: Vec<CheckResult>,
    made: Vec<Made>,
}

/// Something that the lesson made and must take away.
enum Made {
    Object(Value),
    /// An ARM resource by its path with the api-version.
    Resource(String),
}

/// Takes the steps, then puts everything back.
pub(super) async fn run<'l>(session: &'l Session<'l>, lesson: &'l Lesson) -> Vec<CheckResult> {
    session.tell(&VerifyEvent::LessonStarted {
        id: &lesson.id,
        title: &lesson.title,
        narration: &lesson.narration,
    });
    let mut lecture = Lecture { session, lesson, results: Vec::new(), made: Vec::new() };
    // A stop is in the results already.
    let _stopped = lecture.take(&lesson.steps).await;
    if let Err(reason) = lecture.put_back().await {
        lecture.conclude("Everything is put back", None, (Err(reason), Duration::ZERO)).ok();
    }
    lecture.results
}

impl<'l> Lecture<'l> {
    async fn take(&mut self, steps: &'l [LessonStep]) -> Result<(), Stop> {
        for step in steps {
            match step {
                LessonStep::Remove(key) => remove::take(self, key).await?,
                LessonStep::Restore(keys) => restore::take(self, keys).await?,
                LessonStep::Patch(patch) => patch::take(self, patch).await?,
                LessonStep::AssignRole(assign) => assign_role::take(self, assign).await?,
                LessonStep::Apply(file) => apply::take(self, file).await?,
                LessonStep::Delete(object) => delete::take(self, object).await?,
                LessonStep::ReplacePod(pod) => replace_pod::take(self, pod).await?,
                LessonStep::Expect(expectation) => expect::take(self, expectation).await?,
                // A load takes steps itself.
                LessonStep::Load(load) => Box::pin(load::take(self, load)).await?,
            }
        }
        Ok(())
    }

    /// Says what is done next.
    fn act(&self, action: &str) {
        self.session.tell(&VerifyEvent::LessonActs { id: &self.lesson.id, action });
    }

    /// An action that only matters when it fails.
    fn must<T>(&mut self, action: &str, done: Result<T, String>) -> Result<T, Stop> {
        match done {
            Ok(value) => Ok(value),
            Err(reason) => {
                self.conclude(action, None, (Err(reason), Duration::ZERO))?;
                Err(Stop)
            }
        }
    }

    /// A result; one that is not as expected ends the lesson.
    fn conclude(
        &mut self,
        title: &str,
        vantage: Option<&'static str>,
        (seen, latency): (Seen, Duration),
    ) -> Result<(), Stop> {
        let id = format!("{}/{}", *self.lesson.id, self.results.len() + 1);
        let mut result = CheckResult::of(&id, title).seen(seen, latency);
        result.vantage = vantage;
        self.session.tell(&VerifyEvent::Checked(&result));
        let ok = result.ok;
        self.results.push(result);
        if ok { Ok(()) } else { Err(Stop) }
    }

    /// How long `work` takes, with what it says.
    async fn timed(&self, work: impl Future<Output = Seen>) -> (Seen, Duration) {
        let started = self.session.clock().elapsed();
        let seen = work.await;
        (seen, self.session.clock().elapsed().saturating_sub(started))
    }

    /// Takes away what the lesson made, and restores what it took apart; tries all of it.
    async fn put_back(&mut self) -> Result<(), String> {
        let mut problems = Vec::new();
        for made in std::mem::take(&mut self.made).into_iter().rev() {
            problems.extend(self.take_away(made).await.err());
        }
        let keys: Vec<&str> = self.lesson.restores.iter().map(|key| key.as_str()).collect();
        if !keys.is_empty() {
            problems.extend(self.session.restore(&keys).await.err());
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(format!("{}; deploy again to repair it", problems.join("; ")))
        }
    }

    async fn take_away(&self, made: Made) -> Result<(), String> {
        match made {
            Made::Object(object) => {
                let kubernetes = self.session.kubernetes().await?;
                let path = kubernetes.path(&object).await.map_err(told)?;
                kubernetes.delete(&path).await.map(drop).map_err(told)
            }
            Made::Resource(path) => {
                let answer = self.session.client.arm(Method::DELETE, &path, None, &[]).await.map_err(told)?;
                self.session.client.wait(&answer).await.map(drop).map_err(told)
            }
        }
    }
}
