//! What a policy does when the answer is there: counting that depends on it.
//! <https://learn.microsoft.com/azure/api-management/rate-limit-by-key-policy>

use std::fmt;

use super::{Bodies, Pending};
use crate::context::Exchange;
use crate::error::LastError;
use crate::tokens;

/// What is done about an answer that is a stream of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streams {
    /// It is collected like any other.
    Collected,
    /// It passes.
    Pass,
}

type Done = dyn FnOnce(&mut Exchange) -> Result<(), LastError> + Send + Sync;
type Waited = dyn for<'a> FnOnce(&'a mut Exchange) -> Pending<'a> + Send + Sync;

/// What is done.
enum Work {
    /// At once.
    Act(Box<Done>),
    /// Waiting for something.
    Wait(Box<Waited>),
}

/// Something that is done at the end of outbound.
pub struct Deferred {
    bodies: Bodies,
    streams: Streams,
    work: Work,
}

impl Deferred {
    /// What to do, and what it reads.
    pub fn new(
        bodies: Bodies,
        work: impl FnOnce(&mut Exchange) -> Result<(), LastError> + Send + Sync + 'static,
    ) -> Self {
        Self { bodies, streams: Streams::Collected, work: Work::Act(Box::new(work)) }
    }

    /// The same for what waits for something; what would follow the policy makes no difference.
    pub fn waiting(
        bodies: Bodies,
        work: impl for<'a> FnOnce(&'a mut Exchange) -> Pending<'a> + Send + Sync + 'static,
    ) -> Self {
        Self { bodies, streams: Streams::Collected, work: Work::Wait(Box::new(work)) }
    }

    /// The same for what reads a stream of events while it passes.
    #[must_use]
    pub fn letting_streams_pass(self) -> Self {
        Self { streams: Streams::Pass, ..self }
    }
}

/// Does what was left for the end.
///
/// # Errors
/// One of them failed.
pub async fn finish(exchange: &mut Exchange) -> Result<(), LastError> {
    for Deferred { bodies, streams, work } in std::mem::take(&mut exchange.deferred) {
        if streams == Streams::Collected || !tokens::is_stream(exchange) {
            Box::pin(bodies.collect(exchange)).await?;
        }
        match work {
            Work::Act(work) => work(exchange)?,
            Work::Wait(work) => {
                work(exchange).await?;
            }
        }
    }
    Ok(())
}

impl fmt::Debug for Deferred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deferred").field("bodies", &self.bodies).finish_non_exhaustive()
    }
}
