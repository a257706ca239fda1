//! What a policy does when the answer is there: counting that depends on it.
//! <https://learn.microsoft.com/azure/api-management/rate-limit-by-key-policy>

use std::fmt;

use super::Bodies;
use crate::context::Exchange;
use crate::error::LastError;

/// Something that is done at the end of outbound.
pub struct Deferred {
    bodies: Bodies,
    work: Box<dyn FnOnce(&mut Exchange) -> Result<(), LastError> + Send + Sync>,
}

impl Deferred {
    /// What to do, and what it reads.
    pub fn new(
        bodies: Bodies,
        work: impl FnOnce(&mut Exchange) -> Result<(), LastError> + Send + Sync + 'static,
    ) -> Self {
        Self { bodies, work: Box::new(work) }
    }
}

/// Does what was left for the end.
///
/// # Errors
/// One of them failed.
pub async fn finish(exchange: &mut Exchange) -> Result<(), LastError> {
    for Deferred { bodies, work } in std::mem::take(&mut exchange.deferred) {
        bodies.collect(exchange).await?;
        work(exchange)?;
    }
    Ok(())
}

impl fmt::Debug for Deferred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deferred").field("bodies", &self.bodies).finish_non_exhaustive()
    }
}
