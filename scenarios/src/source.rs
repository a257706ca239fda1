//! Where a scenario comes from: the catalog within this crate, or a folder.

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// The largest file that is read.
pub(crate) const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// A scenario file and the files beside it.
#[derive(Debug, Clone)]
pub struct Source {
    /// What the scenario file is called in messages.
    pub name: String,
    /// The scenario file.
    pub text: String,
    /// The files beside it.
    pub files: Files,
}

/// The files beside a scenario file.
#[derive(Debug, Clone)]
pub enum Files {
    /// Compiled into the program: path and text.
    Embedded(&'static [(&'static str, &'static str)]),
    /// In a folder.
    Folder(PathBuf),
}

impl Files {
    /// The text of a file beside the scenario file; the error says why there is none.
    pub fn read(&self, path: &str) -> Result<String, String> {
        let relative = Path::new(path);
        if path.is_empty() || !relative.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err("the path must lead to a file beside or below the scenario file".to_owned());
        }
        match self {
            Self::Embedded(files) => files
                .iter()
                .find(|(name, _)| *name == path)
                .map(|(_, text)| (*text).to_owned())
                .ok_or_else(|| "there is no such file in the catalog".to_owned()),
            Self::Folder(folder) => read_file(&folder.join(relative)),
        }
    }
}

/// The text of a file of bounded size.
pub(crate) fn read_file(path: &Path) -> Result<String, String> {
    let file = File::open(path).map_err(|error| reason(&error))?;
    let mut text = String::new();
    file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text).map_err(|error| reason(&error))?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(format!("it is larger than {} KiB", MAX_FILE_BYTES / 1024));
    }
    Ok(text)
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "it may not be read by this user".to_owned(),
        std::io::ErrorKind::InvalidData => "it is no text in UTF-8".to_owned(),
        _ => error.to_string().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_outside_the_folder_are_refused() {
        let files = Files::Embedded(&[("a.yaml", "a: 1")]);
        assert_eq!(files.read("a.yaml").as_deref(), Ok("a: 1"));
        for path in ["", "/etc/passwd", "../a.yaml", "x/../../a.yaml", "./a.yaml", "b.yaml"] {
            assert!(files.read(path).is_err(), "{path}");
        }
    }
}
