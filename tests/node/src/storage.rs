//! Kubernetes objects on the node's disk, where etcd would have them: one line for each change, flushed before it is
//! acknowledged; read back, and shortened, at each start.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use aks::{Storage, StorageError, Write};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The objects of one cluster.
pub struct Disk {
    path: PathBuf,
    file: Arc<Mutex<File>>,
}

/// A change. Objects are JSON and everything else that is stored is text, too.
#[derive(Serialize, Deserialize)]
struct Line {
    key: String,
    value: Option<String>,
}

impl Disk {
    /// Opens a journal; makes it if there is none.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(Error::file(folder))?;
        }
        let mut text = Vec::new();
        for (key, value) in read(path).map_err(Error::file(path))? {
            append(&mut text, &key, Some(&value)).map_err(Error::file(path))?;
        }
        crate::node::replace(path, &text)?;
        let file = OpenOptions::new().append(true).open(path).map_err(Error::file(path))?;
        Ok(Self { path: path.to_owned(), file: Arc::new(Mutex::new(file)) })
    }
}

impl Storage for Disk {
    fn load(&self, _cluster: &str) -> Result<Vec<(String, Vec<u8>)>, StorageError> {
        let read = read(&self.path).map_err(|error| StorageError(error.to_string()))?;
        Ok(read.into_iter().map(|(key, value)| (key, value.into_bytes())).collect())
    }

    fn commit(&self, writes: Vec<Write>) -> Pin<Box<dyn Future<Output = Result<(), StorageError>> + Send>> {
        // Written here, so that the order is that of the calls; flushed where a wait does no harm.
        let written = self.write(&writes);
        let file = Arc::clone(&self.file);
        Box::pin(async move {
            written?;
            let flush = move || file.lock().unwrap_or_else(PoisonError::into_inner).sync_data();
            let flushed = tokio::task::spawn_blocking(flush).await;
            flushed
                .map_err(|error| StorageError(error.to_string()))?
                .map_err(|error| StorageError(error.to_string()))
        })
    }

    fn clear(&self, _cluster: &str) -> Result<(), StorageError> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.set_len(0).map_err(|error| StorageError(error.to_string()))
    }
}

impl Disk {
    fn write(&self, writes: &[Write]) -> Result<(), StorageError> {
        let mut text = Vec::new();
        for write in writes {
            let value = write.value.clone().map(String::from_utf8).transpose();
            let value = value.map_err(|error| StorageError(error.to_string()))?;
            append(&mut text, &write.key, value.as_deref())
                .map_err(|error| StorageError(error.to_string()))?;
        }
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&text).map_err(|error| StorageError(error.to_string()))
    }
}

fn append(text: &mut Vec<u8>, key: &str, value: Option<&str>) -> std::io::Result<()> {
    serde_json::to_writer(&mut *text, &Line { key: key.to_owned(), value: value.map(str::to_owned) })?;
    text.push(b'\n');
    Ok(())
}

/// The last line may be half of one: whoever wrote it was not told that it is there.
fn read(path: &Path) -> std::io::Result<BTreeMap<String, String>> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    let mut objects = BTreeMap::new();
    for line in text.split(|byte| *byte == b'\n') {
        match serde_json::from_slice::<Line>(line) {
            Ok(Line { key, value: Some(value) }) => drop(objects.insert(key, value)),
            Ok(Line { key, value: None }) => drop(objects.remove(&key)),
            Err(_) => break,
        }
    }
    Ok(objects)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(key: &str, value: Option<&str>) -> Write {
        Write {
            cluster: "c".to_owned(),
            key: key.to_owned(),
            value: value.map(|text| text.as_bytes().to_vec()),
        }
    }

    #[tokio::test]
    async fn what_was_committed_is_read_back_and_half_a_line_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("etcd/journal");
        let disk = Disk::open(&path).expect("a journal");
        let writes = vec![write("pods/a", Some("{}")), write("pods/b", Some("{}")), write("pods/a", None)];
        disk.commit(writes).await.expect("written");
        let mut file = OpenOptions::new().append(true).open(&path).expect("the file");
        file.write_all(b"{\"key\":\"pods/c\",\"val").expect("half a line");
        let again = Disk::open(&path).expect("a journal");
        assert_eq!(again.load("c").expect("objects"), [("pods/b".to_owned(), b"{}".to_vec())]);
        assert_eq!(fs::read_to_string(&path).expect("text").lines().count(), 1, "it is shortened");
    }
}
