//! What a gateway in a process of its own is told: services, and the network that they live in.
//! <https://learn.microsoft.com/azure/api-management/self-hosted-gateway-overview#connectivity-to-azure>
//!
//! **Differs from Azure:** there the form is not documented, and gateways resolve names and dial by themselves; here
//! the addresses of the simulated network come with the sockets of this machine that are behind them. Secrets are in
//! it: whoever stores it keeps it to the owner.

use network::Picture;
use serde::{Deserialize, Serialize};

use crate::Snapshot;

/// All that a gateway needs to serve.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Configuration {
    /// Tells this configuration from all others of its control plane.
    pub revision: String,
    /// What is served.
    pub snapshot: Snapshot,
    /// What is reached where.
    #[serde(default)]
    pub network: Picture,
    /// The authority that issued the control plane's certificates, PEM.
    #[serde(default)]
    pub authority: Option<String>,
    /// Where Microsoft Entra publishes its keys, without a slash at the end.
    #[serde(default)]
    pub login: Option<String>,
}
