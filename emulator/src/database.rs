//! The one file that survives: a table of values under a bucket and a key, in SQLite.
//!
//! Writes are queued to one thread that puts all that wait into one transaction; a write is acknowledged when that
//! transaction is on the disk (`synchronous=FULL`). So `kill -9` at any time loses nothing that was acknowledged,
//! and many writers share one flush.

use std::fs::OpenOptions;
use std::future::Future;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use aks::{Storage, StorageError};
use rusqlite::{Connection, params};
use tokio::sync::oneshot;

/// How many queued writes share one transaction at most.
const BATCH: usize = 256;

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA busy_timeout = 5000;
    CREATE TABLE IF NOT EXISTS entry (
        bucket TEXT NOT NULL,
        key TEXT NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (bucket, key)
    ) WITHOUT ROWID;
";

/// The database file.
#[derive(Debug)]
pub struct Database {
    reader: Mutex<Connection>,
    queue: mpsc::Sender<Job>,
}

/// One change to an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The group of entries.
    pub bucket: String,
    /// The entry's key in its bucket.
    pub key: String,
    /// The entry's new value, or `None` to remove it.
    pub value: Option<Vec<u8>>,
}

/// The database cannot be opened, read or written.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the state database failed: {0}")]
pub struct DatabaseError(String);

struct Job {
    changes: Vec<Change>,
    done: oneshot::Sender<Result<(), DatabaseError>>,
}

impl Database {
    /// Opens the file, or makes it, readable for its owner only.
    pub fn open(path: &Path) -> Result<Arc<Self>, DatabaseError> {
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| DatabaseError(format!("{}: {error}", path.display())))?;
        let writer = Connection::open(path)?;
        writer.execute_batch(SCHEMA)?;
        let reader = Mutex::new(Connection::open(path)?);
        let (queue, jobs) = mpsc::channel();
        std::thread::Builder::new()
            .name("database".to_owned())
            .spawn(move || write_all(writer, &jobs))
            .map_err(|error| DatabaseError(error.to_string()))?;
        Ok(Arc::new(Self { reader, queue }))
    }

    /// All entries of a bucket, ordered by key.
    pub fn load(&self, bucket: &str) -> Result<Vec<(String, Vec<u8>)>, DatabaseError> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let mut query =
            reader.prepare_cached("SELECT key, value FROM entry WHERE bucket = ?1 ORDER BY key")?;
        let rows = query.query_map([bucket], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Queues the changes, in the order of the calls; the future completes when they are on the disk, all or none.
    pub fn commit(
        &self,
        changes: Vec<Change>,
    ) -> impl Future<Output = Result<(), DatabaseError>> + Send + use<> {
        let (done, committed) = oneshot::channel();
        let queued = self.queue.send(Job { changes, done });
        async move {
            queued.map_err(|_| DatabaseError("the writer has ended".to_owned()))?;
            committed.await.map_err(|_| DatabaseError("the writer has ended".to_owned()))?
        }
    }
}

/// Writes until the last sender is gone.
fn write_all(mut writer: Connection, jobs: &mpsc::Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let batch: Vec<Job> = std::iter::once(first).chain(jobs.try_iter().take(BATCH - 1)).collect();
        let written = write(&mut writer, &batch);
        for job in batch {
            // Whoever does not wait for the answer has dropped the receiver; the write stands all the same.
            drop(job.done.send(written.clone()));
        }
    }
}

fn write(writer: &mut Connection, batch: &[Job]) -> Result<(), DatabaseError> {
    let transaction = writer.transaction()?;
    for change in batch.iter().flat_map(|job| &job.changes) {
        match &change.value {
            Some(value) => transaction
                .prepare_cached("INSERT OR REPLACE INTO entry (bucket, key, value) VALUES (?1, ?2, ?3)")?
                .execute(params![change.bucket, change.key, value])?,
            None => transaction
                .prepare_cached("DELETE FROM entry WHERE bucket = ?1 AND key = ?2")?
                .execute(params![change.bucket, change.key])?,
        };
    }
    Ok(transaction.commit()?)
}

/// Kubernetes objects, one bucket a cluster.
impl Storage for Database {
    fn load(&self, cluster: &str) -> Result<Vec<(String, Vec<u8>)>, StorageError> {
        Ok(Self::load(self, &cluster_bucket(cluster))?)
    }

    fn commit(
        &self,
        writes: Vec<aks::Write>,
    ) -> Pin<Box<dyn Future<Output = Result<(), StorageError>> + Send>> {
        let changes = writes
            .into_iter()
            .map(|write| Change {
                bucket: cluster_bucket(&write.cluster),
                key: write.key,
                value: write.value,
            })
            .collect();
        let committed = Self::commit(self, changes);
        Box::pin(async move { Ok(committed.await?) })
    }

    fn clear(&self, cluster: &str) -> Result<(), StorageError> {
        let stored = Storage::load(self, cluster)?;
        let bucket = cluster_bucket(cluster);
        let changes =
            stored.into_iter().map(|(key, _)| Change { bucket: bucket.clone(), key, value: None }).collect();
        // Queued behind every write of the cluster that came before; nobody needs to wait for it.
        drop(Self::commit(self, changes));
        Ok(())
    }
}

fn cluster_bucket(cluster: &str) -> String {
    format!("kubernetes{}", cluster.to_lowercase())
}

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<DatabaseError> for StorageError {
    fn from(error: DatabaseError) -> Self {
        Self(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(key: &str, value: Option<&str>) -> Change {
        Change {
            bucket: "b".to_owned(),
            key: key.to_owned(),
            value: value.map(|value| value.as_bytes().to_vec()),
        }
    }

    #[tokio::test]
    async fn what_was_committed_is_there_after_reopening() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("state.db");
        let database = Database::open(&path).expect("a database");
        database.commit(vec![change("a", Some("1")), change("c", Some("3"))]).await.expect("written");
        database.commit(vec![change("c", None), change("b", Some("2"))]).await.expect("written");
        drop(database);
        let reopened = Database::open(&path).expect("a database");
        let entries = reopened.load("b").expect("entries");
        assert_eq!(entries, [("a".to_owned(), b"1".to_vec()), ("b".to_owned(), b"2".to_vec())]);
    }

    #[test]
    fn the_file_is_readable_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("state.db");
        let _database = Database::open(&path).expect("a database");
        for file in ["state.db", "state.db-wal"] {
            let mode = std::fs::metadata(directory.path().join(file)).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }
}
