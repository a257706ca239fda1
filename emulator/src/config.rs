//! What a control plane is made from.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use network::Fabric;
use sim::{Clock, Ids, Pace};

use crate::{Database, DatabaseError};

/// The parts that a control plane is connected to.
pub struct Config {
    /// The time.
    pub clock: Clock,
    /// Where identifiers come from.
    pub ids: Ids,
    /// How fast long-running operations progress.
    pub pace: Pace,
    /// The origin that clients use, `https://127.0.0.1:PORT`; operation URLs begin with it.
    pub origin: String,
    /// The tenant, the subscription and the principal that exist from the start.
    pub seed: Seed,
    /// Where resources survive a restart.
    pub database: Arc<Database>,
    /// The folder for backups of services.
    pub backups: PathBuf,
    /// What serves API Management services.
    pub data_plane: Arc<dyn apim::DataPlane>,
    /// What runs managed clusters.
    pub cluster: Arc<dyn aks::Cluster>,
    /// The virtual network.
    pub fabric: Arc<Fabric>,
    /// The folder for the configurations of services as files.
    pub configurations: PathBuf,
    /// The file that stands for all key vaults.
    pub key_vaults: PathBuf,
}

/// The tenant, the subscription and the principal that exist from the start. Its debug form hides the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed {
    /// The tenant's id.
    pub tenant_id: String,
    /// The subscription's id.
    pub subscription_id: String,
    /// The application id of the principal that owns the subscription.
    pub client_id: String,
    /// The password of that principal.
    pub client_secret: String,
}

/// The control plane cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be read or written.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The database holds something that this version does not understand.
    #[error(
        "the stored entry `{key}` cannot be read: {reason}; the state folder was written by another version: remove it with `apimlab down --purge`"
    )]
    Corrupt {
        /// The entry's key.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no asynchronous runtime to run long-running operations on.
    #[error("the control plane was opened outside of a tokio runtime; open it from asynchronous code")]
    NoRuntime,
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seed")
            .field("tenant_id", &self.tenant_id)
            .field("subscription_id", &self.subscription_id)
            .field("client_id", &self.client_id)
            .field("client_secret", &"***")
            .finish()
    }
}
