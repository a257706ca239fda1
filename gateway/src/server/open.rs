//! The connections that are open, and which of them make room when there is none left: those that have been idle
//! longest, so that clients that hold connections and say nothing keep nobody out (RFC 9112, 9.5: a server may close an
//! idle connection at any time).
//!
//! Idleness is told in connections that came since, which costs a request no look at the clock.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

use http_body::{Frame, SizeHint};
use tokio::sync::Notify;

use super::pace::Pace;
use crate::body::Body;

/// So much of the room is made at once: looking at all connections for one place each would cost more than a place.
const PART: usize = 64;

/// All connections of a listener.
#[derive(Debug)]
pub struct Open {
    most: usize,
    came: Arc<AtomicU64>,
    connections: Vec<Arc<Activity>>,
}

/// Whether a connection has something to do.
#[derive(Debug)]
pub struct Activity {
    came: Arc<AtomicU64>,
    idle_since: AtomicU64,
    under_way: AtomicU64,
    asked: AtomicBool,
    leave: Notify,
    /// How fast the client is.
    pub pace: Pace,
}

/// Something that a connection does, until this is dropped.
#[derive(Debug)]
pub struct UnderWay(Arc<Activity>);

/// A response's body, which is under way until its end was taken.
#[derive(Debug)]
pub struct Answer {
    body: Body,
    _under_way: UnderWay,
}

impl Open {
    /// Room for `most` connections.
    pub fn new(most: usize) -> Self {
        Self { most, came: Arc::default(), connections: Vec::new() }
    }

    /// Another connection.
    pub fn add(&mut self) -> Arc<Activity> {
        if self.connections.len() >= self.most.saturating_mul(2) {
            self.forget_gone();
        }
        let activity = Arc::new(Activity {
            came: Arc::clone(&self.came),
            idle_since: AtomicU64::new(self.came.fetch_add(1, Ordering::Relaxed)),
            under_way: AtomicU64::new(0),
            asked: AtomicBool::new(false),
            leave: Notify::new(),
            pace: Pace::default(),
        });
        self.connections.push(Arc::clone(&activity));
        activity
    }

    /// Asks those to leave that have been idle longest. There may be none.
    pub fn make_room(&mut self) {
        self.forget_gone();
        let mut idle: Vec<_> = self.connections.iter().filter(|activity| activity.may_leave()).collect();
        idle.sort_unstable_by_key(|activity| activity.idle_since.load(Ordering::Relaxed));
        for activity in idle.into_iter().take((self.most / PART).max(1)) {
            activity.ask_to_leave();
        }
    }

    /// Looks at how fast the clients are, and lets go of what was kept for those that are gone.
    pub fn look(&mut self) {
        self.forget_gone();
        self.connections.shrink_to(self.connections.len().saturating_mul(2));
        for activity in &self.connections {
            if activity.pace.look() && activity.may_leave() {
                activity.ask_to_leave();
            }
        }
    }

    fn forget_gone(&mut self) {
        self.connections.retain(|activity| Arc::strong_count(activity) > 1);
    }
}

impl Activity {
    /// Something begins.
    pub fn begin(self: &Arc<Self>) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(Arc::clone(self))
    }

    /// Nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.under_way.load(Ordering::Relaxed) == 0
    }

    /// Completes when the connection is to make room.
    pub async fn asked_to_leave(&self) {
        self.leave.notified().await;
    }

    fn ask_to_leave(&self) {
        self.asked.store(true, Ordering::Relaxed);
        self.leave.notify_one();
    }

    fn may_leave(&self) -> bool {
        self.is_idle() && !self.asked.load(Ordering::Relaxed)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.idle_since.store(self.0.came.load(Ordering::Relaxed), Ordering::Relaxed);
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Answer {
    /// A body that is under way.
    pub fn new(body: Body, under_way: UnderWay) -> Self {
        Self { body, _under_way: under_way }
    }
}

impl http_body::Body for Answer {
    type Data = <Body as http_body::Body>::Data;
    type Error = <Body as http_body::Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_idle_longest_makes_room_and_who_is_busy_stays() {
        let mut open = Open::new(4);
        let [busy, idle, active, gone] = [(); 4].map(|()| open.add());
        let _work = busy.begin();
        drop(gone);
        drop(active.begin());
        let asked = || [&busy, &idle, &active].map(|activity| activity.asked.load(Ordering::Relaxed));
        for expected in [[false, true, false], [false, true, true], [false, true, true]] {
            open.make_room();
            assert_eq!(asked(), expected);
        }
        assert_eq!(open.connections.len(), 3);
    }

    #[test]
    fn the_list_does_not_grow_with_connections_that_are_gone() {
        let mut open = Open::new(4);
        for _ in 0..1_000 {
            open.add();
        }
        assert!(open.connections.len() <= 8);
    }
}
