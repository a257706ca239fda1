//! The log file: bounded in size, and able to tell readers that there is more.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tracing_subscriber::fmt::MakeWriter;

use crate::{Error, StateFolder};

/// The file's name in the state folder.
pub const LOG_FILE: &str = "sandbox.log";
/// The full file before it.
const OLD_LOG_FILE: &str = "sandbox.log.1";
/// A file that reached this size is set aside, in place of the one that was set aside before.
const LIMIT: u64 = 10 * 1024 * 1024;

/// The log of a sandbox. Clones write to the same file.
#[derive(Debug, Clone)]
pub struct Log(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    old: PathBuf,
    limit: u64,
    file: Mutex<(File, u64)>,
    written: watch::Sender<()>,
}

impl Log {
    /// Opens the log of a state folder.
    pub fn open(folder: &StateFolder) -> Result<Self, Error> {
        Self::with_limit(folder, LIMIT)
    }

    fn with_limit(folder: &StateFolder, limit: u64) -> Result<Self, Error> {
        let (path, old) = (folder.file(LOG_FILE), folder.file(OLD_LOG_FILE));
        let file = open(&path).map_err(Error::file(&path))?;
        let size = file.metadata().map_or(0, |found| found.len());
        let inner =
            Inner { path, old, limit, file: Mutex::new((file, size)), written: watch::Sender::new(()) };
        Ok(Self(Arc::new(inner)))
    }

    /// Sends the process's events to this log. A process has one log: later calls change nothing.
    pub fn install(&self) {
        let subscriber = tracing_subscriber::fmt()
            .with_writer(self.clone())
            .with_ansi(false)
            .with_max_level(tracing::Level::INFO)
            .finish();
        drop(tracing::subscriber::set_global_default(subscriber));
    }

    /// Where the log is.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Changes when something was written.
    pub fn written(&self) -> watch::Receiver<()> {
        self.0.written.subscribe()
    }

    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut guard = self.0.file.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, size) = &mut *guard;
        if *size >= self.0.limit {
            fs::rename(&self.0.path, &self.0.old)?;
            (*file, *size) = (open(&self.0.path)?, 0);
        }
        file.write_all(bytes)?;
        *size += bytes.len() as u64;
        drop(guard);
        self.0.written.send_replace(());
        Ok(())
    }
}

/// Sends the process's events to stderr, for a process without a state folder.
pub fn to_stderr() {
    let subscriber = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(false)
        .with_max_level(tracing::Level::INFO)
        .finish();
    drop(tracing::subscriber::set_global_default(subscriber));
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.append(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_is_set_aside_once() {
        let parent = tempfile::tempdir().expect("a directory");
        let folder = StateFolder::create(&parent.path().join("state")).expect("a folder");
        let mut log = Log::with_limit(&folder, 10).expect("a log");
        for line in ["first line\n", "second line\n", "third line\n"] {
            log.write_all(line.as_bytes()).expect("written");
        }
        assert_eq!(folder.read(LOG_FILE).expect("readable").as_deref(), Some("third line\n"));
        assert_eq!(folder.read(OLD_LOG_FILE).expect("readable").as_deref(), Some("second line\n"));
    }
}
