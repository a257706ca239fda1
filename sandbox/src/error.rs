//! Why a sandbox does not start, each with what to do about it.

use std::io;
use std::path::PathBuf;

use crate::endpoints::Endpoint;

/// Why a sandbox cannot be started or its state folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something else listens on a port that the sandbox needs.
    #[error(
        "port {port} is taken, which the sandbox needs for {endpoint}: stop what listens there, or start with \
         `--ports auto` (any free ports) or `--ports BASE` (BASE to BASE+5)"
    )]
    PortTaken {
        /// The port.
        port: u16,
        /// What it is for.
        endpoint: Endpoint,
    },
    /// A port cannot be listened on for another reason.
    #[error("port {port} for {endpoint} cannot be opened: {reason}; try `--ports auto`")]
    Listen {
        /// The port.
        port: u16,
        /// What it is for.
        endpoint: Endpoint,
        /// The system's reason.
        reason: io::Error,
    },
    /// Another process runs on the state folder.
    #[error(
        "another apimlab process runs on the state folder {}: use `apimlab down` first, or another `--state-dir`",
        .0.display()
    )]
    InUse(PathBuf),
    /// The state folder has files of somebody else.
    #[error(
        "{} is not empty and was not made by apimlab: choose an empty or new folder with `--state-dir`",
        .0.display()
    )]
    NotOurs(PathBuf),
    /// A file of the state folder cannot be read or written.
    #[error("{}: {reason}; the state folder must be writable for you, choose another with `--state-dir`", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: io::Error,
    },
    /// A file of the state folder does not have the form that this version writes.
    #[error(
        "{} cannot be understood: {reason}; `apimlab down --purge` removes the state folder and its contents",
        .path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        reason: String,
    },
    /// Files that are not the sandbox's keep the state folder from being removed.
    #[error("{} was not removed: it has files that apimlab did not make: {}", .path.display(), .others.join(", "))]
    OtherFiles {
        /// The folder.
        path: PathBuf,
        /// Their names.
        others: Vec<String>,
    },
    /// A certificate cannot be made.
    #[error("a certificate could not be made: {0}; `apimlab down --purge` makes the next start begin afresh")]
    Certificate(#[from] rcgen::Error),
    /// TLS cannot be set up.
    #[error("TLS could not be set up: {0}; `apimlab down --purge` makes the next start begin afresh")]
    Tls(String),
    /// The state database fails.
    #[error(transparent)]
    Database(#[from] emulator::DatabaseError),
    /// A flag that says something about clusters in containers, where there are none.
    #[error(
        "{0} is about clusters in containers, and this sandbox runs its clusters embedded: add `--cluster kind`, or leave it out"
    )]
    OnlyKind(&'static str),
    /// The kind back end cannot be used.
    #[error(transparent)]
    Kind(#[from] cluster::kind::Error),
    /// The Docker network is not reached from here, and there is nothing to make a relay of.
    #[error(
        "this machine does not reach the Docker network, and the Linux program that would pass connections on is \
         missing: put `apimlab-linux` beside the program, or use `--cluster embedded`"
    )]
    NoLinuxProgram,
    /// The control plane does not start.
    #[error("the control plane does not start: {0}")]
    Emulator(String),
}

impl Error {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        move |reason| Self::File { path: path.into(), reason }
    }
}
