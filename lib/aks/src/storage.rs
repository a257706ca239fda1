//! Where Kubernetes objects survive a restart.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// One change to a stored object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The ARM id of the cluster, lower case.
    pub cluster: String,
    /// The object's key within the cluster.
    pub key: String,
    /// The object's new form, or `None` to remove it.
    pub value: Option<Vec<u8>>,
}

/// Durable storage of Kubernetes objects.
pub trait Storage: Send + Sync {
    /// Everything that is stored for a cluster, as pairs of key and value.
    ///
    /// # Errors
    /// The storage cannot be read.
    fn load(&self, cluster: &str) -> Result<Vec<(String, Vec<u8>)>, StorageError>;

    /// Queues the writes in the order of the calls; the future completes when they are durable.
    fn commit(&self, writes: Vec<Write>) -> Pin<Box<dyn Future<Output = Result<(), StorageError>> + Send>>;

    /// Removes everything that is stored for a cluster.
    ///
    /// # Errors
    /// The storage cannot be written.
    fn clear(&self, cluster: &str) -> Result<(), StorageError>;
}

/// The storage failed.
#[derive(Debug, Clone)]
pub struct StorageError(pub String);

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the state could not be stored: {}", self.0)
    }
}

impl std::error::Error for StorageError {}
