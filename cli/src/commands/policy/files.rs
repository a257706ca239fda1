//! The files that a command line names: files as they are, folders with the policy texts in them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sandbox::authoring::File;

use crate::exit::{Exit, Failure};

/// How deep folders are searched.
const DEPTH: usize = 16;
/// How many files there may be.
const FILES: usize = 20_000;
/// How large a file may be.
const SIZE: u64 = 4 << 20;

/// Reads them, sorted by name.
pub fn read(paths: &[PathBuf]) -> anyhow::Result<Vec<File>> {
    let mut names = Vec::new();
    for path in paths {
        if path.is_dir() {
            search(path, DEPTH, &mut names)?;
        } else {
            names.push(path.clone());
        }
    }
    names.sort();
    names.dedup();
    if names.len() > FILES {
        let message = format!("there are {} files; {FILES} is the limit", names.len());
        return Err(Failure::new(Exit::BadInput, message).into());
    }
    names.iter().map(|name| file(name)).collect()
}

fn file(path: &Path) -> anyhow::Result<File> {
    let name = path.display().to_string();
    let wrong = |what: &str| Failure::new(Exit::BadInput, format!("{name} {what}"));
    let size = fs::metadata(path).map_err(|error| wrong(&format!("cannot be read: {error}")))?.len();
    if size > SIZE {
        return Err(wrong("is too large for a policy").into());
    }
    let text = fs::read_to_string(path).map_err(|error| wrong(&format!("cannot be read: {error}")))?;
    Ok(File { name, text })
}

fn search(folder: &Path, depth: usize, names: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_dir() && depth > 0 {
            search(&path, depth - 1, names)?;
        } else if kind.is_file() && is_policy(&path) {
            names.push(path);
        }
    }
    Ok(())
}

/// Policies have the endings that Azure's tools give them; named values of `APIOps` are there to be referred to.
fn is_policy(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    name.ends_with(".xml") || name.ends_with(".cshtml") || name == "namedvalueinformation.json"
}
