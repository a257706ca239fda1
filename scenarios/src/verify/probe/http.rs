//! Calls a URL, from the internet or from within the cluster.

use futures_util::StreamExt;
use futures_util::stream;

use crate::model::{HttpCheck, Vantage};
use crate::verify::answer::Outcome;
use crate::verify::internet::{self, Call};
use crate::verify::pod;
use crate::verify::report::Seen;
use crate::verify::session::Session;

/// Calls of one check that are under way at a time.
const PARALLEL: usize = 8;

pub(super) async fn observe(session: &Session<'_>, check: &HttpCheck) -> Seen {
    let url = session.fill(&check.url).await?;
    let call = Call { method: check.method.as_deref().unwrap_or("GET"), url: &url, headers: &check.headers };
    let repeat = *check.repeat;
    if repeat == 1 {
        return make(session, check.from, &call)
            .await
            .judge(&check.expect)
            .map(|seen| format!("{url} {seen}"));
    }
    let mut calls =
        stream::iter(0..repeat).map(|_| make(session, check.from, &call)).buffer_unordered(PARALLEL);
    let mut number = 0;
    while let Some(outcome) = calls.next().await {
        number += 1;
        outcome
            .judge(&check.expect)
            .map_err(|reason| format!("{url}, answer {number} of {repeat}: {reason}"))?;
    }
    Ok(format!("{repeat} calls of {url}, all answered as expected"))
}

async fn make(session: &Session<'_>, from: Vantage, call: &Call<'_>) -> Outcome {
    match from {
        Vantage::Internet => internet::call(session.client, call).await,
        Vantage::Cluster | Vantage::AksSubnet => pod::call(session, call).await,
    }
}
