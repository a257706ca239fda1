//! The user's own kubeconfig file, changed under the lock that kubectl and kind take as well.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use sim::{Clock, Timestamp};

use super::{Credentials, Error, Names, context};

/// How long the lock is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is tried.
const INTERVAL: Duration = Duration::from_millis(50);
/// A lock that is older was left by a program that is no longer there.
const STALE: Duration = Duration::from_mins(1);
/// Marks what we have to put back.
const EXTENSION: &str = "dev.apimlab";

/// A kubeconfig file that others change as well.
#[derive(Debug, Clone)]
pub struct File {
    path: PathBuf,
    clock: Clock,
}

/// Removed when it goes out of scope.
struct Lock(PathBuf);

impl Drop for Lock {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

impl File {
    /// The file at `path`, which need not exist.
    pub fn new(path: &Path, clock: &Clock) -> Self {
        Self { path: path.to_owned(), clock: clock.clone() }
    }

    /// Adds or replaces the entries of a kind cluster, and makes its context the current one.
    pub async fn merge(&self, cluster: &str, credentials: &Credentials, server: &str) -> Result<(), Error> {
        let names = Names::of_kind(cluster);
        let _lock = self.lock().await?;
        let present = self.read()?;
        let before = remembered(present.as_ref(), &names);
        let mut context = context(&names);
        context["context"]["extensions"] = json!([{ "name": EXTENSION, "extension": before }]);
        let mut config = present.clone().unwrap_or_else(empty);
        put(&mut config, "clusters", credentials.cluster(&names, server))?;
        put(&mut config, "users", credentials.user(&names))?;
        put(&mut config, "contexts", context)?;
        config["current-context"] = names.context.into();
        if present.as_ref() == Some(&config) { Ok(()) } else { self.write(&config) }
    }

    /// Removes the entries of a kind cluster; the current context is the one from before then. A file that holds
    /// nothing else, and was made by [`File::merge`], goes as a whole.
    pub async fn remove(&self, cluster: &str) -> Result<(), Error> {
        let names = Names::of_kind(cluster);
        if !self.path.exists() {
            return Ok(());
        }
        let _lock = self.lock().await?;
        let Some(present) = self.read()? else { return Ok(()) };
        let mut config = present.clone();
        let before = before(&config, &names);
        for (list, name) in
            [("clusters", &names.cluster), ("users", &names.user), ("contexts", &names.context)]
        {
            if let Some(entries) = config.get_mut(list).and_then(Value::as_array_mut) {
                entries.retain(|entry| entry["name"] != name.as_str());
            }
        }
        if config["current-context"] == names.context.as_str() {
            let still = find(&config, "contexts", before["previous"].as_str().unwrap_or_default()).is_some();
            config["current-context"] = if still { before["previous"].clone() } else { "".into() };
        }
        let created = before["created"] == true || present == empty();
        if created && ["clusters", "users", "contexts"].iter().all(|list| is_empty(&config[*list])) {
            return fs::remove_file(&self.path).map_err(|error| self.failed(&error.to_string()));
        }
        if present == config { Ok(()) } else { self.write(&config) }
    }

    async fn lock(&self) -> Result<Lock, Error> {
        let mut name = self.path.clone().into_os_string();
        name.push(".lock");
        let lock = PathBuf::from(name);
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(|error| self.failed(&error.to_string()))?;
        }
        let until = self.clock.elapsed() + PATIENCE;
        loop {
            match OpenOptions::new().write(true).create_new(true).open(&lock) {
                Ok(_) => return Ok(Lock(lock)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    if self.is_stale(&lock) {
                        drop(fs::remove_file(&lock));
                    } else if self.clock.elapsed() >= until {
                        let name = lock.display();
                        return Err(self.failed(&format!(
                            "another program is changing it; if there is none, delete {name}"
                        )));
                    } else {
                        self.clock.sleep(INTERVAL).await;
                    }
                }
                Err(error) => return Err(self.failed(&format!("it cannot be locked: {error}"))),
            }
        }
    }

    fn is_stale(&self, lock: &Path) -> bool {
        let made = fs::metadata(lock).and_then(|metadata| metadata.modified());
        made.is_ok_and(|made| self.clock.now().since(Timestamp::from(made)) > STALE)
    }

    /// `None` if there is no file, or an empty one.
    fn read(&self) -> Result<Option<Value>, Error> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(&error.to_string())),
        };
        if text.trim().is_empty() {
            return Ok(None);
        }
        let config: Value = serde_saphyr::from_str(&text).map_err(|error| self.failed(&error.to_string()))?;
        if config.is_object() { Ok(Some(config)) } else { Err(self.failed("it is no kubeconfig")) }
    }

    /// Replaces the file as a whole, or leaves it as it was.
    fn write(&self, config: &Value) -> Result<(), Error> {
        let text = serde_saphyr::to_string(config).map_err(|error| self.failed(&error.to_string()))?;
        // A link stays a link.
        let target = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let mut name = target.clone().into_os_string();
        name.push(".apimlab");
        let draft = PathBuf::from(name);
        let written = draft_file(&draft).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&draft, &target)
        });
        written.map_err(|error| {
            drop(fs::remove_file(&draft));
            self.failed(&error.to_string())
        })
    }

    fn failed(&self, reason: &str) -> Error {
        Error::File { path: self.path.display().to_string(), reason: reason.to_owned() }
    }
}

/// A file that only the user reads: it holds keys.
fn draft_file(path: &Path) -> std::io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn empty() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Config", "preferences": {},
        "clusters": [], "users": [], "contexts": [], "current-context": "",
    })
}

fn is_empty(list: &Value) -> bool {
    list.as_array().is_none_or(Vec::is_empty)
}

/// What has to be put back one day: what an earlier merge remembers, or what is there now.
fn remembered(present: Option<&Value>, names: &Names) -> Value {
    let Some(config) = present else { return json!({ "created": true }) };
    match before(config, names) {
        Value::Null => json!({ "previous": config["current-context"] }),
        before => before,
    }
}

/// What we have to put back, as our context remembers it.
fn before(config: &Value, names: &Names) -> Value {
    let context = find(config, "contexts", &names.context);
    let extensions = context.and_then(|context| context["context"]["extensions"].as_array());
    let ours = extensions.into_iter().flatten().find(|extension| extension["name"] == EXTENSION);
    ours.map(|extension| extension["extension"].clone()).unwrap_or_default()
}

fn find<'a>(config: &'a Value, list: &str, name: &str) -> Option<&'a Value> {
    config[list].as_array()?.iter().find(|entry| entry["name"] == name)
}

/// Adds an entry to a list, or replaces the one of the same name.
fn put(config: &mut Value, list: &str, entry: Value) -> Result<(), Error> {
    if config.get(list).is_none_or(Value::is_null) {
        config[list] = json!([]);
    }
    let entries = config[list].as_array_mut().ok_or_else(|| {
        Error::Model(format!("the kubeconfig file has no list of {list}, but something else under that name"))
    })?;
    match entries.iter_mut().find(|present| present["name"] == entry["name"]) {
        Some(present) => *present = entry,
        None => entries.push(entry),
    }
    Ok(())
}
