//! The state folder: everything that a sandbox writes to the disk lies here, readable for its owner only.
//!
//! A marker file says that the folder is ours, a lock says that a process runs on it. The lock is the kernel's: it
//! goes with the process, so nothing is stale after `kill -9`.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sim::Clock;

use crate::Error;

const MARKER: &str = ".apimlab";
const MARKER_TEXT: &str = "This folder belongs to apimlab; `apimlab down --purge` removes it.\n";
const LOCK: &str = "lock";
/// The Azure CLI's configuration for this sandbox.
pub const AZ_FOLDER: &str = "az";
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(2);

/// Files and folders that a sandbox, the command line or, for key vaults, its user makes in the state folder.
const OURS: [&str; 19] = [
    AZ_FOLDER,
    "backups",
    "ca-bundle.pem",
    "ca-key.pem",
    "ca.pem",
    "client-secret",
    "configurations",
    "environment.json",
    "journal",
    "key-vaults.json",
    "kubeconfig",
    "sandbox.json",
    "sandbox.log",
    "sandbox.log.1",
    "state.db",
    "state.db-journal",
    "state.db-shm",
    "state.db-wal",
    LOCK,
];

/// A folder with the state of one sandbox.
#[derive(Debug, Clone)]
pub struct StateFolder {
    path: PathBuf,
}

/// While this lives, no other process runs on the folder.
#[derive(Debug)]
pub struct FolderLock(#[expect(dead_code, reason = "closing the file releases the lock")] File);

impl StateFolder {
    /// Makes the folder, or takes the one that an earlier start made.
    pub fn create(path: &Path) -> Result<Self, Error> {
        if let Some(folder) = Self::open(path)? {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(Error::file(path))?;
            return Ok(folder);
        }
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(Error::file(path))?;
        if fs::read_dir(path).map_err(Error::file(path))?.next().is_some() {
            return Err(Error::NotOurs(path.to_owned()));
        }
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(Error::file(path))?;
        let folder = Self { path: path.canonicalize().map_err(Error::file(path))? };
        folder.write(MARKER, MARKER_TEXT.as_bytes())?;
        Ok(folder)
    }

    /// The folder, if there is one that we made.
    pub fn open(path: &Path) -> Result<Option<Self>, Error> {
        match fs::metadata(path.join(MARKER)) {
            Ok(_) => Ok(Some(Self { path: path.canonicalize().map_err(Error::file(path))? })),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(Error::file(path)(error)),
        }
    }

    /// Where the folder is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Keeps other processes from running on the folder.
    pub fn lock(&self) -> Result<FolderLock, Error> {
        let path = self.file(LOCK);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(Error::file(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(FolderLock(file)),
            Err(TryLockError::WouldBlock) => Err(Error::InUse(self.path.clone())),
            Err(TryLockError::Error(error)) => Err(Error::file(path)(error)),
        }
    }

    /// Like [`Self::lock`], but lets a command that only looks whether somebody runs, and holds the lock for that
    /// moment, go first.
    pub async fn lock_patiently(&self, clock: &Clock) -> Result<FolderLock, Error> {
        for _ in 0..LOCK_TRIES {
            if let Ok(lock) = self.lock() {
                return Ok(lock);
            }
            clock.sleep(LOCK_PAUSE).await;
        }
        self.lock()
    }

    /// A process runs on the folder.
    pub fn is_in_use(&self) -> bool {
        matches!(self.lock(), Err(Error::InUse(_)))
    }

    /// Reads a file; `None` if there is none.
    pub fn read(&self, name: &str) -> Result<Option<String>, Error> {
        match fs::read_to_string(self.file(name)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::file(self.file(name))(error)),
        }
    }

    /// Writes a file for the owner only, whole or not at all.
    pub fn write(&self, name: &str, contents: &[u8]) -> Result<(), Error> {
        let path = self.file(name);
        let folder = path.parent().unwrap_or(&self.path);
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(Error::file(folder))?;
        let written = write_draft(&path, contents).and_then(|(draft, _)| fs::rename(draft, &path));
        written.map_err(Error::file(path))
    }

    /// Removes a file, if it is there.
    pub fn remove(&self, name: &str) -> Result<(), Error> {
        match fs::remove_file(self.file(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::file(self.file(name))(error)),
            _ => Ok(()),
        }
    }

    /// Removes what we made, and the folder. The marker goes last, so that an interrupted purge can be repeated.
    pub fn purge(self, lock: FolderLock) -> Result<(), Error> {
        for name in OURS {
            for path in [self.file(name), draft_of(&self.file(name))] {
                remove_all(&path).map_err(Error::file(&path))?;
            }
        }
        let others = self.others()?;
        if !others.is_empty() {
            return Err(Error::OtherFiles { path: self.path, others });
        }
        remove_all(&self.file(MARKER)).map_err(Error::file(self.file(MARKER)))?;
        drop(lock);
        fs::remove_dir(&self.path).map_err(Error::file(&self.path))?;
        // The folder around the default state folder is ours as well; it stays while other sandboxes live in it.
        if let Some(around) = self.path.parent().filter(|parent| parent.ends_with("apimlab")) {
            drop(fs::remove_dir(around));
        }
        Ok(())
    }

    fn others(&self) -> Result<Vec<String>, Error> {
        let entries = fs::read_dir(&self.path).map_err(Error::file(&self.path))?;
        let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut others: Vec<String> = names.filter(|name| name != MARKER).collect();
        others.sort_unstable();
        Ok(others)
    }
}

/// Where a file is written before it takes its place.
/// Writes what a file is to become beside it, for the owner only: it takes the file's name when it is whole.
pub(crate) fn write_draft(path: &Path, contents: &[u8]) -> io::Result<(PathBuf, File)> {
    let draft = draft_of(path);
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&draft)?;
    file.write_all(contents)?;
    Ok((draft, file))
}

