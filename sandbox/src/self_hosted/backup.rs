//! The last good configuration in a file, for the time when the control plane is away. It is readable for its owner
//! only, and after a crash it is either the old one or the new one.
//! <https://learn.microsoft.com/azure/api-management/self-hosted-gateway-overview#configuration-backup>

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use apim::Configuration;

use super::{Error, source};
use crate::persistence;

/// The file.
#[derive(Debug)]
pub(super) struct Backup(PathBuf);

impl Backup {
    pub(super) fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// What is kept, if anything is.
    pub(super) fn read(&self) -> Result<Option<Configuration>, Error> {
        match fs::read(&self.0) {
            Ok(text) => source::read(&text).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(reason) => Err(Error::File { path: self.0.clone(), reason }),
        }
    }

    pub(super) fn write(&self, configuration: &Configuration) -> Result<(), Error> {
        let failed = |reason| Error::File { path: self.0.clone(), reason };
        let text = serde_json::to_vec(configuration).map_err(|error| failed(error.into()))?;
        self.replace(&text).map_err(failed)
    }

    fn replace(&self, text: &[u8]) -> io::Result<()> {
        let (draft, file) = persistence::write_draft(&self.0, text)?;
        file.sync_all()?;
        fs::rename(&draft, &self.0)?;
        // The new name is on the disk when its folder is.
        let folder = self.0.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_backup_is_the_owners_and_comes_back_as_it_was() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("backup.json");
        let backup = Backup::at(path.clone());
        assert!(backup.read().expect("readable").is_none());
        for revision in ["1", "2"] {
            let kept = Configuration { revision: revision.to_owned(), ..Configuration::default() };
            backup.write(&kept).expect("written");
            assert_eq!(backup.read().expect("readable").map(|found| found.revision), Some(kept.revision));
        }
        assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
        fs::write(&path, "{").expect("written");
        assert!(matches!(backup.read(), Err(Error::Unreadable(_))));
    }
}
