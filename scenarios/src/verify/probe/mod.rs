//! How something is observed: one file per kind of probe.

mod arm;
mod event;
mod field;
mod http;
mod kubernetes;

use std::time::Duration;

use super::patience::Patience;
use super::report::Seen;
use super::session::Session;
use crate::model::{Probe, Vantage, VirtualNetworkType};

/// Observes until it is as expected, for a while.
pub(super) async fn within(session: &Session<'_>, probe: &Probe, seconds: u32) -> Seen {
    let mut patience = Patience::new(session.clock(), Duration::from_secs(seconds.into()));
    loop {
        let seen = observe(session, probe).await;
        if seen.is_ok() || !patience.again().await {
            return seen;
        }
    }
}

async fn observe(session: &Session<'_>, probe: &Probe) -> Seen {
    match probe {
        Probe::Http(check) => http::observe(session, check).await,
        Probe::Kubernetes(check) => kubernetes::observe(session, check).await,
        Probe::Event(check) => event::observe(session, check).await,
        Probe::Arm(check) => arm::observe(session, check).await,
    }
}

/// Where the probe looks from.
pub(super) fn vantage(probe: &Probe) -> &'static str {
    match probe {
        Probe::Http(check) => check.from.as_str(),
        Probe::Kubernetes(_) | Probe::Event(_) => "kubernetes",
        Probe::Arm(_) => "management",
    }
}

/// Why the probe makes no sense in this scenario, if so.
pub(super) fn skipped(session: &Session<'_>, probe: &Probe) -> Option<String> {
    let Probe::Http(check) = probe else { return None };
    let service = session.scenario.document.api_management.as_ref()?;
    let internal = service.join.as_ref()?.network_type == VirtualNetworkType::Internal;
    let host = format!("://{}.azure-api.net", *service.name).to_lowercase();
    let gateway = check.url.to_lowercase().contains(&host);
    (internal && gateway && check.from == Vantage::Internet && !check.expect.unreachable)
        .then(|| "the gateway is internal: it has no address on the internet".to_owned())
}