fn draft_of(path: &Path) -> PathBuf {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    draft.into()
}

fn remove_all(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    removed.or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it exists").permissions().mode() & 0o777
    }

    #[test]
    fn the_folder_and_its_files_are_for_the_owner_only() {
        let parent = tempfile::tempdir().expect("a directory");
        let folder = StateFolder::create(&parent.path().join("a/state")).expect("a folder");
        folder.write("kubeconfig/x.yaml", b"secret").expect("written");
        assert_eq!(mode(folder.path()), 0o700);
        assert_eq!(mode(&folder.file("kubeconfig")), 0o700);
        assert_eq!(mode(&folder.file("kubeconfig/x.yaml")), 0o600);
    }

    #[test]
    fn a_folder_with_other_files_is_not_taken_over() {
        let parent = tempfile::tempdir().expect("a directory");
        fs::write(parent.path().join("thesis.txt"), "mine").expect("written");
        assert!(matches!(StateFolder::create(parent.path()), Err(Error::NotOurs(_))));
        assert!(matches!(StateFolder::open(parent.path()), Ok(None)));
    }

    #[test]
    fn two_processes_never_share_a_folder() {
        let parent = tempfile::tempdir().expect("a directory");
        let folder = StateFolder::create(&parent.path().join("state")).expect("a folder");
        let lock = folder.lock().expect("the lock");
        assert!(matches!(folder.lock(), Err(Error::InUse(_))));
        drop(lock);
        assert!(!folder.is_in_use());
    }

    #[test]
    fn a_purge_leaves_nothing_of_ours_and_everything_of_others() {
        let parent = tempfile::tempdir().expect("a directory");
        let path = parent.path().join("state");
        let folder = StateFolder::create(&path).expect("a folder");
        folder.write("sandbox.json", b"{}").expect("written");
        folder.write("journal/run.jsonl", b"").expect("written");
        fs::write(path.join("thesis.txt"), "mine").expect("written");
        let lock = folder.lock().expect("the lock");
        let error = folder.clone().purge(lock).expect_err("another file is there");
        assert!(error.to_string().contains("thesis.txt"), "{error}");
        assert!(path.join("thesis.txt").exists() && !path.join("sandbox.json").exists());
        fs::remove_file(path.join("thesis.txt")).expect("removed");
        let lock = folder.lock().expect("the lock");
        folder.clone().purge(lock).expect("nothing is in the way");
        assert!(!path.exists());
    }
}
