//! The Docker Engine: finding it, and what it is able to do.
//! <https://docs.docker.com/reference/api/engine/version/v1.41/>
//!
//! Podman's socket speaks the same API: <https://docs.podman.io/en/latest/_static/api.html>.

mod address;
mod exec;
mod failure;

use std::path::Path;

use bollard::Docker;
use bollard::models::{SystemInfo, SystemInfoCgroupVersionEnum};

use super::Error;

pub use exec::{Input, Output, Rights};
pub(crate) use failure::{failed, is_absent, is_conflict, told};

/// The API that has private cgroup namespaces: Docker Engine 20.10.
const OLDEST_API: (u64, u64) = (1, 41);

/// A connection to a Docker Engine. Nothing is sent before the first call.
#[derive(Debug, Clone)]
pub struct Engine {
    docker: Docker,
    address: String,
}

/// What an engine is, as far as nodes care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineInfo {
    /// Where it listens.
    pub address: String,
    /// Its version.
    pub version: String,
    /// The version of its API.
    pub api: String,
    /// The machine it runs on, in its own words.
    pub operating_system: String,
    /// The machine's processor architecture, `x86_64`.
    pub architecture: String,
    /// The machine's processors.
    pub processors: u64,
    /// The machine's memory in MiB.
    pub memory: u64,
    /// Which control groups the machine has.
    pub cgroup: Cgroup,
    /// It runs without root.
    pub rootless: bool,
    /// It maps users of containers to others of the machine.
    pub remaps_users: bool,
    /// It is Podman.
    pub podman: bool,
    /// The storage driver, `overlay2`.
    pub storage: String,
    /// Where it keeps its data, on its own machine.
    pub root: String,
}

/// The version of control groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cgroup {
    /// One hierarchy for each controller.
    V1,
    /// The unified hierarchy.
    V2,
}

impl Engine {
    /// The engine at `address`, in the form of `DOCKER_HOST`; without one, the first of the usual places where there is
    /// a socket. `home` is the user's folder, where Docker Desktop has its socket.
    pub fn connect(address: Option<&str>, home: Option<&Path>) -> Result<Self, Error> {
        let address = address::find(address, home)?;
        let docker =
            Docker::connect_with_host(&address).map_err(|error| failure::connect(&address, &error))?;
        Ok(Self { docker, address })
    }

    /// The client behind it.
    pub const fn docker(&self) -> &Docker {
        &self.docker
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What the engine is, or why it cannot be used.
    pub async fn info(&self) -> Result<EngineInfo, Error> {
        let version = self.docker.version().await.map_err(|error| failure::connect(&self.address, &error))?;
        let info = self.docker.info().await.map_err(|error| failure::connect(&self.address, &error))?;
        let podman = version
            .components
            .iter()
            .flatten()
            .any(|component| component.name.to_ascii_lowercase().contains("podman"));
        let number = version.version.clone().unwrap_or_default();
        let api = version.api_version.unwrap_or_default();
        suitable(describe(&self.address, (number, api, podman), info))
    }
}

fn describe(address: &str, (version, api, podman): (String, String, bool), info: SystemInfo) -> EngineInfo {
    let options = info.security_options.unwrap_or_default();
    let has = |wanted: &str| options.iter().any(|option| option.split(',').any(|part| part == wanted));
    let unsigned = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok()).unwrap_or(0);
    EngineInfo {
        address: address.to_owned(),
        version,
        api,
        operating_system: info.operating_system.unwrap_or_default(),
        architecture: info.architecture.unwrap_or_default(),
        processors: unsigned(info.ncpu),
        memory: unsigned(info.mem_total) / (1024 * 1024),
        cgroup: match info.cgroup_version {
            Some(SystemInfoCgroupVersionEnum::_2) => Cgroup::V2,
            _ => Cgroup::V1,
        },
        rootless: has("name=rootless"),
        remaps_users: has("name=userns"),
        podman,
        storage: info.driver.unwrap_or_default(),
        root: info.docker_root_dir.unwrap_or_default(),
    }
}

/// The engine, if nodes can run on it.
fn suitable(info: EngineInfo) -> Result<EngineInfo, Error> {
    if number(&info.api).is_none_or(|api| api < OLDEST_API) {
        return Err(Error::EngineTooOld { version: info.version, api: info.api });
    }
    if info.rootless && info.cgroup == Cgroup::V1 {
        let reason = "it runs without root on a machine with cgroup v1, where nodes get no control groups of their own; \
                      boot the machine with cgroup v2 (systemd.unified_cgroup_hierarchy=1), or use an engine with root";
        return Err(Error::EngineUnsuitable { reason: reason.to_owned() });
    }
    Ok(info)
}

/// `1.41` as numbers.
fn number(api: &str) -> Option<(u64, u64)> {
    let (major, minor) = api.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests;
