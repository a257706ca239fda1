//! What is said while something long goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// How far something is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// What is done now.
    pub message: String,
    /// How much of it is done, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
}

/// Who listens.
pub type Say = Arc<dyn Fn(Progress) + Send + Sync>;

impl Progress {
    /// Something that is done now.
    pub fn now(message: impl Into<String>) -> Self {
        Self { message: message.into(), percent: None }
    }
}

/// Speaks at most once for each whole percent of a number of bytes.
pub(crate) struct Meter {
    say: Say,
    message: String,
    total: u64,
    done: AtomicU64,
    /// The percentage that was said last, plus one.
    said: AtomicU64,
}

impl Meter {
    pub(crate) fn new(say: &Say, message: impl Into<String>, total: u64) -> Self {
        let say = Arc::clone(say);
        let (done, said) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { say, message: message.into(), total, done, said }
    }

    /// So many bytes more.
    pub(crate) fn add(&self, bytes: usize) {
        let done = self.done.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
        self.at(done, self.total);
    }

    /// So many bytes of so many.
    pub(crate) fn at(&self, done: u64, total: u64) {
        let percent = (done.saturating_mul(100)).checked_div(total).unwrap_or_default().min(100);
        if self.said.fetch_max(percent + 1, Ordering::Relaxed) <= percent {
            let percent = u8::try_from(percent).ok();
            (self.say)(Progress { message: self.message.clone(), percent });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn every_percent_is_said_once() {
        let said = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&said);
        let say: Say =
            Arc::new(move |progress: Progress| heard.lock().expect("a list").extend(progress.percent));
        let meter = Meter::new(&say, "copying", 1000);
        (0..250).for_each(|_| meter.add(2));
        assert_eq!(said.lock().expect("a list").as_slice(), (0..=50).collect::<Vec<u8>>());
        let empty = Meter::new(&say, "nothing", 0);
        empty.add(10);
    }
}
