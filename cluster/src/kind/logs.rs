//! Logs of nodes: what the container printed while it booted, the kubelet's and containerd's journals, and the logs of
//! all containers of Pods.
//! <https://kind.sigs.k8s.io/docs/user/quick-start/#exporting-cluster-logs>

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptionsBuilder;
use futures_util::StreamExt as _;

use super::engine::failed;
use super::node::{Found, State, find};
use super::{Error, Shared, name};

/// A log that is longer is cut off.
const LIMIT: u64 = 256 * 1024 * 1024;
/// Programs whose output is a log, by file name.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("kubelet.log", &["journalctl", "--no-pager", "--unit=kubelet"]),
    ("containerd.log", &["journalctl", "--no-pager", "--unit=containerd"]),
];
const CONTAINERS: &[&str] = &["tar", "-C", "/var/log", "-chf", "-", "containers"];

/// Writes the logs of the sandbox's nodes below `folder`, one folder for each, and names the files.
/// `clusters` are the names of those that run, which `kind` may have made.
pub async fn collect(shared: &Shared, clusters: &[String], folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = find(&shared.engine, &format!("{}={}", name::SANDBOX, shared.config.sandbox)).await?;
    for cluster in clusters {
        found.extend(find(&shared.engine, &format!("{}={cluster}", name::CLUSTER)).await?);
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found.dedup_by(|one, other| one.name == other.name);
    let mut written = Vec::new();
    for node in found.into_iter().filter(|one| one.role.is_some()) {
        let folder = folder.join(&node.name);
        fs::create_dir_all(&folder).map_err(unwritable(&folder))?;
        written.push(boot(shared, &node, &folder).await?);
        // Nothing can be run in a node that does not run.
        if node.state == State::Running {
            for (file, program) in PROGRAMS {
                written.extend(program_output(shared, (&node, program), &folder.join(file)).await?);
            }
            written.extend(containers(shared, &node, &folder).await?);
        }
    }
    Ok(written)
}

async fn boot(shared: &Shared, node: &Found, folder: &Path) -> Result<PathBuf, Error> {
    let path = folder.join("boot.log");
    let mut log = Bounded::create(&path)?;
    let options = LogsOptionsBuilder::default().stdout(true).stderr(true).build();
    let mut lines = std::pin::pin!(shared.engine.docker().logs(&node.name, Some(options)));
    while let Some(piece) = lines.next().await {
        log.take(piece.map_err(failed(format!("show the log of {}", node.name)))?.as_ref())?;
    }
    Ok(path)
}

/// What a program prints; nothing if it cannot be run there, which may be what the logs are wanted for.
async fn program_output(
    shared: &Shared,
    (node, program): (&Found, &[&str]),
    path: &Path,
) -> Result<Option<PathBuf>, Error> {
    let mut log = Bounded::create(path)?;
    let mut take = |piece: LogOutput| match piece {
        LogOutput::StdErr { .. } => Ok(()),
        piece => log.take(piece.as_ref()),
    };
    match shared.engine.run(&node.name, (program, node.rights), None, &mut take).await {
        Ok(0) => Ok(Some(path.to_owned())),
        Err(error @ Error::File { .. }) => Err(error),
        Ok(_) | Err(_) => {
            drop(fs::remove_file(path));
            Ok(None)
        }
    }
}

async fn containers(shared: &Shared, node: &Found, folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let path = folder.join("containers.tar");
    let Some(archive) = program_output(shared, (node, CONTAINERS), &path).await? else {
        return Ok(Vec::new());
    };
    let unpacked = unpack(&archive, folder);
    drop(fs::remove_file(&archive));
    unpacked.map_err(unwritable(&archive))
}

/// Only plain files, and none outside of the folder: the archive comes from a container.
fn unpack(archive: &Path, folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    for entry in tar::Archive::new(File::open(archive)?).entries()? {
        let mut entry = entry?;
        let path = folder.join(entry.path()?);
        if entry.header().entry_type().is_file() && entry.unpack_in(folder)? {
            written.push(path);
        }
    }
    Ok(written)
}

/// A file that does not grow for ever.
struct Bounded {
    path: PathBuf,
    file: File,
    left: u64,
}

impl Bounded {
    fn create(path: &Path) -> Result<Self, Error> {
        let file = File::create(path).map_err(unwritable(path))?;
        Ok(Self { path: path.to_owned(), file, left: LIMIT })
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), Error> {
        let kept = piece.get(..usize::try_from(self.left).unwrap_or(usize::MAX)).unwrap_or(piece);
        self.left -= kept.len() as u64;
        self.file.write_all(kept).map_err(unwritable(&self.path))
    }
}

fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.display().to_string();
    move |error| Error::File { path, reason: error.to_string() }
}
