//! `sandbox.json`: who a sandbox is (tenant, subscription, credentials), where it listens and which process it is.

use std::fmt;

use serde::{Deserialize, Serialize};
use sim::{Ids, Timestamp};

use crate::backend::{ClusterSettings, WantedCluster};
use crate::endpoints::{Endpoint, PortNumbers};
use crate::{Error, Redis, StateFolder};

const FILE: &str = "sandbox.json";
const SCHEMA_VERSION: u32 = 1;

/// What a sandbox remembers about itself.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// The form of this file.
    pub schema_version: u32,
    /// The version of the program that wrote it.
    pub version: String,
    /// The Entra tenant.
    pub tenant_id: String,
    /// The Azure subscription.
    pub subscription_id: String,
    /// The application (client) id of the subscription's owner.
    pub client_id: String,
    /// That application's secret.
    pub client_secret: String,
    /// What the sandbox's own API wants to see.
    pub admin_token: String,
    /// How clusters are run.
    #[serde(default)]
    pub cluster: ClusterSettings,
    /// The Redis that the gateway counts in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redis: Option<Redis>,
    /// The ports of the last start.
    pub ports: Option<PortNumbers>,
    /// The process that runs, while one does.
    pub process: Option<Process>,
}

/// A running sandbox process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// When it started, RFC 3339.
    pub started_at: String,
}

impl Settings {
    /// The settings of a folder; `None` before the first start.
    pub fn load(folder: &StateFolder) -> Result<Option<Self>, Error> {
        let Some(text) = folder.read(FILE)? else { return Ok(None) };
        let damaged = |reason: String| Error::Damaged { path: folder.file(FILE), reason };
        let settings: Self = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        if settings.schema_version != SCHEMA_VERSION {
            return Err(damaged(format!("it has schema version {}", settings.schema_version)));
        }
        Ok(Some(settings))
    }

    /// Loads the settings, or makes up a tenant, a subscription and secrets and stores them.
    pub(crate) fn load_or_make(folder: &StateFolder, ids: &Ids) -> Result<Self, Error> {
        if let Some(settings) = Self::load(folder)? {
            return Ok(settings);
        }
        let settings = Self {
            schema_version: SCHEMA_VERSION,
            version: crate::VERSION.to_owned(),
            tenant_id: ids.uuid(),
            subscription_id: ids.uuid(),
            client_id: ids.uuid(),
            client_secret: secret(ids),
            admin_token: secret(ids),
            cluster: ClusterSettings::default(),
            redis: None,
            ports: None,
            process: None,
        };
        settings.store(folder)?;
        Ok(settings)
    }

    /// These settings with what a start wants; the rest stays as it was.
    pub(crate) fn wanting(self, cluster: &WantedCluster, redis: Option<Redis>) -> Result<Self, Error> {
        let cluster = self.cluster.with(cluster)?;
        Ok(Self { cluster, redis: Redis::or_as_before(redis, self.redis), ..self })
    }

    /// Notes that this process runs.
    pub(crate) fn started(&mut self, ports: PortNumbers, now: Timestamp) {
        crate::VERSION.clone_into(&mut self.version);
        self.ports = Some(ports);
        self.process = Some(Process { pid: std::process::id(), started_at: now.rfc3339() });
    }

    pub(crate) fn store(&self, folder: &StateFolder) -> Result<(), Error> {
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::Damaged { path: folder.file(FILE), reason: error.to_string() })?;
        folder.write(FILE, &text)
    }

    /// What things outside of the state folder are called that belong to this sandbox: short, and no other sandbox's.
    pub fn sandbox_name(&self) -> String {
        self.subscription_id.chars().filter(char::is_ascii_alphanumeric).take(8).collect()
    }

    /// Where an endpoint is found, once the sandbox has been started.
    pub fn url(&self, endpoint: Endpoint) -> Option<String> {
        self.ports.map(|ports| ports.url(endpoint))
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the secrets.
        f.debug_struct("Settings")
            .field("tenant_id", &self.tenant_id)
            .field("subscription_id", &self.subscription_id)
            .field("client_id", &self.client_id)
            .field("cluster", &self.cluster)
            .field("redis", &self.redis)
            .field("ports", &self.ports)
            .field("process", &self.process)
            .finish_non_exhaustive()
    }
}

/// 128 random bits twice: not guessable, and free of characters that shells or URLs treat specially.
fn secret(ids: &Ids) -> String {
    format!("{}{}", ids.hex(32), ids.hex(32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_stay_the_same_over_starts_and_hide_their_secrets() {
        let parent = tempfile::tempdir().expect("a directory");
        let folder = StateFolder::create(&parent.path().join("state")).expect("a folder");
        let made = Settings::load_or_make(&folder, &Ids::random()).expect("settings");
        let loaded = Settings::load_or_make(&folder, &Ids::random()).expect("settings");
        assert_eq!(made.client_secret, loaded.client_secret);
        let shown = format!("{made:?}");
        assert!(!shown.contains(&made.client_secret) && !shown.contains(&made.admin_token));
    }

    #[test]
    fn a_damaged_file_is_reported_with_its_path() {
        let parent = tempfile::tempdir().expect("a directory");
        let folder = StateFolder::create(&parent.path().join("state")).expect("a folder");
        for text in ["", "{", "{\"schemaVersion\":9}", "[]"] {
            folder.write(FILE, text.as_bytes()).expect("written");
            let error = Settings::load(&folder).expect_err("it is damaged").to_string();
            assert!(error.contains("sandbox.json") && error.contains("--purge"), "{error}");
        }
    }
}
