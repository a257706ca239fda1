//! Whether the engine has room for nodes.
//! <https://kind.sigs.k8s.io/docs/user/known-issues/#failing-to-apply-overlay-network>

use std::path::Path;

use super::Error;
use super::engine::EngineInfo;

/// What a control plane needs, and a worker, in MiB.
const MEMORY: (u64, u64) = (1_024, 256);
/// What the node's own disk and a few images need, in MiB.
const DISK: u64 = 2_048;

/// The engine has room for this many nodes.
pub fn check(engine: &EngineInfo, nodes: usize) -> Result<(), Error> {
    let workers = u64::try_from(nodes.saturating_sub(1)).unwrap_or(u64::MAX);
    let needed = MEMORY.0.saturating_add(MEMORY.1.saturating_mul(workers));
    if engine.memory != 0 && engine.memory < needed {
        return Err(Error::TooLittleMemory { present: engine.memory, needed });
    }
    match free(engine) {
        Some(free) if free < DISK => Err(Error::TooLittleDisk {
            detail: format!("{} has {free} MiB left, and {DISK} MiB are needed", engine.root),
        }),
        _ => Ok(()),
    }
}

/// What is free where the engine keeps its data, in MiB. The engine itself does not say; where its folder is one of this
/// machine, the machine does.
#[cfg(unix)]
fn free(engine: &EngineInfo) -> Option<u64> {
    if !Path::new(&engine.root).is_absolute() {
        return None;
    }
    let disk = rustix::fs::statvfs(engine.root.as_str()).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize) / (1024 * 1024))
}

#[cfg(not(unix))]
fn free(_engine: &EngineInfo) -> Option<u64> {
    None
}
