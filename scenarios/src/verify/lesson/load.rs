//! Calls a URL many times while other steps are taken.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::Notify;

use super::{Lecture, Stop};
use crate::model::Load;
use crate::verify::internet::{self, Call};
use crate::verify::report::Seen;
use crate::verify::session::Session;

/// The steps begin when this part of the calls is made, so that they fall into the middle of the load.
const WARM_UP: u32 = 10;
/// Calling does not go on for ever when the steps do not end.
const MOST_ROUNDS: u32 = 50;

/// What the callers share.
struct Callers<'l> {
    session: &'l Session<'l>,
    url: String,
    load: &'l Load,
    tally: Mutex<Tally>,
    warm: Notify,
    steps_done: AtomicBool,
}

#[derive(Default)]
struct Tally {
    begun: u32,
    done: u32,
    failed: u32,
    first_failure: Option<String>,
    slowest: Duration,
}

pub(super) async fn take<'l>(lecture: &mut Lecture<'l>, load: &'l Load) -> Result<(), Stop> {
    let filled = lecture.session.fill(&load.url).await;
    let url = lecture.must("calls a URL", filled)?;
    lecture.act(&format!("calls {url} {} times", load.requests));
    let callers = Callers {
        session: lecture.session,
        url,
        load,
        tally: Mutex::default(),
        warm: Notify::new(),
        steps_done: AtomicBool::new(false),
    };
    let started = lecture.session.clock().elapsed();
    let calling = join_all((0..load.concurrency.max(1)).map(|_| callers.work()));
    let steps = async {
        callers.warm.notified().await;
        let taken = lecture.take(&load.meanwhile).await;
        callers.steps_done.store(true, Ordering::Relaxed);
        taken
    };
    let (_, taken) = futures_util::future::join(calling, steps).await;
    let latency = lecture.session.clock().elapsed().saturating_sub(started);
    let title = format!("{} calls or more meanwhile, and not one fails", load.requests);
    let seen = callers.seen();
    let concluded = lecture.conclude(&title, Some("internet"), (seen, latency));
    taken.and(concluded)
}

impl Callers<'_> {
    async fn work(&self) {
        while self.begin() {
            let headers = BTreeMap::new();
            let call = Call { method: "GET", url: &self.url, headers: &headers };
            let started = self.session.clock().elapsed();
            let outcome = internet::call(self.session.client, &call).await;
            let latency = self.session.clock().elapsed().saturating_sub(started);
            self.note(&outcome.judge(&self.load.expect), latency);
        }
        // Without any call left the steps must not wait for more.
        self.warm.notify_one();
    }

    /// There is another call to make.
    fn begin(&self) -> bool {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let enough = tally.begun >= self.load.requests && self.steps_done.load(Ordering::Relaxed);
        let too_many = tally.begun >= self.load.requests.saturating_mul(MOST_ROUNDS);
        tally.begun += u32::from(!enough && !too_many);
        !enough && !too_many
    }

    fn note(&self, seen: &Seen, latency: Duration) {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.done += 1;
        tally.slowest = tally.slowest.max(latency);
        if let Err(reason) = seen {
            tally.failed += 1;
            tally.first_failure.get_or_insert_with(|| reason.clone());
        }
        if tally.done >= (self.load.requests / WARM_UP).max(1) {
            self.warm.notify_one();
        }
    }

    fn seen(&self) -> Seen {
        let tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let slowest = tally.slowest.as_millis();
        match &tally.first_failure {
            None => Ok(format!("{} calls, 0 failed, the slowest took {slowest} ms", tally.done)),
            Some(reason) => {
                Err(format!("{} of {} calls failed, the first: {reason}", tally.failed, tally.done))
            }
        }
    }
}
